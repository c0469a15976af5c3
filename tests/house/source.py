"""The package as text: every module parsed once, for the tests of the house."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "liveshop_sdk"

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One imported module and the line it stands on."""

    module: str
    line: int


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    path: Path

    @property
    def where(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """The child of the package it stands in: ``db``, ``money``, or ``""`` for the root."""
        return [*self.name.split("."), ""][1] if self.name != "liveshop_sdk" else ""

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    def imports(self) -> Iterator[Import]:
        """Every import in the file, wherever it stands; relative ones resolved."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                yield from self._imported_from(node)

    def _imported_from(self, node: ast.ImportFrom) -> Iterator[Import]:
        base = node.module or ""
        if node.level:
            parts = self.name.split(".")
            up = node.level - (1 if self.is_package else 0)
            base = ".".join([*parts[: len(parts) - up], *([base] if base else [])])
        for alias in node.names:
            child = f"{base}.{alias.name}"
            yield Import(child if child in module_names() else base, node.lineno)

    def definitions(self) -> Iterator[tuple[str, Definition]]:
        """Classes, functions and methods with their dotted names; not those inside functions."""
        yield from _definitions(self.tree, "")


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield prefix + child.name, child
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _definitions(child, prefix)


@cache
def module_names() -> frozenset[str]:
    return frozenset(module.name for module in package())


@cache
def package() -> tuple[Module, ...]:
    """Every module of the package."""
    return python_files("liveshop_sdk")


@cache
def python_files(*folders: str) -> tuple[Module, ...]:
    """Every Python file below the folders."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(Module(path) for path in found)


@cache
def project_files() -> tuple[Path, ...]:
    """Every file git would keep; without git, every file outside hidden and built folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
        built = {"build", "dist", "_build", "__pycache__"}
        listed = [
            name
            for name in listed
            if not any(part in built or part.startswith(".") for part in name.split("/"))
        ]
    return tuple(ROOT / name for name in listed if name and (ROOT / name).is_file())
