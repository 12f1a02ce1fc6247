"""The composition root: where a corridor, a ledger and a runner are put together; the rest is handed what it needs."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from geofences.errors import BadReference
from streams.care.witness import note
from streams.corridor.corridor import Corridor, load_corridor
from streams.ledger.ledger import Ledger, LedgerError
from streams.ledger.server import CannotServe, data_folder, serve
from streams.ledger.wire import told
from streams.log import log
from streams.settings import config_path

MEMORY, EMBEDDED = "memory", "embedded"
LEDGER_ENV = "SEALANE_REDIS_URL"


def corridor_of(config: Path | None) -> Corridor:
    """The corridor of --config, else of SEALANE_CONFIG, else the shipped one. Raises BadReference."""
    return load_corridor(config_path(config, os.environ))


def ledger_name(option: str | None, env: Mapping[str, str], otherwise: str = EMBEDDED) -> str:
    """Which ledger: --ledger's, else SEALANE_REDIS_URL's, else the command's own default."""
    return option or env.get(LEDGER_ENV) or otherwise


@asynccontextmanager
async def opened(name: str, corridor: Corridor) -> AsyncIterator[Ledger]:
    """The ledger of a URL, or of the corridor's embedded server. Raises LedgerError, BadReference."""
    if name != EMBEDDED:
        from streams.ledger.condition import fit

        for each in await fit(url_of(name)):
            log().warning(f"{told(name)}: {each.what} is {each.found}; {each.remedy}")
        ledger = Ledger(name)
    else:
        folder = data_folder(corridor.rules.corridor)
        try:
            ledger = Ledger(serve(folder), lambda: serve(folder))
        except CannotServe as error:
            raise LedgerError(str(error)) from None
    try:
        yield ledger
    finally:
        await ledger.close()
        if name == EMBEDDED:
            note(folder, ledger.head)


def url_of(name: str) -> str:
    """The URL of a Redis as it was named. Raises BadReference where it is none."""
    from redis.connection import parse_url

    try:
        parse_url(name)  # type: ignore[no-untyped-call]
    except ValueError:
        raise BadReference(
            "--ledger",
            "",
            repr(told(name)),
            f"{EMBEDDED} or the URL of a Redis, such as redis://localhost:6379/0",
            f"{MEMORY} is for replay and demo" if name == MEMORY else "",
        ) from None
    return name
