"""A named feed: of what kind it is and where. So options name feeds, and so does a corridor's file.

[[feeds]]
kind = "tcp"                 file, folder, stdin, tcp, listen, udp, aisstream or kafka
address = "tls://host:4001"  a path (relative to the file), HOST:PORT or a topic; of aisstream a URL, if not its own
name = "receiver-1"          its source's name in the ledger; left out: kind and address
authority = "ca.pem"         of tls://: certificates to trust, instead of those of the system
silent_after_s = 600         alarm after so long a silence, if not by its own pace

The clients of aisstream.io and of Kafka take long to load: they are loaded where such a feed is named.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import msgspec

from geofences.chart import Chart
from geofences.errors import BadReference
from streams.feeds import Feed, Tell
from streams.feeds.file import GrowingFile
from streams.feeds.folder import Folder
from streams.feeds.listen import TcpServer
from streams.feeds.stdin import Stdin
from streams.feeds.tcp import TcpClient
from streams.feeds.udp import Udp

FeedKind = Literal["file", "folder", "stdin", "tcp", "listen", "udp", "aisstream", "kafka"]
KINDS: tuple[FeedKind, ...] = get_args(FeedKind)
ADDRESSES: Mapping[FeedKind, str] = {"file": "a path", "folder": "a path", "kafka": "the name of a topic"}
WITHOUT_ADDRESS = ("stdin", "aisstream")


class NamedFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feed, as it is written."""

    kind: FeedKind
    address: str = ""
    name: str = ""
    authority: str | None = None
    silent_after_s: float | None = None
    option: str = ""  # the one it was named by, for words

    @property
    def where(self) -> str:
        """How a person is told which one is meant."""
        return self.option or f"[[feeds]] {self.name or self.kind}"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed may need beside its own words."""

    chart: Chart
    env: Mapping[str, str]
    tell: Tell


def feeds_of(named: NamedFeed, desk: Desk) -> list[Feed]:
    """The feeds of a name: one, or the two subscriptions of aisstream.io. Raises BadReference."""
    if not named.address and named.kind not in WITHOUT_ADDRESS:
        raise BadReference(named.where, "", "no address", ADDRESSES.get(named.kind, "HOST:PORT"))
    feeds = _MAKES[named.kind](named, desk)
    if named.name:
        own = feeds[0].name
        for feed in feeds:
            feed.name = named.name + feed.name.removeprefix(own)
    return feeds


def _file(named: NamedFeed, desk: Desk) -> list[Feed]:
    path = Path(named.address)
    if path.is_dir():
        raise BadReference(named.where, "", f"{named.address!r}, a directory", "a file", "a directory is --folder")
    return [GrowingFile(path, desk.tell)]


def _folder(named: NamedFeed, desk: Desk) -> list[Feed]:
    path = Path(named.address)
    if path.is_file():
        raise BadReference(named.where, "", f"{named.address!r}, a file", "a folder", "a file is --file")
    return [Folder(path, desk.tell)]


def _tcp(named: NamedFeed, desk: Desk) -> list[Feed]:
    return [TcpClient(named.address, desk.tell, _authority(named), named.where)]


def _aisstream(named: NamedFeed, desk: Desk) -> list[Feed]:
    from streams.feeds.aisstream import EVERYWHERE, KEY_ENV, URL, AisStream, boxes_of

    key, url, boxes = desk.env.get(KEY_ENV, ""), named.address or URL, boxes_of(desk.chart)
    area = AisStream("area", boxes, key, desk.tell, url=url, authority=_authority(named))
    radios = AisStream("radios", EVERYWHERE, key, desk.tell, url=url, authority=_authority(named))
    return [area, radios]


def _kafka(named: NamedFeed, desk: Desk) -> list[Feed]:
    from streams.feeds.topic import Topic
    from streams.kafka.settings import kafka_of

    return [Topic(named.address, kafka_of(desk.env), desk.tell)]


def _authority(named: NamedFeed) -> Path | None:
    return Path(named.authority) if named.authority else None


_MAKES: Mapping[FeedKind, Callable[[NamedFeed, Desk], list[Feed]]] = {
    "file": _file,
    "folder": _folder,
    "stdin": lambda _named, _desk: [Stdin()],
    "tcp": _tcp,
    "listen": lambda named, desk: [TcpServer(named.address, desk.tell, named.where)],
    "udp": lambda named, desk: [Udp(named.address, desk.tell, named.where)],
    "aisstream": _aisstream,
    "kafka": _kafka,
}
