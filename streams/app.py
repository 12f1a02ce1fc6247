"""The composition root: where a corridor, a ledger and a runner are put together. Everything else is handed what it needs."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from streams.corridor import Corridor, load_corridor
from streams.ledger import Ledger, LedgerError
from streams.server import CannotServe, data_folder, serve
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
    """The ledger of a URL, or of the embedded server of the corridor's data folder. Raises LedgerError."""
    try:
        url = serve(data_folder(corridor.rules.corridor)) if name == EMBEDDED else name
    except CannotServe as error:
        raise LedgerError(str(error)) from None
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        await ledger.close()
