"""Ahead: what must be done with blocks, done in threads a few blocks before it is needed, and handed on in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

THREADS = min(4, os.cpu_count() or 1)


def ahead(given: Iterable[Given], make: Callable[[Given], Made]) -> Iterator[tuple[Given, Made]]:
    """Each of what is given with what was made of it. An error of either comes where its turn would have come."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="ahead") as pool:
        waiting: deque[tuple[Given, Future[Made]]] = deque()
        try:
            for each in given:
                waiting.append((each, pool.submit(make, each)))
                if len(waiting) > THREADS:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _next(waiting: deque[tuple[Given, Future[Made]]]) -> tuple[Given, Made]:
    each, future = waiting.popleft()
    return each, future.result()
