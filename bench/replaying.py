"""A replay that settles often, to be killed: python -m bench.replaying CONFIG FILE LEDGER LINES."""

import asyncio
import sys
from pathlib import Path

from streams.app import corridor_of, opened
from streams.clock import now
from streams.ledger.ledger import LedgerError
from streams.replay.recording import Recording
from streams.replay.replay import Replay


def replay(config: Path, file: Path, name: str, settle_every: int) -> str:
    """The digest of a replay into a ledger."""

    async def run() -> str:
        corridor, recording = corridor_of(config), Recording(str(file))
        async with opened(name, corridor) as ledger:
            going = Replay([recording], corridor.rules, now(), ledger)
            await going.run(lambda _: None, lambda _: None, settle_every)
        recording.close()
        return going.embedded.digest()

    try:
        return asyncio.run(run())
    except LedgerError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    print(replay(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
