"""Stage 1: fixes in memory to facts, on one core; against the least anybody could do, and against peers."""

from datetime import timedelta
from functools import partial

from bench import feeds
from bench.peers import Answer, ask_peers
from bench.table import Table
from bench.timing import by_turns
from sealane.distance import distance_km
from sealane.fix import Fix, Mmsi
from sealane.follow import Following, RadioFacts, advance, tick
from sealane.rules import Rules

PEER_FIXES = 10_000  # the slowest peer takes seconds for them


def follow(fixes: list[Fix], rules: Rules) -> list[RadioFacts]:
    """All of stage 1: every fix into its track, then every track into facts."""
    radios: dict[Mmsi, Following] = {}
    for fix in fixes:
        radio = radios.get(fix.mmsi)
        if radio is None:
            radio = radios[fix.mmsi] = Following(fix.mmsi)
        advance(radio, fix, rules)
    return [tick(radio, rules)[1] for radio in radios.values()]


def floor(fixes: list[Fix]) -> float:
    """The least: one great-circle distance a fix, and nothing else."""
    way_km, last = 0.0, fixes[0]
    for fix in fixes:
        way_km += distance_km(last.lat_deg, last.lon_deg, fix.lat_deg, fix.lon_deg)
        last = fix
    return way_km


def kinds_of_feed(reports: feeds.Reports) -> dict[str, list[Fix]]:
    """Fixes of several kinds of feed; the demo's are given."""
    return {
        "demo feed": [report for report in reports if isinstance(report, Fix)],
        "busy near zones, every 10 min": feeds.busy(timedelta(minutes=10)),
        "busy near zones, every minute": feeds.busy(timedelta(minutes=1)),
        "two hulls on one MMSI": feeds.two_hulls(timedelta(minutes=10)),
        "at sea, every hour": feeds.at_sea(),
    }


def speed(rules: Rules, reports: feeds.Reports) -> Table:
    """Fixes a second on each."""
    rows = []
    for kind, fixes in kinds_of_feed(reports).items():
        taken = by_turns({"follow": partial(follow, fixes, rules), "floor": partial(floor, fixes)})
        ours, least = taken["follow"], taken["floor"]
        calls = sum(len(facts.calls) for facts in follow(fixes, rules))
        rows.append(
            (
                kind,
                f"{len(fixes):,}",
                f"{calls:,}",
                f"{len(fixes) / ours.median_s:,.0f}",
                f"{ours.median_s / least.median_s:.1f}x",
                f"{ours.spread:.2f}",
            )
        )
    return Table(
        title="Stage 1: fixes to facts",
        what="`advance` for every fix (chart, track), then `tick` (fold: segments, stays, port calls), from nothing. "
        "The floor is a bare loop with one great-circle distance a fix.",
        columns=("feed", "fixes", "calls", "fixes/s", "time, floor = 1", "slowest/fastest"),
        rows=tuple(rows),
    )


def against_peers(rules: Rules) -> Table:
    """The same fixes of one ship, given to what others use."""
    fixes = feeds.busy(timedelta(minutes=10))[:PEER_FIXES]
    ours = by_turns({"sealane": partial(follow, fixes, rules)})["sealane"].median_s
    calls = sum(len(facts.calls) for facts in follow(fixes, rules))
    rows = [("sealane", "track, segments, stops, port calls", f"calls: {calls}", f"{PEER_FIXES / ours:,.0f}", "1.0x")]
    peers = ask_peers(fixes, rules.chart.zones)
    rows += ((peer.name, peer.does, *_told(peer.answer, peer.finds, ours)) for peer in peers)
    return Table(
        title="Stage 1 against peers",
        what=f"{PEER_FIXES:,} fixes of one busy ship, every 10 minutes, given in the form each peer wants; making that "
        "form is not counted. Peers run in a venv of their own, one after the other, right after us.",
        columns=("who", "does", "finds", "fixes/s", "time, sealane = 1"),
        rows=tuple(rows),
    )


def _told(answer: Answer | None, finds: str, ours_s: float) -> tuple[str, str, str]:
    if answer is None:
        return "-", "not installed", "-"
    return f"{finds}: {answer.found:,}", f"{PEER_FIXES / answer.taken_s:,.0f}", f"{answer.taken_s / ours_s:.1f}x"
