"""Every public name says what it gives."""

import ast
from collections.abc import Iterator

from tests.house.source import Definition, Module, package

LINE_LIMIT = 79


def test_every_public_name_has_a_docstring() -> None:
    bare = [name for name, node in _public() if not ast.get_docstring(node)]
    assert bare == []


def test_the_first_line_is_short_and_ends_as_a_sentence() -> None:
    unfinished = [
        f"{name}: {first}"
        for name, node in _public()
        if (first := (ast.get_docstring(node) or "x.").splitlines()[0])
        and (len(first) > LINE_LIMIT or first[-1] not in ".:?!")
    ]
    assert unfinished == []


def _public() -> Iterator[tuple[str, Definition | ast.Module]]:
    for module in package():
        if not module.text.strip() or _is_private(module):
            continue
        yield module.where, module.tree
        for name, node in module.definitions():
            overloaded = any("overload" in ast.dump(d) for d in node.decorator_list)
            if not overloaded and not any(part.startswith("_") for part in name.split(".")):
                yield f"{module.where}:{name}", node


def _is_private(module: Module) -> bool:
    parts = module.name.split(".")
    return "versions" in parts or any(p.startswith("_") and p != "__about__" for p in parts)
