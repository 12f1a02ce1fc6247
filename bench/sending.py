"""Sending: the other side of a soak, a process of its own: four TCP servers of made-up AIS, each with a way of its own.

    steady    sends what is due, all the time
    drops     closes the connection in the middle of a line every few seconds; the whole line comes with the next
    stalls    stops without a word, the connection open, and catches up later
    floods    sends nothing for a while, then all that is due at once

python -m bench.sending FOLDER RATE SECONDS SEED SHARE: says its ports, then each second what was sent, then all of it,
as JSON, one a line. What was sent is kept in FOLDER, a file a feed. A station is always heard by the same feed.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec

from bench.corpus import SPAN_S, Corpus
from bench.watched import BEGINS_S
from streams.clock import now

WAYS = ("steady", "drops", "stalls", "floods")
BY_STATION = ("steady", "steady", "drops", "stalls", "floods")  # by number, in turn
STATION = b"s:SYN-"
STEP_S, SAYS_EVERY_S = 0.02, 1.0
DROPS_EVERY_S = 5.0
STALLS_EVERY_S, STALLS_S = 15.0, 6.0
FLOODS_EVERY_S = 4.0
AHEAD_S = 2.0  # lines made before they are due
MOST_WAITING = 400_000  # lines: no more are made while the other side takes too little
ENDS_WITHIN_S = 60.0  # what has not gone by then is not sent at all
LINES_AT_ONCE = 2_000


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What this process tells, one a line."""

    ports: dict[str, int] = {}
    sent_lines: dict[str, int] = {}
    sent_bytes: int = 0
    connections: dict[str, int] = {}
    lost: dict[str, int] = {}  # connections that the other side ended: nobody can say what it heard
    is_last: bool = False
    is_all: bool = False  # nothing that was due is left


class Sender:
    """One feed."""

    def __init__(self, way: str, folder: Path) -> None:
        self.way, self.waiting, self.due = way, deque[bytes](), 0
        self.lines = self.bytes = self.connections = self.lost = 0
        self.is_over = False
        self._kept = (folder / f"{way}.nmea").open("wb")
        self._connected: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def listen(self) -> int:
        server = await asyncio.start_server(lambda *ends: self._connected.put_nowait(ends), "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def send(self) -> None:
        """Until all that was due has gone, one connection after the other."""
        while not self.is_over:
            reader, writer = await self._connected.get()
            self.connections += 1
            try:
                await self._send(writer)
                writer.write_eof()
                with suppress(ConnectionError):
                    await reader.read()  # until the other side has read all, and closes
            except ConnectionError:
                self.lost += 1
            writer.close()
        self._kept.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        """What is due, until this connection is to end."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        while not (self.is_over and not self.waiting):
            gone_s = clock() - begun
            if self.way == "drops" and gone_s > DROPS_EVERY_S and self.waiting:
                torn = self.waiting[0][: 1 + len(self.waiting[0]) * 2 // 3]
                await self._write(writer, torn, b"\n")  # the feed ends it
                return
            is_quiet = (self.way == "stalls" and gone_s % STALLS_EVERY_S > STALLS_EVERY_S - STALLS_S) or (
                self.way == "floods" and gone_s % FLOODS_EVERY_S > FLOODS_EVERY_S / 4
            )
            if self.is_over or not is_quiet:
                while self.waiting and (self.due > 0 or self.is_over):
                    lines = [self.waiting.popleft() for _ in range(min(LINES_AT_ONCE, len(self.waiting)))]
                    self.due -= len(lines)
                    await self._write(writer, b"".join(lines))
            await asyncio.sleep(STEP_S)

    async def _write(self, writer: asyncio.StreamWriter, sent: bytes, ended_by_feed: bytes = b"") -> None:
        writer.write(sent)
        self._kept.write(sent + ended_by_feed)
        self.lines += sent.count(b"\n") + len(ended_by_feed)
        self.bytes += len(sent) + len(ended_by_feed)
        await writer.drain()


async def send(folder: Path, rate: int, seconds: float, corpus: Corpus) -> None:
    senders = {way: Sender(way, folder) for way in WAYS}
    _say(Said(ports={way: await sender.listen() for way, sender in senders.items()}))
    sending = [asyncio.create_task(sender.send()) for sender in senders.values()]
    while not all(sender.connections for sender in senders.values()):
        await asyncio.sleep(STEP_S)
    saying = asyncio.create_task(_say_on(senders))
    await _feed(senders, rate, seconds, corpus)
    for sender in senders.values():
        sender.is_over = True
    await asyncio.wait(sending, timeout=ENDS_WITHIN_S)
    saying.cancel()
    said = _said(senders)
    _say(msgspec.structs.replace(said, is_last=True, is_all=all(task.done() for task in sending)))


async def _feed(senders: dict[str, Sender], rate: int, seconds: float, corpus: Corpus) -> None:
    """Hand each feed its lines as they fall due."""
    clock = asyncio.get_running_loop().time
    later_s = int(now().timestamp()) - BEGINS_S - SPAN_S  # three days that end now
    routed = _routed(msgspec.structs.replace(corpus, sentences=int(rate * seconds), harmed=0, later_s=later_s))
    begun, made, last_due, is_all = clock(), 0, 0, False
    share = {way: BY_STATION.count(way) / len(BY_STATION) for way in WAYS}
    while clock() - begun < seconds:
        gone_s = clock() - begun
        waiting = sum(len(sender.waiting) for sender in senders.values())
        while not is_all and made < (gone_s + AHEAD_S) * rate and waiting < MOST_WAITING:
            lines = await asyncio.to_thread(list, islice(routed, LINES_AT_ONCE))
            for way, line in lines:
                senders[way].waiting.append(line)
            made, waiting, is_all = made + len(lines), waiting + len(lines), not lines
        due = int(gone_s * rate)
        for way, sender in senders.items():
            sender.due = min(sender.due + int(due * share[way]) - int(last_due * share[way]), len(sender.waiting))
        last_due = due
        await asyncio.sleep(STEP_S)


def _routed(corpus: Corpus) -> Iterator[tuple[str, bytes]]:
    """Lines, and which feed hears their station."""
    for block in corpus.blocks():
        for line in block.splitlines(keepends=True):
            number = line.partition(STATION)[2].partition(b",")[0]
            yield BY_STATION[int(number) % len(BY_STATION)], line


async def _say_on(senders: dict[str, Sender]) -> None:
    while True:
        await asyncio.sleep(SAYS_EVERY_S)
        _say(_said(senders))


def _said(senders: dict[str, Sender]) -> Said:
    return Said(
        sent_lines={way: sender.lines for way, sender in senders.items()},
        sent_bytes=sum(sender.bytes for sender in senders.values()),
        connections={way: sender.connections for way, sender in senders.items()},
        lost={way: sender.lost for way, sender in senders.items()},
    )


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    of = Corpus(seed=int(sys.argv[4]), share=float(sys.argv[5]))
    asyncio.run(send(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), of))
