"""The garbage collector, kept from what a process has loaded: to look through all of it takes a tenth of a second."""

import gc


def keep_loaded() -> None:
    """What is here now stays: it is not looked through again and again, which would hold up what is on its way."""
    gc.collect()
    gc.freeze()
