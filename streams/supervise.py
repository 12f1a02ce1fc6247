"""Supervise: keep one process in each slot. What ends is started again; what hangs is ended.

    start --ends by itself, 0-->    done: it had no more to do
          --ends, 1 or killed-->    back off, start again
          --ends, 2-->              wrong usage: no start would mend it; everything is ended
          --hangs-->                SIGTERM, SIGKILL after ten seconds, reaped, start again

Whether a worker hangs is asked at its /healthz, which answers on a thread of its own: Kafka never notices a hung await,
since heartbeats go on. A slot's process is reaped before the next is started: two of one slot would take each other's
partitions for ever. Children end with their supervisor. It knows nothing of ships, topics or ledgers.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from streams.ledger.server import ends_with
from streams.log import log

ENDS_WITHIN_S = 10.0  # after SIGTERM; then SIGKILL, which the ledger's fence makes safe
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_AFTER_S = 60.0  # who lived so long begins with the first pause again
ASKS_EVERY_S, ANSWERS_WITHIN_S = 5.0, 5.0
SILENT_AT_MOST = 4  # times in a row that it does not answer: its whole process stands still
STARTS_WITHIN_S = 30.0  # before that it need not answer
WRONG_USAGE = 2
STUCK = b" 503 "


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One process to keep. `command` gets `--slot` and `--metrics` added."""

    worker: str
    number: int
    command: tuple[str, ...]
    metrics: str | None = None  # HOST:PORT; None: a port the kernel gives

    @property
    def name(self) -> str:
        return f"{self.worker} {self.number}"


async def supervise(slots: Sequence[Slot]) -> int:
    """Keep a process in each slot until asked to end, or until all are done: the exit code."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, asked.set)
    keepers = [_Keeper(slot, asked) for slot in slots]
    codes = await asyncio.gather(*(keeper.keep() for keeper in keepers))
    return max(codes, default=0)


class _Keeper:
    """Keeps one slot."""

    def __init__(self, slot: Slot, asked: asyncio.Event) -> None:
        self.slot, self._asked = slot, asked
        self._pause_s = FIRST_PAUSE_S

    async def keep(self) -> int:
        """Until asked to end, or until it is done or cannot be started: 0, or what it ended with."""
        while not self._asked.is_set():
            began_s = asyncio.get_running_loop().time()
            code = await self._run()
            if self._asked.is_set():
                break
            if code == 0:
                log().info(f"{self.slot.name}: done")
                return 0
            if code == WRONG_USAGE:
                log().error(f"{self.slot.name}: wrong usage, which no start would mend; ending everything")
                self._asked.set()
                return WRONG_USAGE
            await self._rest(code, lived_s=asyncio.get_running_loop().time() - began_s)
        return 0

    async def _run(self) -> int:
        """One life of its process: how it ended."""
        address = self.slot.metrics or f"127.0.0.1:{_free_port()}"
        words = (*self.slot.command, "--slot", str(self.slot.number), "--metrics", address)
        preparing = ends_with(os.getpid()) if sys.platform == "linux" else None
        child = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.DEVNULL, preexec_fn=preparing)
        log().info(f"{self.slot.name}: started as process {child.pid}")
        ended = asyncio.create_task(child.wait())
        hangs = asyncio.create_task(_hangs(address))
        asked = asyncio.create_task(self._asked.wait())
        await asyncio.wait((ended, hangs, asked), return_when=asyncio.FIRST_COMPLETED)
        if hangs.done() and not ended.done():
            log().warning(f"{self.slot.name}: process {child.pid} hangs ({hangs.result()}); ending it")
        for each in (hangs, asked):
            each.cancel()
        return await _end(child, ended, self.slot.name)

    async def _rest(self, code: int, lived_s: float) -> None:
        """Wait before the next start, longer each time, or until asked to end."""
        if lived_s >= STEADY_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        how = f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        log().warning(f"{self.slot.name}: {how} after {lived_s:.0f} s; starting it again in {self._pause_s:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause_s):
                await self._asked.wait()
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


async def _end(child: asyncio.subprocess.Process, ended: asyncio.Task[int], name: str) -> int:
    """See to it that a process is gone, and reap it."""
    if not ended.done():
        child.terminate()
        await asyncio.wait((ended,), timeout=ENDS_WITHIN_S)
    if not ended.done():
        log().warning(f"{name}: process {child.pid} did not end within {ENDS_WITHIN_S:g} s of SIGTERM; killing it")
        child.kill()
    return await ended


async def _hangs(address: str) -> str:
    """Wait until a worker hangs: in what way."""
    loop = asyncio.get_running_loop()
    began_s, silent = loop.time(), 0
    while True:
        await asyncio.sleep(ASKS_EVERY_S)
        answer = await _asked(address)
        silent = 0 if answer else silent + 1
        if STUCK in answer.partition(b"\r\n")[0]:
            return answer.rpartition(b"\r\n\r\n")[2].decode().strip()
        if silent >= SILENT_AT_MOST and loop.time() - began_s >= STARTS_WITHIN_S:
            return f"no answer from {address} {silent} times in a row"


async def _asked(address: str) -> bytes:
    """What /healthz answers; nothing where nobody does in time."""
    host, _, port = address.rpartition(":")
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
                return await reader.read()
            finally:
                writer.close()
    return b""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])
