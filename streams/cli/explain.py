"""`sealane explain ID`: from anything in a ledger back to the sentences and the words it rests on."""

import asyncio
from typing import Annotated

import typer

from streams.app import corridor_of, opened
from streams.cli.exits import EXIT_WRONG_USAGE
from streams.cli.replay import ConfigFile, print_json
from streams.cli.showing import AsOf, LedgerName, known_by_of, ledger_asked
from streams.explain.article import as_markdown, as_text
from streams.explain.explain import explain as explained
from streams.explain.explanation import Explanation
from streams.log import log
from streams.reading import read


def explain(
    word: Annotated[str, typer.Argument(metavar="ID", help="An id, or as much of it as no other has.")],
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", metavar="", help="Markdown, for an article.")] = False,
) -> None:
    """Tell what something rests on, down to sentences as received and who said so, and how it came to be known."""
    if as_json and markdown:
        log().error("--json and --markdown: expected one of them")
        raise typer.Exit(EXIT_WRONG_USAGE)
    corridor, known_by = corridor_of(config), known_by_of(as_of)

    async def explanation() -> Explanation:
        async with opened(ledger_asked(ledger), corridor) as its:
            return await explained(its, await read(its, corridor, known_by), word)

    found = asyncio.run(explanation())
    if as_json:
        print_json(found)
    else:
        typer.echo(as_markdown(found) if markdown else as_text(found))
