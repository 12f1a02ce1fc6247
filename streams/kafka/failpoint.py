"""Failpoints: named instants between read, commit and acknowledge at which a test has a worker killed.

SEALANE_FAILPOINT=NAME:N ends the process, as kill -9 does, when it reaches NAME for the Nth time. Unset: nothing.
"""

import os
import signal

ENV = "SEALANE_FAILPOINT"
READ = "read"  # a batch is in hand, nothing of it written
DEAD_LETTERED = "dead-lettered"  # its bad records are in their topic
COMMITTED = "committed"  # the ledger has it
ACKNOWLEDGED = "acknowledged"  # Kafka will hear so with its next offset commit
WOKEN = "woken"  # the judge was told
JUDGED = "judged"  # what follows is known, nothing of it written
READY = "ready"  # what was read anew lies beside the ledger, which is as it was
SENT = "sent"  # Kafka has some entries of the chain, the cursor is not moved
PRODUCED = "produced"  # reports are in their topic, the feed's mark not yet in the ledger

_name, _, _times = os.environ.get(ENV, "").partition(":")
_left = int(_times or 1)


def passes(point: str) -> None:
    """Go by a named instant."""
    global _left
    if point != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
