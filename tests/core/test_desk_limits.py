"""How much a client may ask of a desk, and what a time in a query means."""

from datetime import UTC, datetime, timedelta

import pytest

from desk.asked import asked_of
from desk.guard import is_loopback, own_hosts
from desk.limits import ALLOWANCES, Limits
from desk.metrics import room_of
from desk.tokens import LOCAL, ROLES, Principal
from desk.views import VIEWS
from geofences.errors import BadReference

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY, MONTH, YEAR = timedelta(days=1), datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 12, 1, tzinfo=UTC)


def test_a_client_may_ask_a_lot_at_once_and_then_at_a_rate():
    limits, allowance = Limits(), ALLOWANCES["login"]
    assert [limits.wait_s("login", "a", 0.0) for _ in range(int(allowance.at_once))] == [None] * int(allowance.at_once)
    wait_s = limits.wait_s("login", "a", 0.0)
    assert wait_s == 1 / allowance.per_s
    assert limits.wait_s("login", "a", wait_s - 1) is not None
    assert limits.wait_s("login", "a", 2.0 * wait_s) is None


def test_one_client_takes_nothing_from_another_nor_one_kind_from_the_other():
    limits = Limits()
    while limits.wait_s("login", "a", 0.0) is None:
        pass
    assert limits.wait_s("login", "b", 0.0) is None
    assert limits.wait_s("reading", "a", 0.0) is None


def test_a_bucket_never_holds_more_than_it_may():
    limits = Limits()
    assert limits.wait_s("login", "a", 0.0) is None
    taken = 0
    while limits.wait_s("login", "a", 1e6) is None:
        taken += 1
    assert taken == ALLOWANCES["login"].at_once


@pytest.mark.parametrize(
    ("first", "last", "from_at", "until"),
    [
        ("2024-02", "2024-02", MONTH, MONTH + 29 * DAY),
        ("2024-12", "2024-12", YEAR, YEAR + 31 * DAY),
        ("2024-02-28", "2024-02-29", MONTH + 27 * DAY, MONTH + 29 * DAY),
        ("2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z", MONTH, MONTH + timedelta.resolution),
        ("2024-02-01T01:00:00+01:00", None, MONTH, None),
        (None, "2024-01", None, MONTH),
    ],
)
def test_a_month_and_a_day_are_included_whole(
    first: str | None, last: str | None, from_at: datetime | None, until: datetime | None
):
    query = {name: word for name, word in (("from", first), ("to", last)) if word}
    span = asked_of(VIEWS["calls"], query, NOW).span
    assert span is not None
    assert (span.from_at, span.until) == (from_at, until)


@pytest.mark.parametrize(
    "word", ["", "2024", "2024-2", "2024-02-30", "2024-02-01T00:00:00", "now", "9999-12-31T99:00Z"]
)
def test_what_is_no_time_is_refused(word: str):
    with pytest.raises(BadReference, match="from"):
        asked_of(VIEWS["calls"], {"from": word}, NOW)


def test_a_higher_role_may_what_a_lower_may():
    for number, role in enumerate(ROLES):
        may = [Principal(name="x", role=role).may(each) for each in ROLES]
        assert may == [other <= number for other in range(len(ROLES))]
    assert LOCAL.may("analyst")
    assert not LOCAL.may("admin")


def test_hosts_of_a_desk_are_its_address_and_the_names_it_was_given():
    assert own_hosts("127.0.0.1", 8010, ()) == {"127.0.0.1:8010", "localhost:8010", "[::1]:8010"}
    assert own_hosts("192.0.2.7", 80, ("Desk.example.org",)) == {"192.0.2.7:80", "desk.example.org"}
    assert own_hosts("2001:db8::7", 80, ()) == {"[2001:db8::7]:80"}
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::")] == [True] * 3 + [
        False
    ] * 2


def test_a_metric_knows_a_path_by_the_room_it_leads_to():
    assert [room_of(path) for path in ("/", "/calls.json", "/calls/a.b", "/api/calls", "/x", "/x/../etc")] == [
        "page",
        "calls",
        "calls",
        "api",
        "other",
        "other",
    ]
