"""An operator's own files: what is left out is empty, what is wrong is named, content alone makes the fingerprint."""

import shutil
from datetime import date
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from geofences.errors import BadReference
from sealane.rules import Limits
from streams.cli import app
from streams.corridor.config import shipped_path
from streams.corridor.corridor import Corridor, load_corridor
from streams.settings import config_path, settings

ZONES = """{"type": "FeatureCollection", "features": [
  {"type": "Feature", "properties": {"port": "wren", "role": "load", "source": "chart"}, "geometry": {"type": "Polygon",
   "coordinates": [[[-1.4, 50.7], [-1.3, 50.7], [-1.3, 50.8], [-1.4, 50.8], [-1.4, 50.7]]]}},
  {"type": "Feature", "properties": {"port": "tern", "role": "discharge"}, "geometry": {"type": "Polygon",
   "coordinates": [[[-1.1, 50.7], [-1.0, 50.7], [-1.0, 50.8], [-1.1, 50.8], [-1.1, 50.7]]]}}
]}"""
CORRIDOR = """
[corridor]
name = "solent"
zones = ["zones.geojson"]
watchlist = "watchlist.toml"
surge = "surge.toml"
"""
WATCHLIST = """
[[vessels]]
name = "AVOCET"
imo = 1000007
aliases = ["AVOCET I"]
mmsi = [200000001, { mmsi = 200000002, first_day = 2024-01-01, last_day = 2024-06-30 }]
watch = { from = 2023-08-15 }
source = "a made-up list"

[[decoys]]
name = "AVOCET II"
imo = 1000019
"""
SURGE = """
[[rules]]
key = "busy"
at_least = 7

[[rules]]
key = "quiet"
severity = "lull"
window = "30d"
at_most = 0
bound = "high"
"""
FILES = {"corridor.toml": CORRIDOR, "zones.geojson": ZONES, "watchlist.toml": WATCHLIST, "surge.toml": SURGE}


def put(folder: Path, **changed: str) -> Path:
    """Write the solent's files, some of them changed; the path of its corridor.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(name.split(".")[0], text))
    return folder / "corridor.toml"


def refusal(config: Path) -> str:
    with pytest.raises(BadReference) as refused:
        load_corridor(config)
    return str(refused.value)


def fingerprint(folder: Path, **changed: str) -> str:
    return load_corridor(put(folder, **changed)).rules.fingerprint


# What is read


def test_a_corridor_of_ones_own_is_read_whole(tmp_path: Path) -> None:
    rules = load_corridor(put(tmp_path)).rules
    assert (rules.corridor, rules.synthetic, rules.chart.ports) == ("solent", False, ("tern", "wren"))
    assert rules.watchlist is not None
    (vessel,) = rules.watchlist.vessels
    assert (vessel.imo, vessel.watch_from, vessel.watch_to) == (1000007, date(2023, 8, 15), None)
    assert [(one.mmsi, one.first_day) for one in vessel.mmsi] == [(200000001, None), (200000002, date(2024, 1, 1))]
    assert [one.name for one in rules.watchlist.decoys] == ["AVOCET II"]
    assert [(one.key, one.severity, one.rolling_days) for one in rules.surge] == [
        ("busy", "surge", None),
        ("quiet", "lull", 30),
    ]


def test_what_is_left_out_is_empty_and_not_inherited(tmp_path: Path) -> None:
    corridor = load_corridor(put(tmp_path, corridor='[corridor]\nname = "bare"\n'))
    assert (corridor.rules.watchlist, corridor.rules.surge, corridor.rules.chart.zones) == (None, (), ())
    assert (corridor.published.counts, corridor.offensives, corridor.sources) == ((), (), {})


def test_an_empty_watchlist_is_not_a_missing_one(tmp_path: Path) -> None:
    watchlist = load_corridor(put(tmp_path, watchlist="")).rules.watchlist
    assert watchlist is not None
    assert watchlist.vessels == ()


def test_a_file_of_rules_alone_is_the_shipped_corridor_under_them(tmp_path: Path) -> None:
    config = put(tmp_path, corridor="[rules]\ncall_min_stay_min = 45\n")
    rules = load_corridor(config).rules
    assert (rules.corridor, rules.limits.call_min_stay_min) == ("rajin", 45.0)
    assert rules.fingerprint != load_corridor(None).rules.fingerprint


def test_limits_reach_the_chart(tmp_path: Path) -> None:
    chart = load_corridor(put(tmp_path, corridor=CORRIDOR + "[rules]\ncall_margin_km = 2.5\n")).rules.chart
    assert chart.bands_km == (2.5, Limits().call_far_km, Limits().call_shift_max_km)
    assert chart.near_km == Limits().track_near_zone_km


def test_the_shipped_files_copied_elsewhere_are_the_same_corridor(tmp_path: Path) -> None:
    reference, charts = tmp_path / "sealane" / "reference", tmp_path / "geofences"
    shutil.copytree(shipped_path().parent, reference)
    shutil.copytree(shipped_path().parents[2] / "geofences", charts)
    assert load_corridor(reference / "corridor.toml").rules.fingerprint == load_corridor(None).rules.fingerprint


def test_every_file_read_is_listed_with_its_hash(tmp_path: Path) -> None:
    files = dict(load_corridor(put(tmp_path)).files)
    assert {Path(file).name for file in files} == set(FILES)
    assert all(len(sha256) == 64 for sha256 in files.values())


# The fingerprint is of content


def test_formatting_names_and_words_of_source_leave_the_fingerprint(tmp_path: Path) -> None:
    one = fingerprint(tmp_path / "one")
    rewritten = put(
        tmp_path / "two",
        corridor="""[corridor]
            surge = "surge.toml"
            watchlist = "ships.toml"
            zones = "zones.geojson"
            name = "solent"
        """,
        zones=ZONES.replace("\n", "").replace('"source": "chart"', '"source": "another chart"'),
        surge=SURGE + '\nbasis = "as published"\n',
    )
    (rewritten.parent / "watchlist.toml").rename(rewritten.parent / "ships.toml")
    assert load_corridor(rewritten).rules.fingerprint == one


@pytest.mark.parametrize(
    "changed",
    [
        {"zones": ZONES.replace("50.8", "50.81")},
        {"watchlist": WATCHLIST.replace("2023-08-15", "2023-08-16")},
        {"surge": SURGE.replace("at_least = 7", "at_least = 6")},
        {"surge": SURGE.replace("at_least = 7", "at_least = 7\nescalates_by = 3")},
        {"corridor": CORRIDOR + "[rules]\ncall_margin_km = 0.9\n"},
        {"corridor": CORRIDOR.replace('watchlist = "watchlist.toml"', "")},
    ],
    ids=["a polygon", "a watch", "a threshold", "a step", "a limit", "no watchlist"],
)
def test_what_the_rules_use_changes_the_fingerprint(tmp_path: Path, changed: dict[str, str]) -> None:
    assert fingerprint(tmp_path / "one", **changed) != fingerprint(tmp_path / "two")


def test_when_people_are_reminded_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    daily = CORRIDOR + "[rules]\nalert_renotify_h = 6\n"
    assert fingerprint(tmp_path / "one", corridor=daily) == fingerprint(tmp_path / "two")


OFFENSIVES = """
[[offensives]]
key = "spring"
name = "Spring"
first_day = 2024-04-01
source = ["made up"]

