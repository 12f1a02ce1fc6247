"""Logs: to standard error, as text for a person or as JSON for a machine. Standard output is for results alone.

text   sealane: warning: what happened
json   {"event": "what happened", "level": "warning", "timestamp": "2026-01-01T00:00:00.000000Z"}
"""

import json
import sys
from typing import Literal

from streams.clock import now

Format = Literal["text", "json"]
Level = Literal["info", "warning", "error"]


class Log:
    """Where a command says how it goes; `more` goes beside the text, by name."""

    form: Format = "text"

    def info(self, event: str, **more: object) -> None:
        self._say("info", event, more)

    def warning(self, event: str, **more: object) -> None:
        self._say("warning", event, more)

    def error(self, event: str, **more: object) -> None:
        self._say("error", event, more)

    def _say(self, level: Level, event: str, more: dict[str, object]) -> None:
        line = _plain(level, event, more) if self.form == "text" else _json(level, event, more)
        sys.stderr.write(f"{line}\n")  # as it is then: it may be another by now
        sys.stderr.flush()


_LOG = Log()


def log_to_stderr(form: Format) -> None:
    """Set up logging once, at the start of a command."""
    _LOG.form = form


def log() -> Log:
    """The logger."""
    return _LOG


def _plain(level: Level, event: str, more: dict[str, object]) -> str:
    """What a person at a terminal wants to read."""
    beside = "".join(f" {key}={value}" for key, value in more.items())
    return f"sealane: {'' if level == 'info' else f'{level}: '}{event}{beside}"


def _json(level: Level, event: str, more: dict[str, object]) -> str:
    at = now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    return json.dumps({**more, "event": event, "level": level, "timestamp": at}, default=repr)
