"""`sealane digest|verify|rebuild|backup|restore|ledger export`: take care of a ledger."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sealane.rules import Rules
from streams.app import EMBEDDED, corridor_of, ledger_name, opened
from streams.care.backup import About
from streams.care.backup import backup as backed_up
from streams.care.backup import restore as restored
from streams.care.bundle import Manifest, opened_bundle
from streams.care.bundle import export as exported
from streams.care.holding import folded, held_by
from streams.care.rebuild import Rebuilt
from streams.care.rebuild import rebuild as rebuilt
from streams.care.verify import Verdict, verified
from streams.care.witness import forget, noted
from streams.cli.doctor import AsJson, print_findings
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import ConfigFile, print_events, print_json
from streams.cli.views import LedgerName
from streams.corridor.corridor import Corridor
from streams.kafka.settings import kafka_of
from streams.ledger.chain import Head
from streams.ledger.condition import Finding
from streams.ledger.ledger import Ledger
from streams.ledger.outbox import anew
from streams.ledger.server import cut_at_start, data_folder
from streams.log import log
from streams.showing.wording import SYNTHETIC

ledger_app = typer.Typer(no_args_is_help=True, help="Hand a ledger out.")


@ledger_app.callback()
def ledger() -> None:
    """Hand a ledger out."""


def digest(config: ConfigFile = None, ledger: LedgerName = None, as_json: AsJson = False) -> None:
    """Print the state digest: the inputs folded again, as of the newest of them."""
    corridor, name = corridor_of(config), ledger_name(ledger, os.environ)

    async def read() -> tuple[str, Head]:
        async with opened(name, corridor) as held:
            holding = await held_by(held)
            return folded(holding, corridor.rules).digest(), holding.head

    found, head = asyncio.run(read())
    if as_json:
        print_json({"synthetic": corridor.rules.synthetic, "digest": found, "head": head})
    else:
        typer.echo(f"{_mark(corridor.rules)}{found}")


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Evidence from `ledger export`; left out: the ledger.")
    ] = None,
    config: ConfigFile = None,
    ledger: LedgerName = None,
    head: Annotated[
        str | None, typer.Option("--noted", metavar="N:HASH", help="A head noted before, which the chain must hold.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check chain, raw sentences and views of a ledger, or of a file of evidence. Exit 0: all holds; 1: it does not."""
    noted_head = _head(head) if head else None
    if file is not None:
        manifest, holding, rules, files = opened_bundle(file)
        found = verified(holding, rules, noted_head, has_views=False)
        verdict = msgspec.structs.replace(
            found, findings=(files, *found.findings, _as_stated(manifest, found)), digest=found.digest
        )
    else:
        corridor = corridor_of(config)
        name = ledger_name(ledger, os.environ)
        verdict = asyncio.run(_verify(name, corridor, noted_head))
        rules = corridor.rules
    _tell(verdict, rules, as_json=as_json)
    if not verdict.fine:
        raise typer.Exit(EXIT_FAILED)