[[offensives]]
key = "autumn"
first_day = 2024-10-01
source = ["made up"]
"""
PORTS = """
[[ports]]
key = "tern"
name = "Tern"

[[ports]]
key = "wren"
name = "Wren"

[[ice]]
port = "tern"
months = ["2024-01"]
words = "Tern frozen"
source = ["made up"]

[[ice]]
port = "wren"
months = ["2024-01"]
words = "Wren frozen"
source = ["made up"]
"""
BESIDE = CORRIDOR + 'offensives = "offensives.toml"\nports = "ports.toml"\n'
SPRING = SURGE.replace("at_least = 7", 'at_least = 7\noffensives = ["spring"]')


def beside(folder: Path, offensives: str = OFFENSIVES, ports: str = PORTS) -> Path:
    config = put(folder, corridor=BESIDE, surge=SPRING)
    (folder / "offensives.toml").write_text(offensives)
    (folder / "ports.toml").write_text(ports)
    return config


def test_rules_hold_the_offensives_they_name_and_ice_at_discharge_ports(tmp_path: Path) -> None:
    rules = load_corridor(beside(tmp_path)).rules
    assert [each.key for each in rules.offensives] == ["spring"]
    assert [(each.port, each.months) for each in rules.ice] == [("tern", ("2024-01",))]


def test_what_an_alert_says_in_words_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    def printed(name: str, **changed: str) -> str:
        return load_corridor(beside(tmp_path / name, **changed)).rules.fingerprint

    one = printed("one")
    assert printed("two", offensives=OFFENSIVES.replace("2024-04-01", "2024-04-02")) != one
    assert printed("three", ports=PORTS.replace("Tern frozen", "Tern half frozen")) != one
    assert printed("four", offensives=OFFENSIVES.replace("2024-10-01", "2024-10-02")) == one  # no rule names it


def test_ice_at_an_unknown_port_is_refused(tmp_path: Path) -> None:
    refused = refusal(beside(tmp_path, ports=PORTS.replace('port = "tern"', 'port = "turn"')))
    assert "ice 1" in refused
    assert "did you mean 'tern'" in refused


# What is refused: file, entry, what was read, what was expected

BAD_FILES: dict[str, tuple[str, str, list[str]]] = {
    "a typo in the corridor": ("corridor", CORRIDOR.replace("watchlist =", "watchlst ="), ["did you mean 'watchlist'"]),
    "a typo in the rules": (
        "corridor",
        CORRIDOR + "[rules]\ncall_min_stay = 30\n",
        ["rules", "did you mean 'call_min_stay_min'"],
    ),
    "an unknown table": ("corridor", CORRIDOR + "[rule]\n", ["did you mean 'rules'"]),
    "text for a number": (
        "corridor",
        CORRIDOR + '[rules]\ncall_margin_km = "1"\n',
        ["rules call_margin_km", "'1'", "a number"],
    ),
    "a negative limit": ("corridor", CORRIDOR + "[rules]\ncall_margin_km = -1\n", ["call_margin_km", "0 or more"]),
    "an endless limit": ("corridor", CORRIDOR + "[rules]\ncall_margin_km = nan\n", ["call_margin_km", "nan"]),
    "a margin beyond the far limit": (
        "corridor",
        CORRIDOR + "[rules]\ncall_margin_km = 11\n",
        ["call_margin_km", "at most call_far_km"],
    ),
    "a missing file": ("corridor", CORRIDOR.replace("surge.toml", "serge.toml"), ["corridor surge", "serge.toml"]),
    "no name": ("corridor", "[corridor]\nzones = []\n", ["corridor", "no name"]),
    "a colon in the name": ("corridor", CORRIDOR.replace("solent", "a:b"), ["corridor name", "'a:b'"]),
    "broken TOML": ("corridor", "[corridor\n", ["TOML", "line 1"]),
    "a wrong check digit": ("watchlist", WATCHLIST.replace("1000007", "1000008"), ["vessels 1 (AVOCET)", "1000008"]),
    "a hull twice": ("watchlist", WATCHLIST.replace("1000019", "1000007"), ["decoys 1 (AVOCET II)", "vessels 1"]),
    "no imo": ("watchlist", WATCHLIST.replace("imo = 1000007", ""), ["vessels 1 (AVOCET)", "no imo"]),
    "a watch that ends before it begins": (
        "watchlist",
        WATCHLIST.replace("from = 2023-08-15", "from = 2023-08-15, to = 2023-08-14"),
        ["vessels 1 (AVOCET)", "2023-08-14"],
    ),
    "a typo in a watch": ("watchlist", WATCHLIST.replace("from =", "form ="), ["watch", "did you mean 'from'"]),
    "an mmsi of ten digits": ("watchlist", WATCHLIST.replace("200000001", "2000000011"), ["2000000011", "nine digits"]),
    "a decoy under watch": ("watchlist", WATCHLIST + "watch = { from = 2024-01-01 }\n", ["decoys 1", "neither"]),
    "an unknown source": (
        "watchlist",
        WATCHLIST + '[sources]\nchart = "a chart"\n"a list" = "made up"\n',
        ["vessels 1 (AVOCET)", "'a made-up list'", "did you mean 'a list'"],
    ),
    "a date that is none": (
        "surge",
        SURGE + 'dated = "spring"\n',
        ["rules 2 (quiet) dated", "'spring'", "a date such as 2023-08-15"],
    ),
    "no criterion": ("surge", SURGE.replace("at_least = 7", ""), ["rules 1 (busy)", "no criterion", "at_least"]),
    "both criteria": ("surge", SURGE.replace("at_least = 7", "at_least = 7\nat_most = 1"), ["at_least and at_most"]),
    "a bad window": ("surge", SURGE.replace('"30d"', '"4w"'), ["rules 2 (quiet)", "'4w'", '"90d"']),
    "an unknown severity": ("surge", SURGE.replace('"lull"', '"lul"'), ["severity", "did you mean 'lull'"]),
    "a rule twice": ("surge", SURGE.replace("quiet", "busy"), ["rules 2 (busy)"]),
    "a surge of nothing": ("surge", SURGE.replace("at_least = 7", "at_least = 0"), ["rules 1 (busy)", "1 or more"]),
    "a lull that escalates": ("surge", SURGE + "escalates_by = 1\n", ["rules 2 (quiet)", "a lull does not escalate"]),
    "a step back": (
        "surge",
        SURGE.replace("at_least = 7", "at_least = 7\nescalates_by = -1"),
        ["rules 1 (busy)", "escalates_by = -1"],
    ),
    "highest of rolling days": ("surge", SURGE + "highest_of_months = 6\n", ["rules 2 (quiet)", "month"]),
    "a bad polygon": ("zones", ZONES.replace("[-1.4, 50.7]]]", "[-1.4, 50.9]]]"), ["feature 1 (wren)", "closed"]),
}


@pytest.mark.parametrize(("file", "text", "said"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_mistake_is_named_with_file_and_entry(tmp_path: Path, file: str, text: str, said: list[str]) -> None:
    refused = refusal(put(tmp_path, **{file: text}))
    assert refused.startswith(str(tmp_path / file))
    assert not [one for one in said if one not in refused], refused


def test_an_unknown_offensive_is_refused_where_offensives_are_listed(tmp_path: Path) -> None:
    offensives = '[[offensives]]\nkey = "spring"\nfirst_day = 2024-04-01\nsource = ["made up"]\n'
    config = put(
        tmp_path, corridor=CORRIDOR + 'offensives = "offensives.toml"\n', surge=SURGE + 'offensives = ["sprig"]\n'
    )
    (tmp_path / "offensives.toml").write_text(offensives)
    assert "did you mean 'spring'" in refusal(config)


def test_a_rule_may_name_offensives_of_a_corridor_that_lists_none(tmp_path: Path) -> None:
    corridor = load_corridor(put(tmp_path, surge=SURGE + 'offensives = ["spring"]\n'))
    assert corridor.rules.surge[1].offensives == ("spring",)


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_config_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    assert str(tmp_path) in refusal(tmp_path / name)


def test_a_binary_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corridor.toml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refusal(tmp_path / "corridor.toml")


# Settings


def test_the_flag_goes_before_the_environment_and_both_before_the_shipped(tmp_path: Path) -> None:
    flag, env = tmp_path / "a.toml", {"SEALANE_CONFIG": "b.toml"}
    assert config_path(flag, env) == flag
    assert config_path(None, env) == Path("b.toml")
    assert config_path(None, {"SEALANE_CONFIG": ""}) is None


def test_every_setting_tells_its_origin(tmp_path: Path) -> None:
    config = put(tmp_path, corridor=CORRIDOR + "[rules]\ncall_margin_km = 2\n")
    found = {one.name: one for one in settings(None, {"SEALANE_CONFIG": str(config)})}
    assert (found["config"].value, found["config"].origin) == (str(config), "env SEALANE_CONFIG")
    assert found["corridor.name"].origin == found["rules.call_margin_km"].origin == f"file {config}"
    assert (found["corridor.area"].value, found["corridor.area"].origin) == (None, "default")
    assert found["rules.call_far_km"].origin == "default"
    assert {name.removeprefix("rules.") for name in found if name.startswith("rules.")} == set(Limits.__struct_fields__)
    assert settings(config, {})[0].origin == "flag --config"


# Commands


@pytest.fixture(autouse=True)
def no_config_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEALANE_CONFIG", raising=False)


def sealane(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def test_zones_check_measures_the_shipped_zones() -> None:
    status, told, complaint = sealane("zones", "check", "--json")
    rows = msgspec.json.decode(told)["zones"]
    assert (status, complaint, len(rows)) == (0, "", 10)
    assert {"zone", "port", "kind", "role", "area_km2", "vertices", "quality", "warnings"} == set(rows[0])


def test_zones_check_reads_files_and_a_corridor(tmp_path: Path) -> None:
    config = put(tmp_path)
    for words in ([tmp_path / "zones.geojson"], ["--config", config]):
        status, told, _ = sealane("zones", "check", *words)
        assert status == 0
        assert "2 zones usable, 0 warnings" in told


def test_zones_check_refuses_a_bad_polygon_on_stderr(tmp_path: Path) -> None:
    put(tmp_path, zones=ZONES.replace("[-1.4, 50.7]]]", "[-1.4, 50.9]]]"))
    status, told, complaint = sealane("zones", "check", tmp_path / "zones.geojson")
    assert (status, told) == (1, "")
    assert "closed ring" in complaint
    assert "Traceback" not in complaint


def test_zones_check_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    status, _, complaint = sealane("zones", "check", tmp_path / "nowhere.geojson")
    assert (status, "nowhere.geojson" in complaint) == (1, True)


def test_config_show_tells_value_and_origin(tmp_path: Path) -> None:
    config = put(tmp_path, corridor=CORRIDOR + "[rules]\ncall_margin_km = 2\n")
    status, told, _ = sealane("config", "show", "--config", config, "--json")
    found = {one["name"]: one for one in msgspec.json.decode(told)["settings"]}
    assert status == 0
    assert found["rules.call_margin_km"] == {"name": "rules.call_margin_km", "value": 2.0, "origin": f"file {config}"}
    assert "call_margin_km" in sealane("config", "show", "--config", config)[1]


def test_config_show_refuses_a_typo(tmp_path: Path) -> None:
    config = put(tmp_path, corridor=CORRIDOR + "[rules]\ncall_margin = 2\n")
    status, _, complaint = sealane("config", "show", "--config", config)
    assert (status, "did you mean 'call_margin_km'" in complaint) == (1, True)


def test_a_corridor_is_a_value() -> None:
    assert isinstance(load_corridor(None), Corridor)
