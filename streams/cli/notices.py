"""`sealane notices`: what was told to whom, why and when. `sealane resend`: tell again what a way would not take."""

import asyncio
import os
import sys
from typing import Annotated, get_args

import msgspec
import typer

from geofences.errors import BadReference, did_you_mean
from streams.app import corridor_of, opened
from streams.cli.exits import EXIT_FAILED, EXIT_WRONG_USAGE
from streams.cli.notify import WaysFile, ways_named
from streams.cli.printed import print_table
from streams.cli.replay import ConfigFile, print_json
from streams.cli.showing import AsCsv, AsJson, LedgerName, ledger_asked
from streams.clock import now
from streams.ledger.ledger import Ledger
from streams.ledger.outbox import Outbox
from streams.log import log
from streams.reading import read
from streams.showing.table import csv_text
from streams.showing.telling import Told, told
from streams.showing.wording import SYNTHETIC
from streams.ways.notice import (
    COLUMNS,
    Notice,
    Outcome,
    delivered,
    logged,
    notice_of,
    row_of,
    stored_notices,
    stored_undelivered,
)
from streams.ways.relay import cursor_of
from streams.ways.way import Way, wanted

LAST_SHOWN = 50


def notices(
    way: Annotated[str | None, typer.Option(metavar="NAME", help="Of one way.")] = None,
    outcome: Annotated[str | None, typer.Option(metavar="WORD", help=", ".join(get_args(Outcome)) + ".")] = None,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="The newest N.")] = LAST_SHOWN,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what was told to whom, why and when; what waits, and what was given up."""
    if as_json and as_csv:
        log().error("--json and --csv: expected one of them")
        raise typer.Exit(EXIT_WRONG_USAGE)
    if outcome is not None and outcome not in get_args(Outcome):
        known = get_args(Outcome)
        raise BadReference("--outcome", "", repr(outcome), f"one of {', '.join(known)}", did_you_mean(outcome, known))
    name, corridor = ledger_asked(ledger), corridor_of(config)

    async def stored() -> list[Notice]:
        async with opened(name, corridor) as its:
            await read(its, corridor)
            return await stored_notices(its)

    found = [each for each in asyncio.run(stored()) if way in (None, each.way) and outcome in (None, each.outcome)]
    rows = [row_of(each) for each in found[-last:]]
    if as_json:
        print_json(rows)
    elif as_csv:
        sys.stdout.buffer.write(csv_text(Notice.__struct_fields__, rows).encode())
    elif rows:
        mark = f"{SYNTHETIC} " if any(row["synthetic"] for row in rows) else ""
        print_table(f"{mark}notices: {len(rows):,} of {len(found):,}", COLUMNS, rows)
    else:
        log().info("no notices" + ("" if way is outcome is None else " that match"))


def resend(
    notice: Annotated[str, typer.Argument(metavar="ID", help="As sealane notices shows it: <way>:<sequence>.")],
    ways: WaysFile = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
) -> None:
    """Tell a way again what it would not take, once, with the same id."""
    from streams.ways.going import ways_of  # a second to import: no other command has to wait for it

    path, named = ways_named(ways)
    name, corridor = ledger_asked(ledger), corridor_of(config)

    async def sent() -> Notice:
        async with opened(name, corridor) as its:
            await read(its, corridor)
            kept = await _kept(its, notice)
            found = {each.name: each for each in ways_of(named, path, corridor.rules.corridor, its, os.environ)}
            if kept.way not in found:
                raise BadReference(str(path), "", f"no way {kept.way!r}", "the way it was to be told by")
            return await _again(its, found[kept.way], kept)

    done = asyncio.run(sent())
    if done.outcome != "told":
        log().error(f"{done.id}: {done.answer}; it stays undelivered")
        raise typer.Exit(EXIT_FAILED)
    typer.echo(f"{done.id}: told {done.way}, {done.event}")


async def _kept(ledger: Ledger, notice: str) -> Notice:
    undelivered = await stored_undelivered(ledger)
    if notice not in undelivered:
        raise BadReference(
            "sealane resend", "", repr(notice), "an undelivered notice", did_you_mean(notice, undelivered)
        )
    return undelivered[notice]


async def _again(ledger: Ledger, way: Way, kept: Notice) -> Notice:
    event = await _event(ledger, kept.sequence)
    if not wanted(event, way.wants):
        text = f"{way.name} is not told of it as its file is now"
        raise BadReference("sealane resend", kept.id, text, "a way that wants it")
    try:
        answer = await way.send(event, now())
    finally:
        await way.close()
    made = notice_of(way, event, kept.first_tried_at, kept.tries + 1, answer.words, now())
    if answer.outcome != "taken":
        return made
    made = msgspec.structs.replace(made, outcome="told")
    await Outbox(ledger, cursor_of(way.name)).note([logged(made), delivered(made)])
    return made


async def _event(ledger: Ledger, sequence: int) -> Told:
    async for entry in ledger.entries(sequence - 1):
        return told(entry)
    raise BadReference("sealane resend", "", f"entry {sequence:,}", "an entry of this chain")
