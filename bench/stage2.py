"""Stage 2 and late reports: judging all facts, and one report that comes a year late."""

from collections import Counter
from datetime import timedelta

from msgspec.structs import replace

from bench import feeds
from bench.stage1 import follow
from bench.table import Table
from bench.timing import TURNS, Taken, by_turns
from sealane.digest import state_digest
from sealane.fix import Fix, Mmsi
from sealane.follow import Following, advance, tick
from sealane.judge import judge
from sealane.rules import Rules

A_YEAR = timedelta(days=365)
LATE_BY = timedelta(seconds=1)
MS_PER_S = 1000


def costs(rules: Rules, reports: feeds.Reports) -> Table:
    """Milliseconds of each."""
    as_of = max(report.at for report in reports)
    radios: dict[Mmsi, Following] = {}
    for report in reports:
        advance(radios.setdefault(report.mmsi, Following(report.mmsi)), report, rules)
    facts = [tick(radio, rules)[1] for radio in radios.values()]
    standing = judge(facts, (), {}, rules, as_of)
    taken = by_turns(
        {
            "judge: facts of all radios to alerts": lambda: judge(facts, (), {}, rules, as_of),
            "state digest": lambda: state_digest(standing, rules.fingerprint),
        }
    )
    fixes = [report for report in reports if isinstance(report, Fix)]
    busiest, count = Counter(fix.mmsi for fix in fixes).most_common(1)[0]
    track = [fix for fix in fixes if fix.mmsi == busiest]
    taken |= by_turns({f"fold a whole track: {count:,} fixes": lambda: follow(track, rules)})
    taken["one report a year late into it"] = _late(track, rules)
    return Table(
        title="Stage 2, and what late reports cost",
        what=f"Of the demo feed: {len(standing.calls):,} calls, {len(standing.deliveries)} deliveries. The late report "
        "is new to its minute; its day is folded again, and those after it until the fold meets a kept state.",
        columns=("what", "ms"),
        rows=tuple((name, f"{each.median_s * MS_PER_S:,.2f}") for name, each in taken.items()),
    )


def _late(track: list[Fix], rules: Rules) -> Taken:
    """Each turn another report, earlier than the one kept in its minute."""
    radio, as_of = Following(track[0].mmsi), track[-1].at
    for fix in track:
        advance(radio, fix, rules)
    tick(radio, rules)
    a_year_ago = [fix for fix in track if fix.at <= as_of - A_YEAR][-TURNS:]
    late = iter([replace(fix, at=fix.at - LATE_BY) for fix in a_year_ago])
    return by_turns({"late": lambda: tick(advance(radio, next(late), rules), rules)}, len(a_year_ago))["late"]
