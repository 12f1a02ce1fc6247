"""Peak: a child process that does one thing and prints its peak memory in bytes.

From /proc, because getrusage counts what the parent held before it started the child.
"""

import sys
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from streams.cli import main as sealane

PEAK = "VmHWM:"  # the most that was resident, in KiB (proc(5))
KIB = 1024


def main(what: str, path: Path, corridor: Path) -> None:
    if what == "command":
        command(path, corridor)
    else:
        from bench.whole import decode, replay  # not for the command: what a bench imports is no memory of its
        from streams.corridor.corridor import load_corridor

        rules = load_corridor(corridor).rules
        if what == "replay":
            replay(path, rules)
        elif what == "pyais":
            decode(path)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(int(line.split()[1]) * KIB for line in status if line.startswith(PEAK)))


def command(path: Path, corridor: Path) -> None:
    """`sealane replay --state`, whole; its state goes nowhere."""
    sys.argv[1:] = ["replay", str(path), "--config", str(corridor), "--state"]
    with redirect_stdout(TextIOWrapper(BytesIO())):
        try:
            sealane()
        except SystemExit as end:
            if end.code:
                raise


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
