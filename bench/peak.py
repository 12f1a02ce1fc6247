"""Peak: a child process that does one thing and prints its peak memory in bytes.

From /proc, because getrusage counts what the parent held before it started the child.
"""

import sys
from pathlib import Path

from bench.whole import decode, replay
from streams.corridor import load_corridor

PEAK = "VmHWM:"  # the most that was resident, in KiB (proc(5))
KIB = 1024


def main(what: str, path: Path, corridor: Path) -> None:
    rules = load_corridor(corridor).rules
    if what == "replay":
        replay(path, rules)
    elif what == "pyais":
        decode(path)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(int(line.split()[1]) * KIB for line in status if line.startswith(PEAK)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
