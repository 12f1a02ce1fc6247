"""The rate: how fast a replay goes, and how long it has to go. It is told the time; it reads no clock.

    bytes read so far, of both passes --> share, sentences/s, MB/s, time left

Measured since the pass began: the first, which learns whom to follow, is faster than the second, and says nothing of
how long that will take.
"""

from datetime import timedelta
from typing import NamedTuple

BYTES_A_MB = 1_000_000
LOG_EVERY_S = 10.0


class Rate(NamedTuple):
    """How it goes now. What is not known yet is null."""

    percent: int | None
    sentences: int
    sentences_per_s: int | None
    mb_per_s: float | None
    left_s: int | None

    @property
    def words(self) -> str:
        """For a person."""
        speed = "" if self.mb_per_s is None else f"{self.mb_per_s:,.1f} MB/s"
        if self.sentences_per_s is None:
            return f"learning whom to follow {speed}".strip()
        left = "" if self.left_s is None else f"  {timedelta(seconds=self.left_s)} left"
        return f"{self.sentences_per_s:,} sentences/s  {speed}{left}"


class Meter:
    """Measures one replay of so many bytes, half of them in each pass."""

    def __init__(self, total_bytes: int, now_s: float) -> None:
        self._total_bytes = total_bytes
        self._begun_s, self._begun_bytes = now_s, 0  # of this pass
        self._last_s, self._is_hearing = now_s, False
        self._logged_s = now_s

    def rate(self, now_s: float, read_bytes: int, sentences: int) -> Rate:
        """How it goes, as of now."""
        half_bytes = self._total_bytes // 2
        if not self._is_hearing and read_bytes > half_bytes:
            self._is_hearing, self._begun_s, self._begun_bytes = True, self._last_s, half_bytes
        self._last_s = now_s
        took_s, done_bytes = now_s - self._begun_s, read_bytes - self._begun_bytes
        is_known = took_s > 0 and done_bytes > 0
        left_bytes = self._total_bytes - read_bytes
        return Rate(
            percent=100 * read_bytes // self._total_bytes if self._total_bytes else None,
            sentences=sentences,
            sentences_per_s=round(sentences / took_s) if is_known and self._is_hearing else None,
            mb_per_s=round(done_bytes / took_s / BYTES_A_MB, 3) if is_known else None,
            left_s=round(left_bytes * took_s / done_bytes) if is_known and self._is_hearing else None,
        )

    def is_to_be_logged(self, now_s: float) -> bool:
        """Whether a log line is due; then the next is due a while later."""
        is_due = now_s - self._logged_s >= LOG_EVERY_S
        if is_due:
            self._logged_s = now_s
        return is_due
