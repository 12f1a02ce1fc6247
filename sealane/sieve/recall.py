"""Recall: finds in a gist what must be heard of its block, now that everybody who is followed is known.

Lines of those learned of since are found by a hash of their MMSI. What the first pass did not keep of the block's text
is read where it is asked for: some few lines.
"""

import numpy as np

from sealane.filter import Watch, mmsi_of, why
from sealane.heard import Told
from sealane.sentence import FIRST, glance
from sealane.sieve import sieve as sieving
from sealane.sieve.columns import Bytes, Rows
from sealane.sieve.gist import LINE_END, Gist
from sealane.sieve.radios import RADIO_BITS, Hashes, lanes_of, radio_hashes
from sealane.sieve.sifted import Loose, Seen
from sealane.sieve.texts import Here, Text, Texts

if sieving.COMPILED:
    from sealane.sieve import mesh


class Recall:
    """Whom a first pass learned to follow, to find their lines again."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._learned = watch.bound | watch.met
        self._marks: Bytes = np.zeros(1 << RADIO_BITS, np.uint8)
        self._marks[radio_hashes(lanes_of(np.fromiter(self._learned, np.uint64)))] = 1

    def recalled(self, gist: Gist, text: Text) -> "Recalled":
        """What the sieve would make of a block; what its stamps tell is left to the gist."""
        recalled = Recalled(gist, text)
        maybe = set(self._marked(gist.radios)).difference(recalled.seen.heard, gist.settled.rows.tolist())
        more = gist.settled.showing(self._marks)
        more.update(row for row in maybe if self._is_followed(recalled.line(row)))
        if more:
            recalled.hear(more)
        return recalled

    def _marked(self, radios: Hashes) -> list[int]:
        if sieving.COMPILED:
            return mesh.marked(self._marks, radios)
        rows: list[int] = np.flatnonzero(self._marks[radios]).tolist()
        return rows

    def _is_followed(self, line: bytes) -> bool:
        shown = glance(line)
        if shown is None:
            return True
        part, payload = shown
        return part == FIRST and mmsi_of(payload) in self._learned and why(payload, self._watch) is not None


class Recalled:
    """A block, as far as it must be heard."""

    def __init__(self, gist: Gist, text: Text) -> None:
        self._gist = gist
        self._text = text if gist.text or not len(gist.heard) else text[:]  # as soon read whole
        settled = [*zip(gist.settled.rows.tolist(), gist.settled.sentences.tolist(), strict=True)]
        self.seen = Seen(gist.heard.tolist(), settled, gist.loose)
        self._kept = dict(zip(self.seen.heard, gist.text.split(LINE_END), strict=True)) if gist.text else {}

    @property
    def rows(self) -> int:
        return len(self._gist.lengths)

    @property
    def told(self) -> Told:
        return self._gist.told

    @property
    def block(self) -> bytes:
        """All of it."""
        return self._text[:]

    def hear(self, rows: set[int]) -> None:
        """Some more of its rows; they are neither loose nor settled any more."""
        heard, settled, loose = self.seen
        stays = ~np.isin(loose.rows, [*rows])
        left = Loose(loose.rows[stays], loose.codes[stays], loose.at_s[stays])
        self.seen = Seen(sorted({*heard, *rows}), [each for each in settled if each[0] not in rows], left)

    def line(self, row: int) -> bytes:
        kept = self._kept.get(row)
        if kept is not None:
            return kept
        start = self._gist.start_of(row)
        return self._text[start : start + self._gist.lengths.item(row)]

    def kept(self, rows: Rows) -> Texts:
        """Of a block that is to be read where it is asked for there is nothing to leave out."""
        if not isinstance(self._text, bytes):
            return self
        ends = np.cumsum(self._gist.lengths, dtype=np.intp) + np.arange(self.rows)
        return Here(self._text, ends - self._gist.lengths, ends).kept(rows)
