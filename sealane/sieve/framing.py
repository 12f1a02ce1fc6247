"""Framing: the sentences of a line that is heard, by the compiled form where the line is of the usual one.

Both read the same; what is unusual in a line, or wrong with it, the plain form finds.
"""

from sealane import sentence
from sealane.account import Rejected
from sealane.sentence import Sentence
from sealane.sieve import sieve as sieving
from sealane.stamp import Tags

if sieving.COMPILED:
    from sealane.sieve import mesh


def read_line(line: bytes, tags: Tags) -> list[Sentence | Rejected]:
    """The sentences of a line, in their order; none if the line is no AIS, or a comment."""
    read = mesh.sentences(line) if sieving.COMPILED else None
    return sentence.read_line(line, tags) if read is None else read
