"""What `import liveshop_sdk` promises: light, sorted, and the same for people and type checkers."""

import ast
import subprocess
import sys

import pytest

import liveshop_sdk
from tests.house.source import PACKAGE, Module

HEAVY = (
    "sqlalchemy",
    "alembic",
    "flask",
    "werkzeug",
    "marshmallow",
    "stripe",
    "shopify",
    "requests",
)


def test_importing_loads_nothing_heavy() -> None:
    program = (
        f"import sys, liveshop_sdk; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


def test_the_public_names_are_sorted_and_complete() -> None:
    assert liveshop_sdk.__all__ == sorted(liveshop_sdk.__all__)
    assert set(liveshop_sdk.__all__) == {*liveshop_sdk._HOMES, "__version__"}
    assert dir(liveshop_sdk) == liveshop_sdk.__all__


def test_the_typing_mirror_says_the_same() -> None:
    tree = Module(PACKAGE / "__init__.py").tree
    mirrored = {
        alias.name: node.module.removeprefix("liveshop_sdk.")
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    assert mirrored == liveshop_sdk._HOMES


@pytest.mark.parametrize("name", sorted(liveshop_sdk.__all__))
def test_a_public_name_resolves_and_is_the_same_each_time(name: str) -> None:
    assert getattr(liveshop_sdk, name) is getattr(liveshop_sdk, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = liveshop_sdk.Nothing


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
