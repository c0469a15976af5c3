"""The project is whole, and speaks only of itself."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.source import ROOT, project_files

ENTRIES = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    ".ci/run",
    "docs/index.md",
    "docs/decisions",
    "examples/flask_store",
    "liveshop_sdk/affiliate",
    "liveshop_sdk/checkout",
    "liveshop_sdk/py.typed",
    "pyproject.toml",
    "requirements/dev.txt",
    "tests",
]

# Written in two halves, so that this file passes its own test.
FOREIGN = {
    "a package index": "pyp" + r"i\.org|python" + r"hosted\.org|registry\.npm" + r"js\.org",
    "a path of one machine": r"(?<![\w.])/(?:work|ro" + r"ot|home/\w+|Users/\w+)/|file:/" + "//",
    "a neighbouring folder": r"\.\./sha" + r"red",
    "a private key": "-----BEGIN [A-Z ]*PRIV" + "ATE KEY",
    "a live credential": r"\b[sr]k_li" + r"ve_[0-9A-Za-z]{16,}|\bshp(?:at|ss)_[0-9a-f]{3" + "2}",
}
# The one place that looks beside the project, for simulators it does not contain.
MAY_LOOK_ASIDE = {".ci/run"}


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_people_look_for_exists(entry: str) -> None:
    assert (ROOT / entry).exists()


@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_file_holds(foreign: str) -> None:
    pattern = re.compile(FOREIGN[foreign])
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        if path.relative_to(ROOT).as_posix() not in MAY_LOOK_ASIDE
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_scripts_and_entry_points_lead_somewhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = [*project["scripts"].values()]
    targets += [target for group in project["entry-points"].values() for target in group.values()]
    for target in targets:
        module = ROOT / target.split(":")[0].replace(".", "/")
        assert module.with_suffix(".py").is_file() or (module / "__init__.py").is_file(), target


def test_decisions_are_numbered_without_gaps() -> None:
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    titles = [path.read_text(encoding="utf-8").split(". ")[0] for path in records]
    assert titles == [f"# {number}" for number in range(1, len(records) + 1)]


def test_change_fragments_have_a_known_kind() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    kinds = {kind["directory"] for kind in config["tool"]["towncrier"]["type"]}
    fragments = [
        p for p in (ROOT / "changes").iterdir() if p.name not in {"README.md", ".gitignore"}
    ]
    assert {path.name.split(".")[-2] for path in fragments} <= kinds


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
