"""The files of deploy/: held to their linters, which find what is wrong, and to the names that the project gives."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.cli.supervise import _in_file
from tests.core.test_documents import COMMANDS

pytestmark = pytest.mark.shell

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCS = "".join(file.read_text() for file in (ROOT / "docs").glob("*.md"))
METRIC = re.compile(r"\bsealane_[a-z_]+\b")


def lint(folder: Path, part: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "lint", part], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", ["docker", "compose", "kubernetes", "systemd", "prometheus", "yaml"])
def test_every_part_is_as_its_linter_wants_it(part: str):
    found = lint(DEPLOY, part)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("part", "file", "right", "wrong"),
    [
        ("docker", "Dockerfile", "USER 10001:10001", "USER root"),
        ("compose", "compose.yaml", "read_only:", "readonly:"),
        ("kubernetes", "kubernetes/desk.yaml", "runAsNonRoot:", "runAsNobody:"),
        ("systemd", "systemd/sealane-desk.service", "RestartSec=2", "RestartSecs=2"),
        ("systemd", "systemd/sealane-workers.service", "SystemCallFilter=", "#"),
        ("prometheus", "monitoring/rules.yml", "> 90", "> > 90"),
        ("prometheus", "monitoring/rules.yml", "> 90", "> 190"),
        ("prometheus", "monitoring/alertmanager.yml", "receiver: on-call", "receiver: nobody"),
        ("yaml", "kubernetes/namespace.yaml", "kind: Namespace", "kind:  Namespace"),
    ],
)
def test_a_linter_finds_a_defect(part: str, file: str, right: str, wrong: str, tmp_path: Path):
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    defect = tmp_path / "deploy" / file
    text = defect.read_text()
    assert right in text
    defect.write_text(text.replace(right, wrong))
    found = lint(tmp_path / "deploy", part)
    assert found.returncode == 1
    assert f"{part} is not as it must be" in found.stderr


# What they start


def arguments(part: Any) -> Iterator[list[str]]:
    """What every container of a document is started with."""
    match part:
        case dict():
            for key, each in part.items():
                if key in ("args", "command") and isinstance(each, list):
                    yield [str(word) for word in each]
                else:
                    yield from arguments(each)
        case list():
            for each in part:
                yield from arguments(each)


def started() -> list[list[str]]:
    """Every command line of sealane's in deploy/."""
    files = [DEPLOY / "compose.yaml", *(DEPLOY / "kubernetes").glob("*.yaml")]
    found = [words for file in files for each in yaml.safe_load_all(file.read_text()) for words in arguments(each)]
    for unit in (DEPLOY / "systemd").glob("*.service"):
        found += [line.split()[1:] for line in unit.read_text().splitlines() if line.startswith("ExecStart=")]
    return [words for words in found if words[0] not in ("redis-server", "CMD-SHELL", "CMD")]


@pytest.mark.parametrize("words", started(), ids=" ".join)
def test_every_command_that_is_started_exists_with_its_options(words: list[str]):
    line = f"sealane {' '.join(words)} "
    command = COMMANDS[max((path for path in COMMANDS if line.startswith(f"{path} ")), key=len)]
    known = {option for each in command.params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_workers_of_the_systemd_host_are_such_as_can_be_supervised():
    wanted = {each.worker: each.count for each in _in_file(DEPLOY / "systemd" / "workers.toml")}
    assert wanted == {"ingest": 1, "follow": 2, "judge": 1, "relay": 1}
    scraped = yaml.safe_load((DEPLOY / "monitoring" / "prometheus.yml").read_text())["scrape_configs"][0]
    assert len(scraped["static_configs"][0]["targets"]) == sum(wanted.values())


def test_every_container_may_write_nothing_and_is_nobody():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name in compose.keys() - {"redis", "kafka"}:
        assert compose[name]["read_only"] is True
        assert compose[name]["cap_drop"] == ["ALL"]
        assert compose[name]["user"] == "10001:10001"
    for file in ("workers", "desk", "notify", "topics"):
        for each in yaml.safe_load_all((DEPLOY / "kubernetes" / f"{file}.yaml").read_text()):
            if each["kind"] == "Service":
                continue
            spec = each["spec"]["template"]["spec"]
            assert spec["securityContext"]["runAsNonRoot"] is True
            for container in spec["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert container["resources"]["limits"]["memory"]


# What they look at


@pytest.mark.parametrize("name", ["rules.yml", "rules_test.yml", "dashboard.json"])
def test_every_metric_they_look_at_is_one_of_ours(name: str):
    used = set(METRIC.findall((DEPLOY / "monitoring" / name).read_text()))
    explained = set(METRIC.findall(DOCS))
    assert used
    assert used <= explained


def test_every_panel_of_the_dashboard_asks_something_and_says_its_unit():
    panels = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["targets"][0]["expr"]
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_passwords_in_examples_are_there_to_be_changed():
    for file in (*DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.env"), DEPLOY / "env.example"):
        for password in re.findall(r"redis[s]?://\w+:([^@$]+)@|PASSWORD: (\S+)", file.read_text()):
            assert "".join(password) in ("change-me", "PASSWORD"), file.name
