"""`sealane dlq list|show|retry`: the records that no worker could read."""

import asyncio
import os
from typing import Annotated

import typer

from geofences.errors import BadReference
from streams.cli.doctor import AsJson
from streams.cli.exits import EXIT_FAILED
from streams.cli.printed import print_table
from streams.cli.replay import print_json
from streams.kafka.deadletters import DeadLetter, buried, send_again
from streams.kafka.observation import FromTheFuture, Undecodable, observed
from streams.kafka.producer import producing
from streams.kafka.settings import Kafka, kafka_of
from streams.log import log
from streams.showing.state import shown

dlq_app = typer.Typer(no_args_is_help=True, help="The records that no worker could read.")

SHOWN_BYTES = 400


@dlq_app.callback()
def _dlq() -> None:
    """The records that no worker could read."""


@dlq_app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the dead letters, oldest first: where each came from, when, and why it could not be read."""
    letters = list(asyncio.run(buried(kafka_of(os.environ))).values())
    if as_json:
        print_json({"letters": [_row(letter) for letter in letters]})
        return
    columns = {"id": "id", "buried": "buried_at", "reason": "reason", "detail": "detail"}
    print_table(f"dead letters: {len(letters):,}", columns, [_row(letter) for letter in letters])


@dlq_app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it.")], as_json: AsJson = False
) -> None:
    """Show one dead letter with its bytes and headers."""
    letter = _letter(asyncio.run(buried(kafka_of(os.environ))), id)
    row = {**_row(letter), "key": repr(letter.key), "value": repr(letter.value)}
    row["headers"] = {name: repr(value) for name, value in letter.headers}
    if as_json:
        print_json(row)
        return
    for name, value in row.items():
        typer.echo(f"{name:<10} {str(value)[:SHOWN_BYTES]}")


@dlq_app.command()
def retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` prints them; left out: all that can be.")
    ] = None,
) -> None:
    """Send those that can be read now back where they came from. Exit code 1: some of those named still cannot be."""
    read, left = asyncio.run(_retried(kafka_of(os.environ), ids or []))
    log().info(f"{read:,} sent again, {left:,} still cannot be read")
    if ids and left:
        raise typer.Exit(EXIT_FAILED)


async def _retried(kafka: Kafka, ids: list[str]) -> tuple[int, int]:
    letters = await buried(kafka)
    asked = [_letter(letters, each) for each in ids] or list(letters.values())
    readable = [letter for letter in asked if _can_be_read(letter)]
    async with producing(kafka) as producer:
        await send_again(producer, kafka, readable)
    return len(readable), len(asked) - len(readable)


def _can_be_read(letter: DeadLetter) -> bool:
    try:
        observed(letter.key, letter.value, letter.headers)
    except (Undecodable, FromTheFuture):
        return False
    return True


def _letter(letters: dict[str, DeadLetter], id_: str) -> DeadLetter:
    if id_ not in letters:
        raise BadReference("sealane dlq", "", repr(id_), "the id of a dead letter", "see: sealane dlq list")
    return letters[id_]


def _row(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "buried_at": shown(letter.buried_at),
        "reason": letter.reason,
        "detail": letter.detail,
        "bytes": len(letter.value or b""),
    }
