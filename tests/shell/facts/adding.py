"""A desk that adds facts: the demo's corridor, a short recording and files of facts; all SYNTHETIC."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

from streams.corridor.corridor import Corridor, load_corridor
from streams.demo import feed
from streams.demo.files import write_corridor
from tests.shell.commands import Answer, sealane

KITTIWAKE, SANDPIPER = 2_000_016, 2_000_028
LINES = 1_500

LOADED: dict[str, Any] = {
    "kind": "sighting",
    "id": "s1",
    "place": "Rajin",
    "from": "2024-05-01T02:00:00Z",
    "to": "2024-05-01T08:00:00Z",
    "ships": [{"imo": KITTIWAKE}],
    "known_at": "2024-05-03T00:00:00Z",
}
ARRIVED: dict[str, Any] = {
    **LOADED,
    "id": "s2",
    "place": "Vrangel Bay",
    "from": "2024-05-02T02:00:00Z",
    "to": "2024-05-02T08:00:00Z",
}
COUNTED: dict[str, Any] = {
    "kind": "report",
    "id": "r1",
    "measure": "deliveries",
    "from": "2024-05",
    "to": "2024-05",
    "low": 4,
    "known_at": "2024-06-05T00:00:00Z",
}
REJECTED: dict[str, Any] = {
    "kind": "decision",
    "id": "d1",
    "action": "reject",
    "target": "s1",
    "by": "an analyst",
    "at": "2024-06-02T00:00:00Z",
    "reason": "another ship",
}
BOUND: dict[str, Any] = {
    "kind": "binding",
    "id": "b1",
    "mmsi": 200000099,
    "imo": KITTIWAKE,
    "known_at": "2024-06-02T00:00:00Z",
}
FACTS = (LOADED, ARRIVED, COUNTED, REJECTED, BOUND)


def text_of(*facts: dict[str, Any]) -> str:
    return "".join(json.dumps(fact) + "\n" for fact in facts)


class Desk:
    """The demo's corridor, a short recording, and files of facts; commands are asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, write_corridor(folder / "corridor")
        self.recording = folder / "demo.nmea"
        self.recording.write_bytes(b"".join(islice(feed(), LINES)))

    def __call__(self, command: str, *words: str | Path) -> Answer:
        return sealane(*command.split(), *words, "--config", self.config)

    def file(self, *facts: dict[str, Any], name: str = "facts.jsonl") -> Path:
        path = self.folder / name
        path.write_text(text_of(*facts))
        return path

    def told(self, command: str, *words: str | Path) -> Any:
        status, out, err = self(command, *words)
        assert status == 0, err
        return json.loads(out)

    @property
    def corridor(self) -> Corridor:
        return load_corridor(self.config)
