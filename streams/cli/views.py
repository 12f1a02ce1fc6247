"""What a ledger holds: `sealane vessels|calls|voyages|deliveries|tally|alerts|candidates`."""

from collections.abc import Callable
from typing import Annotated

import typer

from streams.cli.replay import ConfigFile
from streams.cli.showing import (
    AsCsv,
    AsJson,
    Asked,
    AsOf,
    LedgerName,
    MonthRange,
    PortName,
    ShipName,
    ledger_asked,
    one_of,
    reading_of,
    show,
)

__all__ = ["VIEWS", "AsCsv", "AsJson", "LedgerName", "MonthRange", "ledger_asked", "reading_of"]


def vessels(
    ship: ShipName = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the ships watched and the hulls heard: radios, last port, calls and deliveries."""
    asked = Asked(ship=ship, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv)
    show("vessels", asked)


def calls(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List port calls."""
    asked = Asked(
        ship=ship, port=port, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("calls", asked)


def voyages(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List voyages: from one known presence of a hull to the next."""
    asked = Asked(
        ship=ship, port=port, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("voyages", asked)


def deliveries(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    grade: Annotated[str | None, typer.Option(metavar="GRADE", help=one_of("deliveries", "grade"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List deliveries: a load end and a discharge end of one hull. Not proof of cargo."""
    asked = Asked(
        ship=ship,
        port=port,
        month=month,
        words={"grade": grade},
        as_of=as_of,
        ledger=ledger,
        config=config,
        as_json=as_json,
        as_csv=as_csv,
    )
    show("deliveries", asked)


def tally(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Count deliveries by month, as low and high, beside published counts; of one ship or port where asked."""
    asked = Asked(
        ship=ship, port=port, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("tallies", asked)


def alerts(
    month: MonthRange = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help=one_of("alerts", "state"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List alerts: a count at or over a limit somebody set."""
    asked = Asked(
        month=month, words={"state": state}, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("alerts", asked)


def candidates(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List ships nobody listed that called at a load port, then at a discharge port."""
    asked = Asked(
        ship=ship, port=port, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("candidates", asked)


VIEWS: tuple[Callable[..., None], ...] = (vessels, calls, voyages, deliveries, tally, alerts, candidates)
