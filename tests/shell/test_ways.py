"""Ways out, told over real sockets: signed, again after a failure with the same id, given up, guarded."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Reference
from standardwebhooks.webhooks import WebhookVerificationError

from streams.ledger.ledger import Ledger
from streams.ledger.outbox import Outbox
from streams.ways.named import Webhook
from streams.ways.notice import stored_notices, stored_undelivered, stored_ways
from streams.ways.relay import Pace, Relay, cursor_of
from streams.ways.webhook import WebhookWay, webhook_id
from tests.shell.receiving import Receiver, receiving
from tests.shell.test_notified import ENDED, TRIP, kept, told

SECRET = "whsec_" + base64.b64encode(b"synthetic secret, 32 bytes long.").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret that is no secret").decode()
QUICK = Pace(first_s=0.02, longest_s=0.1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def webhook(url: str, secrets: tuple[str, ...] = (SECRET,), **more: object) -> WebhookWay:
    named = {"name": "hook", "url": url, "secret": "env:X", "allow": ["127.0.0.1"], "plain_http": True, **more}
    return WebhookWay(msgspec.convert({"synthetic": True, **named}, Webhook), secrets, "test", Path())


@asynccontextmanager
async def telling(url: str, way: WebhookWay, said: list[str] | None = None) -> AsyncIterator[Ledger]:
    """A relay at work; its cursor is set before anything is committed after."""
    ledger = Ledger(url)
    relay = Relay(
        way, Outbox(ledger, cursor_of(way.name), lease_s=0.6), (said if said is not None else []).append, QUICK
    )
    await relay.begin()
    task = asyncio.create_task(relay.run())
    try:
        yield ledger
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await ledger.close()


async def test_a_notification_reaches_a_webhook_and_the_reference_library_knows_it(url: str, receiver: Receiver):
    async with kept(url) as keeper, telling(url, webhook(receiver.url)) as ledger:
        keeper.take(TRIP)
        assert await told(keeper) == ["first"]
        await receiver.until_posted(1)
        (post,) = receiver.posts
        event = Reference(SECRET).verify(post.body, post.headers)
        assert post.headers["webhook-id"] == event["id"]
        assert post.headers["content-type"] == "application/cloudevents+json"
        assert event["type"] == "sealane.AlertNotified.v1"
        assert event["data"]["object"]["reason"] == "first"
        with pytest.raises(WebhookVerificationError):
            Reference(OTHER_SECRET).verify(post.body, post.headers)
        await until_told(ledger, 1)
        (notice,) = await stored_notices(ledger)
        assert (notice.way, notice.outcome, notice.why, notice.tries, notice.answer) == (
            "hook",
            "told",
            "first",
            1,
            "204",
        )
        assert notice.event == event["id"]


async def test_while_secrets_change_both_sign(receiver: Receiver, url: str):
    async with kept(url) as keeper, telling(url, webhook(receiver.url, (OTHER_SECRET, SECRET))):
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until_posted(1)
    for secret in (SECRET, OTHER_SECRET):
        Reference(secret).verify(receiver.posts[0].body, receiver.posts[0].headers)


async def test_after_its_receiver_was_down_it_is_told_with_the_same_id(url: str, receiver: Receiver):
    await receiver.stop()
    said: list[str] = []
    async with kept(url) as keeper, telling(url, webhook(receiver.url), said) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until(lambda: any("does not take" in each for each in said))
        waiting = (await stored_ways(ledger))["hook"].waiting
        assert waiting is not None
        assert [each.outcome for each in await stored_notices(ledger)] == ["waiting"]
        receiver.status = 503
        await receiver.start()
        await receiver.until_posted(2)
        receiver.status = 204
        await until_told(ledger, 1)
        assert set(receiver.ids()) == {webhook_id(waiting.event)}
        (notice,) = await stored_notices(ledger)
        assert (notice.outcome, notice.event) == ("told", waiting.event)
        assert notice.tries > len(receiver.posts)
        assert "hook: takes what it is told again" in said[-1]


async def test_a_relay_that_was_stopped_goes_on_with_what_was_not_taken_and_knows_its_tries(
    url: str, receiver: Receiver
):
    receiver.status = 500
    async with kept(url) as keeper:
        async with telling(url, webhook(receiver.url)):
            keeper.take(TRIP)
            await told(keeper)
            await receiver.until_posted(3)
        receiver.status = 204
        before = len(receiver.posts)
        async with telling(url, webhook(receiver.url)) as ledger:
            await until_told(ledger, 1)
            (notice,) = await stored_notices(ledger)
            assert notice.tries > before - 1
            assert len(set(receiver.ids())) == 1
        async with telling(url, webhook(receiver.url)):
            assert await told(keeper, ENDED + timedelta(hours=30)) == ["reminder"]
            await receiver.until(lambda: len(set(receiver.ids())) == 2)
        assert receiver.ids().count(receiver.ids()[-1]) == 1


async def test_what_it_refuses_or_does_not_take_for_long_is_given_up_and_the_next_is_told(url: str, receiver: Receiver):
    said: list[str] = []
    receiver.status, receiver.text = 422, "no such\x1b[31m thing"
    async with kept(url) as keeper, telling(url, webhook(receiver.url), said) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until(lambda: any("gave up" in each for each in said))
        ((key, notice),) = (await stored_undelivered(ledger)).items()
        assert (notice.outcome, notice.answer) == ("given up", "422 no such\\x1b[31m thing")
        assert f"sealane resend {key}" in said[-1]
        receiver.status, receiver.text = 204, ""
        await told(keeper, ENDED + timedelta(hours=30))
        await until_told(ledger, 1)
        assert [each.outcome for each in await stored_notices(ledger)] == ["given up", "told"]


async def test_one_that_fails_past_its_time_is_given_up(url: str, receiver: Receiver):
    receiver.status = 500
    said: list[str] = []
    hours = 0.3 / 3600
    async with kept(url) as keeper, telling(url, webhook(receiver.url, give_up_after_h=hours), said) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until(lambda: any("gave up" in each for each in said))
        (notice,) = (await stored_undelivered(ledger)).values()
        assert notice.tries == len(receiver.posts) > 1


async def test_a_redirect_is_not_followed(url: str, receiver: Receiver):
    receiver.status, receiver.headers = 307, {"location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    said: list[str] = []
    async with kept(url) as keeper, telling(url, webhook(receiver.url), said):
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until(lambda: any("leads elsewhere" in each for each in said))
    assert {post.path for post in receiver.posts} == {"/hook"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]", "127。0。0。1", "①②⑦.⓪.⓪.①"]
)
async def test_nothing_is_sent_to_an_address_inside_that_nobody_allowed(url: str, receiver: Receiver, host: str):
    said: list[str] = []
    way = webhook(f"http://{host}:{receiver.port}/hook", allow=[])
    async with kept(url) as keeper, telling(url, way, said):
        keeper.take(TRIP)
        await told(keeper)
        await receiver.until(lambda: any("no public address" in each for each in said))
    assert not receiver.posts


async def test_an_answer_without_end_is_not_read_to_its_end(url: str, receiver: Receiver):
    receiver.text = "x" * 50_000_000
    receiver.status = 200
    async with kept(url) as keeper, telling(url, webhook(receiver.url)) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        await until_told(ledger, 1)


async def test_made_up_ships_are_told_to_nobody_whose_file_does_not_say_so(url: str, receiver: Receiver):
    async with kept(url) as keeper, telling(url, webhook(receiver.url, synthetic=False)) as ledger:
        keeper.take(TRIP)
        events = await keeper.settle(keeper.offset() + 1)
        assert any(event.synthetic for event in events)
        await asyncio.sleep(0.5)
        assert not receiver.posts
        assert not await stored_notices(ledger)


async def test_a_webhook_is_told_the_kinds_and_severities_it_names(url: str, receiver: Receiver):
    way = webhook(receiver.url, events=["Delivery", "AlertFired"], severities=["lull"])
    async with kept(url) as keeper, telling(url, way) as ledger:
        keeper.take(TRIP)
        await told(keeper)
        await until_told(ledger, 1)
        assert {post.json()["type"] for post in receiver.posts} == {"sealane.DeliveryRecorded.v1"}


async def test_of_two_relays_on_one_ledger_one_tells(url: str, receiver: Receiver):
    one, other = webhook(receiver.url), webhook(receiver.url)
    async with kept(url) as keeper, telling(url, one) as ledger, telling(url, other):
        keeper.take(TRIP)
        await told(keeper)
        await until_told(ledger, 1)
        await asyncio.sleep(0.8)
        assert len(receiver.posts) == 1


async def test_one_that_is_new_begins_now_or_at_the_beginning(url: str, receiver: Receiver):
    late, whole = webhook(receiver.url, name="late"), webhook(receiver.url, name="all", begins="beginning")
    async with kept(url) as keeper:
        keeper.take(TRIP)
        await told(keeper)
        async with telling(url, late), telling(url, whole) as ledger:
            await until_told(ledger, 1, "all")
            assert len(receiver.posts) == 1


async def until_told(ledger: Ledger, count: int, way: str = "hook") -> None:
    async with asyncio.timeout(30):
        while True:
            standing = (await stored_ways(ledger)).get(way)
            if standing is not None and standing.told >= count:
                return
            await asyncio.sleep(0.02)
