"""Write the reference of errors from the classes themselves, one heading per code."""

import inspect
from collections.abc import Iterator
from dataclasses import fields

from docs._ext.error_remedies import REMEDIES
from liveshop_sdk import errors
from liveshop_sdk.cli.answers import USAGE, exit_code_of
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.web.refusals import http_refusal
from liveshop_sdk.web.statuses import STATUSES, status_of

HEAD = """\
# Errors

Every refusal is a `LiveShopError` with a code that never changes, typed fields and a
text. Catch the family, read the code, show the text:
[handle a refusal](../guides/handle-a-refusal.md).

Each code below is a heading, so it is its own anchor: `errors.md#link_expired`. Where a
text shows `{name}`, the error has a field of that name; a JSON answer holds the fields
in `details`, but over HTTP nothing is told of a fault on our side (5xx). HTTP and exit
code are what answers if the error comes that far.

This page is written by `python -m docs._ext` from the classes; `make test` fails when
it is out of step.
"""
WEB = """\
## Of the web alone

A request that none of the above is about. `not_found` (404) also means that there is no
such page. A refusal of your own app or of a proxy under our routes gets the code nearest
to its status.
"""
CLI = """\
## Of the command line alone
"""
_SPECIAL = {"signature_invalid": "400; 401 for Shopify"}


def families() -> list[type[LiveShopError]]:
    """Return the families, in the order of the source."""
    return _in_order(kind for kind in _all() if LiveShopError in kind.__bases__)


def members(family: type[LiveShopError]) -> list[type[LiveShopError]]:
    """Return the errors of a family by code."""
    found = (kind for kind in _all() if issubclass(kind, family) and kind is not family)
    return sorted(found, key=lambda kind: kind.code)


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for family in families():
        parts.append(_family(family))
        parts += [_error(kind) for kind in members(family)]
    parts.append(WEB)
    parts += _web_alone()
    parts += [CLI, _section("usage", "What was typed is no command.", "–", str(USAGE))]
    return "\n".join(parts)


def _all() -> list[type[LiveShopError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    return [kind for kind in found if issubclass(kind, LiveShopError)]


def _in_order(kinds: Iterator[type[LiveShopError]]) -> list[type[LiveShopError]]:
    return sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])


def _family(family: type[LiveShopError]) -> str:
    codes = " · ".join(f"[`{kind.code}`](#{kind.code})" for kind in members(family))
    return (
        f"## {family.code}\n\n{_says(family)} `{family.__name__}`, HTTP {STATUSES[family]}.\n\n"
        f"{codes}\n"
    )


def _error(kind: type[LiveShopError]) -> str:
    names = ", ".join(f"`{field.name}`" for field in fields(kind))
    facts = f"`{kind.__name__}`" + (f" · fields {names}" if names else "")
    text = kind.text.replace("\n", " ")
    return _section(
        kind.code, _says(kind), _status(kind), str(exit_code_of(_blank(kind))), facts, text
    )


def _web_alone() -> list[str]:
    told = {
        refusal.code: (refusal.message, str(refusal.status))
        for refusal in map(http_refusal, (400, 403, 405, 413, 415, 416, 500))
    }
    told["fields_invalid"] = ("Some fields are wrong. See details.", "400")
    told["install_outdated"] = ("An installation that this browser did not begin.", "403")
    told["form_outdated"] = ("A form of the sandbox that is too old, or not from its page.", "403")
    return [_section(code, text, status, "–") for code, (text, status) in sorted(told.items())]


def _section(
    code: str, when: str, status: str, exit_code: str, facts: str = "", text: str = ""
) -> str:
    lines = [f"### {code}", "", when, "", f"- Do: {REMEDIES[code]}"]
    lines.append(f"- HTTP {status} · exit code {exit_code}" + (f" · {facts}" if facts else ""))
    if text:
        lines.append(f"- Text: `{text}`" if "`" not in text else f"- Text: `` {text} ``")
    return "\n".join([*lines, ""])


def _says(kind: type[LiveShopError]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _status(kind: type[LiveShopError]) -> str:
    return _SPECIAL.get(kind.code) or str(status_of(_blank(kind)))


def _blank(kind: type[LiveShopError]) -> LiveShopError:
    """Return an error without values: tables look at the class alone."""
    return kind.__new__(kind)
