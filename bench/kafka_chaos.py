"""Chaos on Kafka: what befalls workers, broker and ledger while a recording is on its way (`make chaos`).

After each round what stands must be what the recording amounts to in one process, and all must hold that `sealane
verify` checks. Workers that end are started again, as a supervisor does. Each fault strikes three times a round, at
random instants, or at a named point between read, commit and acknowledge (streams/kafka/failpoint.py).
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from bench.broker import Broker, running
from bench.crosscheck import embedded
from bench.fleet import Fleet, Outcome, Process, fleet
from streams.demo import feed
from streams.demo.files import write_corridor
from streams.kafka import failpoint
from streams.kafka.deadletters import buried
from streams.kafka.observation import HEADERS
from streams.kafka.producer import producing
from streams.kafka.settings import LEAST_SESSION_S
from streams.kafka.topics import OBSERVATIONS, name_of

LINES = 3_001  # of the demo: two weeks, the first calls
TIMES_REAL = "250000x"  # on its way for some five seconds
LASTS_S = 5.0
STRIKES = 3
PAUSE_S = LEAST_SESSION_S + 2.0  # longer than a session: the partitions go to the other
DOWN_S = 1.0
STRUCK_WITHIN_S, WITHIN_S = 60.0, 240.0
POISON_EVERY = 10


class Stage(msgspec.Struct, frozen=True):
    """One recording, and what it amounts to in one process."""

    broker: Broker
    config: Path
    file: Path
    expected: Outcome
    folder: Path


Fault = Callable[[Stage, Fleet, random.Random], str]  # what was struck, for the table


def stage_of(broker: Broker, folder: Path) -> Stage:
    """The demo's first two weeks."""
    config, file = write_corridor(folder / "corridor"), folder / "demo.nmea"
    file.write_bytes(b"".join(islice(feed(), LINES)))
    return Stage(broker, config, file, embedded(config, [file]), folder)


def run(stage: Stage, fault: Fault, chance: random.Random) -> str:
    """One round: what was struck. Raises where it does not end as it must."""
    with fleet(stage.broker, stage.config) as ships:
        for slot in ("0", "1"):
            ships.start("follow", slot)
        ships.start("judge", "0")
        struck = fault(stage, ships, chance)
        found = ships.settled(WITHIN_S)
        if found != stage.expected:
            raise RuntimeError(f"stands {found}, expected {stage.expected}; {ships.said()}")
        return f"{struck}; {ships.restarts} started again"


def killed(kind: str) -> Fault:
    """kill -9 at random instants."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
        for _ in range(STRIKES):
            time.sleep(chance.uniform(0, LASTS_S / STRIKES))
            slot = chance.choice([slot for each, slot in ships.workers if each == kind])
            ships.workers[kind, slot].kill()
            ships.workers[kind, slot].wait()
            ships.look_after()
        _sent(sending, ships)
        return f"{STRIKES} x kill -9"

    return strike


def killed_at(kind: str, point: str) -> Fault:
    """kill -9 as a worker passes a named point."""

    def strike(stage: Stage, ships: Fleet, chance: random.Random) -> str:
        ships.workers.pop((kind, "0")).kill()
        kills = 0
        sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
        for _ in range(STRIKES):
            struck = ships.start(kind, "0", failpoint=f"{point}:{chance.randint(1, 3)}")
            kills += _was_struck(struck)
        ships.start(kind, "0")
        _sent(sending, ships)
        return f"{kills} x kill -9"

    return strike


def sender_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The sender killed at random instants, and run again."""
    for _ in range(STRIKES):
        sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
        time.sleep(chance.uniform(1, LASTS_S))
        sending.kill()
        sending.wait()
    ships.replay([stage.file])
    return f"{STRIKES} x kill -9"


