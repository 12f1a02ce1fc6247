"""A Kafka topic of sentence blocks: what another program puts there as it hears it, plain or compressed.

    record     lines of AIS, as many as its sender likes; zstd or gzip, told by its first bytes, or plain
    partition  read from where the last run stood in it, a new one from its start
    gone       records the topic kept no longer are told of: how many, in which partition

No consumer group: where each partition stands is kept in the ledger beside the feed's mark, with what was made of it,
so neither can be ahead of the other. Whoever starts again after a kill reads a little twice, which changes nothing. A
message may be cut between two records of a partition; which records of several partitions come first nobody can say.
How to reach Kafka and sign in: streams/kafka/settings.py.
"""

import asyncio
import gzip
import zlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from io import BytesIO

import zstandard
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from streams.clock import now
from streams.feeds import Block, Mark, Status, Tell
from streams.kafka.broker import BrokerError, asked, telling
from streams.kafka.settings import Kafka
from streams.kafka.topics import counted
from streams.replay.recording import GZIP_MAGIC, ZSTD_MAGIC

LINE_END = b"\n"
LOOKS_EVERY_MS = 500
PARTITIONS_EVERY_S = 60.0  # somebody may add some
FETCH_WAIT_MS = 20  # how long a broker may gather before it answers: a block is worth no wait
MOST_BYTES = 64 << 20  # of one record, decompressed
PIECE_BYTES = 512  # of compressed bytes at a time
INLINE_BYTES = 1 << 16  # a bigger one is decompressed in another thread
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


class Topic:
    """Its offset counts the bytes of all records. Where each partition stands is kept beside the mark."""

    def __init__(self, topic: str, kafka: Kafka, tell: Tell) -> None:
        self.topic = topic
        self.name = f"kafka:{topic}"
        self.status = Status()
        self._kafka, self._tell = kafka, tell
        self._next: dict[int, int] = {}  # by partition: the record to be read next
        self._reached: deque[tuple[int, int, int]] = deque()  # by offset, since a mark was last asked about
        self._offset = 0

    def resume(self, places: Mapping[str, str]) -> None:
        self._next = {int(partition): int(place) for partition, place in places.items()}

    def places(self, mark: Mark) -> Mapping[str, str]:
        moved: dict[str, str] = {}
        while self._reached and self._reached[0][0] <= mark.offset:
            _, partition, place = self._reached.popleft()
            moved[str(partition)] = str(place)
        return moved

    async def blocks(self, after: Mark) -> AsyncIterator[Block]:
        self._offset, pause_s = after.offset, FIRST_PAUSE_S
        while True:
            blocks_before = self.status.blocks
            try:
                with telling(self._kafka):
                    async for record in self._records():
                        yield await self._block(record)
            except BrokerError as error:
                why = str(error)
            if self.status.blocks > blocks_before:
                pause_s = FIRST_PAUSE_S
            self._tell(f"{self.name}: {why}; trying again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            self.status.reconnects += 1

    async def _records(self) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
        """The records of one connection, without end. Raises KafkaError, BrokerError."""
        consumer = AIOKafkaConsumer(
            **self._kafka.client(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        try:
            await consumer.start()
            looks_at_s = 0.0
            while True:
                if asyncio.get_running_loop().time() >= looks_at_s:
                    await self._assign(consumer)
                    looks_at_s = asyncio.get_running_loop().time() + PARTITIONS_EVERY_S
                try:
                    found = await consumer.getmany(timeout_ms=LOOKS_EVERY_MS)
                except OffsetOutOfRangeError:
                    await self._seek(consumer, consumer.assignment())
                    continue
                for records in found.values():
                    for record in records:
                        yield record
        finally:
            self.status.connected = False
            await consumer.stop()

    async def _assign(self, consumer: AIOKafkaConsumer) -> None:
        """Read every partition there is, each from where it stood."""
        async with asked(self._kafka) as admin:
            partitions = (await counted(admin, [self.topic])).get(self.topic)
        if partitions is None:
            raise BrokerError(f"{self._kafka.told}: there is no topic {self.topic}; sealane topics create makes ours")
        wanted = {TopicPartition(self.topic, partition) for partition in range(partitions)}
        if new := wanted - consumer.assignment():
            places = {each: await consumer.position(each) for each in consumer.assignment()}
            consumer.assign(sorted(wanted))
            for each, place in places.items():
                consumer.seek(each, place)
            await self._seek(consumer, new)
        if not self.status.connected:
            self.status.connected = True
            self._tell(f"{self.name}: connected, {len(wanted)} partitions")

    async def _seek(
        self, consumer: AIOKafkaConsumer, partitions: set[TopicPartition] | frozenset[TopicPartition]
    ) -> None:
        """Go to where partitions stood, as far as the topic still has that, and tell what it has not."""
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        for each in partitions:
            place = self._next.get(each.partition, first[each])
            if place < first[each]:
                self._tell(f"{self.name}: partition {each.partition} kept {first[each] - place:,} records no longer")
            elif place > end[each]:
                self._tell(f"{self.name}: partition {each.partition} was made anew; read from its start")
            consumer.seek(each, place if first[each] <= place <= end[each] else first[each])

    async def _block(self, record: ConsumerRecord[bytes, bytes]) -> Block:
        """The lines of a record, the last one ended, so that no two records' run into each other."""
        value = record.value or b""
        try:
            if len(value) <= INLINE_BYTES:
                text = plain(value)
            else:
                text = await asyncio.to_thread(plain, value)
        except (ValueError, OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            self.status.dropped += 1
            self._tell(f"{self.name}: record {record.offset} of partition {record.partition}: {error}; passed over")
            text = b""
        if not text.endswith(LINE_END):
            text += LINE_END
        self._offset += len(text)
        self._next[record.partition] = record.offset + 1
        self._reached.append((self._offset, record.partition, record.offset + 1))
        at = now()
        self.status.got(at)
        sent_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp > 0 else at
        return Block(bytes=text, ends_at=self._offset, arrived_at=min(sent_at, at))


def plain(value: bytes) -> bytes:
    """The text of a record's value. Raises ValueError where it is too long or cut short, and what its form raises."""
    if value.startswith(ZSTD_MAGIC):
        text = _frames(value)
    elif value.startswith(GZIP_MAGIC):
        text = gzip.GzipFile(fileobj=BytesIO(value)).read(MOST_BYTES + 1)
    else:
        return value
    if len(text) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20} MB when decompressed")
    return text


def _frames(value: bytes) -> bytes:
    """What frames of zstd hold; little at a time, for little may hold much, and no more than is wanted."""
    parts, size, frame = [], 0, None
    for at in range(0, len(value), PIECE_BYTES):
        rest = value[at : at + PIECE_BYTES]
        while rest and size <= MOST_BYTES:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            parts.append(frame.decompress(rest))
            size += len(parts[-1])
            rest = frame.unused_data
            frame = None if frame.eof else frame
    if frame is not None and size <= MOST_BYTES:
        raise ValueError("cut short: its last frame has no end")
    return b"".join(parts)
