"""Topics are made and checked by us alone; what differs is named, and nothing is made by asking."""

import asyncio

import pytest
from aiokafka.admin import NewTopic

from geofences.errors import BadReference
from streams.kafka import topics
from streams.kafka.broker import BrokerError, asked
from streams.kafka.settings import Kafka, kafka_of
from streams.kafka.topics import BINDINGS, FACTS, OBSERVATIONS, TOPICS, check, create, name_of
from tests.shell.commands import sealane

pytestmark = pytest.mark.stack


async def test_topics_are_made_once_and_found_as_they_must_be(kafka: Kafka):
    found = await create(kafka, partitions=3)
    assert [each.what for each in found] == [f"{kafka.prefix}{topic.noun}.v1" for topic in TOPICS]
    assert all(each.fine for each in found)
    assert await create(kafka, partitions=3) == await check(kafka, 3) == found


async def test_checking_makes_nothing(kafka: Kafka):
    assert {each.found for each in await check(kafka)} == {"missing"}
    assert {each.found for each in await check(kafka)} == {"missing"}


async def test_a_setting_that_drifted_is_named_and_set_again_with_the_whole_set(kafka: Kafka):
    name = name_of(kafka, BINDINGS)
    async with asked(kafka) as admin:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"retention.ms": "1000"})])
    found = {each.what: each for each in await check(kafka)}[name]
    assert not found.fine
    assert "cleanup.policy is delete, expected compact" in found.found
    assert "retention.ms is set to 1000" in found.found
    assert all(each.fine for each in await create(kafka))


async def test_another_number_of_partitions_is_named_and_never_changed(kafka: Kafka):
    await create(kafka, partitions=2)
    found = {each.what: each for each in await create(kafka, partitions=3)}
    assert found[name_of(kafka, OBSERVATIONS)].found == "2 partitions, expected 3"
    assert found[name_of(kafka, FACTS)].fine
    with pytest.raises(BrokerError, match="2 partitions, expected 3"):
        topics.required(kafka, await check(kafka, 3, [OBSERVATIONS]))


async def test_a_broker_refuses_too_many_replicas_and_that_is_said(kafka: Kafka):
    with pytest.raises(BrokerError, match=r"was refused: .*replication factor"):
        await create(kafka, replicas=3)


async def test_a_broker_nobody_runs_is_named_within_seconds():
    async with asyncio.timeout(8):
        with pytest.raises(BrokerError, match=r"127\.0\.0\.1:9: cannot be reached .* SEALANE_KAFKA_BROKERS"):
            await check(Kafka(brokers=("127.0.0.1:9",)))


def test_the_commands_say_what_is_missing_and_make_it(kafka: Kafka):
    code, out, _ = sealane("topics", "check")
    assert code == 1
    assert "missing" in out
    assert sealane("topics", "create", "--partitions", "2")[0] == 0
    assert sealane("topics", "check", "--partitions", "2")[0] == 0
    assert sealane("topics", "check", "--partitions", "3")[0] == 1
    assert kafka.prefix in sealane("topics", "check", "--json")[1]


@pytest.mark.parametrize(
    ("variable", "said", "expected"),
    [
        ("SEALANE_KAFKA_BROKERS", "localhost", "HOST:PORT"),
        ("SEALANE_KAFKA_SESSION_S", "5", "6 to 39 seconds"),
        ("SEALANE_KAFKA_USER", "sealane", "both, or neither"),
        ("SEALANE_KAFKA_MECHANISM", "GSSAPI", "SCRAM-SHA-256"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(variable: str, said: str, expected: str):
    with pytest.raises(BadReference, match=expected):
        kafka_of({variable: said})