def sender_killed_at(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The sender killed between Kafka's answer and the ledger's commit, and run again."""
    kills = 0
    for _ in range(STRIKES):
        sending = ships.replaying(
            [stage.file], "--speed", TIMES_REAL, failpoint=f"{failpoint.PRODUCED}:{chance.randint(1, 3)}"
        )
        kills += _was_struck(sending)
    ships.replay([stage.file])
    return f"{kills} x kill -9"


def paused(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A worker stopped for longer than its session, then going on: it is refused and ends."""
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
    time.sleep(chance.uniform(1, LASTS_S))
    worker = ships.workers["follow", "0"]
    worker.send_signal(signal.SIGSTOP)
    time.sleep(PAUSE_S)
    worker.send_signal(signal.SIGCONT)
    _sent(sending, ships)
    return f"SIGSTOP {PAUSE_S:g} s, CONT"


def doubled(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A worker stopped, another started with its name as if on another machine, then the first going on."""
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
    time.sleep(chance.uniform(1, LASTS_S))
    first = ships.workers["follow", "0"]
    first.send_signal(signal.SIGSTOP)
    second = ships.start("follow", "0", elsewhere=Path(tempfile.mkdtemp(prefix="sk", dir=ships.folder)))
    time.sleep(PAUSE_S)
    first.send_signal(signal.SIGCONT)
    _sent(sending, ships)
    first.terminate()
    _ended(first)
    ended = "both lived" if second.poll() is None else "the second ended"
    return f"two on a slot, {ended}"


def broker_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The broker killed and started again."""
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
    time.sleep(chance.uniform(1, LASTS_S))
    stage.broker.kill()
    time.sleep(DOWN_S)
    stage.broker.start()
    _sent_or_again(sending, stage, ships)
    return "1 x kill -9"


def ledger_killed(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The ledger's server killed and started again."""
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
    for _ in range(STRIKES):
        time.sleep(chance.uniform(0, LASTS_S / STRIKES))
        ships.kill_server(chance.uniform(0, DOWN_S))
        ships.look_after()
    _sent_or_again(sending, stage, ships)
    return f"{STRIKES} x kill -9"


def joining(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """Another worker that joins and leaves, again and again."""
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)
    for _ in range(STRIKES):
        ships.start("follow", "2")
        time.sleep(chance.uniform(2, 4))
        worker = ships.workers.pop(("follow", "2"))
        worker.terminate()
        _ended(worker)
    _sent(sending, ships)
    return f"{STRIKES} x joined and left"


def shuffled(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """The same recording three times at once, twice with its lines in any order."""
    lines = stage.file.read_bytes().splitlines(keepends=True)
    files = [stage.file]
    for number in range(2):
        chance.shuffle(lines)
        files.append(stage.folder / f"shuffled-{os.getpid()}-{number}.nmea")
        files[-1].write_bytes(b"".join(lines))
    for sending in [ships.replaying([file]) for file in files]:
        _sent(sending, ships)
    return "3 x the whole, 2 of them shuffled"


def poisoned(stage: Stage, ships: Fleet, chance: random.Random) -> str:
    """A record in ten is no observation: each of them is a dead letter, once, though a worker is killed at them."""
    number = LINES // POISON_EVERY
    sending = ships.replaying([stage.file], "--speed", TIMES_REAL)

    async def poison() -> None:
        async with producing(ships.kafka) as producer:
            for each in range(number):
                topic = name_of(ships.kafka, OBSERVATIONS)
                headers = HEADERS if chance.random() < 0.5 else []
                await producer.send(topic, chance.randbytes(40), key=str(each).encode(), headers=headers)
                await asyncio.sleep(LASTS_S / number)
            await producer.flush()

    ships.workers.pop(("follow", "0")).kill()
    ships.start("follow", "0", failpoint=f"{failpoint.DEAD_LETTERED}:{chance.randint(2, 5)}")
    asyncio.run(poison())
    _sent(sending, ships)
    ships.caught_up(WITHIN_S)
    letters = len(asyncio.run(buried(ships.kafka)))
    if letters != number:
        raise RuntimeError(f"{letters} dead letters, expected {number}")
    return f"{number} poison records, as many dead letters"


FAULTS: dict[str, Fault] = {
    "follow, at random": killed("follow"),
    **{
        f"follow, {point}": killed_at("follow", point)
        for point in (failpoint.READ, failpoint.COMMITTED, failpoint.ACKNOWLEDGED)
    },
    "judge, at random": killed("judge"),
    **{f"judge, {point}": killed_at("judge", point) for point in (failpoint.JUDGED, failpoint.COMMITTED)},
    "sender, at random": sender_killed,
    f"sender, {failpoint.PRODUCED}": sender_killed_at,
    "follow, paused": paused,
    "follow, two on a slot": doubled,
    "broker": broker_killed,
    "ledger's server": ledger_killed,
    "workers come and go": joining,
    "repeats and shuffles": shuffled,
    "poison": poisoned,
}


def _sent(sending: Process, ships: Fleet) -> None:
    code = _ended(sending, ships)
    if code:
        raise RuntimeError(f"replay into Kafka: exit {code}; {ships.said()}")


def _sent_or_again(sending: Process, stage: Stage, ships: Fleet) -> None:
    """What the sender cannot reach ends it with an error: it is run again, as an operator would."""
    if _ended(sending, ships):
        ships.replay([stage.file])


def _was_struck(process: Process) -> bool:
    """Whether a process was killed at its named point; where it does not come by, it is ended."""
    try:
        return process.wait(STRUCK_WITHIN_S) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        process.terminate()
        _ended(process)
        return False


def _ended(process: Process, ships: Fleet | None = None) -> int:
    """Its exit code; workers are looked after meanwhile."""
    deadline = time.monotonic() + WITHIN_S
    while process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
        if ships is not None:
            ships.look_after()
        time.sleep(0.05)
    return process.wait()


def main(asked: Sequence[str] | None = None) -> int:
    words = argparse.ArgumentParser(description="Strike workers, broker and ledger while a recording is on its way.")
    words.add_argument("--rounds", type=int, default=1, help="of each fault, three strikes a round")
    words.add_argument("--only", default="", help="faults whose name holds this")
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args(asked)
    held: Counter[str] = Counter()
    last: dict[str, str] = {}
    names = [name for name in FAULTS if given.only in name]
    with tempfile.TemporaryDirectory(prefix="sk") as folder, running() as broker:
        stage = stage_of(broker, Path(folder))
        print(f"{LINES:,} lines, digest {stage.expected.digest[:12]}, {stage.expected.objects} objects", flush=True)
        for name in names:
            for number in range(given.rounds):
                began_s = time.monotonic()
                try:
                    last[name] = run(stage, FAULTS[name], random.Random(f"{given.seed} {name} {number}"))
                    held[name] += 1
                except RuntimeError as error:
                    last[name] = str(error)
                    print(f"{name}, round {number}: {error}", flush=True)
            took_s = (time.monotonic() - began_s) if given.rounds else 0.0
            print(
                f"{name:<24} {given.rounds:>3} rounds {held[name]:>3} held  {took_s:5.1f} s  {last[name]}", flush=True
            )
    return 0 if all(held[name] == given.rounds for name in names) else 1


if __name__ == "__main__":
    raise SystemExit(main())
