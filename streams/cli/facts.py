"""`sealane facts add|list`: what people add beside AIS, into a ledger and out of it."""

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from sealane.binding import Binding
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.sighting import Sighting
from streams.adding import Added, add
from streams.app import corridor_of, opened
from streams.cautions import cautions
from streams.cli.adding import tell_cautions, tell_refused
from streams.cli.exits import EXIT_FAILED
from streams.cli.printed import interval, print_table
from streams.cli.replay import ConfigFile, print_events, print_json
from streams.cli.views import LedgerName, ledger_asked
from streams.clock import now
from streams.corridor.corridor import Corridor
from streams.fact import Table, fact_given, untimed
from streams.facts import FactsFile, read_facts
from streams.ledger.inputs import stored_facts
from streams.ledger.views import stored_standing
from streams.log import log
from streams.showing.state import shown
from streams.showing.wording import SYNTHETIC, moment

AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Events as JSON, one a line.")]
Id = Annotated[str | None, typer.Option("--id", metavar="ID", help="Its id; left out: made of what it says.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so.")]
Source = Annotated[str, typer.Option("--source", metavar="SOURCE", help="Where it was published or seen.")]
Link = Annotated[str, typer.Option("--link", metavar="URL", help="Where it can be read.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Anything else.")]
KnownAt = Annotated[str | None, typer.Option("--known-at", metavar="TIME", help="When it became known; default: now.")]

COLUMNS = {"id": "id", "kind": "kind", "known": "known", "what": "what", "by": "by", "source": "source"}

facts_app = typer.Typer(no_args_is_help=True, help="What people add beside AIS.")


@facts_app.callback()
def facts() -> None:
    """What people add beside AIS: sightings, published counts, decisions, bindings."""


@facts_app.command("add")
def add_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="One JSON object a line; - is stdin.")],
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add the facts of files to a ledger, and tell what they changed. A file with a mistake is refused whole."""
    corridor = corridor_of(config)
    read = [read_facts(name, corridor, now()) for name in files]
    added = _added(read, corridor, ledger)
    _tell(added, corridor, as_json=as_json)
    log().info(f"{len(added.new):,} facts added, {len(added.taken) - len(added.new):,} were there already")
    if added.refused:
        raise typer.Exit(EXIT_FAILED)


@facts_app.command("list")
def list_facts(
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
) -> None:
    """List the facts of a ledger, by id, as `facts add` takes them."""
    corridor = corridor_of(config)

    async def read() -> tuple[Fact, ...]:
        async with opened(ledger_asked(ledger), corridor) as held:
            await held.meta()
            return await stored_facts(held)

    found = asyncio.run(read())
    if as_json:
        print_json(found)
    elif not found:
        log().info("no facts have been added to this ledger")
    else:
        mark = f"{SYNTHETIC} " if corridor.rules.synthetic else ""
        print_table(f"{mark}facts", COLUMNS, [_row(fact, corridor) for fact in found])


def add_one(table: Table, where: str, corridor: Corridor, ledger: str | None, *, as_json: bool) -> None:
    """Add one fact as a command gave it; the id is printed, then what changed.

    Without an id it gets one made of what it says, apart from when it became known: said again it is there already.
    """
    table = _timed(table, where, corridor, ledger)
    fact = fact_given(table, corridor, now(), where)
    read = [FactsFile(name=where, facts=(fact,))]
    if table.get("id") is None:
        held = asyncio.run(_held(fact.id, corridor, ledger))
        if held is not None and untimed(held) == untimed(fact):
            typer.echo(fact.id)
            log().info("it is there already; nothing was added")
            return
    added = _added(read, corridor, ledger)
    if added.refused:
        tell_refused(added.refused)
        raise typer.Exit(EXIT_FAILED)
    if not as_json:
        typer.echo(fact.id)
    _tell(added, corridor, as_json=as_json)
    if as_json:
        log().info("added", id=fact.id)


def _timed(table: Table, where: str, corridor: Corridor, ledger: str | None) -> Table:
    """With when it is told: now; among made-up ships as of their own time, which ours would run years ahead of."""
    when = "at" if table["kind"] == "decision" else "known_at"
    if table[when] is not None:
        return table
    told = {**table, when: now().isoformat(timespec="seconds")}
    fact_given(told, corridor, now(), where)  # what is wrong with it is said before a ledger is asked
    made_up = _made_up_time(corridor, ledger)
    return told if made_up is None else {**table, when: made_up.isoformat(timespec="seconds")}


def _made_up_time(corridor: Corridor, ledger: str | None) -> datetime | None:
    if not corridor.rules.synthetic:
        return None

    async def read() -> datetime | None:
        async with opened(ledger_asked(ledger), corridor) as held:
            await held.meta()
            return (await stored_standing(held)).as_of

    return asyncio.run(read())


def _added(files: list[FactsFile], corridor: Corridor, ledger: str | None) -> Added:
    """Into the ledger asked for; where every file is refused it is not even opened."""
    if not any(file.facts for file in files) and any(file.refused for file in files):
        tell_refused([file for file in files if file.refused])
        raise typer.Exit(EXIT_FAILED)

    async def run() -> Added:
        async with opened(ledger_asked(ledger), corridor) as held:
            return await add(held, corridor.rules, files)

    return asyncio.run(run())


async def _held(id_: str, corridor: Corridor, ledger: str | None) -> Fact | None:
    async with opened(ledger_asked(ledger), corridor) as held:
        await held.meta()
        return next((fact for fact in await stored_facts(held) if fact.id == id_), None)


def _tell(added: Added, corridor: Corridor, *, as_json: bool) -> None:
    print_events(added.events, added.standing, corridor, as_json=as_json)
    tell_refused(added.refused)
    tell_cautions(cautions(added.new, corridor, added.known))


def _row(fact: Fact, corridor: Corridor) -> dict[str, object]:
    told = msgspec.to_builtins(fact)
    return {**told, "known": shown(fact.known_at), "what": _words(fact, corridor), "kind": told["kind"]}


def _words(fact: Fact, corridor: Corridor) -> str:
    """What a fact says, in a few words."""
    names = {hull.imo: hull.name for hull in corridor.hulls}
    match fact:
        case Sighting():
            ships = " or ".join(names.get(ship.imo, f"IMO {ship.imo}") for ship in fact.ships)
            return f"{ships} at {corridor.port_name(fact.place)}, {moment(fact.from_at)} to {moment(fact.to_at)}"
        case CountReport():
            months = " to ".join(dict.fromkeys((fact.first_month, fact.last_month)))
            return f"{fact.measure} in {months}: {interval({'low': fact.low, 'high': fact.high})}"
        case Decision():
            return f"{fact.action} {fact.target}: {fact.reason}"
        case Binding():
            return f"MMSI {fact.mmsi} is {names.get(fact.imo, f'IMO {fact.imo}')}"
