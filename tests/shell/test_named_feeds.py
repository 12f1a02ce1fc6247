"""Feeds named in the corridor's file: heard by a run without an option, each under its own name."""

import json
from pathlib import Path

import pytest

from geofences.errors import BadReference
from streams.corridor.config import feeds_beside, read_config
from streams.corridor.corridor import load_corridor
from streams.demo.files import write_corridor
from streams.feeds.named import Desk, feeds_of
from tests.shell import commands

FEEDS = """
[[feeds]]
kind = "stdin"
name = "receiver-1"
silent_after_s = 600

[[feeds]]
kind = "folder"
address = "kept"

[[feeds]]
kind = "aisstream"
name = "free"
"""


@pytest.fixture
def config(home: Path) -> Path:
    return write_corridor(home / "corridor")


def named(config: Path, text: str) -> Path:
    config.write_text(config.read_text() + text)
    return config


def test_each_is_heard_under_its_own_name_and_paths_are_beside_the_file(config: Path):
    read = feeds_beside(config, read_config(named(config, FEEDS)))
    told: list[str] = []
    desk = Desk(chart=load_corridor(config).rules.chart, env={"SEALANE_AISSTREAM_KEY": "made-up"}, tell=told.append)
    names = [feed.name for each in read for feed in feeds_of(each, desk)]
    assert names == ["receiver-1", f"folder:{config.parent / 'kept'}", "free", "free:radios"]


def test_a_run_hears_them_and_sealane_feeds_tells_how_they_were(config: Path, recording: Path):
    named(config, '\n[[feeds]]\nkind = "stdin"\nname = "receiver-1"\n')
    status, _, said = commands.process("run", "--config", config, "--json", given=recording.read_bytes())
    assert status == 0, said
    status, out, said = commands.process("feeds", "--config", config, "--json")
    assert status == 0, said
    (health,) = json.loads(out)
    assert (health["name"], health["has_ended"], health["silent"]) == ("receiver-1", True, False)
    assert health["sentences"] > 0
    status, out, _ = commands.process("feeds", "--config", config)
    assert out.startswith("receiver-1  ended  last sentence ")
    status, out, _ = commands.process("config", "show", "--config", config, "--json")
    assert {"name": "feeds.1", "value": "stdin receiver-1", "origin": f"file {config}"} in json.loads(out)["settings"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[feeds]]\nkind = "telegraph"\n', "telegraph"),
        ('[[feeds]]\nkind = "tcp"\nadress = "x:1"\n', "adress"),
        ('[[feeds]]\nkind = "stdin"\nname = "a b"\n', "a name of its own"),
        ('[[feeds]]\nkind = "stdin"\nname = "a"\n[[feeds]]\nkind = "udp"\nname = "a"\n', "a name of its own"),
        ('[[feeds]]\nkind = "stdin"\nsilent_after_s = 0\n', "more than 0"),
        ('[[feeds]]\nkind = "stdin"\noption = "--x"\n', "option"),
    ],
)
def test_a_mistake_in_one_is_told_in_words(config: Path, text: str, said: str):
    with pytest.raises(BadReference, match=said):
        read_config(named(config, "\n" + text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[feeds]]\nkind = "tcp"\n', "no address"),
        ('[[feeds]]\nkind = "udp"\naddress = "nowhere"\n', "HOST:PORT"),
        ('[[feeds]]\nkind = "folder"\naddress = "corridor.toml"\n', "a file is --file"),
        ('[[feeds]]\nkind = "aisstream"\n', "no SEALANE_AISSTREAM_KEY"),
    ],
)
def test_one_that_cannot_be_heard_is_told_before_the_run(config: Path, text: str, said: str):
    (read,) = feeds_beside(config, read_config(named(config, "\n" + text)))
    with pytest.raises(BadReference, match=said):
        feeds_of(read, Desk(chart=load_corridor(config).rules.chart, env={}, tell=print))
