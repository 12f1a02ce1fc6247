"""`sealane feeds`: how the feeds of a run are, from its ledger."""

import asyncio
from typing import Annotated

import msgspec
import typer

from streams.app import corridor_of, opened
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName, ledger_asked
from streams.clock import now
from streams.corridor.corridor import Corridor
from streams.feeds.health import Health, health_words
from streams.ledger import keys
from streams.ledger.ledger import LedgerError
from streams.log import log


def feeds(
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
) -> None:
    """Show how each feed is: connected, silent, when it was heard last, how much, what was rejected."""
    found = asyncio.run(_stored(ledger_asked(ledger), corridor_of(config)))
    if as_json:
        typer.echo(msgspec.json.encode(found))
        return
    if not found:
        log().warning("no feed yet; sealane run hears them")
    for health in found:
        typer.echo(health_words(health, now()))


async def _stored(name: str, corridor: Corridor) -> list[Health]:
    async with opened(name, corridor) as ledger:
        fields = await ledger.hash(keys.FEEDS)
        try:
            return [msgspec.json.decode(said, type=Health) for _, said in sorted(fields.items())]
        except msgspec.MsgspecError as error:
            raise LedgerError(f"{ledger.url}: {keys.FEEDS} cannot be read ({error})") from None
