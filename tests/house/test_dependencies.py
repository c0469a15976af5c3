"""What is declared is used, what is used is declared, and the lock covers it."""

import re
import sys
import tomllib
from functools import cache

import pytest

from tests.house.source import ROOT, python_files

# Distribution -> the name it is imported by.
REQUIRED = {
    "flask": "flask",
    "marshmallow": "marshmallow",
    "stripe": "stripe",
    "shopifyapi": "shopify",
    "itsdangerous": "itsdangerous",
    "responses": "responses",
    "pytest": "pytest",
}
IMPORTED_AS = {**REQUIRED, "psycopg": "psycopg", "flask-smorest": "flask_smorest"}
# Used without being imported: zoneinfo falls back to it where the system has no time zones.
SILENT = {"tzdata"}
# Imported, but only where an extra or another dependency surely brings it.
BROUGHT_ALONG = {
    "werkzeug": "flask",
    "markupsafe": "flask",
    "jinja2": "flask",
    "urllib3": "requests",
    "webargs": "flask-smorest",
}


@cache
def _project() -> dict[str, dict[str, object]]:
    config: dict[str, dict[str, object]] = tomllib.loads(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    return config


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in requirements}


def _core() -> set[str]:
    return _names(_project()["project"]["dependencies"])  # type: ignore[arg-type]


def _extras() -> set[str]:
    extras: dict[str, list[str]] = _project()["project"]["optional-dependencies"]  # type: ignore[assignment]
    return {name for lines in extras.values() for name in _names(lines)}


@cache
def _imported(*folders: str) -> frozenset[str]:
    return frozenset(
        found.module.split(".")[0] for file in python_files(*folders) for found in file.imports()
    )


@pytest.mark.parametrize(("distribution", "module"), REQUIRED.items())
def test_a_required_package_is_declared_and_imported(distribution: str, module: str) -> None:
    assert distribution in _core() | _extras()
    assert module in _imported("liveshop_sdk", "tests")


@pytest.mark.parametrize("distribution", sorted(_core() - SILENT))
def test_nothing_is_declared_that_is_not_used(distribution: str) -> None:
    assert IMPORTED_AS.get(distribution, distribution) in _imported("liveshop_sdk")


def test_nothing_is_used_that_is_not_declared() -> None:
    declared = {IMPORTED_AS.get(name, name) for name in _core() | _extras()}
    known = declared | set(sys.stdlib_module_names) | {"liveshop_sdk"}
    strangers = _imported("liveshop_sdk") - known
    assert {name for name in strangers if BROUGHT_ALONG.get(name) not in _core()} == set()


def test_the_lock_pins_and_hashes_everything_declared() -> None:
    lock = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9][a-z0-9.-]*)==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE)
    assert _core() | _extras() - {"pysqlite3"} <= set(pins)
    assert len(pins) == len(re.findall(r"^[a-z0-9].*==", lock, re.MULTILINE))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_the_lock_names_no_host_and_no_folder(path: object) -> None:
    text = (ROOT / "requirements" / str(path)).read_text(encoding="utf-8")
    assert re.findall(r"(?m)^.*(?:://|--index|--find-links|--extra|@ file).*$", text) == []
