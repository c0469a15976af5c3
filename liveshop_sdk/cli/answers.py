"""What a command answers, written for people or as one JSON document."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import click

from liveshop_sdk.checkout.ports import Finding
from liveshop_sdk.clock import parse_iso, to_iso
from liveshop_sdk.errors import (
    BrandAmbiguousError,
    ConfigurationError,
    LiveShopError,
    MigrationNeededError,
    TamperedError,
)
from liveshop_sdk.money import Money

DONE, REFUSED, USAGE, DIFFERENCE = 0, 1, 2, 3
"""The exit codes; there are no others."""

EXIT_CODES: Mapping[type[LiveShopError], int] = MappingProxyType(
    {
        LiveShopError: REFUSED,
        BrandAmbiguousError: USAGE,
        ConfigurationError: USAGE,
        # Nothing that was typed or set is wrong; the schema is behind.
        MigrationNeededError: REFUSED,
        TamperedError: DIFFERENCE,
    }
)
"""What an error ends with; the nearest base class counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found out.

    Attributes:
        document: What ``--json`` prints.
        text: What is printed otherwise; empty prints nothing.
        exit_code: ``DONE``, ``REFUSED`` or ``DIFFERENCE``.
    """

    document: Mapping[str, Any]
    text: str = ""
    exit_code: int = DONE


def write(answer: Answer, *, as_json: bool) -> None:
    """Write an answer to stdout in the form that was asked for."""
    if as_json:
        write_document(answer.document)
    elif answer.text:
        click.echo(answer.text.encode("utf-8", "backslashreplace").decode())


def write_document(document: Mapping[str, Any]) -> None:
    """Write one JSON document to stdout; half a character becomes an escape."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def refuse(error: LiveShopError, *, as_json: bool) -> int:
    """Write an error where it belongs and return the exit code of its family."""
    if as_json:
        write_document(error_document(error.code, str(error), error.details()))
    click.echo(f"{error.code}: {error}", err=True)
    return exit_code_of(error)


def refuse_usage(error: click.ClickException) -> None:
    """Write what click refused as a document; its text is written by click."""
    write_document(error_document("usage", error.format_message(), {}))


def error_document(code: str, message: str, details: Mapping[str, object]) -> dict[str, Any]:
    """Return the JSON shape of a refusal."""
    plain = {
        name: value if isinstance(value, str | int | None) else to_iso(value)  # type: ignore[arg-type]
        for name, value in details.items()
    }
    return {"error": {"code": code, "message": message, "details": plain}}


def exit_code_of(error: LiveShopError) -> int:
    """Return 2 for what must be configured or said, 3 for contradictions, else 1."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def table(rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """Align rows in columns, two spaces apart.

    Args:
        right: The columns whose cells stand on the right, as amounts do.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
    return "\n".join(lines)


def finding_rows(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Return the rows of a table of findings; a problem is followed by its fix."""
    rows = []
    for finding in findings:
        first, *rest = finding.text.splitlines() or [""]
        rows.append(("ok" if finding.ok else "PROBLEM", finding.name, first))
        rows += [("", "", line) for line in rest]
        if finding.fix and not finding.ok:
            rows.append(("", "", f"fix: {finding.fix}"))
    return rows


def listing(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str, right: Sequence[int] = ()
) -> str:
    """Return a table under its heads, or one line that says there is nothing."""
    return table([heads, *rows], right=right) if rows else empty


def instant(at: datetime | str | None) -> str:
    """Write an instant for people, to the second; documents keep it exact."""
    if at is None:
        return ""
    return to_iso((parse_iso(at) if isinstance(at, str) else at).replace(microsecond=0))


def money(amount: int, currency: str) -> str:
    """Write an amount for people: ``49.90 EUR``."""
    return str(Money(amount, currency))
