"""What a subscriber is told: nothing twice, and nothing older than what it was told of the same subject."""

import msgspec

from streams.showing.telling import Told
from streams.subscribe import Newest


def event(subject: str, sequence: int) -> Told:
    return Told(
        sequence=sequence,
        id=f"{subject}#{sequence}",
        kind="TallyRevised",
        schema=1,
        subject=subject,
        revision=sequence,
        at=None,
        known_at=None,
        observed=True,
        rests_on=(),
        supersedes=None,
        synthetic=True,
        object={},
    )


def told(newest: Newest, *events: Told) -> list[int]:
    return [each.sequence for each in events if newest.is_news(each)]


def test_an_event_that_comes_twice_is_told_once():
    first, second = event("tally:2023-10", 1), event("tally:2023-10", 2)
    assert told(Newest(), first, first, second, first, second) == [1, 2]


def test_an_older_revision_that_comes_late_is_not_told():
    assert told(Newest(), event("call:a", 9), event("call:a", 5), event("call:a", 10)) == [9, 10]


def test_each_subject_is_told_by_itself():
    assert told(Newest(), event("call:a", 9), event("call:b", 5), event("call:a", 3), event("call:b", 6)) == [9, 5, 6]


def test_what_is_remembered_is_bounded_and_the_latest_stay():
    newest = Newest(remembered=2)
    assert told(newest, event("a", 1), event("b", 2), event("a", 3), event("c", 4)) == [1, 2, 3, 4]
    assert told(newest, event("a", 3), event("c", 4), event("b", 2)) == [2]  # b was forgotten, and is told again


def test_a_copy_read_anew_is_the_same_event():
    newest, one = Newest(), event("tally:2023-10", 1)
    copy = msgspec.json.decode(msgspec.json.encode(one), type=Told)
    assert told(newest, one, copy) == [1]
