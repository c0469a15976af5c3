"""Who may import what: the rules that import-linter has no words for."""

import ast
import sys
import tomllib
from typing import Any

from tests.house.source import ROOT, Module, package

# Libraries without IO, which every room may use; the others have their contracts.
ROOMLESS = {"cryptography", "itsdangerous", "segno"}


def test_nothing_inside_imports_the_root() -> None:
    up = [
        f"{module.where}:{found.line}"
        for module in package()
        for found in module.imports()
        if found.module == "liveshop_sdk"
    ]
    assert up == []


def test_no_type_checking_back_door_outside_the_root() -> None:
    doors = [
        f"{module.where}:{node.lineno}"
        for module in package()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
        and "TYPE_CHECKING" in ast.unparse(node)
        and module.name != "liveshop_sdk"
    ]
    assert doors == []


def test_no_import_cycles_typing_imports_included() -> None:
    edges = {
        module.name: {found.module for found in module.imports()} - {module.name}
        for module in package()
        if module.name != "liveshop_sdk"
    }
    assert _cycle(edges) == []


def test_imports_of_our_own_stand_at_the_top() -> None:
    # A vendor may be imported late to keep start-up light; our own modules may
    # be imported late only where a choice is made, cli and shop, and in the
    # plugin, which runs of pytest load that never make a shop.
    late = [
        f"{module.where}:{node.lineno}"
        for module in package()
        if module.room not in {"cli", "pytest_plugin", "shop"}
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("liveshop_sdk")
    ]
    assert late == []


def test_every_room_stands_on_a_floor() -> None:
    floors = {
        room.strip(" ()")
        for contract in _contracts("layers")
        for layer in contract["layers"]
        for room in layer.split("|")
    }
    assert {module.room for module in package()} - floors <= {"", "__about__", "__main__"}


def test_every_library_has_its_rooms() -> None:
    roots = {found.module.split(".")[0] for module in package() for found in module.imports()}
    libraries = roots - {"liveshop_sdk"} - sys.stdlib_module_names
    held = {name for one in _contracts("protected") for name in one["protected_modules"]}
    assert libraries - held == ROOMLESS


def _contracts(kind: str) -> list[dict[str, Any]]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    return [contract for contract in contracts if contract["type"] == kind]


def _cycle(edges: dict[str, set[str]]) -> list[str]:
    """Return one cycle, or nothing."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(edges.get(name, ())):
            if found := walk(target, [*path, name]):
                return found
        done.add(name)
        return []

    for start in sorted(edges):
        if found := walk(start, []):
            return found
    return []


def test_the_cycle_finder_finds_one() -> None:
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert _cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_an_import_in_a_package_is_resolved() -> None:
    module = next(m for m in package() if m.name == "liveshop_sdk.errors")
    assert isinstance(module, Module)
    assert (module.room, module.where) == ("errors", "liveshop_sdk/errors/__init__.py")
