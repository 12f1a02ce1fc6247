"""Write the contract to docs/contract/ (`make contract`), unless a reader of what stands there would miss any."""

import json
import sys
from pathlib import Path

from streams.contract.schema import CLOUDEVENT_FILE, EVENTS_FILE, broken_promises, cloudevent_schema, events_schema
from streams.log import log, log_to_stderr

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract"
FILES = {EVENTS_FILE: events_schema, CLOUDEVENT_FILE: cloudevent_schema}


def written(schema: object) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write each file anew; 1 where that would break a promise, and nothing is written."""
    log_to_stderr("text")
    made = {FOLDER / name: make() for name, make in FILES.items()}
    for file, schema in made.items():
        broken = broken_promises(json.loads(file.read_text()), schema) if file.exists() else []
        for each in broken:
            log().error(f"{file.name}: {each}; within a version the contract only grows")
        if broken:
            return 1
    for file, schema in made.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(written(schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
