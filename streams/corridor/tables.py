"""Tables: TOML files of an operator read into nouns, every mistake named with file, entry, what was read and expected.

The shape of a file is a msgspec Struct. Unknown keys and words are refused first, with the nearest known one.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import TypeVar

import msgspec

from geofences.errors import BadReference, did_you_mean, perhaps

Shape = TypeVar("Shape")
Table = dict[str, object]
STEP = re.compile(r"\.(\w+)|\[(\d+)\]")  # one step of a msgspec path such as $.vessels[1].imo
COMPLAINT = re.compile(r"(?:Expected )?(?P<expected>.*?)(?:, got .*?)?(?: - at `(?P<path>.*)`)?$")
DATE_COMPLAINT = "Invalid RFC3339 encoded date"

LISTED = ("source", "zones")  # one string stands for a list of one
PLAIN = {  # what msgspec calls a type, and what the writer of a file calls it
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "date": "a date such as 2023-08-15",
    "null": "nothing",
    DATE_COMPLAINT: "a date such as 2023-08-15",
}


def parse(text: bytes, file: str) -> Table:
    """The tables of one TOML file; `source = "x"` is read as `source = ["x"]`, zones likewise."""
    try:
        table = tomllib.loads(text.decode())
    except UnicodeDecodeError as error:
        raise BadReference(file, "", f"bytes that are no UTF-8 (at {error.start})", "a TOML file") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadReference(file, "", f"a mistake in the TOML ({error})", "a TOML file") from None
    _list(table)
    return table


def shaped(table: object, shape: type[Shape], file: str) -> Shape:
    """A table as the Struct it must be."""
    _refuse_strangers(table, msgspec.inspect.type_info(shape), file, "")
    try:
        return msgspec.convert(table, shape)
    except msgspec.ValidationError as error:
        found = COMPLAINT.fullmatch(str(error))
        assert found is not None, "every part of a complaint is optional"
        entry, value = _at(table, found["path"] or "")
        raise BadReference(file, entry, _said(value), _asked(found["expected"])) from None


def cited(value: object, entry: str = "") -> Iterator[tuple[str, str]]:
    """Every (entry, source key) of a file's tables."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "source" and isinstance(inner, list):
                yield from ((entry, str(one)) for one in inner)
            else:
                yield from cited(inner, f"{entry} {key}".strip())
    if isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from cited(inner, label(entry, number, inner))


def label(entry: str, number: int, value: object) -> str:
    """How an entry of a list is called: `vessels 2 (MARIA)`."""
    named = value if isinstance(value, dict) else {}
    name = named.get("key") or named.get("name") or named.get("month")
    return f"{entry} {number} ({name})" if name else f"{entry} {number}"


def _list(table: Table) -> None:
    """Make a list of each string that stands for one, in place: a watchlist may name a hundred thousand hulls."""
    for key, value in table.items():
        if key in LISTED and isinstance(value, str):
            table[key] = [value]
        elif isinstance(value, dict):
            _list(value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    _list(one)


def _refuse_strangers(value: object, info: msgspec.inspect.Type, file: str, entry: str) -> None:
    if isinstance(info, msgspec.inspect.UnionType):
        for one in info.types:
            _refuse_strangers(value, one, file, entry)
    elif isinstance(info, msgspec.inspect.StructType) and isinstance(value, dict):
        _refuse_strange_keys(value, info, file, entry)
    elif isinstance(info, msgspec.inspect.VarTupleType) and isinstance(value, list):
        for number, one in enumerate(value, start=1):
            _refuse_strangers(one, info.item_type, file, label(entry, number, one))
    elif isinstance(info, msgspec.inspect.LiteralType) and isinstance(value, str) and value not in info.values:
        known = [str(one) for one in info.values]
        raise BadReference(file, entry, repr(value), "one of " + ", ".join(known), perhaps(value, known))


def _refuse_strange_keys(table: Table, info: msgspec.inspect.StructType, file: str, entry: str) -> None:
    fields = {field.encode_name: field for field in info.fields}
    for key, value in table.items():
        if key not in fields:
            raise BadReference(file, entry, f"unknown key {key!r}", "a known one", did_you_mean(key, fields))
        _refuse_strangers(value, fields[key].type, file, f"{entry} {key}".strip())
    for key, field in fields.items():
        if field.required and key not in table:
            raise BadReference(file, entry, f"no {key}", f"{key} = ...")


def _at(value: object, path: str) -> tuple[str, object]:
    """The entry a msgspec path names, and the value read there."""
    entry = ""
    for key, index in STEP.findall(path):
        if isinstance(value, dict) and key:
            entry, value = f"{entry} {key}".strip(), value.get(key)
        elif isinstance(value, list) and index:
            value = value[int(index)]
            entry = label(entry, int(index) + 1, value)
    return entry, value


def _asked(expected: str) -> str:
    """`int | null` in plain words."""
    words = PLAIN.get(expected) or re.sub(
        r"`([^`]*)`", lambda types: " or ".join(PLAIN.get(one, one) for one in types[1].split(" | ")), expected
    )
    return words.removesuffix(" or nothing")


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, date) else repr(value)
