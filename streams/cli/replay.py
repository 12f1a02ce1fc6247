"""`sealane replay [FILE]...`: feed recorded AIS and facts through the rules; events as found, every line accounted."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from geofences.errors import BadReference
from sealane.account import LATER, Account
from sealane.event import Event
from sealane.heard import Hours
from sealane.judge import Standing
from sealane.rules import Rules
from sealane.stamp import unix_us
from streams.app import MEMORY, corridor_of, ledger_name, opened
from streams.cautions import cautions
from streams.cli.adding import tell_cautions, tell_refused
from streams.cli.exits import EXIT_BY_SIGNAL, EXIT_FAILED, EXIT_WRONG_USAGE
from streams.clock import now
from streams.collector import collect_seldom
from streams.corridor.corridor import Corridor
from streams.fact import moment_given
from streams.facts import STDIN, FactsFile, read_facts
from streams.kafka.settings import Kafka, kafka_of
from streams.ledger.keeper import Keeper
from streams.ledger.ledger import Ledger
from streams.ledger.wire import told
from streams.log import log
from streams.memory import Writes
from streams.replay.merge import Merged
from streams.replay.pace import MAX, times_of
from streams.replay.rate import Meter
from streams.replay.recording import CannotRead, Progress, Recording
from streams.replay.replay import Replay
from streams.replay.resume import HEARD_BEFORE
from streams.replay.span import OUTSIDE, Span
from streams.showing.state import event_of, names_of, state_of
from streams.showing.wording import SYNTHETIC, line_of

STAMPS = "tag block c:, $PGHP, leading or trailing epoch"
WITHOUT_STAMP = "it makes no port call, because nobody can say when it was heard"
NAMES_TOLD = 3
BAR_CELLS = 20  # so that the rate beside it fits on a narrow terminal

ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="A corridor of your own (TOML).")]
LedgerName = Annotated[
    str | None,
    typer.Option("--ledger", metavar="URL", help="memory, embedded or the URL of a Redis; SEALANE_REDIS_URL names it."),
]


def replay(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Recordings: plain, gzip or zstd; - is stdin.")
    ] = None,
    facts: Annotated[
        list[str] | None, typer.Option("--facts", metavar="FILE", help="Facts people added, one JSON object a line.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="What was known by then, and nothing later.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="TIME", help="When these recordings became known.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only what was heard from then on.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only what was heard before then.")] = None,
    speed: Annotated[
        str, typer.Option("--speed", metavar="SPEED", help="max, or times as fast as it was heard: 1x, 60x.")
    ] = MAX,
    merge: Annotated[
        bool, typer.Option("--merge", metavar="", help="Several recordings as one, in the order they were heard.")
    ] = False,
    config: ConfigFile = None,
    ledger: LedgerName = None,
    again: Annotated[
        bool, typer.Option("--again", metavar="", help="From the start, though a replay that was killed came farther.")
    ] = False,
    to_kafka: Annotated[
        bool, typer.Option("--kafka", metavar="", help="Send it to the workers on Kafka; they follow and judge.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Events as JSON, one a line.")] = False,
    as_state: Annotated[
        bool, typer.Option("--state", metavar="", help="Only the final state, as one JSON object.")
    ] = False,
) -> None:
    """Find the port calls, deliveries and alerts in recorded AIS and added facts, and account for every line of it."""
    collect_seldom()
    corridor = corridor_of(config)
    name = ledger_name(ledger, os.environ, otherwise=MEMORY)
    held_to = _Times(
        as_of=moment_given(as_of, "--as-of"),
        known_at=moment_given(known_at, "--known-at", now()),
        span=span_given(from_, to),
        times=times_of(speed),
        again=again,
    )
    _check_usage(files or [], facts or [], held_to, name)
    kafka = _kafka(name, as_state=as_state) if to_kafka else None
    facts_files = [read_facts(each, corridor, now()) for each in facts or []]
    opened_files, refused = _open(files or [], facts_files)
    recordings = [Merged(opened_files, now())] if merge and len(opened_files) > 1 else opened_files
    try:
        run, stopped = asyncio.run(
            _replay(name, recordings, facts_files, held_to, corridor, kafka, as_json=as_json, as_state=as_state)
        )
    finally:
        for recording in opened_files:
            recording.close()
    if as_state:
        state = state_of(run.embedded.standing, corridor, run.listener.account, run.embedded.digest())
        print_json(state)
    elif not as_json:
        typer.echo(account_text(run.listener.account, synthetic=corridor.rules.synthetic))
    else:
        log().info("account", **run.listener.account.lines)
    _tell_resumed(run)
    _warn(run)
    tell_refused(run.refused)
    tell_cautions(cautions(run.facts, corridor, run.embedded.facts))
    if stopped:
        raise typer.Exit(EXIT_BY_SIGNAL + stopped[0])
    if refused or run.problems or run.refused:
        raise typer.Exit(EXIT_FAILED)


class _Times(NamedTuple):
    """The time a replay is held to, when its recordings became known, within which span it hears, and how fast."""

    as_of: datetime | None
    known_at: datetime | None
    span: Span | None
    times: float | None
    again: bool


def span_given(from_: str | None, to: str | None) -> Span | None:
    """The span that options name; None: neither is given. Raises BadReference."""
    from_at, to_at = moment_given(from_, "--from"), moment_given(to, "--to")
    if from_at is None and to_at is None:
        return None
    if from_at is not None and to_at is not None and from_at >= to_at:
        raise BadReference("--to", "", repr(to), "a time after --from")
    return Span(None if from_at is None else unix_us(from_at), None if to_at is None else unix_us(to_at))


def _check_usage(files: list[str], facts: list[str], times: _Times, name: str) -> None:
    """Refuse what cannot be meant. Raises BadReference."""
    if not files and not facts:
        raise BadReference("sealane replay", "", "nothing to read", "a recording, or --facts FILE")
    if [*files, *facts].count(STDIN) > 1:
        raise BadReference("sealane replay", "", f"{STDIN} more than once", "standard input once")
    if times.as_of is not None and name != MEMORY:
        expected = f"--ledger {MEMORY}: a ledger stands as of the newest it holds"
        raise BadReference("--as-of", "", f"a ledger, {told(name)}", expected)


def _kafka(name: str, *, as_state: bool) -> Kafka:
    """Where Kafka is. Raises BadReference where nothing would be kept, or the state is asked for."""
    if name == MEMORY:
        raise BadReference("--kafka", "", f"--ledger {MEMORY}", "the ledger of the workers: --ledger URL")
    if as_state:
        raise BadReference("--kafka", "", "--state", "one of them: what stands is in the ledger, once it is judged")
    return kafka_of(os.environ)


async def _replay(
    name: str,
    recordings: Sequence[Recording | Merged],
    facts: list[FactsFile],
    times: _Times,
    corridor: Corridor,
    kafka: Kafka | None,
    *,
    as_json: bool,
    as_state: bool,
) -> tuple[Replay, list[signal.Signals]]:
    """Replay into the ledger of that name, telling what was found on the way; and by which signals it was stopped."""
    async with (
        nullcontext(None) if name == MEMORY else opened(name, corridor) as ledger,
        _writing(kafka) as writes,
    ):
        run = Replay(recordings, corridor.rules, now(), ledger, facts=facts, writes=writes, **times._asdict())
        stopped: list[signal.Signals] = []
        if times.times is not None:
            _stop_on_signals(run, stopped)

        def emit(events: tuple[Event, ...]) -> None:
            if not as_state:
                print_events(events, run.embedded.standing, corridor, as_json=as_json)

        with _progress(prints_json=as_json and not as_state) as bar:
            await run.run(emit, _shown(run, bar, is_logged=as_json and bar.disable))
        return run, stopped


@asynccontextmanager
async def _writing(kafka: Kafka | None) -> AsyncIterator[Callable[[Rules, Hours, Ledger, str], Writes]]:
    """Who writes: a keeper, or a sender to Kafka, whose client is loaded for it alone. Raises BrokerError."""
    if kafka is None:
        yield Keeper
        return
    from streams.kafka.sender import sending

    async with sending(kafka) as sender:
        yield sender


def _shown(run: Replay, bar: Bar, *, is_logged: bool) -> Progress:
    """How to show how far a replay is: on the bar, or now and then in the log."""
    if bar.disable and not is_logged:
        return lambda _: None
    time_s = asyncio.get_running_loop().time
    meter = Meter(run.total_bytes, time_s())
    task = bar.add_task("replay", total=run.total_bytes or None, rate="")

    def show(read_bytes: int) -> None:
        now_s = time_s()
        rate = meter.rate(now_s, read_bytes, run.listener.heard)
        bar.update(task, completed=read_bytes, rate=rate.words)
        if is_logged and meter.is_to_be_logged(now_s):
            log().info("progress", **rate._asdict())

    return show


def _stop_on_signals(run: Replay, stopped: list[signal.Signals]) -> None:
    """Have a paced replay end with what it heard when it is asked to."""

    def stop(asked: signal.Signals) -> None:
        stopped.append(asked)
        run.stop()

    for asked in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(asked, stop, asked)


def print_events(events: tuple[Event, ...], standing: Standing, corridor: Corridor, *, as_json: bool) -> None:
    """One line an event on standard output, as JSON or in words."""
    if not events:
        return
    names = names_of(standing, corridor.rules)
    for event in events:
        if as_json:
            print_json(event_of(event, names))
        else:
            typer.echo(line_of(event, names, corridor.port_name))


def print_json(value: object) -> None:
    """One JSON value on one line of standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def account_text(account: Account, *, synthetic: bool) -> str:
    """The account of every line, adding up, with samples of what was rejected."""
    lines = account.lines
    rows = [f"{count:>12,}  {outcome.replace('_', ' ')}" for outcome, count in lines.items() if outcome != "total"]
    title = f"{SYNTHETIC} lines" if synthetic else "lines"
    text = [f"{title}: {lines['total']:,} in all", *rows]
    for reason, samples in account.samples.items():
        text += [f"  {reason} in {each.file}, line {each.line}: {each.text!r}" for each in samples]
    return "\n".join(text)


