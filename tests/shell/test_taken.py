"""What others have stored since: named commit by commit, and waited for."""

import asyncio
import time

from streams.ledger import keys
from streams.ledger.ledger import Ledger
from streams.ledger.taken import News, read_on, stirred, taken_since

A = ("HSET", keys.fixes(1, 1), "a", "1")
LONG_S = 8.0


async def test_what_was_written_since_is_named_and_the_head_is_known(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    claim = await ledger.commit_inputs(claim, 1, [], [A])
    await ledger.commit_inputs(claim, 2, [], [("SADD", keys.HOURS, "7:station")])
    assert await read_on(ledger, 0) == News([(keys.fixes(1, 1), ["a"]), (keys.HOURS, ["7:station"])], keys.NO_CLOCK)
    assert (await read_on(ledger, 1)).others == await taken_since(ledger, 1) == [(keys.HOURS, ["7:station"])]
    assert (await read_on(ledger, 2)).others == []
    assert ledger.taken == 2


async def test_who_waits_is_woken_by_the_commit_of_another(ledger: Ledger):
    claim = await ledger.claim("kafka:a:0")
    waiting = asyncio.create_task(stirred(ledger, 0, LONG_S))
    done, _ = await asyncio.wait((waiting,), timeout=0.1)
    assert not done
    began_s = time.monotonic()
    await ledger.commit_inputs(claim, 1, [], [A])
    await waiting
    assert time.monotonic() - began_s < LONG_S / 2


async def test_who_is_behind_does_not_wait_and_who_waits_in_vain_goes_on(ledger: Ledger):
    await ledger.commit_inputs(await ledger.claim("kafka:a:0"), 1, [], [A])
    await asyncio.wait_for(stirred(ledger, 0, LONG_S), LONG_S / 2)
    await asyncio.wait_for(stirred(ledger, 1, 0.05), LONG_S / 2)
