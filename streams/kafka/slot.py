"""Slot: a worker's name among its like, held by one process at a time on a machine.

    sealane-UID/<prefix><worker>-<slot>.slot      flock; it ends with the process, however that ends
                                       .holder    a name for leases, which stays with the slot

A slot is the static membership of its group: Kafka keeps its partitions for it while it starts again. Two live holders
of one would take them from each other every second, for ever, and neither Kafka nor its client would end it.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from geofences.errors import BadReference
from streams.ledger.server import APP, private

NAME = re.compile(r"[\w.-]+")
HOLDER = re.compile(r"[0-9a-f]{8}")


class SlotHeld(Exception):  # noqa: N818 - a state, not a fault
    """Another process holds the slot; the text says which and what to do."""


@contextmanager
def holding_slot(prefix: str, worker: str, slot: str) -> Iterator[None]:
    """Hold a slot while a worker works. Raises SlotHeld, BadReference."""
    file = _file(prefix, worker, slot, ".slot")
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            text = f"{worker} {slot}: process {lock.read().strip() or 'unknown'} holds this slot ({file})"
            raise SlotHeld(f"{text}; end it, or name another with --slot") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def holder_of(prefix: str, worker: str, slot: str) -> str:
    """The name under which who holds a slot holds its lease.

    It is the slot's, not the process's: who held the slot before is dead, so its lease need not be waited for.
    """
    file = _file(prefix, worker, slot, ".holder")
    if not file.exists() or not HOLDER.fullmatch(file.read_text()):
        file.write_text(token_hex(4))  # of no other machine's slot of that name
    return file.read_text()


def _file(prefix: str, worker: str, slot: str, kind: str) -> Path:
    if not NAME.fullmatch(slot):
        raise BadReference("--slot", "", repr(slot), "letters, digits, '_', '-', '.'")
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"{APP}-{os.getuid()}"
    private(folder)
    return folder / f"{prefix}{worker}-{slot}{kind}"
