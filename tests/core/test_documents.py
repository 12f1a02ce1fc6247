"""The documents: each command, option, setting, key, event, reject reason and state field stands in docs/, as it is."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from typer.main import get_command

from desk.metrics import Metrics
from desk.problem import KINDS as PROBLEMS
from desk.views import PAGING, VIEWS
from sealane.account import FATES, LATER, REASONS
from sealane.candidate import Candidate
from sealane.conflict import ConflictKind
from sealane.event import FAMILIES, NOTIFIED, Event
from sealane.notification import Notification, Reason
from sealane.portcall import EvidenceKind, PortCall
from sealane.rules import Limits
from streams import outage
from streams.cli import app
from streams.corridor.config import DeskParts, Parts
from streams.corridor.corridor import load_corridor
from streams.fact import KINDS as FACTS
from streams.fact import fact_of
from streams.feeds.health import Health
from streams.feeds.named import KINDS as KINDS_OF_FEED
from streams.feeds.named import NamedFeed
from streams.kafka.topics import TOPICS
from streams.ledger import keys
from streams.ledger.views import AS_OF, KIND
from streams.replay.resume import HEARD_BEFORE
from streams.replay.span import OUTSIDE
from streams.showing.state import CALL, ENVELOPE, KINDS, SHOWN

ROOT = Path(__file__).resolve().parents[2]
DOCS = {file.name: file.read_text() for file in (ROOT / "docs").glob("*.md")}
UNITS = ("km", "kn", "min", "s", "h", "d", "m", "share")
ENDINGS = {"PortCallEnded", "GapClosed", "AlertEscalated", "AlertResolved"}  # of a life that goes on being true
HANDLED = {"acknowledged", "silenced"}  # of an alert's row, not of its events
RULES_CHANGED = "RulesChanged"  # told by a ledger, of no standing object
WRITTEN = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCS["events.md"], re.DOTALL)]
EXAMPLES = [example for example in WRITTEN if example["kind"] not in (RULES_CHANGED, NOTIFIED, *outage.KINDS)]
WRITTEN_HEALTH: dict[str, Any] = {
    **dict.fromkeys(("clock_skew_s", "last_byte_at"), None),
    **dict.fromkeys(("connected", "silent", "has_ended"), True),
    **dict.fromkeys(
        ("silent_after_s", "per_minute", "sentences", "reconnects", "connections", "refused", "dropped"), 1
    ),
    **dict.fromkeys(("at", "last_sentence_at"), "2025-04-01T05:46:11Z"),
    "name": "tcp:localhost:4001",
    "rejects": {},
}
SHAPES: dict[str, tuple[str, ...]] = {each.__name__: fields for each, fields in SHOWN.items()}


def rows(document: str) -> dict[str, list[str]]:
    """Rows of a document's tables by each word in backticks in their first cell."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in document.splitlines() if line[:1] == "|"]
    return {word: row for row in cells for word in re.findall(r"`([^`]+)`", row[0])}


