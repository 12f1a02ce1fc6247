"""Logs: to standard error, as text for a person or as JSON for a machine. Standard output is for results alone.

The library takes long to load, and most commands have nothing to log: it is loaded with the first word.
"""

import sys
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import structlog

Format = Literal["text", "json"]

_chosen: dict[Literal["form"], Format] = {"form": "text"}


def log_to_stderr(form: Format) -> None:
    """Set up logging once, at the start of a command."""
    _chosen["form"] = form
    _configure.cache_clear()


def log() -> "structlog.typing.FilteringBoundLogger":
    """The logger."""
    import structlog

    _configure(_chosen["form"])
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


@cache
def _configure(form: Format) -> None:
    import structlog

    renderer: structlog.typing.Processor = _plain if form == "text" else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is then: it may be another by now
        cache_logger_on_first_use=False,
    )


def _plain(_logger: object, _method: str, entry: "structlog.typing.EventDict") -> str:
    """`sealane: warning: what happened`: what a person at a terminal wants to read."""
    level, text = entry.pop("level"), entry.pop("event")
    entry.pop("timestamp")
    more = "".join(f" {key}={value}" for key, value in entry.items())
    return f"sealane: {'' if level == 'info' else f'{level}: '}{text}{more}"
