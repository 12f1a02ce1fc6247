"""What stage 1 says of each radio, kept beside its reports: compared where it is written, not believed where stale."""

from itertools import islice
from pathlib import Path

import pytest

from sealane.fix import Mmsi
from sealane.follow import RadioFacts
from sealane.heard import Hours
from streams.care.holding import held_by
from streams.care.verify import verified
from streams.corridor.corridor import load_corridor
from streams.demo import feed
from streams.embedded import Embedded
from streams.ledger import keys
from streams.ledger.ledger import Ledger, Stale
from streams.ledger.radios import Shelf, kept_radios, raised, restore_radio, stored_radios, stored_reached, told
from tests.shell.conftest import CALL_LINES, Kept, keep

A = ("HSET", keys.fixes(1, 1), "a", "1")
ONE = Mmsi(1)
FACTS = RadioFacts(mmsi=ONE, calls=(), statements=(), spans=())


async def test_a_batch_of_inputs_leaves_the_judging_to_others_and_says_so(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    claim = await ledger.commit(claim, 1, [], [b"{}"])
    await ledger.commit_inputs(claim, 2, [*raised([ONE])], [A], {ONE: 0})
    await ledger.read_head()
    assert (ledger.taken, ledger.judged) == (1, 0)
    assert await stored_reached(ledger, [ONE]) == {ONE: 1}
    judge = await ledger.claim("judge")
    await ledger.commit_judged(judge, [], [b"[]"], 1)
    await ledger.read_head()
    assert (ledger.taken, ledger.judged, ledger.head.sequence) == (1, 1, 2)


async def test_a_radio_that_another_writer_changed_is_refused_and_nothing_is_written(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    claim = await ledger.commit_inputs(claim, 1, [*raised([ONE])], [A], {ONE: 0})
    with pytest.raises(Stale):
        await ledger.commit_inputs(claim, 2, [*raised([ONE])], [("HSET", keys.fixes(1, 1), "b", "1")], {ONE: 0})
    assert await ledger.hash(keys.fixes(1, 1)) == {b"a": b"1"}
    await ledger.commit_inputs(claim, 2, [*raised([ONE])], [A], {ONE: 1})


async def test_how_far_was_judged_never_goes_back(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    for offset in (1, 2):
        claim = await ledger.commit_inputs(claim, offset, [], [A])
    await ledger.read_head()
    claim = await ledger.commit_judged(await ledger.claim("judge"), [], [], 2)
    with pytest.raises(Stale):
        await ledger.commit_judged(claim, [], [], 1)


async def test_who_judges_by_a_head_that_moved_is_refused(ledger: Ledger):
    claim = await ledger.claim("judge")
    other = Ledger(ledger.url)
    await other.commit(await other.claim("desk"), 1, [], [b"{}"])
    with pytest.raises(Stale):
        await ledger.commit_judged(claim, [], [], 0)
    await other.close()


async def test_what_was_said_at_another_count_is_stale(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    await ledger.commit_inputs(claim, 1, [*raised([ONE]), told(FACTS, 1)], [A], {ONE: 0})
    assert await stored_radios(ledger, [ONE]) == {ONE: FACTS}
    other = await ledger.claim("replay")
    await ledger.commit(other, 1, [*raised([ONE])], [], [A])
    assert await kept_radios(ledger) == ()


async def test_a_radio_restored_by_name_says_what_it_said_and_has_nothing_to_store(url: str, corridor: Path):
    lines = list(islice(feed(), CALL_LINES))
    await keep(Kept(url, corridor), lines)
    rules, ledger = load_corridor(corridor).rules, Ledger(url)
    whole = verified(await held_by(ledger), rules)
    shelf, embedded = Shelf(ledger), Embedded(rules, Hours())
    embedded.is_kept = True
    await shelf.look()
    for mmsi, reached in (await stored_reached(ledger, shelf.radios)).items():
        assert reached > 0
        await restore_radio(ledger, embedded, await shelf.keys_of(mmsi, reached), mmsi)
        embedded.fold()
        embedded.know(mmsi)
    assert not any(track.changed or track.restated_contents for track in embedded.changed_tracks())
    claim = await ledger.claim("kafka:a:0")
    said = [facts for mmsi in shelf.radios if (facts := embedded.said_of(mmsi))]
    counts = await stored_reached(ledger, shelf.radios)
    await ledger.commit_inputs(claim, 1, [told(facts, counts[facts.mmsi]) for facts in said], [])
    found = {each.what: each for each in verified(await held_by(ledger), rules).findings}
    assert whole.fine
    assert found["radios"].fine
    assert found["radios"].found.startswith(f"{len(said)} kept by workers")
    await ledger.close()
