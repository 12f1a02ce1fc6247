"""Which form of the sieve this installation has (ADR 20). Told without loading it, which would load NumPy."""

from importlib.util import find_spec

COMPILED, BY_NUMPY = "compiled", "NumPy"


def form_of_sieve() -> str:
    """In a word."""
    return COMPILED if find_spec("sealane.sieve.mesh") else BY_NUMPY
