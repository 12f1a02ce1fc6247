"""Topics: which there are, made and checked by us alone; a broker that makes one by itself makes the wrong one.

    raw            blocks of sentences as received (zstd), by source              kept a week
    observations   one report a record, by MMSI: the input of `follow`            kept for ever
    facts          by corridor, one partition: wakes `judge`; facts are in the ledger
    events         every event of the chain, by its subject
    tallies        by id, whole values                                            compacted
    alerts         by id, whole values                                            compacted
    bindings       by MMSI: whom ingest has to follow                             compacted
    dead-letters   records nobody could read, with the reason                     kept 90 days

What is compared is what was asked for, no more: a broker's own defaults stay its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from streams.kafka.broker import BrokerError, asked
from streams.kafka.settings import Kafka
from streams.ledger.condition import Finding

VERSION = "v1"
RAW, OBSERVATIONS, FACTS, EVENTS = "raw", "observations", "facts", "events"
TALLIES, ALERTS, BINDINGS, DEAD_LETTERS = "tallies", "alerts", "bindings", "dead-letters"
PARTITIONS = 6  # of observations and events: so many workers can follow at once
REPLICAS = 1
FOR_EVER_MS, DAY_MS = -1, 24 * 3600 * 1000
EXISTS = 36  # TopicAlreadyExistsError
LOOKS, LOOKS_EVERY_S = 20, 0.2
MAKE = "run: sealane topics create"
SET_ON_TOPIC = 1  # where a setting comes from: from the topic, not from the broker's defaults


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic as it has to be. `partitions` None: as many as asked for, the same for all such."""

    noun: str
    partitions: int | None = 1
    settings: dict[str, str]

    def name(self, kafka: Kafka) -> str:
        return name_of(kafka, self.noun)


def _kept(retention_ms: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(retention_ms)}


COMPACTED = {"cleanup.policy": "compact", "min.compaction.lag.ms": "0"}
TOPICS = (
    Topic(noun=RAW, partitions=None, settings=_kept(7 * DAY_MS)),
    Topic(noun=OBSERVATIONS, partitions=None, settings=_kept(FOR_EVER_MS)),
    Topic(noun=FACTS, settings=_kept(DAY_MS)),
    Topic(noun=EVENTS, partitions=None, settings=_kept(FOR_EVER_MS)),
    Topic(noun=TALLIES, settings=COMPACTED),
    Topic(noun=ALERTS, settings=COMPACTED),
    Topic(noun=BINDINGS, settings=COMPACTED),
    Topic(noun=DEAD_LETTERS, settings=_kept(90 * DAY_MS)),
)


def name_of(kafka: Kafka, noun: str) -> str:
    """The name of a topic: `sealane.observations.v1`."""
    return f"{kafka.prefix}{noun}.{VERSION}"


async def create(kafka: Kafka, partitions: int = PARTITIONS, replicas: int = REPLICAS) -> tuple[Finding, ...]:
    """Make the topics that are missing, set the settings of those that drifted, and say how all stand after it.

    The number of partitions of one that is there is never changed. Raises BrokerError.
    """
    async with asked(kafka) as admin:
        have = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if topic.name(kafka) not in have]
        if missing:
            wanted = [
                NewTopic(topic.name(kafka), topic.partitions or partitions, replicas, topic_configs=topic.settings)
                for topic in missing
            ]
            _refused(kafka, (await admin.create_topics(wanted)).topic_errors)
        there = [topic for topic in TOPICS if topic not in missing]
        if drifted := [topic for topic in there if await _drift(admin, topic.name(kafka), topic.settings)]:
            # the whole set each time: what is not named goes back to the broker's default
            resources = [ConfigResource(ConfigResourceType.TOPIC, t.name(kafka), t.settings) for t in drifted]
            for answer in await admin.alter_configs(resources):
                _refused(kafka, [(row[3], row[0], row[1]) for row in answer.resources])
    for _ in range(LOOKS):  # what a broker has taken, it shows a moment later
        found = await check(kafka, partitions)
        if not any(each.remedy == MAKE for each in found):
            return found
        await asyncio.sleep(LOOKS_EVERY_S)
    return found


async def check(kafka: Kafka, partitions: int | None = None, nouns: Sequence[str] = ()) -> tuple[Finding, ...]:
    """How the topics stand: of all, or of some. `partitions` None: however many there are. Raises BrokerError."""
    topics = [topic for topic in TOPICS if not nouns or topic.noun in nouns]
    async with asked(kafka) as admin:
        counts = await counted(admin, [topic.name(kafka) for topic in topics])
        found = []
        for topic in topics:
            name = topic.name(kafka)
            drift = await _drift(admin, name, topic.settings) if name in counts else []
            found.append(_finding(name, counts.get(name), topic.partitions or partitions, drift))
    return tuple(found)


async def partitions_of(kafka: Kafka, noun: str) -> int:
    """How many partitions a topic has. Raises BrokerError where it is missing."""
    async with asked(kafka) as admin:
        name = name_of(kafka, noun)
        counts = await counted(admin, [name])
    if name not in counts:
        raise BrokerError(f"{kafka.told}: topic {name} is missing; {MAKE}")
    return counts[name]


def required(kafka: Kafka, found: Sequence[Finding]) -> None:
    """End a worker whose topics are not as they must be. Raises BrokerError."""
    if wrong := [each for each in found if not each.fine]:
        told = "; ".join(f"{each.what}: {each.found}" for each in wrong)
        raise BrokerError(f"{kafka.told}: {told}; {wrong[0].remedy}")


async def counted(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each topic has that is there. Asking for one that is not must not make it."""
    have = set(await admin.list_topics())
    described = await admin.describe_topics([name for name in names if name in have])
    return {each["topic"]: len(each["partitions"]) for each in described if not each["error_code"]}


async def _drift(admin: AIOKafkaAdminClient, name: str, settings: Mapping[str, str]) -> list[str]:
    """Which settings are not as they must be."""
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    entries = [entry for answer in answers for resource in answer.resources for entry in resource[4]]
    have = {cast(str, entry[0]): cast(str, entry[1]) for entry in entries}
    more = {cast(str, entry[0]) for entry in entries if entry[3] == SET_ON_TOPIC} - settings.keys()
    wrong = [f"{key} is {have.get(key)}, expected {value}" for key, value in settings.items() if have.get(key) != value]
    return wrong + [f"{key} is set to {have[key]}" for key in sorted(more)]


def _finding(name: str, count: int | None, expected: int | None, drift: list[str]) -> Finding:
    if count is None:
        return Finding(what=name, fine=False, found="missing", remedy=MAKE)
    if expected is not None and count != expected:
        found = f"{count} partitions, expected {expected}"
        return Finding(what=name, fine=False, found=found, remedy=f"name as many: --partitions {count}")
    if drift:
        return Finding(what=name, fine=False, found="; ".join(drift), remedy=MAKE)
    return Finding(what=name, fine=True, found=f"{count} partition{'s' if count > 1 else ''}")


def _refused(kafka: Kafka, errors: Sequence[tuple[object, ...]]) -> None:
    """A broker's errors are values: say the first. What somebody else made meanwhile is no error."""
    for name, code, *text in errors:
        if code and code != EXISTS:
            said = (text[0] if text else None) or for_code(code).__name__
            raise BrokerError(f"{kafka.told}: topic {name} was refused: {said}")