def section(document: str, title: str) -> str:
    """What stands under a heading, up to the next of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", document, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def leaves(command: Any, path: str = "sealane") -> Iterator[tuple[str, Any]]:
    """Every command that does something, and the root for its options."""
    if path == "sealane":
        yield path, command
    for name, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from leaves(inner, f"{path} {name}")
            if inner.invoke_without_command:
                yield f"{path} {name}", inner
        else:
            yield f"{path} {name}", inner


def whole() -> Any:
    """All commands: they are loaded by name."""
    root: Any = get_command(app)
    root.load()
    return root


COMMANDS = dict(leaves(whole()))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_explained(command: str):
    heading = re.search(rf"^## `({command}(?: [^`]*(?:FILE|ID|NAME)\S*)?)`$", DOCS["commands.md"], re.MULTILINE)
    assert heading is not None, command
    explained = set(re.findall(r"`(--[a-z-]+)", section(DOCS["commands.md"], f"`{heading[1]}`")))
    known = {option for each in COMMANDS[command].params for option in each.opts if option.startswith("--")}
    assert known - {"--help"} == explained - {"--help"}


def test_every_setting_is_explained_with_its_default_and_unit():
    explained = rows(DOCS["settings.md"])
    for name in Limits.__struct_fields__:
        end = name.rsplit("_", 1)[1]
        assert explained[f"rules.{name}"][1:3] == [f"{getattr(Limits(), name):g}", end if end in UNITS else "count"]
        assert len(explained[f"rules.{name}"][3]) > len(name) / 2
    known = {"config", *(f"corridor.{name}" for name in Parts.__struct_fields__)}
    known |= {f"rules.{name}" for name in Limits.__struct_fields__}
    known |= {f"desk.{name}" for name in DeskParts.__struct_fields__}
    assert {name for name in explained if re.match(r"config$|corridor\.|rules\.|desk\.", name)} == known


def test_every_variable_of_the_environment_is_explained():
    sources = [file.read_text() for file in (ROOT / "streams").rglob("*.py")]
    read = {name for source in sources for name in re.findall(r'"((?:SEALANE|XDG)_[A-Z_]+)"', source)}
    assert read <= set(rows(section(DOCS["settings.md"], "Environment")))


def test_every_key_of_a_ledger_is_explained_and_no_other():
    explained = rows(section(DOCS["ledger.md"], "Every key"))
    known = {key for key in vars(keys).values() if isinstance(key, str) and re.fullmatch(rf"{keys.PREFIX}\w+:?", key)}
    assert {key.partition("<")[0] for key in explained} == known
    (views,) = [row for key, row in explained.items() if key.startswith(keys.VIEW)]
    assert {*KIND, AS_OF} <= set(re.findall(r"`(\w+)`", views[2]))


def test_every_topic_is_explained_and_no_other():
    assert set(rows(section(DOCS["kafka.md"], "Topics"))) == {topic.noun for topic in TOPICS}


def test_every_event_is_explained_and_no_other():
    kinds = {family.appears for family in FAMILIES} | {f"{family.stem}Retracted" for family in FAMILIES} | ENDINGS
    kinds |= {f"{family.stem}Revised" for family in FAMILIES if family.shown} | {RULES_CHANGED, NOTIFIED}
    kinds |= set(outage.KINDS)
    assert set(re.findall(r"`([A-Z]\w+(?:[a-z]ed|Found|Bound|Silent|Heard))`", DOCS["events.md"])) == kinds


def test_every_object_has_an_example():
    assert {family.stem for family in FAMILIES if any(fits(each, family.stem) for each in EXAMPLES)} == {
        family.stem for family in FAMILIES
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["kind"]))
def test_an_example_has_the_shape_of_its_event(example: dict[str, Any]):
    assert tuple(example) == (*ENVELOPE, "object")
    assert set(rows(section(DOCS["events.md"], "What every event has"))) >= set(example)
    family = next(each for each in FAMILIES if example["kind"] in (each.appears, *ENDINGS) and fits(example, each.stem))
    shown = example["object"]
    assert set(shown) == set(FIELDS[family.standing]) - HANDLED
    if family.stem == "PortCall":
        hold_types(shown, PortCall, CALL)
    for kind, fields in SHOWN.items():
        if kind.__name__ == family.stem:
            hold_types(shown, kind, fields)


def fits(example: dict[str, Any], stem: str) -> bool:
    return bool(re.fullmatch(rf"{stem}[A-Z][a-z]+", example["kind"]))


def hold_types(shown: dict[str, Any], kind: type, fields: tuple[str, ...]) -> None:
    """Each value of an example is one its field can hold."""
    hints = get_type_hints(kind)
    for field in hints.keys() & set(fields):  # the others are properties
        msgspec.convert(shown[field], hints[field], strict=False)


def test_the_example_of_a_notification_has_its_shape():
    (example,) = [each for each in WRITTEN if each["kind"] == NOTIFIED]
    assert tuple(example) == (*ENVELOPE, "object")
    assert tuple(example["object"]) == SHOWN[Notification]
    hold_types(example["object"], Notification, SHOWN[Notification])
    assert {f"`{reason}`" for reason in get_args(Reason)} <= set(re.findall(r"`\w+`", DOCS["alerts.md"]))


def test_the_example_of_changed_rules_names_both_fingerprints():
    (example,) = [each for each in WRITTEN if each["kind"] == RULES_CHANGED]
    assert tuple(example) == (*ENVELOPE, "object")
    assert set(example["object"]) == {"id", "before", "after"}


def test_the_example_of_a_silent_feed_has_the_shape_of_its_entry():
    (example,) = [each for each in WRITTEN if each["kind"] == outage.SILENT]
    said = msgspec.convert(WRITTEN_HEALTH, Health)
    rules = load_corridor().rules
    entry = json.loads(outage.feed_told(said, rules, 1, said.at))
    assert set(entry) == set(example)
    assert set(entry["object"]) == set(example["object"])


def test_every_field_of_how_a_feed_is_is_explained():
    explained = rows(section(DOCS["feeds.md"], "How a feed is"))
    assert set(explained) == set(Health.__struct_fields__)


def test_every_kind_of_feed_and_every_key_of_one_is_explained():
    assert set(KINDS_OF_FEED) == set(rows(DOCS["feeds.md"].partition("## ")[0]))
    explained = rows(section(DOCS["settings.md"], "`[[feeds]]`: what a live run hears"))
    assert set(NamedFeed.__struct_fields__) - {"option"} == set(explained)


def test_an_example_is_marked_synthetic_and_its_times_are_utc():
    hints = get_type_hints(Event)
    for example in WRITTEN:
        assert example["synthetic"] is True
        for field in ("at", "known_at"):
            assert hints[field] is datetime
            assert example[field].endswith("Z")


def test_every_outcome_of_a_line_is_explained():
    assert set(rows(section(DOCS["replay.md"], "`lines`"))) == {"total", *FATES, LATER, OUTSIDE, HEARD_BEFORE, *REASONS}


def test_every_part_of_the_state_is_explained():
    explained = set(rows(section(DOCS["replay.md"], "The contract of `--state`")))
    beside = {"published", "contradictions", "estimates"}
    expected = {"corridor", "synthetic", "lines", "sentences", "untimed", "as_of", "digest", *KINDS, *beside}
    assert explained == expected


FIELDS = {
    "calls": (*CALL, "imo", "stopped_h", "evidence", "suspect", "verdict", "decisions"),
    "identities": SHAPES["Identity"],
    "conflicts": (*SHAPES["IdentityConflict"], "imo", "mmsi"),
    "interferences": SHAPES["Interference"],
    "gaps": SHAPES["Gap"],
    "sightings": (
        "id",
        *SHAPES["Sighting"],
        "from_at",
        "to_at",
        "told_ships",
        "port",
        "ships",
        "verdict",
        "contradicted",
        "decisions",
    ),
    "presences": (*SHAPES["Presence"], "from_at", "to_at"),
    "voyages": SHAPES["Voyage"],
    "candidates": SHAPES[Candidate.__name__],
    "deliveries": (*SHAPES["Delivery"], "name", "reasons"),
    "tallies": SHAPES["Tally"],
    "alerts": (*SHAPES["Alert"], *sorted(HANDLED)),
    "reports": (*SHAPES["CountReport"], "from", "to"),
    "decisions": ("id", *SHAPES["Decision"], "with", "means", "force"),
}


@pytest.mark.parametrize("part", KINDS)
def test_every_field_of_a_part_of_the_state_is_explained(part: str):
    assert set(FIELDS[part]) <= set(re.findall(r"`([a-z_]+)`", section(DOCS["replay.md"], f"`{part}[]`")))


def test_every_kind_of_conflict_and_of_evidence_is_named():
    for kind in (*get_args(ConflictKind), *get_args(EvidenceKind)):
        assert f"`{kind}`" in DOCS["replay.md"]


def test_every_kind_of_fact_has_an_example_that_is_taken_and_each_of_its_fields_is_explained():
    document = DOCS["facts.md"]
    examples = [json.loads(text) for text in re.findall(r"```jsonl\n(.*?)```", document, re.DOTALL)]
    corridor, now = load_corridor(), datetime(2026, 1, 1, tzinfo=UTC)
    assert [msgspec.to_builtins(fact_of(each, corridor, now, ""))["kind"] for each in examples] == list(FACTS)
    for kind, shape in FACTS.items():
        explained = set(rows(section(document, f"`{kind}`")))
        assert explained | {"kind"} >= set(shape.__struct_encode_fields__)


def test_every_view_of_the_desk_and_every_query_of_it_is_explained():
    explained = rows(section(DOCS["api.md"], "Views"))
    assert {name for name in explained if name.startswith("/")} == {f"/{name}" for name in VIEWS}
    for view in VIEWS.values():
        assert re.findall(r"`(\w+)`", explained[f"/{view.name}"][2]) == list(view.queries)
        assert set(view.queries) <= set(explained)
    assert set(PAGING) <= set(explained)


def test_every_problem_is_explained_with_its_status():
    explained = rows(section(DOCS["api.md"], "Problems"))
    assert {name: int(row[1]) for name, row in explained.items() if name in PROBLEMS} == {
        name: status for name, (status, _) in PROBLEMS.items()
    }


def test_every_metric_of_the_desk_is_explained():
    exposed = Metrics().exposed(readers=0, sequence=0, firing=0, away=False).decode()
    names = {name for name in re.findall(r"^# TYPE (\w+) ", exposed, re.MULTILINE) if not name.endswith("_created")}
    assert set(rows(section(DOCS["api.md"], "For who looks after it"))) == names