def _open(files: list[str], facts: list[FactsFile]) -> tuple[list[Recording], bool]:
    """All recordings that can be read; the others are named. Nothing to read at all ends the command."""
    recordings: list[Recording] = []
    mistakes: list[bool] = []
    for name in files:
        try:
            recordings.append(Recording(name))
        except CannotRead as error:
            log().error(str(error))
            mistakes.append(error.mistake)
    if not recordings and not facts:
        raise typer.Exit(EXIT_WRONG_USAGE if all(mistakes) else EXIT_FAILED)
    return recordings, bool(mistakes)


def _progress(*, prints_json: bool) -> Bar:
    """A bar on a terminal, below the events if they go there too; nothing elsewhere."""
    console = Console(stderr=True)
    events_here = sys.stdout.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(BAR_CELLS), TextColumn("{task.fields[rate]}"))
    return Bar(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=events_here,  # elsewhere it would take a file's lines to the terminal
        disable=not console.is_terminal or (prints_json and events_here),
    )


def _tell_resumed(run: Replay) -> None:
    """Whether an earlier replay of the same files, which was killed, was taken up."""
    names = _named([recording.name for recording in run.recordings])
    if before := run.listener.account.lines.get(HEARD_BEFORE):
        log().info(f"{names}: went on after {before:,} lines of a replay that was killed; --again hears all")
    if run.has_changed:
        log().warning(f"{names}: not as in the replay that was killed; started over")


