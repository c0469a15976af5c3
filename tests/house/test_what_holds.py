"""Every test by which the reference shows that something holds is there."""

import ast
import re

import pytest

from tests.house.source import ROOT

# Rows of each page, counted: one that is lost to a wrong bar would go unseen.
PAGES = {"invariants": 38, "shopify": 94, "stripe": 96}
HEAD = re.compile(r"^\| what (always )?holds \|")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
INSTEAD = re.compile(r"not (used|testable here): \w.{15,}")
"""What stands in place of a test: why there is none."""


def page(name: str) -> str:
    return (ROOT / f"docs/reference/{name}.md").read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """Return the cells of each row, without heads and the lines below them."""
    lines = [line for line in page(name).splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines if not HEAD.match(line)]


def _names_in(path: str) -> set[str]:
    file = ROOT / "tests" / path
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", PAGES)
def test_every_test_named_there_exists(name: str) -> None:
    named = NAMED.findall(page(name))
    assert len(named) == page(name).count("::")
    assert [f"{path}::{test}" for path, test in named if test not in _names_in(path)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_row_names_a_test_or_says_why_there_is_none(name: str) -> None:
    found = rows(name)
    assert len(found) == PAGES[name]
    assert {len(cells) for cells in found} == ({2} if name == "invariants" else {3})
    without = [cells for cells in found if not NAMED.search(cells[-1])]
    assert name != "invariants" or without == []
    assert [cells for cells in without if not INSTEAD.fullmatch(cells[-1])] == []
