"""Folders, stations that connect, datagrams and TLS, against real files, sockets and certificates."""

import asyncio
import gzip
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

from geofences.errors import BadReference
from sealane.filter import Watch
from sealane.heard import Hours
from sealane.lines import MAX_LINE_BYTES
from streams.feeds import Block, Mark
from streams.feeds.ear import Ear
from streams.feeds.file import line_hash
from streams.feeds.folder import Folder
from streams.feeds.lines import WholeLines, whole_bytes
from streams.feeds.listen import TcpServer
from streams.feeds.tcp import TcpClient
from streams.feeds.udp import Udp
from tests.shell.listening import Listening, listening

ONE, TWO, THREE = b"one\n", b"two\n", b"three\n"
SAID = b"!AIVDM of some length\n"
LONG_AGO_S = 1_000_000_000
HALVES = (b"!AIVDM,2,1,3,A,first,0*00\n", b"!AIVDM,2,2,3,A,second,0*00\n")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def finished(path: Path, text: bytes) -> None:
    """A file that nobody has written to for long."""
    path.write_bytes(text)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))


# Whole lines


def test_a_line_in_the_middle_of_being_sent_is_waited_for():
    lines = WholeLines()
    assert lines.take(b"one\ntw") == ONE
    assert lines.take(b"o\n") == TWO
    assert lines.take(b"thr") == b""
    assert lines.rest() == b"thr\n"


def test_a_message_in_halves_is_never_torn():
    lines = WholeLines()
    assert lines.take(ONE + HALVES[0]) == ONE
    assert lines.take(HALVES[1]) == HALVES[0] + HALVES[1]
    assert whole_bytes(HALVES[0] + HALVES[1] + ONE) == len(HALVES[0] + HALVES[1] + ONE)


def test_a_half_whose_other_never_comes_holds_up_nothing():
    lines = WholeLines()
    assert lines.take(HALVES[0]) == b""
    assert lines.take(ONE) == HALVES[0] + ONE


def test_a_line_without_end_takes_no_more_memory_than_a_line():
    lines = WholeLines()
    for _ in range(100):
        assert lines.take(b"x" * MAX_LINE_BYTES) == b""
    assert len(lines.rest()) == MAX_LINE_BYTES + 2


# A folder


async def test_every_file_of_a_folder_is_read_the_oldest_first_and_then_new_and_growing_ones(tmp_path: Path):
    finished(tmp_path / "b.nmea", ONE)
    (tmp_path / "a.nmea").write_bytes(TWO)
    (tmp_path / ".hidden").write_bytes(b"no\n")
    (tmp_path / "below").mkdir()
    heard = Listening()
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(ONE + TWO)
        with (tmp_path / "b.nmea").open("ab") as grows:
            grows.write(THREE)
        await heard.until_heard(ONE + TWO + THREE)
        (tmp_path / "c.nmea").write_bytes(ONE)
        await heard.until_heard(ONE + TWO + THREE + ONE)
    assert [block.arrived_at is None for block in heard.blocks] == [True, True, False, True]


async def test_lines_of_two_growing_files_never_run_into_each_other(tmp_path: Path):
    first, second, heard = tmp_path / "a", tmp_path / "b", Listening()
    first.write_bytes(ONE + b"tor")
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(ONE)
        second.write_bytes(TWO)
        await heard.until_heard(ONE + TWO)
        with first.open("ab") as grows:
            grows.write(b"n\n")
        await heard.until_heard(ONE + TWO + b"torn\n")


async def test_a_last_line_that_nobody_ends_is_ended(tmp_path: Path):
    finished(tmp_path / "a", b"torn")
    heard = Listening()
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(b"torn\n")


async def test_finished_files_are_read_compressed(tmp_path: Path):
    finished(tmp_path / "a.gz", gzip.compress(ONE + TWO))
    finished(tmp_path / "b.zst", zstandard.compress(THREE))
    heard = Listening()
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(ONE + TWO + THREE)
        await heard.until_told("b.zst: read")


