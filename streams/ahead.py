"""Ahead: what must be done with blocks, done in threads a few blocks before it is needed, and handed on in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")

THREADS = min(4, os.cpu_count() or 1)


def ahead(blocks: Iterable[bytes], make: Callable[[bytes], Made]) -> Iterator[tuple[bytes, Made]]:
    """Each block with what was made of it. An error of `blocks` or `make` comes where its block would have come."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="ahead") as pool:
        waiting: deque[tuple[bytes, Future[Made]]] = deque()
        try:
            for block in blocks:
                waiting.append((block, pool.submit(make, block)))
                if len(waiting) > THREADS:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _next(waiting: deque[tuple[bytes, Future[Made]]]) -> tuple[bytes, Made]:
    block, future = waiting.popleft()
    return block, future.result()
