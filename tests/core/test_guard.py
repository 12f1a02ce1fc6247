"""Whom a way may lead to: public addresses alone, whatever an address is dressed as."""

from ipaddress import ip_address
from socket import AddressFamily, SocketKind

import pytest

from streams.ways.guard import Forbidden, Guard, is_public

INSIDE = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",  # carrier-grade NAT
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # where clouds keep credentials
    "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1",  # documentation
    "192.168.1.1",
    "198.18.0.1",  # benchmarks
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # 127.0.0.1 through NAT64
    "64:ff9b::a9fe:a9fe",
    "2001:db8::1",
    "2002:7f00:1::",  # 127.0.0.1 through 6to4
    "2002:a9fe:a9fe::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
OUTSIDE = ("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_anybody_may_have_is_public(address: str):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%lo", "169.254.169.254"])
async def test_no_socket_is_made_for_an_address_inside(host: str):
    guard = Guard()
    with pytest.raises(Forbidden, match="no public address"):
        guard.socket((AddressFamily.AF_INET, SocketKind.SOCK_STREAM, 0, "", (host, 80)))
    await guard.close()


@pytest.mark.parametrize("name", ["localhost", "127.1", "0x7f000001", "2130706433"])
async def test_every_address_of_a_name_is_looked_at_however_it_is_spelt(name: str):
    guard = Guard()
    with pytest.raises(Forbidden, match="no public address"):
        await guard.resolve(name, 80)
    await guard.close()


async def test_a_network_that_is_allowed_may_be_told_and_no_other():
    guard = Guard(("127.0.0.0/8",))
    found = await guard.resolve("127.0.0.1", 80)
    assert [each["host"] for each in found] == ["127.0.0.1"]
    guard.check("inside", "::ffff:127.0.0.1")
    with pytest.raises(Forbidden):
        guard.check("inside", "10.0.0.1")
    await guard.close()
