"""A Kafka broker of our own on this machine, for `make kafka`, the tests and the bench: KRaft, one node, 127.0.0.1.

    build/kafka/  libs/      the jars that deploy/kafka/pom.xml names, fetched once by Maven
                  kafka.jsa  the class-data archive of this JDK and these jars, made once: starts are quick
    a folder/     server.properties, data/, broker.log

A broker ends with its parent. Its settings are for one small node: a restart must not wait out the session of the
broker before it, and no topic is ever made by itself.
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from streams.ledger.server import ends_with

ROOT = Path(__file__).resolve().parent.parent
POM = ROOT / "deploy" / "kafka" / "pom.xml"
HOME = ROOT / "build" / "kafka"
DATA = HOME / "data"
PORT, CONTROLLER_PORT = 9092, 9093
JAVA, MAVEN = "java", "mvn"
STARTS_WITHIN_S, ENDS_WITHIN_S = 60.0, 15.0
LOOKS_EVERY_S = 0.02
ANSWERS_WITHIN_S = 0.5
LOG_TAIL_LINES = 8
QUICK = ("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=2
background.threads=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
"""

LOGGING = """\
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
logger.s.name=kafka.server.KafkaRaftServer
logger.s.level=INFO
"""


class CannotRun(Exception):  # noqa: N818 - a name for the person who reads it
    """No broker can be had here; the text says why and what to do."""


def missing() -> str | None:
    """Why no broker can be had on this machine; None: it can."""
    lacking = [tool for tool in (JAVA, MAVEN) if shutil.which(tool) is None]
    return f"no {' and no '.join(lacking)} on PATH: apt-get install default-jre-headless maven" if lacking else None


