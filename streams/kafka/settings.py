"""How to reach Kafka: every SEALANE_KAFKA_* variable, read once, and what its two clients make of them.

    plain          neither user nor authority
    SASL           SEALANE_KAFKA_USER and SEALANE_KAFKA_PASSWORD
    TLS            SEALANE_KAFKA_CA: a file of certificates to trust, or `system`
    SASL over TLS  all three

There is no option for any of it: an option would show a password to everybody on the machine.
"""

import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypedDict, cast, get_args

import msgspec

from geofences.errors import BadReference

if TYPE_CHECKING:  # it takes half a second to load, and few commands need it
    import faust

BROKERS, USER, PASSWORD = "SEALANE_KAFKA_BROKERS", "SEALANE_KAFKA_USER", "SEALANE_KAFKA_PASSWORD"
CA, MECHANISM = "SEALANE_KAFKA_CA", "SEALANE_KAFKA_MECHANISM"
PREFIX_ENV, SESSION = "SEALANE_KAFKA_PREFIX", "SEALANE_KAFKA_SESSION_S"
SYSTEM = "system"
PREFIX = "sealane."
LOCAL = "localhost:9092"
SESSION_S = 30.0  # a worker that hangs or is gone gives its partitions up after so long
LEAST_SESSION_S = 6.0  # a broker's own least (group.min.session.timeout.ms); below it Faust stays alive and silent
REQUEST_TIMEOUT_S = 40.0
ANSWERS_WITHIN_S = 5.0  # a broker that is there does

Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"]
Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class Client(TypedDict, total=False):
    """The keywords by which every client of aiokafka connects."""

    bootstrap_servers: list[str]
    security_protocol: Protocol
    ssl_context: ssl.SSLContext
    sasl_mechanism: Mechanism
    sasl_plain_username: str
    sasl_plain_password: str


class Kafka(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kafka is, how to sign in, and under which names the topics stand there."""

    brokers: tuple[str, ...] = (LOCAL,)
    user: str = ""
    password: str = ""
    authority: str = ""  # a file of certificates, or `system`; empty: no TLS
    mechanism: Mechanism = "SCRAM-SHA-256"
    prefix: str = PREFIX
    session_s: float = SESSION_S

    @property
    def told(self) -> str:
        """The brokers, as errors name them."""
        return f"kafka {','.join(self.brokers)}"

    @property
    def protocol(self) -> Protocol:
        secured = "SSL" if self.authority else "PLAINTEXT"
        return cast(Protocol, f"SASL_{secured}" if self.user else secured)

    def tls(self) -> ssl.SSLContext | None:
        """What to trust. Raises BadReference where the file cannot be read."""
        if not self.authority:
            return None
        try:
            return ssl.create_default_context(cafile=None if self.authority == SYSTEM else self.authority)
        except (OSError, ssl.SSLError) as error:
            raise BadReference(CA, "", self.authority, "a PEM file of certificates, or system", str(error)) from None

    def client(self) -> Client:
        """What aiokafka's producers, consumers and admin clients are given."""
        found = Client(bootstrap_servers=list(self.brokers), security_protocol=self.protocol)
        if tls := self.tls():
            found["ssl_context"] = tls
        if self.user:
            found["sasl_mechanism"] = self.mechanism
            found["sasl_plain_username"], found["sasl_plain_password"] = self.user, self.password
        return found

    def credentials(self) -> "faust.SASLCredentials | faust.SSLCredentials | None":
        """The same for Faust; None: nobody is asked who he is."""
        import faust

        tls = self.tls()
        if self.user:
            return faust.SASLCredentials(
                username=self.user, password=self.password, mechanism=self.mechanism, ssl_context=tls
            )
        return None if tls is None else faust.SSLCredentials(context=tls)


def from_environment() -> Kafka:
    """How this process's environment says to reach Kafka. Raises BadReference."""
    return kafka_of(os.environ)


def kafka_of(env: Mapping[str, str]) -> Kafka:
    """How the environment says to reach Kafka. Raises BadReference for what cannot be meant."""
    brokers = tuple(each.strip() for each in env.get(BROKERS, LOCAL).split(",") if each.strip())
    for each in brokers or ("",):
        host, _, port = each.rpartition(":")
        if not host or not port.isdecimal():
            raise BadReference(BROKERS, "", repr(each), f"HOST:PORT, several by commas, such as {LOCAL}")
    if bool(env.get(USER)) != bool(env.get(PASSWORD)):
        raise BadReference(USER, "", f"only one of {USER} and {PASSWORD}", "both, or neither")
    mechanism = env.get(MECHANISM) or "SCRAM-SHA-256"
    if mechanism not in get_args(Mechanism):
        raise BadReference(MECHANISM, "", repr(mechanism), f"one of {', '.join(get_args(Mechanism))}")
    return Kafka(
        brokers=brokers,
        user=env.get(USER, ""),
        password=env.get(PASSWORD, ""),
        authority=env.get(CA, ""),
        mechanism=cast(Mechanism, mechanism),
        prefix=env.get(PREFIX_ENV) or PREFIX,
        session_s=_session_s(env.get(SESSION)),
    )


def _session_s(word: str | None) -> float:
    try:
        session_s = float(word or SESSION_S)
    except ValueError:
        session_s = 0.0
    if not LEAST_SESSION_S <= session_s < REQUEST_TIMEOUT_S:
        expected = f"{LEAST_SESSION_S:g} to {REQUEST_TIMEOUT_S - 1:g} seconds: a broker takes no shorter session"
        raise BadReference(SESSION, "", repr(word), expected)
    return session_s
