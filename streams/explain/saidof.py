"""What is said of an object beside its words: each kind its own lines, told for it and for all that rests on it.

gap         who was heard meanwhile, what fits into it and with how much to spare, what it is too short for
sighting    by whom, from what source, which ships with which weights, when it became known
decision    by whom, when, why, what it means now and whether it is in force
delivery    grade and machine grade, when it arrived, what speaks for it and what against
"""

from collections.abc import Callable, Iterator, Mapping

from streams.explain.line import Line
from streams.reading import Row
from streams.showing.table import shown

PERCENT = 100


def said_of(row: Row, ports: Mapping[str, str]) -> Iterator[Line]:
    """The lines of an object by its row. `ports`: names by key."""
    noun = next((noun for noun, field in _FIELD_OF.items() if field in row), "")
    if noun:
        said = _gap(row, ports) if noun == "gap" else _SAID[noun](row)
        yield from (Line("item", text) for text in said)


def _gap(row: Row, ports: Mapping[str, str]) -> Iterator[str]:
    sources = ", ".join(map(str, _list(row["sources"]))) or "nobody"
    share = float(str(row["heard_share"])) * PERCENT
    yield f"heard before by {sources}; the best of them was heard in {share:.0f} % of the full hours of it"
    for hidden in _rows(row["hides"]):
        yield f"room for {_chain(hidden['ports'], ports)} with {hidden['slack_h']} h to spare"
    short = [_chain(chain, ports) for chain in _list(row["too_short_for"])]
    if short:
        yield f"too short for {'; '.join(short)}"
    if row["room_for"]:
        yield f"room for {row['room_for']} deliveries at most, of which one can be counted"
    if row["draught_before_m"] is not None or row["draught_after_m"] is not None:
        yield f"draught stated: {shown(row['draught_before_m'])} m before, {shown(row['draught_after_m'])} m after"


def _chain(keys: object, ports: Mapping[str, str]) -> str:
    return ", then ".join(ports.get(str(key), str(key)) for key in _list(keys))


def _sighting(row: Row) -> Iterator[str]:
    yield f"seen between {shown(row['from_at'])} and {shown(row['to_at'])}, place {row['place']}, by {row['method']}"
    yield f"source: {row['source'] or 'not given'}; entered by {row['by'] or 'nobody named'}"
    if row["link"]:
        yield f"link: {row['link']}"
    yield f"known at {shown(row['known_at'])}"
    ships = [
        f"IMO {ship['imo']}" + (f", weight {ship['weight']}" if ship["weight"] is not None else "")
        for ship in _rows(row["told_ships"])
    ]
    yield f"ships it may show, as told: {'; '.join(ships)}"
    if row["contradicted"]:
        yield f"AIS shows elsewhere at that time: {', '.join(f'IMO {imo}' for imo in _list(row['contradicted']))}"
    if row["note"]:
        yield f"note: {row['note']}"


def _decision(row: Row) -> Iterator[str]:
    yield f"by {row['by']}, {shown(row['at'])}: {row['reason']}"
    yield f"means {row['means'] or 'nothing that stands'}; {str(row['force']).replace('_', ' ')}"


def _delivery(row: Row) -> Iterator[str]:
    machine = row.get("machine_grade")
    beside = f"; by the machine {machine}" if machine not in (None, row["grade"]) else ""
    yield f"grade: {row['grade']}{beside}"
    if row["arrival_earliest_at"] != row["arrival_latest_at"]:
        yield f"arrived between {shown(row['arrival_earliest_at'])} and {shown(row['arrival_latest_at'])}"
    if row.get("needs"):
        yield f"stands and falls with {', '.join(f'sighting:{each}' for each in _list(row['needs']))}"
    reasons = row.get("reasons")
    if isinstance(reasons, dict):
        yield from (f"for: {each}" for each in _list(reasons.get("for")))
        yield from (f"against: {each}" for each in _list(reasons.get("against")))


def _alert(row: Row) -> Iterator[str]:
    resolved = f", resolved {shown(row['resolved_at'])}" if row.get("resolved_at") else ""
    yield f"{row['state']}; fired {shown(row['fired_at'])}{resolved}"
    for each in _rows(row.get("escalations")):
        yield f"escalated {shown(each['at'])}, at {each['count']} deliveries"
    if row.get("trailing_mean") is not None:
        yield f"{row['trailing_mean']} deliveries a window in the six full windows before"
    yield from (str(each) for each in _list(row.get("notes")))


def _tally(row: Row) -> Iterator[str]:
    yield f"confirmed {row['confirmed']}, probable {row['probable']}, possible {row['possible']}"
    heard = row.get("heard_percent")
    if isinstance(heard, dict) and heard:
        yield f"heard, of the month: {', '.join(f'IMO {imo} {share} %' for imo, share in heard.items())}"


def _report(row: Row) -> Iterator[str]:
    yield f"source: {row['source'] or 'not given'}; entered by {row['by'] or 'nobody named'}"
    yield from (f"{word}: {row[word]}" for word in ("link", "note") if row[word])
    yield f"known at {shown(row['known_at'])}"


def _conflict(row: Row) -> Iterator[str]:
    parts = "parts nothing" if row["kind"] == "name_only" else "no delivery is paired across it"
    yield f"{shown(row['from_at'])} to {shown(row['to_at'])}: {str(row['kind']).replace('_', ' ')}; {parts}"


def _call(row: Row) -> Iterator[str]:
    if row.get("verdict"):
        yield f"{row['verdict']}ed by an analyst: {', '.join(f'decision:{each}' for each in _list(row['decisions']))}"
    if row.get("suspect"):
        yield "rests on fixes where several ships were thrown onto one spot"


# A field that only rows of this kind have, and what is said of them.
_FIELD_OF = {
    "gap": "heard_share",
    "sighting": "told_ships",
    "decision": "force",
    "delivery": "arrival_latest_at",
    "alert": "fired_at",
    "tally": "confirmed",
    "report": "measure",
    "conflict": "detail",
    "call": "shifts",
}
_SAID: dict[str, Callable[[Row], Iterator[str]]] = {
    "sighting": _sighting,
    "decision": _decision,
    "delivery": _delivery,
    "alert": _alert,
    "tally": _tally,
    "report": _report,
    "conflict": _conflict,
    "call": _call,
}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _rows(value: object) -> list[Row]:
    return [each for each in _list(value) if isinstance(each, dict)]
