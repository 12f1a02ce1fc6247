"""A fleet: real workers on a real broker and a ledger of their own, for the cross-check, the chaos and the tests.

with fleet(broker, config) as f:
    f.start("follow", "0"); f.start("judge", "0")
    f.replay([file])
    f.settled()      -> digest and number of standing objects, verified
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

import redis

from bench.broker import Broker
from sealane.digest import COVERED, state_digest
from sealane.judge import Standing
from sealane.rules import Rules
from streams.app import corridor_of
from streams.care.holding import Holding, held_by
from streams.care.verify import verified
from streams.clock import now
from streams.kafka import settings, topics
from streams.kafka.broker import BrokerError
from streams.kafka.failpoint import ENV as FAILPOINT
from streams.kafka.offsets import FOLLOW, Stand, stands
from streams.kafka.sender import sending
from streams.kafka.settings import Kafka
from streams.kafka.topics import OBSERVATIONS
from streams.ledger.ledger import Ledger
from streams.ledger.server import ends_with, serve
from streams.replay.recording import Recording
from streams.replay.replay import Replay
from streams.subscribe import subscribe

SEALANE = Path(sys.executable).with_name("sealane")
COMPILED = Path(__file__).resolve().parent.parent / "build" / "compiled"  # bytecode: a worker starts in half the time
STANDS_STILL_S = 180.0  # on a busy machine; while anything moves, it is waited for
REPLAYED_WITHIN_S, HEARD_WITHIN_S = 3_600.0, 90.0
ENDS_WITHIN_S = 12.0
LOOKS_EVERY_S = 0.2

Process = subprocess.Popen[bytes]
_numbers = count(1)


class Outcome(NamedTuple):
    """What a run amounts to."""

    digest: str
    objects: int


class Left(NamedTuple):
    """What a ledger has yet to hear, and its judge yet to read."""

    records: int = 0
    commits: int = 0
    is_known: bool = True


NOTHING_LEFT = Left()


class Fleet:
    """Workers by kind and slot. Those that end by themselves are started again by `look_after`."""

    def __init__(
        self,
        broker: Broker,
        config: Path | None,
        folder: Path,
        partitions: int = 3,
        session_s: float = settings.LEAST_SESSION_S,
    ) -> None:
        prefix = f"x{os.getpid()}-{next(_numbers)}."
        self.kafka = Kafka(brokers=(broker.address,), prefix=prefix, session_s=session_s)
        self.config, self.folder, self.partitions = config, folder, partitions
        self.rules: Rules = corridor_of(config).rules
        self.workers: dict[tuple[str, str], Process] = {}
        self._words: dict[tuple[str, str], tuple[str, ...]] = {}  # what each was told beside its slot
        self._started: list[Process] = []  # all that ever were: those that were replaced are ended as well
        self.restarts = 0
        self.url = self._served()

    def begin(self) -> None:
        """Make the topics."""
        asyncio.run(topics.create(self.kafka, self.partitions))

    def start(self, kind: str, slot: str, *words: str, failpoint: str = "", elsewhere: Path | None = None) -> Process:
        """Start a worker in a slot; `elsewhere` as if on another machine, where nobody holds that slot."""
        command = [str(SEALANE), "worker", kind, "--slot", slot, *words]
        with (self.folder / f"{kind}-{slot}.log").open("ab") as said:
            run = {} if elsewhere is None else {"XDG_RUNTIME_DIR": str(elsewhere)}
            started = subprocess.Popen(
                command,
                env=self.env(failpoint) | run,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=ends_with(os.getpid()),
            )
        self.workers[kind, slot], self._words[kind, slot] = started, words
        self._started.append(started)
        return started

    def is_at_work(self, kind: str, slot: str) -> bool:
        """Whether a worker has come so far as to hold its slot."""
        name = f"{self.kafka.prefix}{kind}-{slot}.slot"
        held = self.folder / "run" / f"sealane-{os.getuid()}" / name
        return held.exists() and held.read_text().strip() == str(self.workers[kind, slot].pid)

    def has_begun(self) -> bool:
        """Whether anything was followed yet."""
        return any(each.claim.commits for each in self.stands())

    def look_after(self) -> int:
        """Start those again that have ended, as a supervisor does; how many were there."""
        ended = [name for name, process in self.workers.items() if process.poll() is not None]
        for kind, slot in ended:
            self.start(kind, slot, *self._words[kind, slot])
        self.restarts += len(ended)
        return len(ended)

    def kill(self) -> None:
        """End all at once: nobody asks any more what they would have left."""
        for process in (*self._started, *self.workers.values()):
            process.kill()
            process.wait()
        self._started.clear()
        self.workers.clear()

    def end(self) -> None:
        """Ask all to end; kill those that do not."""
        all_started = list(dict.fromkeys((*self._started, *self.workers.values())))
        for process in all_started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in all_started:
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._started.clear()
        self.workers.clear()

    def replaying(self, files: Sequence[Path], *words: str, failpoint: str = "") -> Process:
        """A replay on its way to the workers, by the command a user gives."""
        command = [str(SEALANE), "replay", "--kafka", *map(str, files), *words]
        with (self.folder / "replay.log").open("ab") as said:
            return subprocess.Popen(
                command, env=self.env(failpoint), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
            )

    def replay(self, files: Sequence[Path], facts: Sequence[Path] = (), *words: str, exit_code: int = 0) -> None:
        """Send recordings and facts to the workers, who are looked after. Raises where it ends otherwise."""
        told = [word for file in facts for word in ("--facts", str(file))]
        code = self.ended(self.replaying(files, *told, *words))
        if code != exit_code:
            raise RuntimeError(f"replay into Kafka: exit {code}, expected {exit_code}; {self.said()}")

    def send(self, file: Path) -> None:
        """Send a recording as the command does, in this process: it need not start."""

        async def sent() -> None:
            ledger = Ledger(self.url)
            try:
                async with sending(self.kafka) as writes:
                    run = Replay([recording], self.rules, now(), ledger, writes=writes)
                    await run.run(lambda _: None, lambda _: None)
            finally:
                await ledger.close()

        with closing(Recording(str(file))) as recording:
            asyncio.run(sent())

    def ended(self, process: Process, within_s: float = REPLAYED_WITHIN_S) -> int:
        """The exit code of a process that is to end; workers are looked after meanwhile. Late, it is killed."""
        deadline = time.monotonic() + within_s
        while process.poll() is None:
            self.look_after()
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(LOOKS_EVERY_S)
        return process.wait()

    def settled(self, still_s: float = STANDS_STILL_S) -> Outcome:
        """What stands once all that was sent is followed and judged; verified. Raises where it does not come to it."""
        self.caught_up(still_s)
        return self._outcome()

    def caught_up(self, still_s: float = STANDS_STILL_S) -> None:
        """Wait until nothing is left to follow or to judge. Raises where nothing has moved for a while."""
        moved_s, before = time.monotonic(), None
        while (left := asyncio.run(self._left())) != NOTHING_LEFT:
            self.look_after()
            if left != before:
                moved_s, before = time.monotonic(), left
            if time.monotonic() > moved_s + still_s:
                raise RuntimeError(f"nothing has moved for {still_s:g} s; {left}; {self.said()}")
            time.sleep(LOOKS_EVERY_S)

    def is_told(self) -> bool:
        """Whether a subscriber has every entry of the chain, each once."""

        async def read() -> bool:
            ledger = Ledger(self.url)
            entries = [entry.sequence async for entry in ledger.entries()]
            await ledger.close()
            received = [each.event.sequence async for each in subscribe(self.kafka, after=0, follow=False)]
            return entries == sorted(received)

        return asyncio.run(read())

    def stands(self) -> tuple[Stand, ...]:
        """Where each partition of observations stands."""

        async def read() -> tuple[Stand, ...]:
            ledger = Ledger(self.url)
            try:
                return await stands(self.kafka, ledger, OBSERVATIONS, FOLLOW)
            finally:
                await ledger.close()

        return asyncio.run(read())

    def said(self) -> str:
        """The last words of each worker."""
        logs = sorted(self.folder.glob("*.log"))
        return " | ".join(f"{log.stem}: {log.read_text(errors='replace').strip()[-300:]}" for log in logs)

    def env(self, failpoint: str = "") -> dict[str, str]:
        """The environment of this fleet's commands."""
        own = {
            settings.BROKERS: ",".join(self.kafka.brokers),
            settings.PREFIX_ENV: self.kafka.prefix,
            settings.SESSION: f"{self.kafka.session_s:g}",
            "SEALANE_REDIS_URL": self.url,
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            FAILPOINT: failpoint,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(COMPILED),
        }
        if self.config is not None:
            own["SEALANE_CONFIG"] = str(self.config)
        return {**os.environ, **own}

    def _served(self) -> str:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(self.folder / "run")
        try:
            return serve(self.folder / "data")
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before

    def kill_server(self, down_s: float) -> None:
        """Kill the ledger's server, and start it again after a while."""
        pid = self.server_pid
        os.kill(pid, signal.SIGKILL)
        time.sleep(down_s)
        self._served()

    @property
    def server_pid(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            return int(client.info("server")["process_id"])

    async def _left(self) -> Left:
        """What is left to do; all, before a ledger was born or while the broker does not say."""
        ledger = Ledger(self.url)
        try:
            if await ledger.meta() is None:
                return Left(is_known=False)
            found = await stands(self.kafka, ledger, OBSERVATIONS, FOLLOW)
            await ledger.read_head()  # after: what was followed in between is yet to be judged
            return Left(records=sum(each.lag for each in found), commits=ledger.taken - ledger.judged)
        except BrokerError:
            return Left(is_known=False)
        finally:
            await ledger.close()

    def until(self, wanted: Callable[[], bool], within_s: float = HEARD_WITHIN_S) -> None:
        """Wait for something, and look after the workers meanwhile. Raises where it does not come."""
        deadline = time.monotonic() + within_s
        while not wanted():
            self.look_after()
            if time.monotonic() > deadline:
                raise RuntimeError(f"it did not come within {within_s:g} s; {self.said()}")
            time.sleep(LOOKS_EVERY_S)

    def heard(self) -> str:
        """The digest of what was heard so far, once it is followed and judged: of inputs, as of the newest of them."""
        self.caught_up()
        return verified(asyncio.run(self._holding()), self.rules).digest

    async def _holding(self) -> Holding:
        ledger = Ledger(self.url)
        try:
            return await held_by(ledger)
        finally:
            await ledger.close()

    def _outcome(self) -> Outcome:
        """What stands, verified. Raises where it is not as it must be."""
        holding = asyncio.run(self._holding())
        if wrong := [f"{each.what}: {each.found}" for each in verified(holding, self.rules).findings if not each.fine]:
            raise RuntimeError(f"verify: {'; '.join(wrong)}")
        standing = holding.standing or Standing(as_of=None)
        objects = sum(len(getattr(standing, kind)) for kind in COVERED)
        return Outcome(state_digest(standing, self.rules.fingerprint), objects)


@contextmanager
def fleet(
    broker: Broker, config: Path | None, partitions: int = 3, session_s: float = settings.LEAST_SESSION_S
) -> Iterator[Fleet]:
    """A fleet with topics and a ledger of its own; nothing of it runs on."""
    folder = Path(tempfile.mkdtemp(prefix="sk"))
    found = Fleet(broker, config, folder, partitions, session_s)
    try:
        found.begin()
        yield found
    finally:
        found.kill()
        with suppress(redis.RedisError, ProcessLookupError):
            os.kill(found.server_pid, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
