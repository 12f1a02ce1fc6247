"""`sealane tail`: the events of the chain from any sequence on, and then each as it is committed."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Annotated

import typer

from geofences.errors import BadReference, did_you_mean
from sealane.identity import Identity
from streams.app import corridor_of, opened
from streams.cli.replay import ConfigFile, print_json
from streams.cli.views import LedgerName, ledger_asked
from streams.corridor.corridor import Corridor
from streams.kafka.settings import Kafka, from_environment
from streams.ledger.ledger import Ledger, LedgerError
from streams.log import log
from streams.reading import Reading, read
from streams.showing.telling import KINDS, Told, line_of_told, object_of, told
from streams.subscribe import subscribe

LAST_SHOWN = 10
TRIES_EVERY_S = 1.0  # while the server is away


def tail(
    after: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="From the entry after N on; left out: the last 10.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on as events are committed, or end.")] = True,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only these: AlertFired, or Alert for all such.")
    ] = None,
    from_kafka: Annotated[
        bool,
        typer.Option("--kafka", metavar="", help="From Kafka, not from the ledger; --after left out: from now on."),
    ] = False,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object a line.")] = False,
) -> None:
    """Show events as they are committed, each with its sequence in the ledger.

    Goes on where the ledger's server was started again, and can be taken up later: --after the last sequence seen.
    """
    corridor = corridor_of(config)
    told_live = _Tail(corridor, after, _kinds(kind or []), follow=follow, as_json=as_json)
    events = told_live.run_from_kafka(from_environment()) if from_kafka else told_live.run(ledger_asked(ledger))
    asyncio.run(_until_stopped(events))


def _kinds(words: list[str]) -> frozenset[str]:
    """The kinds of events that the words name: whole, or a part such as Alert. None at all: every kind."""
    found: set[str] = set()
    for word in words:
        meant = {kind for kind in KINDS if word.strip() and word.strip().casefold() in kind.casefold()}
        if not meant:
            known = [kind.casefold() for kind in KINDS]
            raise BadReference("--kind", "", repr(word), "a kind of event", did_you_mean(word, known))
        found |= meant
    return frozenset(found)


class _Tail:
    """Where a reader of the chain stands; it outlives the connection."""

    def __init__(
        self, corridor: Corridor, after: int | None, kinds: frozenset[str], *, follow: bool, as_json: bool
    ) -> None:
        self.corridor, self.after, self.kinds, self.follow, self.as_json = corridor, after, kinds, follow, as_json
        self._names: dict[int, str] = {}

    async def run(self, name: str) -> None:
        """Show what is there, and then what comes. A server that goes away is waited for, once it has been there."""
        is_known = False
        while True:
            try:
                async with opened(name, self.corridor) as ledger:
                    self._begin(await read(ledger, self.corridor), again=is_known)
                    is_known = True
                    await self._show(ledger)
                    return
            except LedgerError as error:
                if not (self.follow and is_known):
                    raise
                log().warning(f"{error}; going on after entry {self.after or 0:,} once it is back")
            await asyncio.sleep(TRIES_EVERY_S)

    async def run_from_kafka(self, kafka: Kafka) -> None:
        """The same as the relay sends it: from now on, where no sequence is given to begin after."""
        watchlist = self.corridor.rules.watchlist
        self._names = {int(vessel.imo): vessel.name for vessel in (watchlist.vessels if watchlist else ())}
        after = 0 if self.after is None and not self.follow else self.after
        async for received in subscribe(kafka, after=after, follow=self.follow):
            self._tell(received.event)

    def _begin(self, reading: Reading, *, again: bool) -> None:
        end = reading.head.sequence
        self._names = dict(reading.names)
        if self.after is None:
            self.after = max(0, end - LAST_SHOWN)
        elif self.after > end:
            what = "this is not the chain that was read before" if again else "nothing to show before it gets there"
            log().warning(f"the chain ends at entry {end:,}, expected {self.after:,} or more: {what}")

    async def _show(self, ledger: Ledger) -> None:
        entries = ledger.follow(self.after or 0) if self.follow else ledger.entries(self.after or 0)
        async for entry in entries:
            self._tell(told(entry))
            self.after = entry.sequence

    def _tell(self, event: Told) -> None:
        each = object_of(event)
        if isinstance(each, Identity) and each.name:
            self._names.setdefault(int(each.imo), each.name)
        if self.kinds and event.kind not in self.kinds:
            return
        if self.as_json:
            print_json(event)
        else:
            typer.echo(line_of_told(event, self._names, self.corridor.port_name))


async def _until_stopped(tailing: Coroutine[None, None, None]) -> None:
    """Run until the end, or until the user or the system asks to stop; each of them is a good end."""
    task = asyncio.ensure_future(tailing)
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