def rebuild(
    config: ConfigFile = None,
    ledger: LedgerName = None,
    from_kafka: Annotated[
        bool, typer.Option("--from-kafka", metavar="", help="Make its reports anew, from what it has and the topic.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fold a ledger's inputs again by the rules of today, and append what is different; the chain goes on."""
    corridor, name = corridor_of(config), ledger_name(ledger, os.environ)

    async def run() -> Rebuilt:
        async with opened(name, corridor) as held:
            return await (_reread(held, corridor.rules) if from_kafka else rebuilt(held, corridor.rules))

    found = asyncio.run(run())
    print_events(found.events, found.standing, corridor, as_json=as_json)
    log().info(f"rebuilt: {len(found.events):,} events appended, digest {found.digest}")


async def _reread(held: Ledger, rules: Rules) -> Rebuilt:
    from streams.kafka.rereading import reread  # most who rebuild have no broker, and no need of its client

    found = await reread(held, rules, kafka_of(os.environ))
    log().info(
        f"{found.records:,} observations read, {found.undecodable:,} of them undecodable; "
        f"{found.added:,} reports added that the ledger lacked"
    )
    return found.rebuilt


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, for example ledger.zst.")],
    config: ConfigFile = None,
    ledger: LedgerName = None,
) -> None:
    """Write a whole ledger to one file, as it stands at one head; others may go on writing to it."""
    corridor, name = corridor_of(config), ledger_name(ledger, os.environ)

    async def run() -> About:
        async with opened(name, corridor) as held:
            return await backed_up(held, file)

    about = asyncio.run(run())
    log().info(f"{_mark(corridor.rules)}{file}: {file.stat().st_size:,} bytes, head {about.sequence}:{about.hash}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    config: ConfigFile = None,
    ledger: LedgerName = None,
    replace: Annotated[
        bool, typer.Option("--replace", metavar="", help="Give the ledger that is there up for the backup.")
    ] = False,
    on_kafka: Annotated[
        bool, typer.Option("--kafka", metavar="", help="Set workers on Kafka back to where it stands; end them before.")
    ] = False,
) -> None:
    """Make a ledger again from a backup; into an empty database, or with --replace into any."""
    corridor, name = corridor_of(config), ledger_name(ledger, os.environ)

    async def run() -> About:
        async with opened(name, corridor) as held:
            about = await restored(held, file, corridor.rules, replace=replace)
            if name == EMBEDDED:
                forget(data_folder(corridor.rules.corridor))
            if on_kafka:
                await _set_back(held)
            return about

    about = asyncio.run(run())
    log().info(f"{_mark(corridor.rules)}restored, head {about.sequence}:{about.hash}; check it: sealane verify")


async def _set_back(ledger: Ledger) -> None:
    """Workers on Kafka go on from where a ledger stands: what it lacks is read again, its chain sent again."""
    from streams.kafka.offsets import FOLLOW, rewind
    from streams.kafka.relay import NAME
    from streams.kafka.topics import OBSERVATIONS

    for each in await rewind(kafka_of(os.environ), ledger, OBSERVATIONS, FOLLOW):
        log().info(f"{OBSERVATIONS} {each.partition}: goes on from {each.fence:,}")
    await anew(ledger, NAME)


@ledger_app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, for example evidence.zip.")],
    config: ConfigFile = None,
    ledger: LedgerName = None,
) -> None:
    """Write a ledger as evidence that anybody can read, and check with `sealane verify FILE`."""
    corridor, name = corridor_of(config), ledger_name(ledger, os.environ)

    async def run() -> Manifest:
        async with opened(name, corridor) as held:
            return exported(await held_by(held), corridor, file)

    manifest = asyncio.run(run())
    head = manifest.head
    log().info(f"{_mark(corridor.rules)}{file}: head {head.sequence}:{head.hash}, digest {manifest.digest}")


async def _verify(name: str, corridor: Corridor, head: Head | None) -> Verdict:
    folder = data_folder(corridor.rules.corridor) if name == EMBEDDED else None
    before = head or (noted(folder) if folder else None)  # as it was left last, not as this command finds it
    async with opened(name, corridor) as held:
        verdict = verified(await held_by(held), corridor.rules, before)
    cut = cut_at_start(folder) if folder else None
    if cut is not None:
        log().warning(f"at its last start the server said: {cut}; what was torn off had not been confirmed to anybody")
    return verdict


def _as_stated(manifest: Manifest, found: Verdict) -> Finding:
    if manifest.digest == found.digest:
        return Finding(what="digest", fine=True, found="as the inputs folded again give it")
    text = f"{manifest.digest[:12]} in the manifest, {found.digest[:12]} by the inputs folded again"
    return Finding(what="digest", fine=False, found=text, remedy="ask whoever made it")


def _head(text: str) -> Head:
    sequence, _, hash_ = text.partition(":")
    if not sequence.isdigit() or not hash_:
        raise typer.BadParameter(f"read {text!r}, expected a sequence and a hash, as verify prints them: 340:f3749...")
    return Head(sequence=int(sequence), hash=hash_)


def _tell(verdict: Verdict, rules: Rules, *, as_json: bool) -> None:
    if as_json:
        told = {"fine": verdict.fine, "synthetic": rules.synthetic, "corridor": rules.corridor}
        print_json({**told, "head": verdict.head, "digest": verdict.digest, "findings": verdict.findings})
        return
    print_findings(verdict.findings)
    typer.echo(f"{_mark(rules)}head {verdict.head.sequence}:{verdict.head.hash}")
    typer.echo(f"{_mark(rules)}digest {verdict.digest}")


def _mark(rules: Rules) -> str:
    return f"{SYNTHETIC} " if rules.synthetic else ""
