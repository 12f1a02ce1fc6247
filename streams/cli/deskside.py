"""Deskside: a desk served beside a run, in a process of its own, so that no page holds up what is heard.

    start --ends, 2-->      its address is taken, or is none: told, and the run goes on without
          --ends else-->    back off, start again
    the run ends-->         the desk is ended, and waited for

What the desk says the run says for it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
import typer

from streams.app import EMBEDDED, LEDGER_ENV
from streams.cli.exits import EXIT_WRONG_USAGE
from streams.ledger.server import ends_with
from streams.settings import CONFIG_ENV

BIND = "127.0.0.1:8010"
DESK_ENV, OFF = "SEALANE_DESK", "off"
MAIN = "from streams.cli import main; main()"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
ENDS_WITHIN_S = 5.0  # after SIGTERM

DeskAt = Annotated[
    str | None, typer.Option("--desk", metavar="HOST:PORT", help=f"Where its desk is served; default: {BIND}.")
]
NoDesk = Annotated[bool, typer.Option("--no-desk", metavar="", help="Serve no desk.")]


class Shows(Protocol):
    """Where a run is seen."""

    def says(self, text: str) -> None: ...

    def served(self, url: str) -> None: ...


class _Said(msgspec.Struct):
    """A line of a log as JSON."""

    event: str
    level: str = "info"
    url: str | None = None  # where it is served


def desk_address(option: str | None, env: Mapping[str, str], *, off: bool) -> str | None:
    """Where the desk of a run is to be: as the option says, else the environment, else as ever; None: nowhere."""
    address = None if off else option or env.get(DESK_ENV) or BIND
    return None if address == OFF else address


@asynccontextmanager
async def deskside(address: str | None, name: str, config: Path | None, shows: Shows) -> AsyncIterator[None]:
    """A desk of the ledger of that name at an address, meanwhile; at None none."""
    if address is None:
        yield
        return
    keeping = asyncio.create_task(_keep(address, name, config, shows))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(address: str, name: str, config: Path | None, shows: Shows) -> None:
    """Keep a desk until cancelled, or until there can be none."""
    pause_s = FIRST_PAUSE_S
    while await _run(address, name, config, shows) != EXIT_WRONG_USAGE:
        shows.says(f"the desk has ended; starting it again in {pause_s:g} s")
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
    shows.says(f"no desk at {address}; going on without it")


async def _run(address: str, name: str, config: Path | None, shows: Shows) -> int:
    """One desk, until it ends: its exit code. Cancelled, it is ended."""
    words = ["--log-format", "json", "desk", "--bind", address]
    env = dict(os.environ)
    if name == EMBEDDED:
        words += ["--ledger", EMBEDDED]
    else:
        env[LEDGER_ENV] = name  # which may hold a password: not for others to read in a list of processes
    if config is not None:
        env[CONFIG_ENV] = str(config)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        MAIN,
        *words,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=ends_with(os.getpid()) if sys.platform == "linux" else None,
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            _show(line, shows)
        return await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)


def _show(line: bytes, shows: Shows) -> None:
    """Say what a desk says."""
    try:
        said = msgspec.json.decode(line, type=_Said)
    except msgspec.DecodeError:
        shows.says(f"desk: {line.decode(errors='replace').strip()}")
        return
    if said.url is not None:
        shows.served(said.url)
    else:
        shows.says(f"desk: {said.event}" if said.level == "info" else f"desk: {said.level}: {said.event}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
