"""The scout: the first pass of a replay. It only learns whom to follow (`watch.bound`, `watch.met`)."""

from datetime import datetime

from sealane.aisstream import OPENS, Said, learn_said, read_json
from sealane.filter import Watch, learn, teaches
from sealane.lines import MAX_LINE_BYTES
from sealane.listener import Listener
from sealane.sentence import Sentence, payloads, read_line
from sealane.sieve.sifted import Sifted
from sealane.stamp import Tags


class Scout:
    """Learns from lines, in any order: a first fragment with a good checksum is enough, no stamp is needed.

    Held to a time it must know when a message was heard: then it listens, and learns from whole messages alone.
    """

    def __init__(self, watch: Watch, *, until: datetime | None = None) -> None:
        self.watch = watch
        self._tags = Tags()
        self._listener = until and Listener(watch, feed="", read_at=until, learning=True, until=until)

    def begin(self, file: str) -> None:
        """A new file."""
        if self._listener:
            self._listener.begin(file)

    def hear_block(self, block: bytes, sifted: Sifted | None) -> None:
        """Whole lines, each with its end. `sifted`: what a listener that goes by the same watch made of them."""
        if sifted is None or self._listener:
            for line in block.split(b"\n")[:-1]:
                self.hear(line)
            return
        heard = sifted.heard  # whoever is not followed yet and may be is among them
        for start, end in zip(sifted.starts[heard].tolist(), sifted.ends[heard].tolist(), strict=True):
            self.hear(block[start:end])

    def hear(self, line: bytes) -> None:
        if self._listener:
            self._listener.hear(line)
            return
        if line.startswith(OPENS):
            if isinstance(said := read_json(line.strip()), Said):
                learn_said(said.message, self.watch)
            return
        if len(line) > MAX_LINE_BYTES or not any(teaches(payload, self.watch) for payload in payloads(line)):
            return  # most lines have nothing to teach: no need to read them
        for sentence in read_line(line.strip(), self._tags):
            if isinstance(sentence, Sentence) and sentence.part == 1 and not sentence.defect:
                learn(sentence.payload, self.watch)
