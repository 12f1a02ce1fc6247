"""`sealane topics create|check`: the Kafka topics, made and compared by us alone."""

import asyncio
import os
from collections.abc import Sequence
from typing import Annotated

import typer

from streams.app import corridor_of, opened
from streams.cli.doctor import AsJson, print_findings
from streams.cli.exits import EXIT_FAILED
from streams.cli.replay import ConfigFile, print_json
from streams.cli.views import LedgerName, ledger_asked
from streams.kafka import topics
from streams.kafka.offsets import FOLLOW, Stand
from streams.kafka.offsets import rewind as rewound
from streams.kafka.settings import kafka_of
from streams.kafka.topics import OBSERVATIONS
from streams.ledger.condition import Finding

topics_app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")


@topics_app.callback()
def _topics() -> None:
    """The Kafka topics."""


@topics_app.command()
def create(
    partitions: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of raw, observations and events: as many workers can follow.")
    ] = topics.PARTITIONS,
    replicas: Annotated[int, typer.Option(min=1, metavar="N", help="Copies of each, on so many brokers.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make the topics that are missing, and set the settings of those that drifted. Safe to run again."""
    _tell(asyncio.run(topics.create(kafka_of(os.environ), partitions, replicas)), as_json=as_json)


@topics_app.command()
def check(
    partitions: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many are expected; left out: any number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how the topics stand: missing, other partitions, settings that drifted. Exit 0: all as they must be."""
    _tell(asyncio.run(topics.check(kafka_of(os.environ), partitions)), as_json=as_json)


@topics_app.command()
def rewind(ledger: LedgerName = None, config: ConfigFile = None) -> None:
    """Set the group of the workers that follow to where the ledger stands, after a restore. End them before."""
    corridor, kafka = corridor_of(config), kafka_of(os.environ)

    async def run() -> tuple[Stand, ...]:
        async with opened(ledger_asked(ledger), corridor) as held:
            return await rewound(kafka, held, OBSERVATIONS, FOLLOW)

    for each in asyncio.run(run()):
        was = "never read" if each.committed is None else f"was at {each.committed:,}"
        typer.echo(f"{OBSERVATIONS} {each.partition}: goes on from {each.fence:,} ({was})")


def _tell(found: Sequence[Finding], *, as_json: bool) -> None:
    fine = all(each.fine for each in found)
    if as_json:
        print_json({"fine": fine, "findings": found})
    else:
        print_findings(found)
    if not fine:
        raise typer.Exit(EXIT_FAILED)
