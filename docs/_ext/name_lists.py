"""List the names that a page of the reference documents, one line each.

The directives of a page say what is public on it; only a built page shows
them. The list between the marks says the same to whoever reads the source.
"""

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

BEGIN, END = "<!-- names -->\n", "<!-- end of names -->\n"
_MARKED = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.S)
_PART = re.compile(
    r"^## (?P<heading>.+)$"
    r"|^\.\. auto(?P<kind>class|function|module):: (?P<target>\S+)\n(?P<options>(?:   :.*\n)*)",
    re.M,
)

# How a shop's rooms are reached; everything else is called by its own name.
_REACHED_AS = {
    "Brands": "shop.brands",
    "Products": "shop.products",
    "Creators": "shop.creators",
    "Streams": "shop.streams",
    "Coupons": "shop.coupons",
    "Links": "shop.links",
    "Finance": "shop.ledger",
    "Exports": "shop.exports",
    "Proofs": "shop.proofs",
    "Releases": "shop.releases",
    "Statements": "shop.statements",
    "Payouts": "shop.payouts",
    "Periods": "shop.periods",
    "Adjustments": "shop.adjustments",
    "Seeding": "shop.seeding",
    "Fx": "shop.fx",
    "Keys": "shop.keys",
    "Privacy": "shop.privacy",
    "WebhookEndpoints": "shop.webhooks",
}


def with_names(page: str) -> str:
    """Return a page with its list of names as the directives have it now."""
    lines = ["", "| name | |", "|---|---|"]
    lines += [f"| `{name}` | {says} |" for name, says in names(_MARKED.sub("", page))]
    return _MARKED.sub(lambda _: BEGIN + "\n".join(lines) + "\n\n" + END, page)


def names(page: str) -> Iterator[tuple[str, str]]:
    """Yield each documented name with the first line of its docstring."""
    for part in _PART.finditer(page):
        if part["kind"] == "module":
            yield from _of_module(import_module(part["target"]), part["options"])
        elif part["kind"]:
            yield from _of_target(part["target"], part["options"])


def _of_module(module: ModuleType, options: str) -> Iterator[tuple[str, str]]:
    prefix = f"{module.__name__.rpartition('.')[2]}." if "upgrade" in options else ""
    for name in _chosen(options) or _defined_in(module):
        value = getattr(module, name)
        yield f"{prefix}{name}", _says(value)
        if inspect.isclass(value):
            yield from _members(name, value, _public(value, inherited=False))


def _of_target(target: str, options: str) -> Iterator[tuple[str, str]]:
    home, _, name = target.rpartition(".")
    value = getattr(import_module(home), name)
    called, says = _REACHED_AS.get(name, name), _says(value)
    if not says.startswith("What `shop."):
        yield called, says
    chosen = _chosen(options)
    if not chosen and ":members:" in options:
        chosen = _public(value, inherited=":inherited-members:" in options)
    yield from _members(called, value, chosen)


def _members(called: str, value: Any, chosen: list[str]) -> Iterator[tuple[str, str]]:
    for member in chosen:
        yield f"{called}.{member}", _says(inspect.getattr_static(value, member))


def _chosen(options: str) -> list[str]:
    found = re.search(r":members: (.+)", options)
    return [name.strip() for name in found[1].split(",")] if found else []


def _defined_in(module: ModuleType) -> list[str]:
    found = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]
    return sorted(found, key=lambda name: inspect.getsourcelines(getattr(module, name))[1])


def _public(value: Any, *, inherited: bool) -> list[str]:
    homes = [home for home in value.__mro__ if home is not object] if inherited else [value]
    found: dict[str, None] = {}
    for home in homes:
        for name, member in vars(home).items():
            if not name.startswith("_") and _is_call(member):
                found[name] = None
    return list(found)


def _is_call(member: object) -> bool:
    kinds = (property, classmethod, staticmethod, cached_property)
    return inspect.isfunction(member) or isinstance(member, kinds)


def _says(value: Any) -> str:
    text = (inspect.getdoc(value) or "").partition("\n")[0]
    return text.replace("``", "`").replace("|", r"\|")
