"""The broker: one connection to ask it things, and what it or the way to it says, in words."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.kafka.settings import ANSWERS_WITHIN_S, Kafka

SECOND_MS = 1000
LAST_WORDS = 20  # of a client's log, which may run for months
REASONS: Final = (
    ("SaslAuthenticationFailed", "it let us not in: check SEALANE_KAFKA_USER and SEALANE_KAFKA_PASSWORD"),
    ("UnsupportedSaslMechanism", "it does not know that way to sign in: check SEALANE_KAFKA_MECHANISM"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted: check SEALANE_KAFKA_CA"),
    ("SSL", "no TLS could be agreed on: check SEALANE_KAFKA_CA and the port"),
)


class BrokerError(Exception):
    """Kafka cannot be used; the text says why and what to do."""


class _LastWords(logging.Handler):
    """Remembers what aiokafka logs: why a connection failed is said there and in no exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: deque[str] = deque(maxlen=LAST_WORDS)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.said.append(f"{record.getMessage()} {error!r}" if error else record.getMessage())


def words_of(kafka: Kafka, error: BaseException, said: Iterable[str]) -> str:
    """What went wrong, and what to do about it."""
    whole = " ".join([*said, repr(error)])
    remedy = next((remedy for sign, remedy in REASONS if sign in whole), None)
    if remedy is None:
        remedy = f"cannot be reached ({error}); is it running? check SEALANE_KAFKA_BROKERS"
    return f"{kafka.told}: {remedy}"


@contextmanager
def telling(kafka: Kafka) -> Iterator[None]:
    """Say in words what a client of the broker says, in its errors and in its log. Raises BrokerError."""
    log, words = logging.getLogger("aiokafka"), _LastWords()
    propagates, log.propagate = log.propagate, False
    log.addHandler(words)
    try:
        yield
    except (KafkaError, OSError) as error:
        raise BrokerError(words_of(kafka, error, words.said)) from None
    finally:
        log.removeHandler(words)
        log.propagate = propagates


@asynccontextmanager
async def asked(kafka: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that asks and arranges. Raises BrokerError where nobody answers, or not to us."""
    with telling(kafka):
        admin = AIOKafkaAdminClient(**kafka.client(), request_timeout_ms=int(ANSWERS_WITHIN_S * SECOND_MS))
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()
