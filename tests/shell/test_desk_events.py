"""The desk's stream of events: each once and in order, whatever is cut in between; and a stop that waits for nobody."""

import asyncio
import errno
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from desk.outflow import Outflow
from desk.server import listening
from streams.contract.cloudevent import from_structured
from streams.demo import feed
from streams.ledger.ledger import Ledger
from tests.shell.conftest import Kept
from tests.shell.serving import Event, Served, Stream, served

KeepIn = Callable[[list[bytes]], Kept]
STOPS_WITHIN_S = 5.0  # of a busy machine; a tenth of a second on an idle one
PAGE, CHUNK_BYTES = 16, 12_000  # smaller than they are, so that a small ledger has several
FIRST_LINES, MORE_LINES = 1_500, 3_001
STUCK_MS, DROPPED_WITHIN_S = 300, 8.0
MORE_THAN_BUFFERS = 64_000_000  # bytes: what the kernel would hold for a reader


class Bench:
    """Desks and readers of one test, all ended after it."""

    def __init__(self, stack: ExitStack, data: Path) -> None:
        self._stack, self._data = stack, data

    def desk(self, kept: Kept) -> Served:
        words = ("--ledger", kept.url, "--config", kept.config)
        return self._stack.enter_context(served(*words, SEALANE_DATA=str(self._data)))

    def listen(self, desk: Served, after: int | None) -> Stream:
        stream = Stream(desk, after)
        self._stack.callback(stream.close)
        return stream


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack, tmp_path / "desks")


def head_of(desk: Served) -> int:
    head: int = desk.ask("/calls.json?limit=1").json["ledger"]["sequence"]
    return head


def test_from_the_beginning_every_entry_comes_once_and_in_order(kept: Kept, bench: Bench):
    desk = bench.desk(kept)
    found = bench.listen(desk, 0).until(head_of(desk))
    assert [sequence for sequence, _ in found] == list(range(1, len(found) + 1))
    events = [from_structured(body) for _, body in found]
    assert [event.data.sequence for event in events] == [sequence for sequence, _ in found]
    assert len({event.id for event in events}) == len(events)
    assert {event.source for event in events} == {"/sealane/demo"}
    assert all(event.synthetic for event in events)


def test_an_event_comes_as_it_is_committed_and_the_views_already_show_it(keep_in: KeepIn, bench: Bench):
    kept = keep_in(list(islice(feed(), FIRST_LINES)))
    desk = bench.desk(kept)
    before = head_of(desk)
    stream = bench.listen(desk, None)
    keep_in(list(islice(feed(), MORE_LINES)))
    sequence, _ = stream.next()
    assert sequence == before + 1
    assert head_of(desk) >= sequence


def test_after_a_kill_a_reader_goes_on_where_it_was(keep_in: KeepIn, bench: Bench):
    kept = keep_in(list(islice(feed(), FIRST_LINES)))
    first = bench.desk(kept)
    found = bench.listen(first, 0).until(head_of(first) - 2)
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    keep_in(list(islice(feed(), MORE_LINES)))
    second = bench.desk(kept)
    found += bench.listen(second, found[-1][0]).until(head_of(second))
    assert [sequence for sequence, _ in found] == list(range(1, len(found) + 1))


def test_a_cut_connection_loses_nothing_and_repeats_nothing(kept: Kept, bench: Bench):
    desk = bench.desk(kept)
    end, found = head_of(desk), list[Event]()
    while not found or found[-1][0] < end:
        stream = bench.listen(desk, found[-1][0] if found else 0)
        found += [stream.next() for _ in range(min(7, end - len(found)))]
        stream.close()
    assert [sequence for sequence, _ in found] == list(range(1, end + 1))


def test_asked_to_end_it_ends_its_streams_whole_and_soon(kept: Kept, bench: Bench):
    desk = bench.desk(kept)
    streams = [bench.listen(desk, 0) for _ in range(10)]
    began_s = time.monotonic()
    desk.process.send_signal(signal.SIGTERM)
    for stream in streams:
        assert stream.rest().endswith(b"\n\n")  # http.client raises where a chunk is cut
    assert time.monotonic() - began_s < STOPS_WITHIN_S
    assert desk.process.wait(10) == 0


def test_an_id_that_is_none_is_refused_and_one_beyond_the_chain_resets(kept: Kept, bench: Bench):
    desk = bench.desk(kept)
    assert desk.ask("/events?after=x").problem == "malformed"
    assert desk.ask("/events", Last_Event_ID="-1").problem == "malformed"
    end = head_of(desk)
    assert bench.listen(desk, end + 1_000).next() == (
        end,
        json.dumps({"sequence": end}, separators=(",", ":")).encode(),
    )


def test_a_reader_that_takes_nothing_is_dropped():
    with listening("127.0.0.1", 0, STUCK_MS) as sock, socket.create_connection(sock.getsockname()):
        kept, _ = sock.accept()  # its other end never reads
        kept.settimeout(DROPPED_WITHIN_S)
        with kept, pytest.raises(TimeoutError) as raised:
            kept.sendall(bytes(MORE_THAN_BUFFERS))
    assert raised.value.errno == errno.ETIMEDOUT  # the kernel's word; a send that only took too long has none


async def test_chunks_are_shared_and_none_is_larger_than_one_reader_may_hold_up(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("desk.outflow.PAGE", PAGE)
    monkeypatch.setattr("desk.outflow.CHUNK_BYTES", CHUNK_BYTES)
    ledger = Ledger(kept.url)
    end = (await ledger.read_head()).sequence
    assert end > PAGE
    outflow = Outflow(ledger, "demo")
    outflow.reach(end)
    after, chunks = 0, []
    while after < end:
        last, chunk = await outflow.chunk(after)
        assert (last, chunk) == await outflow.chunk(after)
        assert (await outflow.chunk(after))[1] is chunk
        chunks.append(chunk)
        after = last
    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert b"".join(chunks).count(b"\nid: ") + b"".join(chunks).startswith(b"id: ") == end
    await ledger.close()


async def test_a_stream_waits_without_a_word_and_ends_when_told(kept: Kept):
    ledger = Ledger(kept.url)
    outflow = Outflow(ledger, "demo")
    outflow.reach((await ledger.read_head()).sequence)
    stream = outflow.stream(outflow.end, "me")
    assert b"retry: 1000" in await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert outflow.readers == {"me": 1}
    outflow.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert outflow.readers == {}
    await ledger.close()
