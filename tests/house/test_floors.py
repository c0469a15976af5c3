"""Who may import what: the rules that go by file name, beside those of import-linter."""

import ast
import tomllib

import pytest

from tests.house.source import ROOT, Module, package

# A library -> who may import it, and in which files everybody may.
HOMES = {
    "sqlalchemy": ({"db", "events"}, {"tables.py", "store.py", "triggers.py"}),
    "alembic": ({"db"}, set[str]()),
    "psycopg": ({"db"}, {"store.py"}),
    "pysqlite3": ({"db"}, set[str]()),
    "flask": ({"web", "cli"}, set[str]()),
    "werkzeug": ({"web", "cli"}, set[str]()),
    "click": ({"cli"}, set[str]()),
    "marshmallow": ({"web", "platforms"}, set[str]()),
    "stripe": ({"platforms"}, set[str]()),
    "shopify": ({"platforms"}, set[str]()),
    "pyactiveresource": ({"platforms"}, set[str]()),
    "requests": ({"platforms"}, set[str]()),
    "pytest": ({"testing"}, set[str]()),
    "responses": ({"testing"}, set[str]()),
}
ADAPTERS = {"sandbox", "shopify", "stripe"}


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_in_its_rooms(library: str) -> None:
    rooms, files = HOMES[library]
    strangers = [
        f"{module.where}:{found.line}"
        for module in package()
        for found in module.imports()
        if found.module.split(".")[0] == library
        and module.room not in rooms
        and module.path.name not in files
    ]
    assert strangers == []


@pytest.mark.parametrize(("library", "room"), [("stripe", "stripe"), ("shopify", "shopify")])
def test_a_vendor_is_known_to_its_own_adapter_only(library: str, room: str) -> None:
    strangers = [
        f"{module.where}:{found.line}"
        for module in package()
        for found in module.imports()
        if found.module.split(".")[0] == library
        and not module.name.startswith(f"liveshop_sdk.platforms.{room}")
    ]
    assert strangers == []


def test_adapters_know_nothing_of_each_other() -> None:
    strangers = [
        f"{module.where}:{found.line}"
        for module in package()
        if (own := _adapter(module.name))
        for found in module.imports()
        if _adapter(found.module) not in {"", own}
    ]
    assert strangers == []


def _adapter(name: str) -> str:
    parts = [*name.split("."), "", ""]
    return parts[2] if parts[1] == "platforms" and parts[2] in ADAPTERS else ""


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
    # be imported late only where a choice is made: cli and shop.
    late = [
        f"{module.where}:{node.lineno}"
        for module in package()
        if module.room not in {"cli", "shop"}
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("liveshop_sdk")
    ]
    assert late == []


def test_every_room_stands_on_a_floor() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    floors = {
        room.strip(" ()")
        for contract in contracts
        if contract["type"] == "layers"
        for layer in contract["layers"]
        for room in layer.split("|")
    }
    assert {module.room for module in package()} - floors <= {"", "__about__"}


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