async def test_a_compressed_file_cut_short_gives_what_can_be_read_and_the_others_go_on(tmp_path: Path):
    text = b"".join(b"%d\n" % number for number in range(200_000))
    whole = zstandard.compress(text)
    finished(tmp_path / "a.zst", whole[: len(whole) // 2])
    (tmp_path / "b.nmea").write_bytes(ONE)
    heard = Listening()
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until(lambda: heard.text.endswith(b"\n" + ONE))
    (told,) = [told for told in heard.told if "cut short" in told]
    assert "a.zst" in told
    assert text.startswith(heard.text[: -len(b"\n" + ONE)])
    assert len(heard.text) > len(ONE) * 100


async def test_a_rotated_file_is_known_again_and_the_new_one_read(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE)
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(ONE)
        with file.open("ab") as grows:
            file.rename(tmp_path / "a.nmea.1")
            file.write_bytes(THREE)
            grows.write(TWO)
        await heard.until(lambda: len(heard.text) == len(ONE + TWO + THREE))
    assert sorted(heard.text.splitlines()) == [b"one", b"three", b"two"]


async def test_a_truncated_file_is_read_from_its_start(tmp_path: Path):
    file, heard = tmp_path / "a.nmea", Listening()
    file.write_bytes(ONE + TWO)
    async with listening(Folder(tmp_path, heard.told.append), heard):
        await heard.until_heard(ONE + TWO)
        file.write_bytes(THREE)
        await heard.until_heard(ONE + TWO + THREE)


async def test_a_run_that_is_started_again_goes_on_in_each_file_where_it_stood(tmp_path: Path):
    first, second, packed = tmp_path / "a", tmp_path / "b", tmp_path / "c.gz"
    for path, text in ((first, ONE), (second, TWO), (packed, gzip.compress(THREE))):
        finished(path, text)
    heard = Listening()
    feed = Folder(tmp_path, heard.told.append)
    async with listening(feed, heard):
        await heard.until_heard(ONE + TWO + THREE)
        await heard.until_told("c.gz: read")
    mark = Mark(offset=heard.blocks[-1].ends_at, line_hash=line_hash(b"three"))
    places: Mapping[str, str] = feed.places(mark)
    assert set(places) == {"a", "b", "c.gz"}
    second.rename(tmp_path / "b.1")
    with (tmp_path / "b.1").open("ab") as grows:
        grows.write(THREE)
    again = Listening()
    later = Folder(tmp_path, again.told.append)
    later.resume(places)
    async with listening(later, again, mark):
        await again.until_heard(THREE)
        (tmp_path / "d").write_bytes(ONE)
        await again.until_heard(THREE + ONE)


async def test_what_the_mark_has_not_reached_is_heard_again(tmp_path: Path):
    finished(tmp_path / "a", ONE)
    heard = Listening()
    feed = Folder(tmp_path, heard.told.append)
    async with listening(feed, heard):
        await heard.until_heard(ONE)
    assert feed.places(Mark(offset=0)) == {}


async def test_a_recording_in_the_place_of_one_that_is_gone_has_no_time_of_arrival(tmp_path: Path):
    finished(tmp_path / "a", ONE)
    heard = Listening()
    feed = Folder(tmp_path, heard.told.append)
    async with listening(feed, heard):
        await heard.until_heard(ONE)
        (tmp_path / "a").unlink()
        await heard.until(lambda: not feed._places)
        finished(tmp_path / "b", TWO + THREE)  # most file systems give it the inode of the other
        await heard.until_heard(ONE + TWO + THREE)
    assert [block.arrived_at for block in heard.blocks] == [None] * len(heard.blocks)


async def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path):
    heard = Listening()
    async with listening(Folder(tmp_path / "later", heard.told.append), heard):
        await heard.until_told("waiting for it")
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "a").write_bytes(ONE)
        await heard.until_heard(ONE)


# Stations that connect


async def test_several_stations_push_at_once_and_their_lines_stay_whole():
    heard, port = Listening(), free_port()
    feed = TcpServer(f"127.0.0.1:{port}", heard.told.append)
    async with listening(feed, heard):
        await heard.until_told("listening")
        _, one = await asyncio.open_connection("127.0.0.1", port)
        _, other = await asyncio.open_connection("127.0.0.1", port)
        await heard.until(lambda: feed.status.connections == 2)
        one.write(ONE + b"tor")
        await heard.until_heard(ONE)
        other.write(TWO + HALVES[0])
        await heard.until_heard(ONE + TWO)
        one.write(b"n\n")
        await heard.until_heard(ONE + TWO + b"torn\n")
        other.write(HALVES[1] + b"last")
        other.close()
        await heard.until_heard(ONE + TWO + b"torn\n" + HALVES[0] + HALVES[1] + b"last\n")
        one.close()
        await heard.until(lambda: not feed.status.connected)


async def test_more_stations_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.listen.CONNECTIONS", 1)
    heard, port = Listening(), free_port()
    feed = TcpServer(f"127.0.0.1:{port}", heard.told.append)
    async with listening(feed, heard):
        await heard.until_told("listening")
        _, first = await asyncio.open_connection("127.0.0.1", port)
        await heard.until(lambda: feed.status.connections == 1)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):  # a reset, or an end
            assert await reader.read() == b""
        await heard.until(lambda: feed.status.refused == 1)
        first.write(ONE)
        await heard.until_heard(ONE)
        first.close()
        second.close()


async def test_a_port_that_is_taken_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.listen.PAUSE_S", 0.05)
    heard = Listening()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        feed = TcpServer(f"127.0.0.1:{port}", heard.told.append)
        async with listening(feed, heard):
            await heard.until_told("cannot listen")
            taken.close()
            await heard.until_told("listening")


