"""What deliveries rest on, and what speaks against it: `sealane gaps|sightings|presences|decisions|conflicts|...`."""

from collections.abc import Callable
from typing import Annotated

import typer

from streams.cli.replay import ConfigFile
from streams.cli.showing import AsCsv, AsJson, Asked, AsOf, LedgerName, MonthRange, PortName, ShipName, one_of, show


def gaps(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help=one_of("gaps", "kind"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List silences of watched ships: who else was heard, and what they leave room for."""
    asked = Asked(
        ship=ship,
        port=port,
        month=month,
        words={"kind": kind},
        as_of=as_of,
        ledger=ledger,
        config=config,
        as_json=as_json,
        as_csv=as_csv,
    )
    show("gaps", asked)


def sightings(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List ships seen by other means than AIS, as told and as they stand."""
    asked = Asked(
        ship=ship, port=port, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv
    )
    show("sightings", asked)


def presences(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    basis: Annotated[str | None, typer.Option(metavar="BASIS", help=one_of("presences", "basis"))] = None,
    strength: Annotated[str | None, typer.Option(metavar="STRENGTH", help=one_of("presences", "strength"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List where each watched hull was, on what grounds, and how well that is known."""
    asked = Asked(
        ship=ship,
        port=port,
        month=month,
        words={"basis": basis, "strength": strength},
        as_of=as_of,
        ledger=ledger,
        config=config,
        as_json=as_json,
        as_csv=as_csv,
    )
    show("presences", asked)


def decisions(
    ship: ShipName = None,
    port: PortName = None,
    month: MonthRange = None,
    force: Annotated[str | None, typer.Option(metavar="FORCE", help=one_of("decisions", "force"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what analysts decided: what each decision means now, and whether it is in force."""
    asked = Asked(
        ship=ship,
        port=port,
        month=month,
        words={"force": force},
        as_of=as_of,
        ledger=ledger,
        config=config,
        as_json=as_json,
        as_csv=as_csv,
    )
    show("decisions", asked)


def conflicts(
    ship: ShipName = None,
    month: MonthRange = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help=one_of("conflicts", "kind"))] = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List identity conflicts: what radios said of themselves that does not fit."""
    asked = Asked(
        ship=ship,
        month=month,
        words={"kind": kind},
        as_of=as_of,
        ledger=ledger,
        config=config,
        as_json=as_json,
        as_csv=as_csv,
    )
    show("conflicts", asked)


def interferences(
    ship: ShipName = None,
    month: MonthRange = None,
    as_of: AsOf = None,
    ledger: LedgerName = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List spots onto which many ships were thrown within an hour: fixes there are suspect."""
    asked = Asked(ship=ship, month=month, as_of=as_of, ledger=ledger, config=config, as_json=as_json, as_csv=as_csv)
    show("interferences", asked)


EVIDENCE: tuple[Callable[..., None], ...] = (gaps, sightings, presences, decisions, conflicts, interferences)
