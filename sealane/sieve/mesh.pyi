from sealane.sieve.columns import Rows, Words
from sealane.sieve.radios import Hashes
from sealane.sieve.tagged import Codes, Seconds
from sealane.sieve.whom import Whom

def sift(
    block: bytes, whom: Whom, known: Words, besides_known: Words
) -> tuple[Rows, Rows, Rows, Rows, Codes, Seconds, Hashes, Words, Rows, Words, bool] | None: ...
def tell(block: bytes, starts: Rows, ends: Rows) -> tuple[Rows, Seconds]: ...
def joined(block: bytes, starts: Rows, ends: Rows) -> bytes: ...
