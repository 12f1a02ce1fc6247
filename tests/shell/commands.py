"""How tests call the command line: in this process, which is quick, or as a user does, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from streams.cli import app

SEALANE = Path(sys.executable).with_name("sealane")
TIME_LIMIT_S = 60  # of a busy machine; a command here takes a second or two

Answer = tuple[int, str, str]  # exit code, standard output, standard error


def environment(**more: str) -> dict[str, str]:
    """The environment without what would change sealane's or rich's ways."""
    ways = {"SEALANE_CONFIG", "SEALANE_LOG_FORMAT", "LINES", "FORCE_COLOR", "NO_COLOR"}
    return {name: value for name, value in os.environ.items() if name not in ways} | {"COLUMNS": "200"} | more


def sealane(*words: str | Path, given: bytes = b"", **env: str) -> Answer:
    """Run a command in this process."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=given, env=environment(**env))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def process(*words: str | Path, given: bytes = b"", **env: str) -> Answer:
    """Run a command as a user does."""
    command = [SEALANE, *words]
    done = subprocess.run(
        command, input=given, env=environment(**env), capture_output=True, timeout=TIME_LIMIT_S, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()
