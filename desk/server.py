"""The server: uvicorn on a socket of ours, which ends within a second though streams are open.

TCP_USER_TIMEOUT   a reader that takes nothing for 30 s is dropped by the kernel; its stream ends, nothing is logged
shutdown           streams are told first, and end with a whole chunk; only then are connections waited for
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from errno import EADDRINUSE

import uvicorn

from desk.guard import Guard
from geofences.errors import BadReference

STUCK_MS = 30_000
BACKLOG = 2_048
GRACE_S = 3  # of connections that are no streams


class Server(uvicorn.Server):
    """One that has its streams end before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the server and is not raised again: a wanted stop is a good end (exit 0)."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def listening(host: str, port: int, stuck_ms: int = STUCK_MS) -> socket.socket:
    """A socket at an address, which drops who takes nothing for so long. Raises BadReference where it cannot be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind)
    except OSError as error:
        raise _refused(error, host, port) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, stuck_ms)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _refused(error, host, port) from None
    sock.setblocking(False)
    return sock


def _refused(error: OSError, host: str, port: int) -> BadReference:
    is_taken = error.errno == EADDRINUSE
    why = "is taken" if is_taken else f"cannot be used ({(error.strerror or 'unknown').lower()})"
    remedy = "end what is there, or name another port" if is_taken else "name an address of this machine"
    return BadReference("--bind", "", f"{host}:{port}, which {why}", "a free address", remedy)


def url_of(sock: socket.socket) -> str:
    """Where a socket is found."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(app: Guard, sock: socket.socket, ending: Callable[[], None]) -> None:
    """Serve until asked to end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )
    await Server(config, ending).serve(sockets=[sock])
    await asyncio.sleep(0)  # what was cancelled comes to its end
