"""What live ingest writes to the ledger, and when: nothing for what nobody follows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealane.heard import Hours
from streams.corridor.corridor import load_corridor
from streams.demo.files import write_corridor
from streams.kafka import topics
from streams.kafka.sender import sending
from streams.kafka.settings import Kafka
from streams.ledger.ledger import Ledger

pytestmark = pytest.mark.stack

SOURCE = "tcp:receiver"
AT = datetime(2026, 1, 1, tzinfo=UTC)


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
