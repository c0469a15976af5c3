"""The guide to testing: its tests pass under pytest, its commands answer what they say."""

import os
import re
from pathlib import Path

import pytest

import liveshop_sdk.testing  # noqa: F401 - loaded here, so that tests inside need not
from tests.docs import test_console as console
from tests.house.source import ROOT

pytest_plugins = ["pytester"]

PAGE = (ROOT / "docs/guides/testing.md").read_text(encoding="utf-8")
PLUGIN = ("-p", "no:liveshop", "-p", "liveshop_sdk.pytest_plugin", "-p", "no:cacheprovider")


def test_its_test_file_passes(pytester: pytest.Pytester) -> None:
    files = re.findall(r"^```python\n# (test_\w+)\.py\n(.*?)^```", PAGE, re.M | re.S)
    assert [name for name, _ in files] == ["test_my_shop"]
    pytester.makepyfile(**dict(files))
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=2)


def test_its_fixtures_are_those_there_are(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_inprocess(*PLUGIN, "--fixtures").stdout.str()
    there = set(re.findall(r"^(liveshop_\w+) -- ", listed, re.M))
    assert set(re.findall(r"^\| `(liveshop_\w+)` ", PAGE, re.M)) == there


def test_its_commands_answer_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LIVESHOP_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    reader = console.Reader(console.PAGE_BASE)
    for command, told in console._commands(PAGE):
        reader.follow(command, told)
    assert reader.count == 7
