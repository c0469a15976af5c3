"""Every test by which the reference shows that something holds is there."""

import ast
import re

from tests.house.source import ROOT

PAGE = (ROOT / "docs/reference/invariants.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?!what always holds)([^|]*[^|-][^|]*) \| (.+) \|$", re.M)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def _names_in(path: str) -> set[str]:
    file = ROOT / "tests" / path
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_named_there_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) == PAGE.count("::")
    assert [f"{path}::{name}" for path, name in named if name not in _names_in(path)] == []


def test_every_row_names_a_test() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) == 35
    assert [what for what, shown in rows if not NAMED.search(shown)] == []
