"""Slot: a worker's name among its like, held by one process at a time on a machine.

    sealane-UID/<prefix><worker>-<slot>.slot      flock; it ends with the process, however that ends

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

from geofences.errors import BadReference
from streams.ledger.server import APP, private

NAME = re.compile(r"[\w.-]+")


class SlotHeld(Exception):  # noqa: N818 - a state, not a fault
    """Another process holds the slot; the text says which and what to do."""


@contextmanager
def holding_slot(prefix: str, worker: str, slot: str) -> Iterator[None]:
    """Hold a slot while a worker works. Raises SlotHeld, BadReference."""
    if not NAME.fullmatch(slot):
        raise BadReference("--slot", "", repr(slot), "letters, digits, '_', '-', '.'")
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"{APP}-{os.getuid()}"
    private(folder)
    file = folder / f"{prefix}{worker}-{slot}.slot"
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
