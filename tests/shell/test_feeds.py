"""Feeds: bytes come as they are written or sent; a lost connection is made again, a replaced file is noticed."""

import asyncio
import os
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench.corpus import Corpus
from bench.watched import FIRST_MMSI, RADIOS
from geofences.errors import BadReference
from sealane.filter import Watch
from sealane.heard import Hours
from sealane.listener import Reports
from sealane.stamp import checksum
from sealane.unfinished import AWAITED_SENTENCES
from streams.clock import now
from streams.demo.payload import DEG_UNITS, POSITION, pack
from streams.feeds import BLOCK_BYTES, Block, Mark
from streams.feeds.ear import AWAITED_BYTES, ENDS_APART, READ_IN_FULL_MOST, TOGETHER_MOST_BYTES, Ear
from streams.feeds.file import GrowingFile, line_hash
from streams.feeds.stdin import Stdin
from streams.feeds.tcp import TcpClient
from tests.core.story import NOT_AVAILABLE
from tests.shell.listening import START, Listening, listening

ONE, TWO, THREE = b"one\n", b"two\n", b"three\n"
HALF = b"!AIVDM,2,1,3,A,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3D\n"
FOREIGN, OF_NOBODY = b"$GPGGA,,,,,,0,,,,,,,,*66\n", b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\n"


async def test_a_file_that_grows_is_read_on(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE)
    async with listening(GrowingFile(file, heard.told.append), heard):
        await heard.until_heard(ONE)
        with file.open("ab") as more:
            more.write(TWO)
        await heard.until_heard(ONE + TWO)
    assert heard.blocks[-1].ends_at == len(ONE + TWO)


async def test_only_what_was_written_while_we_looked_has_a_time_of_arrival(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE)
    async with listening(GrowingFile(file, heard.told.append), heard):
        await heard.until_heard(ONE)
        with file.open("ab") as more:
            more.write(TWO)
        await heard.until_heard(ONE + TWO)
    assert heard.blocks[0].arrived_at is None
    assert heard.blocks[1].arrived_at is not None


async def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    async with listening(GrowingFile(file, heard.told.append), heard):
        await heard.until(lambda: bool(heard.told))
        file.write_bytes(ONE)
        await heard.until_heard(ONE)
    assert "no such file or directory; waiting for it" in heard.told[0]
    assert heard.blocks[0].arrived_at is not None


async def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE + b"torn")
    async with listening(GrowingFile(file, heard.told.append), heard):
        await heard.until_heard(ONE + b"torn")
        file.rename(tmp_path / "a.nmea.1")
        file.write_bytes(TWO)
        await heard.until_heard(ONE + b"torn\n" + TWO)
    assert heard.blocks[-1].ends_at == len(TWO)


async def test_a_truncated_file_is_begun_again(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE + TWO)
    async with listening(GrowingFile(file, heard.told.append), heard):
        await heard.until_heard(ONE + TWO)
        os.truncate(file, 0)
        await heard.until(lambda: any("truncated" in told for told in heard.told))
        with file.open("ab") as more:
            more.write(THREE)
        await heard.until_heard(ONE + TWO + THREE)


async def test_the_same_file_is_gone_on_with_after_the_mark(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE + TWO)
    async with listening(GrowingFile(file, heard.told.append), heard, Mark(offset=4, line_hash=line_hash(b"one"))):
        await heard.until_heard(TWO)


async def test_a_file_that_was_replaced_meanwhile_is_read_from_its_start(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(THREE + TWO)
    async with listening(GrowingFile(file, heard.told.append), heard, Mark(offset=4, line_hash=line_hash(b"one"))):
        await heard.until_heard(THREE + TWO)
    assert "not the file of the last run" in heard.told[0]


async def test_a_pipe_is_read_as_it_comes_and_ends_with_its_writer():
    read, write = os.pipe()
    heard = Listening()
    feed = Stdin(read)
    async with listening(feed, heard, Mark(offset=10)):
        os.write(write, ONE)
        await heard.until_heard(ONE)
        assert feed.status.connected
        os.write(write, TWO)
        os.close(write)
        await heard.until(lambda: not feed.status.connected)
    os.close(read)
    assert heard.text == ONE + TWO
    assert heard.blocks[-1].ends_at == 10 + len(ONE + TWO)


async def test_a_plain_file_can_be_standard_input(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE)
    with file.open("rb") as opened:
        async with listening(Stdin(opened.fileno()), heard):
            await heard.until_heard(ONE)


async def test_a_dropped_connection_is_made_again_and_its_torn_line_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.tcp.FIRST_PAUSE_S", 0.05)
    parts = iter((ONE + b"torn", TWO))

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(parts, b""))
        await writer.drain()
        writer.close()

    heard = Listening()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        feed = TcpClient(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heard.told.append)
        async with listening(feed, heard):
            await heard.until_heard(ONE + b"torn\n" + TWO)
    assert feed.status.reconnects >= 1
    assert "the server closed the connection; trying again in 0.05 s" in heard.told[1]
    assert heard.blocks[-1].ends_at == len(ONE + b"torn\n" + TWO)


