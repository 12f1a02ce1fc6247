"""Writes: facts, acknowledgements and silences that people send, each with who says so; or shown first (`dry_run`).

    /facts      one fact or a list of them, as `sealane facts add` takes a line
    /acks       {"alert", "reason", "by"}                     an alert was seen by somebody
    /silences   {"alert" or "rule", "until" or "hours", "reason", "by"}   its behaviour up to then is told no more

Under /api by a bearer token, in the token's own name; on a page with its CSRF token, by who is logged in, or on this
machine by who says they are. What is refused changes nothing.
"""

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from litestar import MediaType, Response, post
from litestar.handlers import HTTPRouteHandler

from desk.access import Access, Asker
from desk.desk import Desk
from desk.problem import Refused
from desk.snapshot import Snapshot
from desk.tokens import Principal
from geofences.errors import BadReference, perhaps
from sealane.decision import Decision
from sealane.fact import Fact
from sealane.silence import OF_A_RULE
from streams.clock import now
from streams.embedded import Clash
from streams.fact import KINDS, Table, fact_given, moment_of
from streams.showing.state import shown

MOST_FACTS = 1_000
LONGEST_SILENCE_H = 24 * 366
KNOWN_AT = {"decision": "at"}  # how a kind calls when it became known
ABOUT_ALERTS = ("acknowledge", "silence")

Shape = TypeVar("Shape")


class Ack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody has seen an alert."""

    alert: str
    reason: str
    by: str | None = None
    id: str | None = None


class Hush(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an alert, or every alert of a rule, does up to a time is told no more."""

    alert: str | None = None
    rule: str | None = None
    until: str | None = None
    hours: float | None = None
    reason: str
    by: str | None = None
    id: str | None = None


def write_routes(prefix: str) -> list[HTTPRouteHandler]:
    """Where people write."""
    api = "api_" if prefix else ""

    @post(f"{prefix}/facts", operation_id=f"{api}add_facts", tags=["writing"], summary="Add facts, or preview them.")
    async def facts(request: Asker, desk: Desk, access: Access, dry_run: bool = False) -> Response[bytes]:
        body = await request.body()
        tables = _decoded(body, list[Table]) if body.lstrip()[:1] == b"[" else [_decoded(body, Table)]
        if not 0 < len(tables) <= MOST_FACTS:
            raise Refused("refused", f"read {len(tables)} facts, expected 1 to {MOST_FACTS:,}")
        return await _written(request, desk, access, tables, dry_run=dry_run)

    @post(f"{prefix}/acks", operation_id=f"{api}acknowledge", tags=["writing"], summary="Acknowledge an alert.")
    async def acks(request: Asker, desk: Desk, access: Access, dry_run: bool = False) -> Response[bytes]:
        ack = _decoded(await request.body(), Ack)
        table = _decision("acknowledge", ack.alert, ack.reason, ack.by, ack.id)
        return await _written(request, desk, access, [table], dry_run=dry_run)

    @post(f"{prefix}/silences", operation_id=f"{api}silence", tags=["writing"], summary="Silence an alert or a rule.")
    async def silences(request: Asker, desk: Desk, access: Access, dry_run: bool = False) -> Response[bytes]:
        hush = _decoded(await request.body(), Hush)
        table = _decision("silence", _target(hush), hush.reason, hush.by, hush.id)
        table["until"] = _until(hush, present(desk.snapshot))
        return await _written(request, desk, access, [table], dry_run=dry_run)

    return [facts, acks, silences]


def present(snapshot: Snapshot) -> datetime:
    """When something is said: now; among made-up ships as of their own time, which ours has nothing to do with."""
    as_of = snapshot.reading.standing.as_of
    return as_of if snapshot.reading.synthetic and as_of is not None else now()


