"""A real Alertmanager, told of alerts: it shows what fires, ends what is over, and knows what is silenced."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest

from sealane.decision import Decision
from streams.clock import now
from streams.ledger.ledger import Ledger
from streams.ledger.outbox import Outbox
from streams.ways.alertmanager import AlertmanagerWay
from streams.ways.named import Alertmanager
from streams.ways.notice import stored_notices
from streams.ways.relay import Pace, Relay, cursor_of
from tests.core.story import OTHER_IMO, at, states
from tests.shell.test_notified import ALERT, ENDED, TRIP, kept, told

pytestmark = pytest.mark.stack

BINARY = shutil.which("prometheus-alertmanager") or "prometheus-alertmanager"
CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
WITHIN_S = 30.0
Shown = list[dict[str, object]]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of one, ended by its id."""
    (tmp_path / "am.yml").write_text(CONFIG)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        BINARY,
        f"--config.file={tmp_path}/am.yml",
        f"--storage.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/-/ready") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def shown_by(url: str, wanted: Callable[[Shown], bool]) -> Shown:
    """The alerts that an Alertmanager shows, once they are as wanted."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
        while True:
            async with session.get(f"{url}/api/v2/alerts") as answer:
                found = msgspec.json.decode(await answer.read(), type=Shown)
            if wanted(found):
                return found
            await asyncio.sleep(0.05)


@asynccontextmanager
async def telling(ledger_url: str, url: str, said_every_s: float = 60.0) -> AsyncIterator[Ledger]:
    ledger = Ledger(ledger_url)
    named = Alertmanager(name="am", url=url, allow=("127.0.0.1",), plain_http=True, synthetic=True)
    way = AlertmanagerWay(named, None, "story", "https://desk.example.org", Path(), ledger, said_every_s)
    relay = Relay(way, Outbox(ledger, cursor_of("am"), lease_s=0.6), lambda _: None, Pace(first_s=0.02, longest_s=0.1))
    await relay.begin()
    task = asyncio.create_task(relay.run())
    try:
        yield ledger
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await ledger.close()


async def test_what_fires_is_shown_and_ends_when_a_correction_takes_it_back(url: str, alertmanager: str):
    async with kept(url) as keeper, telling(url, alertmanager) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        (alert,) = await shown_by(alertmanager, lambda found: len(found) == 1)
        labels = {
            "alertname": "one",
            "corridor": "story",
            "severity": "surge",
            "window": "2024-05",
            "synthetic": "true",
        }
        assert alert["labels"] == labels
        assert alert["generatorURL"] == f"https://desk.example.org/alerts/{ALERT}"
        annotations = msgspec.convert(alert["annotations"], dict[str, str])
        assert annotations["id"] == ALERT
        assert annotations["count"] == annotations["threshold"] == "1"
        (firing,) = keeper.embedded.standing.alerts
        assert datetime.fromisoformat(str(alert["startsAt"])) == firing.fired_at
        assert datetime.fromisoformat(str(alert["endsAt"])) > now() + timedelta(minutes=3)
        keeper.take([states(at(30), imo=OTHER_IMO)])
        await told(keeper, ENDED + timedelta(hours=1))
        await shown_by(alertmanager, lambda found: not found)
        assert [each.why for each in await stored_notices(ledger)] == ["AlertFired", "AlertRetracted"]


async def test_what_fires_is_said_again_to_one_that_forgot_it(url: str, alertmanager: str):
    async with kept(url) as keeper:
        keeper.take(TRIP)
        await told(keeper)
        async with telling(url, alertmanager, said_every_s=0.1):
            await shown_by(alertmanager, lambda found: len(found) == 1)


async def test_what_people_silenced_is_not_said(url: str, alertmanager: str):
    silence = Decision(
        id="s1", action="silence", target="rule:one", by="Ada", at=at(0), reason="known here", until=at(9_999)
    )
    async with kept(url) as keeper, telling(url, alertmanager, said_every_s=0.1) as ledger:
        keeper.take_facts([silence])
        keeper.take(TRIP)
        await told(keeper)
        async with asyncio.timeout(WITHIN_S):
            while not (notices := await stored_notices(ledger)):
                await asyncio.sleep(0.05)
        assert [each.answer for each in notices] == ["not told: people silenced it"]
        await asyncio.sleep(0.5)
        assert await shown_by(alertmanager, lambda _: True) == []
