"""Limits: how much one client may ask. A bucket each, that fills at a rate; who finds it empty is told when to come.

reading    100 a second, 400 at once          writing    1 a second, 60 at once
login       1 in ten seconds, 10 at once
"""

import math
from collections import OrderedDict

import msgspec

CLIENTS_KEPT = 4_096


class Allowance(msgspec.Struct, frozen=True):
    """How fast a bucket fills, and how much it holds."""

    per_s: float
    at_once: float


ALLOWANCES = {
    "reading": Allowance(100.0, 400.0),
    "writing": Allowance(1.0, 60.0),
    "login": Allowance(0.1, 10.0),
}


class Limits:
    """What is left to each client. Time is an argument."""

    def __init__(self) -> None:
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()  # what is left, and since when

    def wait_s(self, kind: str, client: str, at_s: float) -> int | None:
        """Take one from a client's bucket; or the whole seconds until there is one again."""
        allowance, key = ALLOWANCES[kind], (kind, client)
        left, since_s = self._left.get(key, (allowance.at_once, at_s))
        left = min(allowance.at_once, left + allowance.per_s * (at_s - since_s))
        enough = left >= 1
        self._left[key] = left - enough, at_s
        self._left.move_to_end(key)
        while len(self._left) > CLIENTS_KEPT:
            self._left.popitem(last=False)
        return None if enough else math.ceil((1 - left) / allowance.per_s)
