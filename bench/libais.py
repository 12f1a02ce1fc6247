"""libais: decode every message of a file. Runs in the peers' venv, which has no sealane: python libais.py FILE [bare].

    stream   its own reader: tag blocks, checksums, parts joined by station
    bare     its decoder alone, on payloads cut out by hand: no checksum, no stamp, parts joined by sequence and channel

Prints how many were decoded: of some kinds it decodes nothing that was made up, such as 8 of an unknown application.
Imported by name, because it is not among our dependencies.
"""

import sys
from importlib import import_module

PARTS, PART, SEQUENCE, CHANNEL, PAYLOAD, FILL = range(1, 7)


def stream(file: str) -> int:
    reader = import_module("ais.stream")
    with open(file, encoding="latin-1") as lines:
        return sum(1 for _ in reader.decode(lines, errorcb=lambda *_: None))


def bare(file: str) -> int:
    ais, begun, decoded = import_module("ais"), dict[tuple[str, str], str](), 0
    with open(file, encoding="latin-1") as lines:
        for line in lines:
            fields = line.rpartition("!")[2].split(",")
            if len(fields) <= FILL:
                continue
            payload = fields[PAYLOAD]
            if fields[PARTS] != "1":
                of = fields[SEQUENCE], fields[CHANNEL]
                payload = begun.pop(of, "") + payload if fields[PART] != "1" else payload
                if fields[PART] != fields[PARTS]:
                    begun[of] = payload
                    continue
            try:
                ais.decode(payload, int(fields[FILL][:1]))
                decoded += 1
            except (ais.DecodeError, ValueError):
                continue
    return decoded


if __name__ == "__main__":
    print((bare if sys.argv[2:] == ["bare"] else stream)(sys.argv[1]))
