"""A POST through the guard, and what its answer means."""

from collections.abc import Mapping
from pathlib import Path

import aiohttp

from streams.showing.table import printable
from streams.ways.guard import Forbidden, Guard, guarded
from streams.ways.way import Answer, Outcome

READ_AT_MOST = 4_096  # bytes of an answer
SHOWN_AT_MOST = 120  # characters of it
LONGEST_WAIT_S = 3_600.0  # that an answer may ask for

# What a program says that will never take this message, however often it is sent (RFC 9110).
REFUSED = {400, 405, 410, 413, 414, 415, 422, 431}


class Post:
    """Where a way posts to."""

    def __init__(self, url: str, allow: tuple[str, ...] = (), authority: Path | None = None) -> None:
        self.url = url
        self._guard = Guard(allow)
        self._authority = authority
        self._session: aiohttp.ClientSession | None = None

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try; nothing it meets is an exception."""
        try:
            if self._session is None:
                self._session = guarded(self._guard, self._authority)
            async with self._session.post(self.url, data=body, headers=headers, allow_redirects=False) as response:
                return answer_of(response.status, await response.content.read(READ_AT_MOST), response.headers)
        except TimeoutError:
            return Answer(outcome="failed", words="no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(outcome="failed", words=failure_words(error))

    async def close(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()


def answer_of(status: int, said: bytes, headers: Mapping[str, str]) -> Answer:
    """What an answer means. A redirect is none: a way leads where its file says."""
    shown = printable(said.decode(errors="replace").strip())[:SHOWN_AT_MOST]
    words = f"{status} {shown}".strip()
    if 200 <= status < 300:
        return Answer(outcome="taken", words=str(status))
    if 300 <= status < 400:
        return Answer(outcome="failed", words=f"{status}: it leads elsewhere; name that place in the ways file")
    outcome: Outcome = "refused" if status in REFUSED else "failed"
    return Answer(outcome=outcome, words=words, retry_after_s=_retry_after_s(headers.get("Retry-After", "")))


def _retry_after_s(said: str) -> float | None:
    """Seconds, as most servers say it; a date is left to our own pace."""
    return min(float(said), LONGEST_WAIT_S) if said.isascii() and said.isdigit() else None


def failure_words(error: Exception) -> str:
    """What went wrong on the way there."""
    inner = getattr(error, "os_error", None)
    if isinstance(inner, Forbidden):
        return str(inner)
    return printable(str(error))[:SHOWN_AT_MOST] or type(error).__name__
