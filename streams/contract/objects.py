"""Objects: the shapes of what events tell of, as `streams/showing/state.py` shows it, made from its very types.

    Gap (core)  --fields of SHOWN, each required-->  Gap (wire)

Rows are shown field by field, some with fields of their own beside (`BESIDE`). Each field is always there, null where
unknown; so is each of a type within, under its name on the wire. Times have their zone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from sealane.alert import Alert
from sealane.attribution import Attributed
from sealane.candidate import Candidate
from sealane.conflict import IdentityConflict
from sealane.countreport import CountReport
from sealane.decision import Decision
from sealane.delivery import Delivery
from sealane.fix import Fix
from sealane.gap import Gap
from sealane.identity import Identity
from sealane.interference import Interference
from sealane.notification import Notification
from sealane.portcall import EvidenceKind, PortCall
from sealane.ruling import Ruling
from sealane.seen import Sighted
from sealane.sighting import Sighting
from sealane.tally import Tally
from sealane.voyage import Voyage
from streams.showing.state import CALL, FIX, SHOWN

Hint = object  # a type as typing has it: int, `str | None`, tuple[Hidden, ...]
Fields = Mapping[str, Hint]

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

# Fields that came after the contract was first published, by the object's name: entries of older chains have none.
LATER: Mapping[str, tuple[str, ...]] = {"Notification": ("threshold",)}


def fields_of(shown: type, names: Iterable[str] = ()) -> Fields:
    """The fields of a type as shown, or those named, among them properties."""
    hints = get_type_hints(shown, include_extras=True)
    found: dict[str, Hint] = {}
    for name in names or SHOWN[shown]:
        attribute = getattr(shown, name)
        found[name] = get_type_hints(attribute.fget)["return"] if isinstance(attribute, property) else hints[name]
    return found


def shape(name: str, text: str | None, fields: Fields) -> type[msgspec.Struct]:
    """A type with all these fields, each required but for those that came later."""
    later = LATER.get(name, ())
    spelt = [
        (field, _spelt(hint)) if field not in later else (field, _spelt(hint), None) for field, hint in fields.items()
    ]
    return msgspec.defstruct(name, spelt, kw_only=True, frozen=True, namespace={"__doc__": text})


def _spelt(hint: Hint) -> Hint:
    """A hint with every type in it as it is on the wire."""
    if hint is datetime:
        return Moment
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _within(hint)
    origin, within = get_origin(hint), get_args(hint)
    if origin in (None, Literal, Annotated):
        return hint
    spelt = tuple(_spelt(each) for each in within)
    return Union[spelt] if origin in (Union, UnionType) else origin[spelt]  # noqa: UP007 - put together at run time


@cache
def _within(core: type[msgspec.Struct]) -> type[msgspec.Struct]:
    hints = get_type_hints(core, include_extras=True)
    names = zip(core.__struct_fields__, core.__struct_encode_fields__, strict=True)
    return shape(core.__name__, core.__doc__, {told: hints[field] for field, told in names})


def _shown(core: type[msgspec.Struct], **beside: Hint) -> type[msgspec.Struct]:
    return shape(core.__name__, core.__doc__, {**fields_of(core), **beside})


EVIDENCE = shape(
    "Evidence",
    "One fix a call rests on, what it shows, and its sentences as received.",
    {"kind": EvidenceKind, **fields_of(Fix, FIX), "raw": tuple[str, ...]},
)
ATTRIBUTED = fields_of(Attributed, ("imo", "suspect", "verdict", "decisions"))
RULES = {"id": str, "before": str, "after": str}
FEED = {"id": str, "feed": str, "connected": bool, "last_sentence_at": datetime | None, "silent_after_s": float}

# The object of each event, by the noun its kinds begin with: what changed, as it stood after that.
OBJECTS: dict[str, type[msgspec.Struct]] = {
    "PortCall": shape(
        "PortCall",
        PortCall.__doc__,
        {**fields_of(PortCall, CALL), **ATTRIBUTED, "stopped_h": float, "evidence": tuple[EVIDENCE, ...]},  # type: ignore[valid-type]
    ),
    "Gap": _shown(Gap),
    "Voyage": _shown(Voyage),
    "Delivery": _shown(Delivery, name=str | None, **fields_of(Delivery, ("reasons",))),
    "Tally": _shown(Tally),
    "Alert": _shown(Alert),
    "Identity": _shown(Identity),
    "IdentityConflict": _shown(IdentityConflict, mmsi=int | None, imo=int | None),
    "Interference": _shown(Interference),
    "Candidate": _shown(Candidate),
    "Sighting": shape(
        "Sighting",
        Sighted.__doc__,
        {
            **fields_of(Sighted, ("id",)),
            **fields_of(Sighting),
            **fields_of(Sighting, ("from_at", "to_at")),
            "told_ships": fields_of(Sighting, ("ships",))["ships"],
            **fields_of(Sighted, ("port", "ships", "verdict", "contradicted", "decisions")),
        },
    ),
    "Count": shape("Count", CountReport.__doc__, {**fields_of(CountReport), "from": str, "to": str}),
    "Decision": shape(
        "Decision",
        Ruling.__doc__,
        {
            "id": str,
            **fields_of(Decision),
            "with": fields_of(Decision, ("other",))["other"],
            **fields_of(Ruling, ("means", "force")),
        },
    ),
    "AlertNotified": _shown(Notification),
    "Rules": shape("Rules", "The fingerprints of all rules and reference data, before and after.", RULES),
    "Feed": shape("Feed", "A feed of a live run, and whether it is connected.", FEED),
}
