"""Producer: records on their way to Kafka, each acknowledged by every replica and written once by this producer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from streams.kafka.broker import SECOND_MS, telling
from streams.kafka.settings import REQUEST_TIMEOUT_S, Kafka

LINGER_MS = 2  # measured: half the latency under load that sending each record at once has
BATCH_BYTES = 1 << 17


@asynccontextmanager
async def producing(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that is idempotent and waits for all replicas. Raises BrokerError."""
    producer = AIOKafkaProducer(
        **kafka.client(),
        acks="all",
        enable_idempotence=True,
        linger_ms=LINGER_MS,
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=int(REQUEST_TIMEOUT_S * SECOND_MS),
    )
    with telling(kafka):
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()
