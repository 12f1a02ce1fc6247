"""Feeds: bytes come as they are written or sent; a lost connection is made again, a replaced file is noticed."""

import asyncio
import os
from pathlib import Path

import pytest

from geofences.errors import BadReference
from streams.feeds import Mark
from streams.feeds.file import GrowingFile, line_hash
from streams.feeds.stdin import Stdin
from streams.feeds.tcp import TcpClient
from tests.shell.listening import Listening, listening

ONE, TWO, THREE = b"one\n", b"two\n", b"three\n"


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


@pytest.mark.parametrize("address", ["4001", "localhost", "localhost:0", "localhost:65536", "a b:4001", ""])
def test_an_address_is_a_host_and_a_port(address: str):
    with pytest.raises(BadReference, match="expected HOST:PORT"):
        TcpClient(address, print)