async def test_pauses_between_tries_double_up_to_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.tcp.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("streams.feeds.tcp.LONGEST_PAUSE_S", 0.04)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()
    heard = Listening()
    async with listening(TcpClient(address, heard.told.append), heard):
        await heard.until(lambda: len(heard.told) >= 4)
    assert [told.rpartition(" in ")[2] for told in heard.told[:4]] == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]


async def test_a_server_that_sends_a_page_and_closes_is_asked_ever_less_often(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.tcp.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("streams.feeds.tcp.BRIEF_PAUSE_S", 0.04)

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"<html>\n")
        await writer.drain()
        writer.close()

    heard = Listening()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        feed = TcpClient(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heard.told.append)
        async with listening(feed, heard):
            await heard.until(lambda: feed.status.reconnects >= 4)
    pauses = [told.rpartition(" in ")[2] for told in heard.told if "trying again" in told]
    assert pauses[:4] == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]


async def test_a_feed_that_is_ended_just_as_it_has_connected_ends(monkeypatch: pytest.MonkeyPatch):
    """Whoever stops a run must not wait for ever for a feed that was connecting at that moment."""
    connect = asyncio.open_connection

    async def connected_and_ended(
        host: str, port: int, **how: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        streams = await connect(host, port, **how)
        hearing.cancel()
        return streams

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def listen(feed: TcpClient) -> None:
        async for _ in feed.blocks(START):
            pass

    monkeypatch.setattr("streams.feeds.tcp.asyncio.open_connection", connected_and_ended)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        hearing = asyncio.create_task(listen(TcpClient(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", print)))
        ended, _ = await asyncio.wait((hearing,), timeout=5)
        hearing.cancel()
    assert ended


async def test_a_host_nobody_knows_is_told():
    heard = Listening()
    async with listening(TcpClient("nowhere.invalid:4001", heard.told.append), heard):
        await heard.until_told("no such host")


@pytest.mark.parametrize("address", ["4001", "localhost", "localhost:0", "localhost:65536", "a b:4001", ""])
def test_an_address_is_a_host_and_a_port(address: str):
    with pytest.raises(BadReference, match="expected HOST:PORT"):
        TcpClient(address, print)


# The ear

SENTENCES = 12_000
BIG, SMALL = 60_000, 3_000  # heard at once, and line by line
OFTEN_IN_A_MESSAGE = 25_000  # at once too; some such blocks end where a message is open


@cache
def world() -> bytes:
    """A feed in which few are followed."""
    return b"".join(Corpus(sentences=SENTENCES, share=0.02).blocks())


def ear(watch: Watch | None = None) -> Ear:
    listed = frozenset(range(FIRST_MMSI, FIRST_MMSI + RADIOS))
    return Ear(Stdin(0), watch or Watch(mmsi=listed, in_area=lambda *_: False, boxes=()), Hours())


def blocks(text: bytes, size: int, begins_at: int = 0, arrived_at: datetime | None = None) -> list[Block]:
    cuts = [text[at : at + size] for at in range(0, len(text), size)]
    ends = [begins_at + min(at + size, len(text)) for at in range(0, len(text), size)]
    return [Block(bytes=cut, ends_at=end, arrived_at=arrived_at) for cut, end in zip(cuts, ends, strict=True)]


def heard(by: Ear, of: list[Block]) -> Reports:
    return [report for block in of for report in by.hear(block)]


@pytest.mark.parametrize("size", [BIG, 1_000_000])
def test_big_blocks_are_heard_as_small_ones_are(size: int):
    one, other = ear(), ear()
    reports = heard(one, blocks(world(), size))
    assert reports == heard(other, blocks(world(), SMALL))
    assert len(reports) > 100
    assert one.listener.account.lines == other.listener.account.lines
    assert sorted(one.listener.hours) == sorted(other.listener.hours)
    assert one.listener.heard == other.listener.heard


def test_the_lines_of_a_big_block_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch):
    read: list[bytes] = []
    by = ear()
    plain = by.listener.hear

    def hear(line: bytes, arrived_at: datetime | None = None) -> Reports:
        read.append(line)
        return plain(line, arrived_at)

    monkeypatch.setattr(by.listener, "hear", hear)
    heard(by, blocks(world(), BIG))
    assert len(read) < SENTENCES / 4


@pytest.mark.parametrize("size", [OFTEN_IN_A_MESSAGE, SMALL])
def test_killed_after_any_block_nothing_is_lost_that_is_heard_again_from_the_mark(size: int):
    text, first, before = world(), ear(), set[object]()
    everything = set(heard(ear(), blocks(text, len(text))))
    waited = 0
    for number, block in enumerate(blocks(text, size)):
        before |= set(first.hear(block))
        mark = first.mark
        waited += mark.offset < block.bytes.rfind(b"\n") + 1 + block.ends_at - len(block.bytes)
        if size > SMALL or number % 16 == 0:
            again = ear()
            again.begin(mark)
            after = heard(again, blocks(text[mark.offset :], len(text), mark.offset))
            assert before | set(after) == everything
    assert waited, "no message was open at any end of a block"


def test_the_mark_after_a_big_block_is_the_end_of_its_last_whole_line():
    text = b"".join(line + b"\n" for line in world().split(b"\n")[:2_000] if line.count(b",1,1,,"))
    by = ear()
    by.hear(Block(bytes=text + b"!AIVDM,1", ends_at=500 + len(text) + 8, arrived_at=None))
    assert by.mark == Mark(offset=500 + len(text), line_hash=line_hash(text.split(b"\n")[-2]))


@pytest.mark.parametrize(("others", "kept"), [(FOREIGN, 3), (OF_NOBODY, AWAITED_SENTENCES // (ENDS_APART - 1) + 3)])
def test_while_a_message_is_waited_for_few_line_ends_are_kept_whatever_comes(others: bytes, kept: int):
    by = ear()
    heard(by, blocks(HALF + others * (AWAITED_SENTENCES - 1), SMALL))
    assert len(by._ends) <= kept
    assert by.mark == Mark()  # it is waited for yet
    by.hear(Block(bytes=OF_NOBODY, ends_at=by._heard_to + len(OF_NOBODY), arrived_at=None))
    assert (by.mark.offset == by._heard_to) == (others == OF_NOBODY)


def test_a_part_is_waited_for_no_longer_where_too_much_else_has_come_since():
    by, text = ear(), HALF + FOREIGN * (AWAITED_BYTES // len(FOREIGN))
    heard(by, blocks(text, BLOCK_BYTES))
    assert by.mark == Mark()
    heard(by, blocks(FOREIGN * 4, BLOCK_BYTES, len(text)))
    assert by.mark == Mark(offset=len(HALF), line_hash=line_hash(HALF[:-1]))


def waiting(*some: Block) -> Ear:
    by = ear()
    for block in some:
        by.waiting.put_nowait(block)
    return by


def taken(by: Ear) -> list[bytes]:
    found: list[bytes] = []
    while by.has_waiting:
        found.append(by.take().bytes)
    return found


def test_blocks_that_wait_and_lie_end_to_end_are_put_together():
    by = waiting(*blocks(ONE + TWO + THREE, 4, arrived_at=now()))
    block = by.take()
    assert (block.bytes, block.ends_at) == (ONE + TWO + THREE, len(ONE + TWO + THREE))
    assert not by.has_waiting


def test_a_file_begun_again_is_not_put_together_with_what_was_read_of_the_old_one():
    assert taken(waiting(*blocks(ONE, 4), *blocks(TWO, 4))) == [ONE, TWO]


def test_blocks_are_not_put_together_where_an_unstamped_line_would_get_another_time():
    at = now()
    times = (None, at, at + timedelta(seconds=0.1), at + timedelta(minutes=1))
    together = [Block(bytes=ONE, ends_at=4 * number, arrived_at=time) for number, time in enumerate(times, start=1)]
    assert taken(waiting(*together)) == [ONE, ONE + ONE, ONE]


def test_no_more_is_put_together_than_is_heard_in_a_moment():
    by = waiting(*blocks(bytes(BLOCK_BYTES * 4), BLOCK_BYTES))
    assert [len(each) for each in taken(by)] == [BLOCK_BYTES] * 4  # nothing was heard yet
    sizes: list[int] = []
    for _ in range(12):
        for block in blocks(bytes(BLOCK_BYTES * 16), BLOCK_BYTES):
            by.waiting.put_nowait(block)
        while by.has_waiting:
            sizes.append(len(by.take().bytes))
            by._pace(sizes[-1], 0.0)
    assert max(sizes) == TOGETHER_MOST_BYTES


def test_where_many_are_met_for_the_first_time_a_big_block_is_heard_line_by_line():
    at_sea = {"lat": 42 * DEG_UNITS, "lon": 131 * DEG_UNITS, "type": 1, "sog": 100}
    lines = []
    for number in range(2_000):  # each teaches whom to follow
        payload, fill = pack(POSITION, NOT_AVAILABLE | at_sea | {"mmsi": 200_100_000 + number})
        body = f"AIVDM,1,1,,A,{payload},{fill}".encode()
        lines.append(b"!%b*%02X\n" % (body, checksum(body)))
    watch = Watch(in_area=lambda *_: True, boxes=((40.0, 43.0, 129.0, 134.0),))
    reports = ear(watch).hear(Block(bytes=b"".join(lines), ends_at=len(b"".join(lines)), arrived_at=now()))
    assert len(watch.met) == len(reports) == 2_000 > READ_IN_FULL_MOST
