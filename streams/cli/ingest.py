"""`sealane worker ingest`: hear AIS live, as `sealane run` does, and send it to the workers on Kafka."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence

import typer

from geofences.errors import BadReference
from streams.app import EMBEDDED, MEMORY, corridor_of, opened
from streams.cli.hearing import Aisstream, Files, Folders, Listen, Named, Stdin, Tcp, TlsCa, Topics, Udp, heard
from streams.cli.replay import ConfigFile, account_text
from streams.cli.views import LedgerName, ledger_asked
from streams.cli.worker import Metrics, Slot, run_worker, worker_app
from streams.corridor.corridor import Corridor
from streams.feeds import Feed
from streams.feeds.health import Health as FeedHealth
from streams.feeds.named import Desk
from streams.kafka.bindings import followed
from streams.kafka.health import WorkerHealth
from streams.kafka.sender import sending
from streams.kafka.settings import Kafka, kafka_of
from streams.kafka.topics import BINDINGS, check, required
from streams.ledger.ledger import Ledger
from streams.live import Live, Reload
from streams.log import log

__all__ = ["worker_app"]  # with all its commands


@worker_app.command()
def ingest(
    config: ConfigFile = None,
    ledger: LedgerName = None,
    files: Files = None,
    folders: Folders = None,
    stdin: Stdin = False,
    tcp: Tcp = None,
    tls_ca: TlsCa = None,
    listen: Listen = None,
    udp: Udp = None,
    aisstream: Aisstream = False,
    topics: Topics = None,
    slot: Slot = "0",
    metrics: Metrics = None,
) -> None:
    """Hear AIS live and send what is followed to Kafka, for others to follow and judge.

    Ends on Ctrl-C or SIGTERM with all it heard sent; goes on from there when started again. SIGHUP: read the
    corridor's files again. One process a feed: whoever hears it last has it.
    """
    corridor, kafka = corridor_of(config), kafka_of(os.environ)
    name = ledger_asked(ledger)
    if name == MEMORY:
        raise BadReference("--ledger", "", repr(MEMORY), f"{EMBEDDED} or the URL of a Redis")
    named = Named(files, folders, tcp, listen, udp, aisstream, stdin, tls_ca, topics)
    desk = Desk(chart=corridor.rules.chart, env=os.environ, tell=log().info)
    feeds, limits_s = heard(named, config, desk, "sealane worker ingest")
    log().info(f"corridor {corridor.rules.corridor}: hearing {', '.join(feed.name for feed in feeds)} for {kafka.told}")
    health = WorkerHealth(worker="ingest", slot=slot)
    accounts: list[str] = []

    async def work() -> None:
        async with opened(name, corridor) as found:
            live = await _run(found, corridor, kafka, feeds, limits_s, health, lambda: corridor_of(config))
        for ear in live.ears:
            text = account_text(ear.listener.account, synthetic=corridor.rules.synthetic)
            accounts.append(f"{ear.feed.name}: {text}")

    run_worker(work(), health, metrics)
    for account in accounts:
        typer.echo(account)


async def _run(
    ledger: Ledger,
    corridor: Corridor,
    kafka: Kafka,
    feeds: list[Feed],
    limits_s: Mapping[str, float],
    health: WorkerHealth,
    load: Callable[[], Corridor],
) -> Live:
    """Until asked to stop by a signal, or until every feed has ended."""
    required(kafka, await check(kafka, nouns=(BINDINGS,)))
    async with sending(kafka) as writes:
        live: Live

        def note(healths: Sequence[FeedHealth]) -> None:
            health.records = live.lines
            health.feeds_heard_at = {each.name: at for each in healths if (at := each.last_sentence_at) is not None}
            health.moved()

        live = Live(corridor, ledger, feeds, lambda *_: None, log().info, note, limits_s, writes)
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(asked, live.stop)
        bound: list[asyncio.Task[None]] = []

        def follow_bound() -> None:
            for each in bound:  # by the watchlist before
                each.cancel()
            bound.append(asyncio.create_task(followed(kafka, live.watch)))

        loop.add_signal_handler(signal.SIGHUP, live.reload, Reload(load, lambda _: follow_bound()))
        follow_bound()
        health.is_ready = True
        try:
            await live.run()
        finally:
            for each in bound:
                each.cancel()
            await asyncio.gather(*bound, return_exceptions=True)
    return live
