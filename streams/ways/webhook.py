"""A webhook: a program that is told of events as CloudEvents, signed by Standard Webhooks 1.0.0.

webhook-id           the event's id, the same however often it is sent: drop what you have
webhook-timestamp    when this try was made, seconds since 1970: drop what is old
webhook-signature    v1,<HMAC-SHA256 of id.timestamp.body, base64>; several while secrets change, a space between
"""

import base64
import binascii
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from standardwebhooks import Webhook as Signing

from geofences.errors import BadReference
from sealane import __version__
from streams.contract.cloudevent import STRUCTURED, cloud_event, structured
from streams.showing.telling import Told
from streams.ways.named import Webhook, kinds_of
from streams.ways.post import Post
from streams.ways.way import Answer, Wants

PREFIX = "whsec_"
SECRET_BYTES = (24, 64)  # Standard Webhooks, "Signature scheme"
PLAIN_IN_ID = ":#~"  # beside letters, digits, _ and -; a full stop would be taken for the signature's own


class WebhookWay:
    """One program, by one URL."""

    kind = "webhook"

    def __init__(self, named: Webhook, secrets: tuple[str, ...], corridor: str, folder: Path) -> None:
        self.name, self.to = named.name, named.url
        self.begins, self.give_up_after_h = named.begins, named.give_up_after_h
        self.wants = Wants(
            kinds=kinds_of(named.events, named.name, "events"),
            severities=frozenset(named.severities),
            synthetic=named.synthetic,
        )
        self._corridor = corridor
        self._signings = tuple(Signing(secret) for secret in secrets)
        self._post = Post(named.url, named.allow, folder / named.authority if named.authority else None)

    async def send(self, event: Told, at: datetime) -> Answer:
        body = structured(cloud_event(event, self._corridor))
        headers = {"content-type": STRUCTURED, "user-agent": f"sealane/{__version__}"}
        return await self._post.send(body, headers | signed(self._signings, event.id, at, body))

    async def beside(self) -> None:
        """It is told of events alone."""

    async def close(self) -> None:
        await self._post.close()


def signed(signings: tuple[Signing, ...], event: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a body is known to be ours. The id is the event's; what may not stand in one is escaped."""
    name, second = webhook_id(event), at.replace(microsecond=0)
    signatures = (signing.sign(name, second, body.decode()) for signing in signings)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(second.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def webhook_id(event: str) -> str:
    """An event's id as a header may have it: as it is, unless somebody put other signs into an id of their own."""
    return quote(event, safe=PLAIN_IN_ID).replace(".", "%2E")


def check_secrets(secrets: tuple[str, ...], file: str, entry: str) -> None:
    """Each is base64 of 24 to 64 bytes. Raises BadReference, without the secret."""
    least, most = SECRET_BYTES
    for secret in secrets:
        try:
            length = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if not least <= length <= most:
            raise BadReference(
                file,
                entry,
                "a secret of another form",
                f"{PREFIX} and base64 of {least} to {most} bytes",
                'make one: echo "whsec_$(head -c 32 /dev/urandom | base64)"',
            )
