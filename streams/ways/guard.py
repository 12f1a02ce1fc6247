"""The guard: whom a way may lead to. Public addresses alone, unless its file allows others.

Whoever may write a URL into a ways file, or answers for a name in it, could else have sealane knock at doors inside the
house (server-side request forgery). So every address a name has is looked at; the connection is made to one that was
looked at, and looked at once more when its socket is made, which catches an address however it is spelt in the URL
(`0x7f.1`, full-width digits); and no redirect is followed.
"""

import socket
import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from socket import AF_UNSPEC, AddressFamily

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

CONNECT_S, ANSWER_S = 5.0, 15.0
NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address stands at its end
COMPATIBLE = ip_network("::/96")  # RFC 4291 2.5.5.1, the same; deprecated
CONNECTIONS = 2  # of one way

Address = IPv4Address | IPv6Address


class Forbidden(OSError):  # noqa: N818 - an answer, not a fault; an OSError is what aiohttp expects of a resolver
    """A host has an address that a way may not lead to."""


def within(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where one is within it."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether an address is one that anybody in the world may have."""
    inner = within(address)
    is_local = inner.is_multicast or inner.is_reserved or inner.is_link_local or inner.is_loopback
    is_site = isinstance(inner, IPv6Address) and inner.is_site_local
    return inner.is_global and not (is_local or is_site or inner.is_unspecified)


class Guard(AbstractResolver):
    """Finds the addresses of a host, and lets none through that is not public or allowed."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._allow = tuple(ip_network(each) for each in allow)
        self._asked = aiohttp.ThreadedResolver()

    def check(self, host: str, address: str) -> None:
        """Raises Forbidden."""
        found = ip_address(address.partition("%")[0])
        if not is_public(found) and not any(within(found) in net or found in net for net in self._allow):
            where = host if host == address else f"{host}: {address}"
            raise Forbidden(f"{where} is no public address; `allow` in the ways file names those that may be told")

    def socket(self, to: AddrInfoType) -> socket.socket:
        """A socket for one address; the way every connection is made. Raises Forbidden."""
        family, kind, protocol, _, where = to
        self.check(str(where[0]), str(where[0]))
        return socket.socket(family, kind, protocol)

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_UNSPEC) -> list[ResolveResult]:
        """Every address of a host, each looked at. One that is forbidden forbids them all."""
        found = await self._asked.resolve(host, port, family)
        for each in found:
            self.check(host, each["host"])
        return found

    async def close(self) -> None:
        await self._asked.close()


def guarded(guard: Guard, authority: Path | None) -> aiohttp.ClientSession:
    """A client that goes through the guard with each connection: no proxy, no cookie, no cached name."""
    trusted = ssl.create_default_context(cafile=authority) if authority else True
    connector = aiohttp.TCPConnector(
        resolver=guard, socket_factory=guard.socket, use_dns_cache=False, limit=CONNECTIONS, ssl=trusted
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=ANSWER_S, connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )
