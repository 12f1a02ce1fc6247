"""Faults on Kafka: what can befall workers, broker and ledger while a recording is on its way to them (`make chaos`).

    killed        kill -9 at random instants
    killed_at     kill -9 as a named point is passed, between read, commit and acknowledge (streams/kafka/failpoint.py)
    the rest      pauses, a second process of one name, a broker or a ledger's server that is gone, poison, repeats

At a named point the struck worker is the only one of its kind, and what it has to do lies there before it starts: it
comes by, or the round has failed. Workers that end are started again, as a supervisor does.
"""

import asyncio
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

import msgspec

from bench.broker import Broker
from bench.fleet import ENDS_WITHIN_S, Fleet, Outcome, Process
from streams.kafka import failpoint
from streams.kafka.deadletters import buried
from streams.kafka.observation import HEADERS
from streams.kafka.producer import producing
from streams.kafka.topics import OBSERVATIONS, name_of

SPAN_S = 14 * 24 * 3600.0  # of the recording
EACH_S = 2.0  # the recording is on its way for so long a strike: a worker starts in the meantime
DOWN_S = 1.0
PASSES_WITHIN_S = 90.0  # on a busy machine
POISON_EVERY = 10
APPENDS_EVERY_S = 0.05


class Stage(msgspec.Struct, frozen=True):
    """One recording, what it amounts to in one process, and how hard to strike."""

    broker: Broker
    config: Path
    file: Path
    expected: Outcome
    heard: str  # the digest of what a live run hears of it: it learns whom to follow on the way
    folder: Path
    strikes: int = 3
    pause_s: float = 8.0  # longer than a session: the partitions go to the other
    stays_s: float = 3.0  # a worker that comes and goes

    @property
    def lasts_s(self) -> float:
        """How long the recording is on its way."""
        return EACH_S * self.strikes

    @property
    def speed(self) -> tuple[str, str]:
        return "--speed", f"{SPAN_S / self.lasts_s:.0f}x"

    def parts(self) -> list[Path]:
        """The recording, a part a strike."""
        lines = self.file.read_bytes().splitlines(keepends=True)
        size = -(-len(lines) // self.strikes)
        files = [self.folder / f"part-{number}.nmea" for number in range(self.strikes)]
        for number, file in enumerate(files):
            file.write_bytes(b"".join(lines[number * size : (number + 1) * size]))
        return files


class NotStruck(RuntimeError):  # noqa: N818 - a state, not a fault
    """A fault did not come about: the round shows nothing."""


Fault = Callable[[Stage, Fleet, random.Random], str]  # what was struck, for the table


def killed(kind: str) -> Fault:
    """kill -9 at random instants."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        with on_its_way(stage, ships, kind):
            for _ in range(stage.strikes):
                slot = chance.choice([slot for each, slot in ships.workers if each == kind])
                ships.until(partial(ships.is_at_work, kind, slot))
                time.sleep(chance.uniform(0, EACH_S))
                kill(ships, kind, slot)
                ships.look_after()
        return f"{stage.strikes} x kill -9"

    return strike


def killed_at(kind: str, point: str) -> Fault:
    """kill -9 as a worker passes a named point."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        del chance
        for slot in [slot for each, slot in ships.workers if each == kind]:
            kill(ships, kind, slot)
            del ships.workers[kind, slot]
        for part in stage.parts():
            ships.send(part)
            struck(ships.start(kind, "0", failpoint=f"{point}:1"), point)  # a part may be one batch
            del ships.workers[kind, "0"]
        ships.start(kind, "0")
        ships.send(stage.file)  # what a part alone did not teach
        return f"{stage.strikes} x kill -9"

    return strike


def sender_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """`replay --kafka` killed at random instants, and run again."""
    for _ in range(stage.strikes):
        sending = ships.replaying([stage.file], *stage.speed)
        time.sleep(chance.uniform(1.0, 1.0 + 2 * EACH_S))
        sending.kill()
        sending.wait()
    ships.replay([stage.file])
    return f"{stage.strikes} x kill -9"


def sender_killed_at(point: str) -> Fault:
    """`replay --kafka` killed between Kafka's answer and the ledger's commit, and run again."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        for _ in range(stage.strikes):
            at = f"{point}:{chance.randint(1, 3)}"
            struck(ships.replaying([stage.file], *stage.speed, failpoint=at), point)
        ships.replay([stage.file])
        return f"{stage.strikes} x kill -9"

    return strike


def ingest_killed_at(point: str) -> Fault:
    """The same of who hears a file that grows."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        del chance
        growing = grown(ships)
        for part in stage.parts():
            with growing.open("ab") as more:
                more.write(part.read_bytes())
            struck(ships.start("ingest", "0", "--file", str(growing), failpoint=f"{point}:1"), point)
        ships.start("ingest", "0", "--file", str(growing))
        return f"{stage.strikes} x kill -9"

    return strike


@contextmanager
def stopped(stage: Stage, ships: Fleet, chance: random.Random) -> Iterator[Process]:
    """A worker stopped at its work for longer than its session, then going on."""
    ships.until(ships.has_begun)
    time.sleep(chance.uniform(0, EACH_S))
    worker = ships.workers["follow", "0"]
    worker.send_signal(SIGSTOP)
    yield worker
    time.sleep(stage.pause_s)
    worker.send_signal(SIGCONT)


def paused(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A worker stopped: another has its partitions when it goes on."""
    with on_its_way(stage, ships), stopped(stage, ships, chance):
        pass
    return f"SIGSTOP {stage.pause_s:g} s, CONT"


def doubled(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A worker stopped, another started with its name as if on another machine, then the first going on."""
    with on_its_way(stage, ships):
        with stopped(stage, ships, chance) as first:
            second = ships.start("follow", "0", elsewhere=Path(tempfile.mkdtemp(prefix="sk", dir=ships.folder)))
        both = second.poll() is None
    first.terminate()
    ships.ended(first, ENDS_WITHIN_S)
    return f"SIGSTOP {stage.pause_s:g} s, CONT, two on a slot{'' if both else ', one ended'}"


def broker_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The broker killed and started again."""
    with on_its_way(stage, ships):
        ships.until(ships.has_begun)
        time.sleep(chance.uniform(0, EACH_S))
        stage.broker.kill()
        time.sleep(DOWN_S)
        stage.broker.start()
    return f"kill -9, down for {DOWN_S:g} s"


def ledger_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The ledger's server killed and started again."""
    with on_its_way(stage, ships):
        for _ in range(stage.strikes):
            time.sleep(chance.uniform(0, EACH_S))
            ships.kill_server(chance.uniform(0, DOWN_S))
            ships.look_after()
    return f"{stage.strikes} x kill -9"


def joining(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """Another worker that joins and leaves, again and again."""
    del chance
    with on_its_way(stage, ships):
        for _ in range(stage.strikes):
            ships.start("follow", "2")
            time.sleep(stage.stays_s)
            worker = ships.workers.pop(("follow", "2"))
            worker.terminate()
            ships.ended(worker, ENDS_WITHIN_S)
            time.sleep(stage.stays_s / 2)
    return f"{stage.strikes} x joined and left, every {stage.stays_s:g} s"


def shuffled(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The same recording three times at once, twice with its lines in any order."""
    lines = stage.file.read_bytes().splitlines(keepends=True)
    files = [stage.file]
    for number in range(2):
        chance.shuffle(lines)
        files.append(ships.folder / f"shuffled-{number}.nmea")
        files[-1].write_bytes(b"".join(lines))
    codes = [ships.ended(sending) for sending in [ships.replaying([file]) for file in files]]
    if any(codes):
        raise RuntimeError(f"replay into Kafka: exit {codes}; {ships.said()}")
    return "3 x the whole, 2 of them shuffled"


def poisoned(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A record in ten is no observation: each of them is a dead letter, once, though workers are killed at them."""
    records = sum(1 for line in stage.file.read_bytes().splitlines() if b"!" in line) // POISON_EVERY
    share = -(-records // stage.strikes)
    kill(ships, "follow", "0")
    kill(ships, "follow", "1")
    ships.workers = {name: worker for name, worker in ships.workers.items() if name[0] != "follow"}
    for number, part in enumerate(stage.parts()):
        ships.send(part)
        asyncio.run(poison(ships, min(share, records - number * share), chance))
        struck(ships.start("follow", "0", failpoint=f"{failpoint.DEAD_LETTERED}:1"), failpoint.DEAD_LETTERED)
        del ships.workers["follow", "0"]
    ships.start("follow", "0")
    ships.start("follow", "1")
    ships.send(stage.file)
    ships.caught_up()
    letters = len(asyncio.run(buried(ships.kafka)))
    if letters != records:
        raise RuntimeError(f"{letters} dead letters, expected {records}")
    return f"{records} poison records, as many dead letters, {stage.strikes} x kill -9"


FOLLOW_POINTS = (failpoint.READ, failpoint.COMMITTED, failpoint.ACKNOWLEDGED)
FAULTS: dict[str, Fault] = {
    **{f"{kind}, at random": killed(kind) for kind in ("ingest", "follow", "judge", "relay")},
    "sender, at random": sender_killed,
    f"ingest, {failpoint.PRODUCED}": ingest_killed_at(failpoint.PRODUCED),
    f"sender, {failpoint.PRODUCED}": sender_killed_at(failpoint.PRODUCED),
    **{f"follow, {point}": killed_at("follow", point) for point in FOLLOW_POINTS},
    **{f"judge, {point}": killed_at("judge", point) for point in (failpoint.JUDGED, failpoint.COMMITTED)},
    **{f"relay, {point}": killed_at("relay", point) for point in (failpoint.READ, failpoint.SENT)},
    "follow, paused": paused,
    "follow, two on a slot": doubled,
    "broker": broker_killed,
    "ledger's server": ledger_killed,
    "workers come and go": joining,
    "repeats and shuffles": shuffled,
    "poison": poisoned,
}


@contextmanager
def on_its_way(stage: Stage, ships: Fleet, kind: str = "") -> Iterator[None]:
    """The recording while it is sent; to ingest as a file that grows. What the sender cannot reach ends it: again."""
    if kind == "ingest":
        growing = grown(ships)
        ships.start("ingest", "0", "--file", str(growing))
        grows = threading.Thread(target=append, args=(stage, growing))
        grows.start()
        yield
        grows.join()
        return
    sending = ships.replaying([stage.file], *stage.speed)
    yield
    if ships.ended(sending):
        ships.replay([stage.file])


def grown(ships: Fleet) -> Path:
    """A file that is to grow."""
    growing = ships.folder / "growing.nmea"
    growing.touch()
    return growing


def append(stage: Stage, growing: Path) -> None:
    """Have a file grow by the recording, for as long as that lasts."""
    lines = stage.file.read_bytes().splitlines(keepends=True)
    steps = int(stage.lasts_s / APPENDS_EVERY_S)
    for step in range(steps):
        with growing.open("ab") as more:
            more.write(b"".join(lines[len(lines) * step // steps : len(lines) * (step + 1) // steps]))
        time.sleep(APPENDS_EVERY_S)


async def poison(ships: Fleet, records: int, chance: random.Random) -> None:
    """Put records on the topic that are no observations."""
    async with producing(ships.kafka) as producer:
        for each in range(records):
            headers = HEADERS if chance.random() < 0.5 else []
            topic = name_of(ships.kafka, OBSERVATIONS)
            await producer.send(topic, chance.randbytes(40), key=str(each).encode(), headers=headers)
        await producer.flush()


def kill(ships: Fleet, kind: str, slot: str) -> None:
    ships.workers[kind, slot].kill()
    ships.workers[kind, slot].wait()


def struck(process: Process, point: str) -> None:
    """Wait until a process is killed at its named point. Raises NotStruck where it does not come by."""
    with suppress(subprocess.TimeoutExpired):
        if process.wait(PASSES_WITHIN_S) == -SIGKILL:
            return
    process.kill()
    process.wait()
    raise NotStruck(f"{point} was not passed within {PASSES_WITHIN_S:g} s")
