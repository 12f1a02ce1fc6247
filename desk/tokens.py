"""Tokens: who may use a desk from elsewhere, and as what. Kept as hashes: the file gives nobody a token.

    viewer    reads              analyst    also adds facts, acknowledges, silences, in its own name
    admin     the same, also in the name of others: an import

A token is 256 bits of chance, so one round of SHA-256 is enough: there is nothing to guess.
"""

import hmac
import os
import secrets
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

import msgspec

from geofences.errors import BadReference, did_you_mean

Role = Literal["viewer", "analyst", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
BYTES = 32
PREFIX = "sealane_"
FILE, SECRET = "desk-tokens.json", "desk-secret"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks."""

    name: str
    role: Role
    is_local: bool = False  # at this machine, without a token: says itself who writes

    def may(self, role: Role) -> bool:
        """Whether its role is that one or a higher."""
        return ROLES.index(self.role) >= ROLES.index(role)


LOCAL = Principal(name="local", role="analyst", is_local=True)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One token as it is kept."""

    name: str
    role: Role
    sha256: str
    made_at: datetime


class Tokens:
    """The tokens of a file; read again when the file has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def all(self) -> tuple[Token, ...]:
        """Every token, in the order they were made. Raises BadReference where the file cannot be used."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._seen, self._tokens = None, ()
            return ()
        if (stat.st_mtime_ns, stat.st_ino) != self._seen:
            try:
                self._tokens = msgspec.json.decode(self.path.read_bytes(), type=tuple[Token, ...])
            except (OSError, msgspec.MsgspecError) as error:
                raise BadReference(
                    str(self.path), "", f"no tokens ({error})", "what `sealane desk token add` wrote"
                ) from None
            self._seen = stat.st_mtime_ns, stat.st_ino
        return self._tokens

    def principal(self, token: str) -> Principal | None:
        """Who bears a token; None: nobody."""
        asked = _hashed(token)
        found = [each for each in self.all() if hmac.compare_digest(each.sha256, asked)]
        return Principal(name=found[0].name, role=found[0].role) if found else None

    def add(self, name: str, role: str, at: datetime) -> str:
        """A new token, told this once. Raises BadReference."""
        if role not in ROLES:
            raise BadReference("--role", "", repr(role), f"one of {', '.join(ROLES)}", did_you_mean(role, ROLES))
        if not name.strip() or not name.isprintable():
            raise BadReference("NAME", "", repr(name), "a name that can be printed")
        if any(each.name == name for each in self.all()):
            raise BadReference("NAME", "", f"{name!r}, which has a token", "a new name", "or remove that one first")
        token = PREFIX + secrets.token_urlsafe(BYTES)
        kept = Token(name=name, role=role, sha256=_hashed(token), made_at=at)
        write_private(self.path, msgspec.json.encode((*self.all(), kept)))
        return token

    def remove(self, name: str) -> None:
        """Take a token back. Raises BadReference."""
        left = tuple(each for each in self.all() if each.name != name)
        if len(left) == len(self.all()):
            remedy = did_you_mean(name, [each.name for each in left]) if left else "there is none yet"
            raise BadReference("NAME", "", repr(name), "the name of a token", remedy)
        write_private(self.path, msgspec.json.encode(left))


def secret_at(path: Path) -> str:
    """The secret that forms are signed with: kept, so that a page outlives its desk; one for all of a user's."""
    if not path.exists():
        write_private(path, secrets.token_hex(BYTES).encode())
    return path.read_text().strip()


def write_private(path: Path, text: bytes) -> None:
    """Write a file whole, for its user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    beside.replace(path)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
