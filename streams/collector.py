"""Memory: the garbage collector kept from what is loaded, the allocator from giving back what is asked for again."""

import atexit
import gc

SELDOM = 10_000  # new objects, instead of 700
LARGE_BYTES = 16 << 20  # more than is ever asked for at once, for a block and its columns


def keep_loaded() -> None:
    """What is here now stays: it is not looked through again and again, which would hold up what is on its way."""
    gc.collect()
    gc.freeze()


def collect_seldom() -> None:
    """What is new is looked through less often: where nearly all of it stays, there is little to be found."""
    gc.set_threshold(SELDOM)


def end_at_once() -> None:
    """Where the process ends, nothing is looked through first for what nobody needs: the system takes it all back."""
    atexit.register(gc.freeze)


def keep_freed() -> None:
    """Memory that a block has freed stays for the next: else its pages are asked for anew, a hundred a block.

    Of glibc: what it keeps goes by the largest piece that was ever freed (mallopt(3), M_MMAP_THRESHOLD). This one is
    never touched, and takes no memory.
    """
    bytes(LARGE_BYTES)
