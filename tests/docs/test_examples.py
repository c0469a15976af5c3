"""Every Python example runs: in the README, in the docs, in the docstrings."""

import doctest
import importlib
import re
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import DocTestDirectiveParser, PythonCodeBlockParser, SkipParser
from sybil.typing import Parser

from tests.house.source import ROOT, Module, package

PAGES = [
    path
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if "_build" not in path.parts
    and re.search(
        r"^(?:```|:::)\{?(?:python|doctest|code-block)", path.read_text(encoding="utf-8"), re.M
    )
]
DOCSTRINGS = [module for module in package() if ">>>" in module.text]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run examples where a reader would: an empty folder, nothing configured."""
    monkeypatch.chdir(tmp_path)
    for name in ("LIVESHOP_DATABASE_URL", "LIVESHOP_PLATFORM", "LIVESHOP_SECRET_KEYS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page_run_in_order(page: Path) -> None:
    parsers: list[Parser] = [
        PythonCodeBlockParser(doctest_optionflags=FLAGS),
        DocTestDirectiveParser(optionflags=FLAGS),
        SkipParser(),
    ]
    document = Sybil(parsers=parsers, path=str(ROOT)).parse(page)
    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("module", DOCSTRINGS, ids=lambda module: module.where)
def test_the_examples_in_docstrings_run(module: Module) -> None:
    found = doctest.testmod(importlib.import_module(module.name), optionflags=FLAGS)
    assert found.attempted > 0
    assert found.failed == 0
