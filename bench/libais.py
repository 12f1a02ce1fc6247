"""libais: decode every message of a file. Runs in the peers' venv, which has no sealane: python libais.py FILE.

Imported by name, because it is not among our dependencies.
"""

import sys
from importlib import import_module


def main(file: str) -> int:
    stream = import_module("ais.stream")
    with open(file, encoding="latin-1") as lines:
        return sum(1 for _ in stream.decode(lines, errorcb=lambda *_: None))


if __name__ == "__main__":
    print(main(sys.argv[1]))
