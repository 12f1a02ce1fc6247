"""`sealane worker ...`: one process of the corridor on Kafka. Any number of each; `sealane supervise` keeps them."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine
from contextlib import closing
from typing import Annotated

import typer

from streams.app import corridor_of, opened
from streams.cli.exits import EXIT_TERMINATED
from streams.cli.replay import ConfigFile
from streams.cli.views import LedgerName, ledger_asked
from streams.collector import keep_loaded
from streams.kafka.endpoint import address_of, serving
from streams.kafka.health import WorkerHealth
from streams.kafka.relay import relay as send_on
from streams.kafka.settings import from_environment, kafka_of
from streams.kafka.slot import holder_of, holding_slot
from streams.log import log

DRAINS_WITHIN_S = 8.0  # a supervisor kills after ten

worker_app = typer.Typer(no_args_is_help=True, help="One worker of the corridor on Kafka.")

Slot = Annotated[str, typer.Option("--slot", metavar="NAME", help="Its name among its like; two never share one.")]
OwnSlot = Annotated[
    str | None,
    typer.Option("--slot", metavar="NAME", help="Its name: its partitions wait for it while it is started again."),
]
Metrics = Annotated[
    str | None, typer.Option("--metrics", metavar="HOST:PORT", help="Serve /healthz, /readyz and /metrics there.")
]


@worker_app.callback()
def _worker() -> None:
    """One worker of the corridor on Kafka."""


@worker_app.command()
def relay(slot: Slot = "0", metrics: Metrics = None, ledger: LedgerName = None, config: ConfigFile = None) -> None:
    """Send the chain on to Kafka, event by event. One at a time does; others stand by."""
    corridor, kafka = corridor_of(config), kafka_of(os.environ)
    health = WorkerHealth(worker="relay", slot=slot)

    async def work() -> None:
        async with opened(ledger_asked(ledger), corridor) as found:
            await send_on(found, corridor, kafka, health, holder_of(kafka.prefix, "relay", slot))

    run_worker(work(), health, metrics)


@worker_app.command()
def follow(slot: OwnSlot = None, metrics: Metrics = None, ledger: LedgerName = None, config: ConfigFile = None) -> None:
    """Fold the reports of some radios: stage 1. As many at once as `observations` has partitions."""
    from streams.kafka.workers import follow as following  # Faust takes half a second to load

    corridor, kafka = corridor_of(config), kafka_of(os.environ)
    health = WorkerHealth(worker="follow", slot=slot or str(os.getpid()))

    async def work() -> None:
        async with opened(ledger_asked(ledger), corridor) as found:
            await following(found, corridor.rules, kafka, health, slot)

    run_worker(work(), health, metrics)


@worker_app.command()
def judge(slot: OwnSlot = None, metrics: Metrics = None, ledger: LedgerName = None, config: ConfigFile = None) -> None:
    """Judge what is followed: stage 2. The one that started last judges; the one before ends."""
    from streams.kafka.workers import judge as judging  # Faust takes half a second to load

    corridor, kafka = corridor_of(config), kafka_of(os.environ)
    health = WorkerHealth(worker="judge", slot=slot or str(os.getpid()))

    async def work() -> None:
        async with opened(ledger_asked(ledger), corridor) as found:
            await judging(found, corridor.rules, kafka, health, slot)

    run_worker(work(), health, metrics)


def run_worker(work: Coroutine[None, None, None], health: WorkerHealth, metrics: str | None) -> None:
    """Run until asked to end, which is a good end, and tell how it is meanwhile. Raises what ends it otherwise."""
    prefix = from_environment().prefix
    keep_loaded()
    with closing(work), holding_slot(prefix, health.worker, health.slot), serving(health, metrics) as port:
        if metrics is not None and port is not None:
            log().info(f"{health.worker} {health.slot}: metrics at {address_of(metrics)[0]}:{port}")
        asyncio.run(_until_asked(work))


async def _until_asked(work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    is_asked = False

    def ask() -> None:
        nonlocal is_asked
        if not is_asked:
            hurrying = threading.Timer(DRAINS_WITHIN_S, _give_up)
            hurrying.daemon = True  # it ends with a process that ends in time
            hurrying.start()
        is_asked = True
        task.cancel()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, ask)
    try:
        await task
    except asyncio.CancelledError:
        if not is_asked:
            raise


def _give_up() -> None:
    """End at once what does not end: Faust waits for ever for a broker that is gone. The fence makes it safe."""
    log().warning(f"asked to end {DRAINS_WITHIN_S:g} s ago; ends now, and what was not committed is read again")
    os._exit(EXIT_TERMINATED)
