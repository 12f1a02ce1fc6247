"""A secret: not written in the file that says what it is for, but named there: `env:NAME`, or `file:PATH` beside it."""

from collections.abc import Mapping
from pathlib import Path

from geofences.errors import BadReference

EXPECTED = "env:NAME, or file:PATH with the secret alone in it"


def secret_of(named: str, folder: Path, env: Mapping[str, str], file: str, entry: str) -> tuple[str, ...]:
    """The lines of a secret, without empty ones and those that begin with '#'; at least one. Raises BadReference.

    Args:
        named: `env:NAME` or `file:PATH`, the path from `folder` on.
        file, entry: where it is named, for words. What was read is never repeated: it may be the secret itself.
    """
    kind, _, name = named.partition(":")
    if kind == "env" and name:
        if name not in env:
            raise BadReference(file, entry, f"{named}, which is not set", EXPECTED)
        text = env[name]
    elif kind == "file" and name:
        try:
            text = (folder / name).read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no text"
            raise BadReference(file, entry, f"{named} ({reason.lower()})", EXPECTED) from None
    else:
        raise BadReference(file, entry, "a text that names no secret", EXPECTED, "keep the secret itself elsewhere")
    lines = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    if not lines:
        raise BadReference(file, entry, f"{named}, which is empty", EXPECTED)
    return lines
