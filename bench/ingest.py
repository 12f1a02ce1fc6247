"""Ingest: what it costs to find a few followed ships in a feed of the whole world, against decoding all of it.

`python -m bench ingest` measures these alone; `python -m bench` with the rest.

    wc, reading      the least anybody could do with the file
    filter           which lines have to be read
    filter, hours    the listener: those read, joined and decoded, the area, every line accounted, every source's hours
    command          `sealane replay --state`: two passes, tracks, rules, digest
    pyais, libais    decode every message, keep none
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from bench import feeds, hearing, spent, watched
from bench.corpus import SENTENCES, SHARE, Corpus
from bench.peak import of_command
from bench.peers import INTERPRETER
from bench.table import Table
from bench.timing import Taken
from bench.whole import BYTES_PER_MB, decode
from sealane.filter import Watch, watch_for
from sealane.rules import Rules
from streams.collector import keep_freed
from streams.corridor.corridor import load_corridor

DECODERS = ("libais", "libais, bare", "pyais")
TURNS = 3
WATCHED = (4, 40, 400, 4_000, 40_000, 100_000)
SMALL = 10  # times fewer sentences
COMMAND = "sealane replay --state"
LIBAIS = Path(__file__).with_name("libais.py")
DOES = {
    "wc -l": "counts line ends",
    "reading": "reads the file, and nothing else",
    "filter": "the sieve: which lines must be read, by radio or IMO number, and which tell an hour; no area",
    "filter, area, hours": "the listener: area, hours heard of each source, account; what is followed decoded",
    COMMAND: "both passes, all rules, digest; start-up taken off",
    "libais": "`ais.stream.decode` of every message",
    "libais, bare": "`ais.decode` of payloads cut out by hand: no checksum, no stamp, no station",
    "pyais": "`FileReaderStream` and `decode()` of every message",
}


def tables(folder: Path, corpus: Corpus, turns: int = TURNS) -> Iterator[Table]:
    """All that is measured."""
    path = corpus.path()
    config = watched.write_watching(folder / "watching")
    rules = load_corridor(config).rules
    yield speed(path, corpus, config, rules, turns)
    yield steps(folder, corpus, turns)
    yield memory(folder, corpus, config)
    yield exactness(path, rules)


def speed(path: Path, corpus: Corpus, config: Path, rules: Rules, turns: int) -> Table:
    """Everybody on the same file, in turns."""
    taken = contest(path, config, rules, turns)
    seconds, clock = seconds_of(taken), on_the_clock(taken)
    rows = tuple(_row(name, seconds, clock, taken.get(name), corpus.sentences) for name in DOES)
    return Table(
        title="Ingest: speed",
        what=f"One file of {corpus.sentences:,} sentences, {path.stat().st_size / BYTES_PER_MB:,.0f} MB, "
        f"{corpus.share:.2%} of them of followed radios (bench/corpus.py, seed {corpus.seed}). {turns} turns "
        f"of the decoders, {turns * spent.QUICK_TURNS} of the others. A start of the command, on an empty file, takes "
        f"{seconds['start']:.2f} s.",
        columns=(
            *("who", "does", "decoded", "sentences/s", "speed, pyais = 1", "the same by the clock"),
            *("time, `wc -l` = 1", "slowest/fastest"),
        ),
        rows=rows,
    )


def contest(path: Path, config: Path, rules: Rules, turns: int) -> dict[str, Taken]:
    """What each took, and a start of the command."""
    keep_freed()  # as a replay does
    watch = _learned(path, rules)
    listed = Watch(
        mmsi=watch.mmsi, imo=watch.imo, in_area=lambda _lat_deg, _lon_deg: False, boxes=(), bound=watch.bound
    )
    empty = path.with_name("empty.nmea")
    empty.write_bytes(b"")
    command = ("replay", "--config", config, "--state")
    contestants: dict[str, Callable[[], object]] = {
        "wc -l": partial(spent.child, ["wc", "-l", path]),
        "reading": partial(hearing.read, path),
        "filter": partial(hearing.sift, path, listed),
        "filter, area, hours": partial(hearing.heard, path, watch),
        "start": partial(spent.sealane, *command, empty),
        COMMAND: partial(spent.sealane, *command, path),
        "pyais": partial(decode, path),
    }
    if (INTERPRETER.parent / "aisdecode").exists():  # comes with libais
        libais: list[str | Path] = [INTERPRETER, "-W", "ignore", LIBAIS, path]
        contestants |= {
            "libais": partial(spent.counting, libais),
            "libais, bare": partial(spent.counting, [*libais, "bare"]),
        }
    return spent.by_turns(contestants, turns, slow=DECODERS)


def seconds_of(taken: dict[str, Taken]) -> dict[str, float]:
    """The same in seconds, the command without its start."""
    seconds = {name: each.median_s for name, each in taken.items()}
    return seconds | {COMMAND: seconds[COMMAND] - seconds["start"]}


def on_the_clock(taken: dict[str, Taken]) -> dict[str, float]:
    """The same by the clock: what somebody waits for who has all cores."""
    seconds = {name: median(each.clock_s) for name, each in taken.items()}
    return seconds | {COMMAND: seconds[COMMAND] - seconds["start"]}


def _row(
    name: str, seconds: dict[str, float], clock: dict[str, float], taken: Taken | None, sentences: int
) -> tuple[str, ...]:
    if taken is None:
        return name, DOES[name], "-", "not installed", "-", "-", "-", "-"
    took = seconds[name]
    return (
        name,
        DOES[name],
        f"{taken.found:,}" if name in DECODERS and taken.found is not None else "-",
        f"{sentences / took:,.0f}",
        f"{seconds['pyais'] / took:,.1f}x",
        f"{clock['pyais'] / clock[name]:,.1f}x",
        f"{took / seconds['wc -l']:,.1f}x",
        f"{taken.spread:.2f}",
    )


def steps(folder: Path, corpus: Corpus, turns: int) -> Table:
    """The same file for ever longer watchlists."""
    taken = ever_longer(folder, corpus.path(), turns)
    before: float | None = None
    rows = []
    for name, each in taken.items():
        step = "-" if before is None else f"{each.median_s / before:.2f}x"
        rows.append((name, f"{corpus.sentences / each.median_s:,.0f}", step, f"{each.spread:.2f}"))
        before = each.median_s
    return Table(
        title="Ingest: ships watched",
        what=f"Filter, area and hours of {corpus.sentences:,} sentences; four of the listed hulls are heard, the "
        "others are not. Time of each step over that of the one before. Learning whom to follow is done before.",
        columns=("hulls listed", "sentences/s", "time, step before = 1", "slowest/fastest"),
        rows=tuple(rows),
    )


def ever_longer(folder: Path, path: Path, turns: int) -> dict[str, Taken]:
    """What hearing a file took, by how many hulls are listed."""
    keep_freed()
    contestants: dict[str, Callable[[], object]] = {}
    for hulls in WATCHED:
        rules = load_corridor(watched.write_watching(folder / f"watching-{hulls}", hulls)).rules
        contestants[f"{hulls:,}"] = partial(hearing.heard, path, _learned(path, rules))
    return spent.by_turns(contestants, turns)


def memory(folder: Path, corpus: Corpus, config: Path) -> Table:
    """Peak of the whole command."""
    small = smaller(corpus)
    most = folder / f"watching-{WATCHED[-1]}" / "corridor.toml"
    empty = corpus.path().with_name("empty.nmea")
    runs = (
        ("none", empty, config, WATCHED[0]),
        (f"{small.sentences:,}", small.path(), config, WATCHED[0]),
        (f"{corpus.sentences:,}", corpus.path(), config, WATCHED[0]),
        ("none", empty, most, WATCHED[-1]),
        (f"{small.sentences:,}", small.path(), most, WATCHED[-1]),
    )
    rows = tuple((name, f"{hulls:,}", f"{of_command(path, by) / BYTES_PER_MB:,.0f}") for name, path, by, hulls in runs)
    return Table(
        title="Ingest: memory",
        what="Peak resident set of `sealane replay --state` (VmHWM), MB, or of all its processes together (PSS).",
        columns=("sentences", "hulls listed", "peak"),
        rows=rows,
    )


def smaller(corpus: Corpus) -> Corpus:
    """The same, but of fewer sentences."""
    return Corpus(seed=corpus.seed, sentences=corpus.sentences // SMALL, share=corpus.share)


def exactness(path: Path, rules: Rules) -> Table:
    """What the filter finds against full decoding of every message. Anything lost or invented ends the bench."""
    true = exact(path, rules)
    return Table(
        title="Ingest: exactness",
        what="Reports as the filter finds them, against those left of full decoding of every message by plain Python. "
        "The bench fails on any difference.",
        columns=("followed reports", "lost", "invented"),
        rows=((f"{true:,}", "0", "0"),),
    )


def exact(path: Path, rules: Rules) -> int:
    """How many reports are followed, exactly the same ones by filter and by full decoding."""
    found = hearing.counted(hearing.heard(path, _learned(path, rules)))
    true = hearing.counted(hearing.decoded(path, rules))
    lost, invented = true - found, found - true
    if lost or invented or not true:
        some = next(iter((lost or invented).elements()), "nothing is followed")
        raise SystemExit(f"{path}: {lost.total():,} reports lost, {invented.total():,} invented; {some}")
    return true.total()


def _learned(path: Path, rules: Rules) -> Watch:
    """Whom a corridor follows, with whom its first pass learns to follow."""
    watch = watch_for(rules.watchlist, rules.chart)
    hearing.scout(path, watch)
    return watch


def options(words: argparse.ArgumentParser) -> None:
    """What of the corpus can be asked for."""
    words.add_argument("--sentences", type=int, default=SENTENCES, help="of the corpus")
    words.add_argument("--share", type=float, default=SHARE, help="of messages, by radios on the corridor")
    words.add_argument("--seed", type=int, default=feeds.SEED)
    words.add_argument("--turns", type=int, default=TURNS)


def corpus_of(asked: argparse.Namespace) -> Corpus:
    return Corpus(seed=asked.seed, sentences=asked.sentences, share=asked.share)
