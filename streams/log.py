"""Logs: to standard error, as text for a person or as JSON for a machine. Standard output is for results alone."""

import sys
from typing import Literal

import structlog

Format = Literal["text", "json"]


def log_to_stderr(form: Format) -> None:
    """Set up logging once, at the start of a command."""
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


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def _plain(_logger: object, _method: str, entry: structlog.typing.EventDict) -> str:
    """`sealane: warning: what happened`: what a person at a terminal wants to read."""
    level, text = entry.pop("level"), entry.pop("event")
    entry.pop("timestamp")
    more = "".join(f" {key}={value}" for key, value in entry.items())
    return f"sealane: {'' if level == 'info' else f'{level}: '}{text}{more}"