class Broker:
    """One broker and where it keeps its data. `start`, `end`, `kill`, `pause` as often as you like; the ports stay.

    `users` may sign in by SCRAM-SHA-256 at `sasl`; with a `keystore` (PEM: key, certificate, authority) there is TLS
    at `tls`, and both at once at `sasl_tls`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        users: Mapping[str, str] | None = None,
        keystore: Path | None = None,
    ) -> None:
        self.folder, self.users, self.keystore = folder, dict(users or {}), keystore
        free = _free_ports(5)
        self._controller = controller_port or free[0]
        self._ports = {"PLAINTEXT": port or free[1], "SASL": free[2], "TLS": free[3], "SASLTLS": free[4]}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return self._at("PLAINTEXT")

    @property
    def sasl(self) -> str:
        return self._at("SASL")

    @property
    def tls(self) -> str:
        return self._at("TLS")

    @property
    def sasl_tls(self) -> str:
        return self._at("SASLTLS")

    @property
    def pid(self) -> int:
        assert self._child is not None, "a broker that was started"
        return self._child.pid

    def start(self) -> None:
        """Start it and wait until it answers; the first time its data are laid out. Raises CannotRun."""
        if why := missing():
            raise CannotRun(why)
        libs = jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_settings()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(libs)
        with (self.folder / "broker.log").open("ab") as log:
            self._child = subprocess.Popen(
                [JAVA, *QUICK, *_archived(), *_logging(), "-cp", libs, "kafka.Kafka", str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=ends_with(os.getpid()),
            )
        self.wait()

    def wait(self) -> None:
        """Wait until it answers. Raises CannotRun where it ends instead."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            if self._child is None or self._child.poll() is not None:
                raise CannotRun(f"the broker ended at once; it said: {self._tail()}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._ports["PLAINTEXT"]), ANSWERS_WITHIN_S):
                return
            time.sleep(LOOKS_EVERY_S)
        raise CannotRun(f"the broker did not answer within {STARTS_WITHIN_S:g} s; see {self.folder}/broker.log")

    def end(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _at(self, listener: str) -> str:
        return f"127.0.0.1:{self._ports[listener]}"

    def _write_settings(self) -> None:
        protocols = {"PLAINTEXT": "PLAINTEXT"}
        lines = []
        if self.users:
            protocols["SASL"] = "SASL_PLAINTEXT"
            lines.append("sasl.enabled.mechanisms=SCRAM-SHA-256")
        if self.keystore:
            protocols["TLS"] = "SSL"
            lines += ["ssl.keystore.type=PEM", f"ssl.keystore.location={self.keystore}", "ssl.client.auth=none"]
        if self.users and self.keystore:
            protocols["SASLTLS"] = "SASL_SSL"
        for name in protocols.keys() & {"SASL", "SASLTLS"}:
            module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            lines.append(f"listener.name.{name.lower()}.scram-sha-256.sasl.jaas.config={module}")
        listeners = ",".join(f"{name}://{self._at(name)}" for name in protocols)
        mapped = ",".join(f"{name}:{protocol}" for name, protocol in protocols.items())
        lines += [
            f"listeners={listeners},CONTROLLER://127.0.0.1:{self._controller}",
            f"advertised.listeners={listeners}",
            f"listener.security.protocol.map={mapped},CONTROLLER:PLAINTEXT",
            f"controller.quorum.voters=1@127.0.0.1:{self._controller}",
            f"log.dirs={self.folder.resolve() / 'data'}",
        ]
        self._settings.write_text(PROPERTIES + "\n".join(lines) + "\n")

    def _format(self, libs: str) -> None:
        users = [f"SCRAM-SHA-256=[name={user},password={password}]" for user, password in self.users.items()]
        scram = [word for user in users for word in ("--add-scram", user)]
        id_ = _tool(libs, "random-uuid").strip().splitlines()[-1]
        _tool(libs, "format", "-t", id_, "-c", str(self._settings), "--ignore-formatted", *scram)

    def _tail(self) -> str:
        lines = (self.folder / "broker.log").read_text(errors="replace").splitlines()
        return " | ".join(lines[-LOG_TAIL_LINES:])


@contextmanager
def running(
    folder: Path | None = None, *, users: Mapping[str, str] | None = None, keystore: Path | None = None
) -> Iterator[Broker]:
    """A broker that runs, in a folder of its own unless one is named. Raises CannotRun."""
    own = folder or Path(tempfile.mkdtemp(prefix="sk"))
    broker = Broker(own, users=users, keystore=keystore)
    try:
        broker.start()
        yield broker
    finally:
        broker.end()
        if folder is None:
            shutil.rmtree(own, ignore_errors=True)


def jars() -> str:
    """The class path of a broker; fetched once, and the archive of its classes made. Raises CannotRun."""
    HOME.mkdir(parents=True, exist_ok=True)
    libs, archive = HOME / "libs", HOME / "kafka.jsa"
    with (HOME / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in several processes ask at once
        stamp = HOME / "libs.pom"
        if not stamp.exists() or stamp.read_bytes() != POM.read_bytes():
            shutil.rmtree(libs, ignore_errors=True)
            archive.unlink(missing_ok=True)
            command = [MAVEN, "-q", "-B", "-ntp", "-f", str(POM), "dependency:copy-dependencies"]
            fetched = subprocess.run(
                [*command, f"-DoutputDirectory={libs}", "-DincludeScope=runtime"],
                capture_output=True,
                text=True,
                check=False,
            )
            if fetched.returncode:
                raise CannotRun(f"{POM}: Maven cannot fetch its jars: {fetched.stdout.strip()[-500:]}")
            stamp.write_bytes(POM.read_bytes())
        path = ":".join(str(jar) for jar in sorted(libs.glob("*.jar")))
        if not archive.exists():
            _make_archive(path, archive)
    return path


def _make_archive(libs: str, archive: Path) -> None:
    """Start and end a broker once, so that the JVM writes down the classes it loaded."""
    (HOME / "log4j2.properties").write_text(LOGGING)
    with tempfile.TemporaryDirectory(prefix="sk") as folder:
        broker = Broker(Path(folder))
        broker._write_settings()
        broker._format(libs)
        part = archive.with_suffix(".part")
        command = [JAVA, *QUICK, f"-XX:ArchiveClassesAtExit={part}", *_logging(), "-cp", libs, "kafka.Kafka"]
        child = subprocess.Popen(
            [*command, str(broker._settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=ends_with(os.getpid()),
        )
        broker._child = child
        try:
            broker.wait()
        finally:
            broker.end()
        if part.exists():  # without it a broker only starts more slowly
            part.replace(archive)


def _archived() -> list[str]:
    archive = HOME / "kafka.jsa"
    return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:disable"] if archive.exists() else []


def _logging() -> list[str]:
    return [f"-Dlog4j2.configurationFile={(HOME / 'log4j2.properties').as_uri()}"]


def _tool(libs: str, *words: str) -> str:
    command = [JAVA, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", libs, "kafka.tools.StorageTool", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"kafka.tools.StorageTool {words[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def _free_ports(number: int) -> list[int]:
    """Ports that nobody listens on now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def main() -> int:
    words = argparse.ArgumentParser(description="Run a Kafka broker on 127.0.0.1 until Ctrl-C.")
    words.add_argument("--port", type=int, default=PORT)
    words.add_argument("--folder", type=Path, default=DATA)
    asked = words.parse_args()
    broker = Broker(asked.folder, port=asked.port, controller_port=asked.port + CONTROLLER_PORT - PORT)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        broker.start()
        print(f"kafka at {broker.address}, data in {asked.folder}; Ctrl-C ends it", flush=True)
        print(f"    export SEALANE_KAFKA_BROKERS={broker.address}", flush=True)
        signal.pause()
    except CannotRun as error:
        print(f"kafka: {error}", flush=True)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        broker.end()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