# Datagrams


async def test_a_datagram_is_whole_lines_whether_it_ends_in_one_or_not():
    heard, port = Listening(), free_port(socket.SOCK_DGRAM)
    feed = Udp(f"127.0.0.1:{port}", heard.told.append)
    async with listening(feed, heard):
        await heard.until_told("what the kernel drops cannot be counted")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            one.sendto(b"one", ("127.0.0.1", port))
            await heard.until_heard(ONE)
            one.sendto(HALVES[0], ("127.0.0.1", port))
            other.sendto(TWO, ("127.0.0.1", port))
            await heard.until_heard(ONE + TWO)
            one.sendto(HALVES[1], ("127.0.0.1", port))
            await heard.until_heard(ONE + TWO + HALVES[0] + HALVES[1])
        assert feed.status.connected


def test_datagrams_that_come_too_fast_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.feeds.udp.DATAGRAMS_WAITING", 2)
    feed = Udp("127.0.0.1:10110", print)
    for _ in range(5):
        feed.take(ONE, "somebody")
    assert feed.status.dropped == 3


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    openssl = shutil.which("openssl")
    assert openssl is not None
    file, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = [openssl, *words.split(), "-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file, key


def serving(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(SAID)
    with suppress(OSError):
        await writer.drain()
        await reader.read()
    writer.close()


async def test_a_server_with_tls_is_heard_where_its_certificate_is_trusted(certificate: tuple[Path, Path]):
    heard = Listening()
    async with await asyncio.start_server(say, "localhost", 0, ssl=serving(certificate)) as server:
        port = server.sockets[0].getsockname()[1]
        feed = TcpClient(f"tls://localhost:{port}", heard.told.append, certificate[0])
        async with listening(feed, heard):
            await heard.until_heard(SAID)
    assert feed.name == f"tls:localhost:{port}"


async def test_a_certificate_nobody_vouches_for_is_told_and_nothing_heard(certificate: tuple[Path, Path]):
    heard = Listening()
    async with await asyncio.start_server(say, "localhost", 0, ssl=serving(certificate)) as server:
        feed = TcpClient(f"tls://localhost:{server.sockets[0].getsockname()[1]}", heard.told.append)
        async with listening(feed, heard):
            await heard.until_told("its certificate is not good (self-signed certificate); --tls-ca names")
    assert heard.text == b""


async def test_plain_text_on_a_port_of_tls_is_told():
    heard = Listening()
    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        feed = TcpClient(f"tls://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard.told.append)
        async with listening(feed, heard):
            await heard.until_told("does not speak TLS here; without TLS it is tcp://")


async def test_a_refused_connection_is_told():
    heard = Listening()
    async with listening(TcpClient(f"127.0.0.1:{free_port()}", heard.told.append), heard):
        await heard.until_told("connection refused")


def test_a_file_of_certificates_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "ca").write_bytes(b"no certificate")
    for path in (tmp_path / "ca", tmp_path / "none"):
        with pytest.raises(BadReference, match="--tls-ca"):
            TcpClient("tls://localhost:1", print, path)


# What is no AIS


async def heard_by_an_ear(sent: bytes, times: int = 1) -> tuple[Ear, list[str]]:
    """A server that sends something, and what an ear makes of it."""
    heard = Listening()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _once in range(times):
            writer.write(sent)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        feed = TcpClient(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", heard.told.append)
        async with listening(feed, heard):
            await heard.until(lambda: bool(heard.blocks) and heard.blocks[-1].ends_at >= times * len(sent))
    ear = Ear(feed, Watch(in_area=lambda *_: False), Hours(), heard.told.append)
    for block in heard.blocks:
        ear.hear(block)
    return ear, heard.told


async def test_a_server_that_sends_a_web_page_is_told_of():
    ear, told = await heard_by_an_ear(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>\n<body>\n</body>\n</html>\n")
    assert any("it sends a web page, so far no sentence; it begins 'HTTP/1.1 400 Bad Request" in line for line in told)
    assert ear.listener.heard == 0


async def test_lines_that_are_no_ais_are_told_of_once():
    _, told = await heard_by_an_ear(b"temperature 3\n" * 20)
    assert len([line for line in told if "it sends no AIS" in line]) == 1


async def test_a_line_without_end_is_counted_once_and_kept_short():
    ear, told = await heard_by_an_ear(b"x" * (1 << 20), times=8)
    assert ear.hear(Block(bytes=b"\n", ends_at=1 << 31, arrived_at=None)) == []
    assert ear.listener.account.lines["line_too_long"] == 1
    assert [line for line in told if "a line without end" in line]
    assert len(ear._lines._begun) <= MAX_LINE_BYTES + 1
