"""Peak: a child process that does one thing and prints its peak memory in bytes.

From /proc, because getrusage counts what the parent held before it started the child. Where it has children of its own,
what all of them hold together is looked at from outside: a page that several share counts once.
"""

import subprocess
import sys
import time
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from bench.spent import as_installed
from streams.cli import main as sealane

PEAK = "VmHWM:"  # the most that was resident, in KiB (proc(5))
SHARED_OUT = "Pss:"  # what is resident, of shared pages its share
KIB = 1024
LOOKS_EVERY_S = 0.02


def of_command(path: Path, corridor: Path) -> int:
    """The most that `sealane replay --state` held, its own peak or that of all its processes together."""
    words = [sys.executable, "-m", "bench.peak", "command", str(path), str(corridor)]
    with subprocess.Popen(words, env=as_installed(), stdout=subprocess.PIPE, text=True) as child:
        together = 0
        while child.poll() is None:
            together = max(together, sum(map(_held, _family(child.pid))))
            time.sleep(LOOKS_EVERY_S)
        assert child.stdout is not None
        said = child.stdout.read()
    if child.returncode:
        raise SystemExit(f"sealane replay ended with {child.returncode}")
    return max(together, int(said))


def _family(pid: int) -> list[int]:
    """A process and its children, as far as they are there."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [pid, *map(int, children.split())]


def _held(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) * KIB for line in lines if line.startswith(SHARED_OUT)), 0)


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