async def _written(
    request: Asker, desk: Desk, access: Access, tables: list[Table], *, dry_run: bool
) -> Response[bytes]:
    who = access.allowed(request, "analyst")
    said_at = present(desk.snapshot)
    facts = [_fact(table, who, desk, said_at, f"fact {number}") for number, table in enumerate(tables, start=1)]
    try:
        outcome = await (desk.writer.preview(facts) if dry_run else desk.writer.add(facts))
    except Clash as error:
        raise Refused("clash", f"{error}; give it an id of its own") from None
    if not dry_run:
        desk.metrics.wrote(outcome.new)
        await desk.refresh()
    status = 201 if outcome.new and not dry_run else 200
    return Response(msgspec.json.encode(outcome), media_type=MediaType.JSON, status_code=status)


def _fact(table: Table, who: Principal, desk: Desk, said_at: datetime, where: str) -> Fact:
    """A fact as it was sent: dated now and in the sender's name, where it does not say otherwise. Raises Refused."""
    kind = str(table.get("kind"))
    dated = {KNOWN_AT.get(kind, "known_at"): shown(said_at)} if kind in KINDS else {}
    try:
        fact = fact_given({**dated, **table, **_by(table, who, kind, where)}, desk.corridor, now(), where)
    except BadReference as error:
        raise Refused("refused", str(error)) from None
    if isinstance(fact, Decision) and fact.action in ABOUT_ALERTS:
        _check_alert(fact, desk.snapshot, said_at)
    return fact


def _by(table: Table, who: Principal, kind: str, where: str) -> Table:
    """Who says so: the one who bears the token; at this machine, and to an admin, whoever is named."""
    if kind == "binding":
        return {}  # has no such field: its reason says who
    named = str(table.get("by") or "").strip()
    if who.is_local and not named:
        raise Refused("refused", f"{where}: by: read nothing, expected who says so")
    if not who.is_local and who.role != "admin" and named not in ("", who.name):
        detail = f"{where}: by: read {named!r}, expected {who.name!r} or nothing; an admin may write for others"
        raise Refused("forbidden", detail)
    return {"by": named or who.name}


def _check_alert(decision: Decision, snapshot: Snapshot, said_at: datetime) -> None:
    """An acknowledgement or a silence is of an alert that stands, or of a rule there is; and not over already."""
    corridor = snapshot.reading.corridor
    known = {alert.id for alert in snapshot.reading.standing.alerts}
    if decision.action == "silence":
        known |= {f"{OF_A_RULE}{rule.key}" for rule in corridor.rules.surge}
    if decision.target not in known:
        remedy = perhaps(decision.target, known) or "/alerts lists them"
        raise Refused("unknown-id", f"alert: read {decision.target!r}, expected one that stands; {remedy}")
    if decision.until is not None and decision.until <= said_at:
        read = f"{shown(decision.until)}, which has passed ({shown(said_at)})"
        raise Refused("refused", f"until: read {read}, expected a time to come")


def _decision(action: str, target: str, reason: str, by: str | None, id_: str | None) -> Table:
    return {"kind": "decision", "action": action, "target": target, "reason": reason, "by": by, "id": id_}


def _target(hush: Hush) -> str:
    if (hush.alert is None) == (hush.rule is None):
        raise Refused("refused", "read " + ("both" if hush.alert else "neither") + " of alert and rule, expected one")
    return hush.alert if hush.alert is not None else f"{OF_A_RULE}{hush.rule}"


def _until(hush: Hush, said_at: datetime) -> str:
    """Up to when. Raises Refused."""
    if (hush.until is None) == (hush.hours is None):
        raise Refused("refused", "read " + ("both" if hush.until else "neither") + " of until and hours, expected one")
    if hush.until is not None:
        try:
            return str(shown(moment_of(hush.until, "until", "")))
        except BadReference as error:
            raise Refused("refused", str(error)) from None
    hours = hush.hours or 0.0
    if not 0 < hours <= LONGEST_SILENCE_H:
        raise Refused("refused", f"hours: read {hours:g}, expected more than 0 and {LONGEST_SILENCE_H:,} at most")
    return str(shown(said_at + timedelta(hours=hours)))


def _decoded(body: bytes, shape: type[Shape]) -> Shape:
    """A body as what it must be. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Refused("refused", f"the body: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("malformed", f"the body: read {body[:40]!r}, expected JSON ({error})") from None
