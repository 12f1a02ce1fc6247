"""What live ingest writes to the ledger, and when, and what it knows again: nothing for what nobody follows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealane.filter import watch_for
from sealane.fix import Mmsi
from sealane.heard import Hours
from streams.corridor.corridor import load_corridor
from streams.demo.files import write_corridor
from streams.kafka import topics
from streams.kafka.sender import sending
from streams.kafka.settings import Kafka
from streams.ledger.inputs import learn_again
from streams.ledger.ledger import Ledger
from tests.core.story import statement

pytestmark = pytest.mark.stack

SOURCE = "tcp:receiver"
AT = datetime(2026, 1, 1, tzinfo=UTC)
KITTIWAKE, SANDPIPER = 2_000_016, 2_000_028
MMSI, OTHER_MMSI = Mmsi(200_000_011), Mmsi(200_000_012)


async def test_where_nothing_is_to_be_said_nothing_is_committed(kafka: Kafka, url: str, tmp_path: Path):
    await topics.create(kafka)
    ledger = Ledger(url)
    async with sending(kafka) as writes:
        sender = writes(load_corridor(write_corridor(tmp_path)).rules, Hours(), ledger, SOURCE)
        await sender.open()
        await sender.settle(10)
        assert sender.offset() == 0
        await sender.settle(20, at_least=AT)  # time moves on
        await sender.settle(30, at_least=AT)  # and has already
        assert sender.offset() == 20
        await sender.settle(40, at_least=AT, always=True)
        assert sender.offset() == 40
        sender.embedded.hours.add(SOURCE, int(AT.timestamp()) * 1_000_000)  # a new hour
        await sender.settle(50, at_least=AT)
        assert sender.offset() == 50
    await ledger.close()


async def test_whom_it_learned_of_it_knows_again_though_nobody_has_followed_them_yet(
    kafka: Kafka, url: str, tmp_path: Path
):
    await topics.create(kafka)
    ledger, rules = Ledger(url), load_corridor(write_corridor(tmp_path)).rules
    async with sending(kafka) as writes:
        first = writes(rules, Hours(), ledger, SOURCE)
        await first.open()
        first.take([statement(AT, KITTIWAKE, MMSI)])
        await first.settle(10)
        again = writes(rules, Hours(), ledger, SOURCE)  # the one before was killed
        await again.open()
        watch = watch_for(rules.watchlist, rules.chart)
        learn_again(watch, again.embedded.tracks())
        assert watch.bound == {MMSI}
        again.take([statement(AT, SANDPIPER, OTHER_MMSI)])
        await again.settle(20)
        await again.judge_by(rules)  # as its files are read again
        learn_again(watch, again.embedded.tracks())
        assert watch.bound == {MMSI, OTHER_MMSI}
    await ledger.close()
