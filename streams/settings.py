"""Settings: every value sealane runs with, and where it came from.

flag --config      the corridor's file named on the command line
env SEALANE_CONFIG the same, where no flag is given
file PATH          stated in that file
default            shipped
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from sealane.rules import Limits
from streams.corridor.config import Config, DeskParts, Parts, read_config, read_tables, shipped_path

CONFIG_ENV = "SEALANE_CONFIG"
DEFAULT = "default"

Value = str | int | float | bool | tuple[str, ...] | None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One value and its origin."""

    name: str
    value: Value
    origin: str


def config_path(config: Path | None, env: Mapping[str, str]) -> Path | None:
    """The corridor's file to use: the flag's, else the environment's, else None, the shipped one."""
    if config is not None:
        return config
    return Path(env[CONFIG_ENV]) if env.get(CONFIG_ENV) else None


def settings(config: Path | None, env: Mapping[str, str]) -> tuple[Setting, ...]:
    """Every setting with its origin. Raises BadReference for a file that cannot be used."""
    path = config_path(config, env)
    shipped = read_config(shipped_path())
    if path is None:
        return (Setting(name="config", value=None, origin=DEFAULT), *_of(shipped, {}, DEFAULT))
    read, stated = read_config(path), read_tables(path)
    if read.corridor is None:
        read = Config(corridor=shipped.corridor, rules=read.rules, feeds=read.feeds, desk=read.desk)
    origin = "flag --config" if config is not None else f"env {CONFIG_ENV}"
    return (Setting(name="config", value=str(path), origin=origin), *_of(read, stated, f"file {path}"))


def _of(config: Config, stated: Mapping[str, object], origin: str) -> list[Setting]:
    """The values of a config; those that its file states have the file as origin."""
    found: list[Setting] = []
    for table, names, values in (
        ("corridor", Parts.__struct_fields__, config.corridor),
        ("rules", Limits.__struct_fields__, config.rules),
        ("desk", DeskParts.__struct_fields__, config.desk),
    ):
        own = stated.get(table)
        for name in names:
            is_stated = isinstance(own, dict) and name in own
            value: Value = getattr(values, name)
            found.append(Setting(name=f"{table}.{name}", value=value, origin=origin if is_stated else DEFAULT))
    for number, feed in enumerate(config.feeds, start=1):
        words = " ".join(word for word in (feed.kind, feed.address, feed.name) if word)
        found.append(Setting(name=f"feeds.{number}", value=words, origin=origin))
    return found
