"""An address: HOST:PORT, an IPv6 host in brackets, with or without its scheme; and why it is not reached."""

import errno
import re
import socket
from typing import NamedTuple

from geofences.errors import BadReference

ADDRESS = re.compile(r"(?:(?P<scheme>[a-z]+)://)?(?:\[(?P<v6>[^]]+)\]|(?P<host>[^:\s/]+)):(?P<port>\d{1,5})")
HIGHEST_PORT = 65_535


class Address(NamedTuple):
    scheme: str
    host: str
    port: int


def address_of(text: str, option: str, schemes: tuple[str, ...], example: str) -> Address:
    """Of a text; without a scheme it is the first of those allowed. Raises BadReference."""
    found = ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= HIGHEST_PORT or (found["scheme"] or schemes[0]) not in schemes:
        raise BadReference(option, "", repr(text), f"HOST:PORT, such as {example} or [::1]:4001")
    return Address(found["scheme"] or schemes[0], found["v6"] or found["host"], int(found["port"]))


def not_reached(error: Exception) -> str:
    """Why nothing answers at an address, and what to look at."""
    match error:
        case socket.gaierror():
            return f"no such host ({(error.strerror or str(error)).lower()})"
        case OSError() if f"[Errno {errno.ECONNREFUSED}]" in str(error):  # of one address, or of several
            return "connection refused: nothing listens there; is its server running, and is the port right?"
        case _:
            return str(error) or "no answer"