def _warn(run: Replay) -> None:
    """What the user should know of the input: files cut short or empty, nothing AIS in it, no time stamps, rejects."""
    account, lines = run.listener.account, run.listener.account.lines
    for problem in run.problems:
        log().error(problem)
    for name in run.empty:
        log().warning(f"{name}: empty, not a line to read")
    names = _named([recording.name for recording in run.recordings])
    heard = lines["total"] - sum(lines.get(each, 0) for each in (LATER, OUTSIDE, HEARD_BEFORE))
    if lines["total"] > lines.get(HEARD_BEFORE, 0) and not heard:
        why = "outside --from and --to" if OUTSIDE in lines else "after --as-of"
        log().warning(f"{names}: every line was heard {why}; nothing of it was used")
    elif heard and heard == lines["foreign"] + lines.get("line_too_long", 0):
        log().warning(
            f"{names}: no AIS sentence (!AIVDM, !AIVDO, ...) in {heard:,} line{'s' * (heard != 1)}; is it AIS?"
        )
    elif heard and not run.listener.hours:
        log().warning(f"{names}: no line has a plausible time stamp ({STAMPS}); {WITHOUT_STAMP}")
    elif account.untimed:
        log().warning(f"{names}: {account.untimed:,} decoded messages have no time stamp ({STAMPS}); {WITHOUT_STAMP}")
    if lines["not_followed"] and not lines["decoded"]:
        log().warning(
            f"{names}: nobody in it is followed: no ship of the watchlist of corridor {run.embedded.rules.corridor!r}, "
            "no position inside its area; name zones of your own with --config"
        )
    for reason, samples in account.samples.items():
        if count := lines.get(reason):
            log().warning(f"{samples[0].file}, line {samples[0].line}: {reason}, the first of {count:,} such lines")


def _named(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= NAMES_TOLD else f"{names[0]} and {len(names) - 1} more"
