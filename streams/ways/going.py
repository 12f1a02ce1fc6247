"""Going: the ways of a file, made ready and told, as a process of their own or beside a live run."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from sealane.rules import Rules
from streams.ledger.ledger import Ledger
from streams.ledger.outbox import Outbox
from streams.ways.alertmanager import AlertmanagerWay
from streams.ways.named import Alertmanager, Chat, Named, Ways
from streams.ways.relay import Relay, Tell, cursor_of
from streams.ways.secret import secret_of
from streams.ways.way import Way
from streams.ways.webhook import WebhookWay, check_secrets

AGAIN_AFTER_S = 10.0  # where a broken rule of ours ended a relay: the others, and the run, go on


def ways_of(ways: Ways, path: Path, corridor: str, ledger: Ledger, env: Mapping[str, str]) -> list[Way]:
    """The ways a file names, with their secrets. Raises BadReference."""
    return [_way_of(each, ways.desk, path, corridor, ledger, env) for each in ways.all()]


def _way_of(named: Named, desk: str | None, path: Path, corridor: str, ledger: Ledger, env: Mapping[str, str]) -> Way:
    folder, file = path.parent, str(path)
    if isinstance(named, Chat):
        from streams.ways.chat import ChatWay  # apprise: nobody without a chat has to wait for it

        entry = f"chats ({named.name}) url"
        return ChatWay(named, secret_of(named.url, folder, env, file, entry)[0], corridor, desk, file)
    if isinstance(named, Alertmanager):
        entry = f"alertmanagers ({named.name}) bearer"
        bearer = secret_of(named.bearer, folder, env, file, entry)[0] if named.bearer else None
        return AlertmanagerWay(named, bearer, corridor, desk, folder, ledger)
    entry = f"webhooks ({named.name}) secret"
    secrets = secret_of(named.secret, folder, env, file, entry)
    check_secrets(secrets, file, entry)
    return WebhookWay(named, secrets, corridor, folder)


def held_back(ways: Sequence[Way], rules: Rules) -> str:
    """What is to be said of ways that are told nothing by a ledger of made-up ships; nothing where there are none."""
    names = [way.name for way in ways if rules.synthetic and not way.wants.synthetic]
    if not names:
        return ""
    told = ", ".join(names)
    return f"this ledger is of made-up ships, and {told} will be told nothing; `synthetic = true` of a way allows it"


class Going:
    """Ways being told. Begun before anything is committed, so that the first thing committed is told."""

    def __init__(self, ways: Sequence[Way], ledger: Ledger, tell: Tell) -> None:
        self._relays = [Relay(way, Outbox(ledger, cursor_of(way.name)), tell) for way in ways]
        self._tell = tell
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Set the cursors of new ways, and start. Raises LedgerError."""
        for relay in self._relays:
            await relay.begin()
        self._tasks = [asyncio.create_task(self._kept_going(relay)) for relay in self._relays]

    async def end(self) -> None:
        """What is being told is told again by the next, with the same id."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _kept_going(self, relay: Relay) -> None:
        """A broken rule of ours in one way is said, and ends neither the others nor the run beside them."""
        while True:
            task = asyncio.create_task(relay.run())
            try:
                await asyncio.wait([task])
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            self._tell(f"way {relay.way.name}: {task.exception()!r}; this is a defect; again in {AGAIN_AFTER_S:g} s")
            await asyncio.sleep(AGAIN_AFTER_S)
