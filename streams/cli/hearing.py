"""What a live run hears: the options that name feeds, and the feeds they and the corridor's file amount to."""

import os
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from geofences.errors import BadReference
from streams.corridor.config import feeds_beside, read_config
from streams.feeds import Feed
from streams.feeds.named import Desk, FeedKind, NamedFeed, feeds_of
from streams.settings import config_path

OPTIONS = (
    "--file FILE, --folder DIR, --stdin, --tcp HOST:PORT, --listen HOST:PORT, --udp HOST:PORT, --aisstream, "
    "--kafka TOPIC"
)

Files = Annotated[list[str] | None, typer.Option("--file", metavar="FILE", help="A file that grows.")]
Folders = Annotated[list[str] | None, typer.Option("--folder", metavar="DIR", help="A folder of files.")]
Stdin = Annotated[bool, typer.Option("--stdin", metavar="", help="Standard input.")]
Tcp = Annotated[
    list[str] | None, typer.Option("--tcp", metavar="HOST:PORT", help="A TCP server of AIS; tls:// for TLS.")
]
TlsCa = Annotated[str | None, typer.Option(metavar="FILE", help="Certificates to trust with tls://.")]
Listen = Annotated[
    list[str] | None, typer.Option("--listen", metavar="HOST:PORT", help="Where stations connect to us.")
]
Udp = Annotated[list[str] | None, typer.Option("--udp", metavar="HOST:PORT", help="Where stations send datagrams to.")]
Aisstream = Annotated[bool, typer.Option("--aisstream", metavar="", help="aisstream.io, by your own key.")]
Topics = Annotated[list[str] | None, typer.Option("--kafka", metavar="TOPIC", help="A Kafka topic of sentence blocks.")]


class Named(NamedTuple):
    """The feeds that options name."""

    files: list[str] | None
    folders: list[str] | None
    tcp: list[str] | None
    listen: list[str] | None
    udp: list[str] | None
    aisstream: bool
    stdin: bool
    tls_ca: str | None
    kafka: list[str] | None = None

    @property
    def feeds(self) -> list[NamedFeed]:
        lists: tuple[tuple[FeedKind, list[str] | None], ...] = (
            ("file", self.files),
            ("folder", self.folders),
            ("tcp", self.tcp),
            ("listen", self.listen),
            ("udp", self.udp),
            ("aisstream", [""] if self.aisstream else None),
            ("kafka", self.kafka),
            ("stdin", [""] if self.stdin else None),
        )
        return [
            NamedFeed(kind=kind, address=address, option=f"--{kind}", authority=self.tls_ca if kind == "tcp" else None)
            for kind, addresses in lists
            for address in addresses or ()
        ]


def heard(named: Named, config: Path | None, desk: Desk, command: str) -> tuple[list[Feed], dict[str, float]]:
    """What is to be heard, each once, and the limits of silence that are written. Raises BadReference."""
    found: dict[str, Feed] = {}
    limits_s: dict[str, float] = {}
    for each in [*named.feeds, *_written(config)]:
        for feed in feeds_of(each, desk):
            found.setdefault(feed.name, feed)
            if each.silent_after_s is not None:
                limits_s[feed.name] = each.silent_after_s
    if not found:
        raise BadReference(command, "", "no feed", f"at least one of {OPTIONS}, or [[feeds]] in the config")
    return list(found.values()), limits_s


def _written(config: Path | None) -> tuple[NamedFeed, ...]:
    """The feeds of the corridor's file. Raises BadReference."""
    path = config_path(config, os.environ)
    return () if path is None else feeds_beside(path, read_config(path))
