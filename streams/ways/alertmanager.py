"""An Alertmanager: told of alerts as they stand, by its API v2 (POST /api/v2/alerts), as Prometheus tells it.

    fired, escalated, revised    startsAt when it fired; endsAt soon, so that it lapses if nobody says it again
    every minute                 all that fire are said again: an Alertmanager forgets what is not
    resolved, retracted          endsAt in the past

What people silenced here is not said, and lapses there. Grouping, routing and repeating are the Alertmanager's own.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from sealane import __version__
from sealane.alert import Alert
from sealane.ruling import Ruling
from sealane.silence import muted
from streams.clock import now
from streams.ledger import keys
from streams.ledger.ledger import Ledger, LedgerError
from streams.showing.table import printable
from streams.showing.telling import Told, object_of
from streams.ways.message import link_to
from streams.ways.named import Alertmanager, Begins
from streams.ways.post import Post
from streams.ways.way import Answer, Wants

KINDS = frozenset({"AlertFired", "AlertEscalated", "AlertRevised", "AlertResolved", "AlertRetracted"})
SAID_EVERY_S = 60.0
LAPSES_AFTER = timedelta(minutes=4)  # four sayings, as Prometheus has it
RETRACTED = "AlertRetracted"
PATH = "/api/v2/alerts"
SILENCED = Answer(outcome="taken", words="not told: people silenced it")


class AlertmanagerWay:
    """One Alertmanager, by its URL."""

    kind = "alertmanager"
    begins: Begins = "now"

    def __init__(
        self,
        named: Alertmanager,
        bearer: str | None,
        corridor: str,
        desk: str | None,
        folder: Path,
        ledger: Ledger,
        said_every_s: float = SAID_EVERY_S,
    ) -> None:
        self.name, self.to, self.give_up_after_h = named.name, named.url, named.give_up_after_h
        self.wants = Wants(kinds=KINDS, severities=frozenset(named.severities), synthetic=named.synthetic)
        self._corridor, self._desk, self._ledger, self._said_every_s = corridor, desk, ledger, said_every_s
        url = f"{named.url.rstrip('/')}{PATH}"
        self._post = Post(url, named.allow, folder / named.authority if named.authority else None)
        self._headers = {"content-type": "application/json", "user-agent": f"sealane/{__version__}"}
        if bearer is not None:
            self._headers["authorization"] = f"Bearer {bearer}"

    async def send(self, event: Told, at: datetime) -> Answer:
        alert = object_of(event)
        if not isinstance(alert, Alert):
            return Answer(outcome="refused", words="told by another version of sealane")
        is_over = event.kind == RETRACTED or alert.state != "firing"
        if not is_over and alert.id in await self._silenced():
            return SILENCED
        is_gone = event.kind == RETRACTED
        row = row_of(alert, self._corridor, self._desk, at, synthetic=event.synthetic, retracted=is_gone)
        return await self._said([row])

    async def beside(self) -> None:
        """Say again and again what fires. What fails is said a minute later."""
        while True:
            with suppress(LedgerError):
                await self._say_again()
            await asyncio.sleep(self._said_every_s)

    async def close(self) -> None:
        await self._post.close()

    async def _say_again(self) -> None:
        meta = await self._ledger.meta()
        synthetic = meta is not None and meta.synthetic
        firing = [each for each in await self._standing() if each.severity in self.wants.severities]
        if not firing or (synthetic and not self.wants.synthetic):
            return
        silenced = await self._silenced()
        rows = [
            row_of(each, self._corridor, self._desk, now(), synthetic=synthetic)
            for each in firing
            if each.id not in silenced
        ]
        if rows:
            await self._said(rows)

    async def _said(self, rows: Iterable[dict[str, object]]) -> Answer:
        return await self._post.send(msgspec.json.encode(list(rows)), self._headers)

    async def _standing(self) -> list[Alert]:
        """The alerts that fire now."""
        packed = (await self._ledger.hash(keys.view("alerts"))).values()
        alerts = (msgspec.msgpack.decode(each, type=Alert) for each in packed)
        return [alert for alert in alerts if alert.state == "firing"]

    async def _silenced(self) -> frozenset[str]:
        """The alerts that people silenced, as of now."""
        packed = (await self._ledger.hash(keys.view("decisions"))).values()
        decisions = [msgspec.msgpack.decode(each, type=Ruling).decision for each in packed]
        handled = muted(await self._standing(), decisions, now())
        return frozenset(each.alert for each in handled if each.silenced)


def row_of(
    alert: Alert, corridor: str, desk: str | None, at: datetime, *, synthetic: bool, retracted: bool = False
) -> dict[str, object]:
    """An alert as an Alertmanager takes it."""
    ends_at = at + LAPSES_AFTER
    if retracted or alert.state != "firing":
        ends_at = max(alert.fired_at, min(at, alert.resolved_at or at))
    labels = {
        "alertname": alert.rule,
        "corridor": corridor,
        "severity": alert.severity,
        "window": alert.window,
        "synthetic": "true" if synthetic else "false",
    }
    annotations = {
        "summary": f"{'retracted: ' if retracted else ''}{alert.sentence}",
        "description": "; ".join(each.sentence for each in alert.tied),
        "count": str(alert.count),
        "threshold": str(alert.threshold),
        "id": alert.id,
    }
    return {
        "labels": {name: printable(text) for name, text in labels.items()},
        "annotations": {name: printable(text) for name, text in annotations.items() if text},
        "startsAt": _written(alert.fired_at),
        "endsAt": _written(ends_at),
        "generatorURL": link_to(desk, alert.id) or "",
    }


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
