"""Wise's file for paying many, or the template that a customer downloaded.

At most 1,000 transfers a file. Columns are never renamed: the account columns
vary by currency, so a template is filled by its own heading line
(wise.com/help, articles on batch payments).
"""

import csv
import io
from collections.abc import Mapping, Sequence

from liveshop_sdk.affiliate.payouts.files import cells
from liveshop_sdk.affiliate.payouts.files.iban import compact, iban_problem
from liveshop_sdk.affiliate.payouts.files.values import FileItem, PayoutFile
from liveshop_sdk.errors import PayoutFileInvalidError, PayoutRowRefusedError
from liveshop_sdk.money import exponent_of

RAIL = "wise"
ROWS = 1_000
FIELDS = ("name", "email", "type", "iban")
"""A payee; a template may ask for more, each under the name of its column."""

COLUMNS = (
    "name",
    "recipientEmail",
    "paymentReference",
    "receiverType",
    "amountCurrency",
    "amount",
    "sourceCurrency",
    "targetCurrency",
    "IBAN",
)
_TYPES = ("PERSON", "INSTITUTION")
_LIMIT = 255


def check_payee(creator: str, payee: Mapping[str, str]) -> None:
    """Refuse a payee that no file can carry.

    Raises:
        PayoutRowRefusedError: Naming the creator and the field.
    """
    for field in payee:
        cells.optional(creator, payee, field, limit=_LIMIT)
    _recipient(creator, payee)


def wise_files(
    items: Sequence[FileItem], *, pay_from: str | None = None, template: bytes | None = None
) -> tuple[PayoutFile, ...]:
    """Return the files that pay these items, each of at most 1,000 rows.

    Args:
        pay_from: The currency of the balance that pays; that of the items by
            default. What arrives is always the items' amount.
        template: A file from Wise; only its heading line is read and kept.

    Raises:
        PayoutFileInvalidError: No item, one twice, two currencies, or a
            template without the columns that every payment needs.
        PayoutRowRefusedError: A row that the format cannot carry as it is.
    """
    cells.total(RAIL, items)
    if pay_from is not None:
        exponent_of(pay_from)
    columns, delimiter = (COLUMNS, ",") if template is None else _headings(template)
    rows = [_row(item, columns, pay_from or item.amount.currency) for item in items]
    files = []
    for at in range(0, len(items), ROWS):
        part = items[at : at + ROWS]
        lines = [columns, *rows[at : at + ROWS]]
        files.append(
            PayoutFile(
                content=cells.csv_bytes(lines, delimiter=delimiter),
                media_type="text/csv",
                item_ids=tuple(item.item_id for item in part),
                total=cells.total(RAIL, part),
            )
        )
    return tuple(files)


def _headings(template: bytes) -> tuple[tuple[str, ...], str]:
    """Return the columns of a downloaded template and what separates them."""
    try:
        first = template[:65536].decode("utf-8-sig", errors="strict").splitlines()[0]
    except (UnicodeDecodeError, IndexError):
        raise PayoutFileInvalidError(
            rail=RAIL, problem="the template has no heading line in UTF-8"
        ) from None
    delimiter = ";" if first.count(";") > first.count(",") else ","
    columns = tuple(next(csv.reader(io.StringIO(first), delimiter=delimiter), []))
    missing = {"amount", "targetCurrency", "amountCurrency"} - set(columns)
    if not {"name", "recipientId"} & set(columns):
        missing.add("name")
    if missing or len(set(columns)) < len(columns):
        problem = f"lacks {', '.join(sorted(missing))}" if missing else "has a column twice"
        raise PayoutFileInvalidError(rail=RAIL, problem=f"the template {problem}")
    return columns, delimiter


def _row(item: FileItem, columns: Sequence[str], pay_from: str) -> tuple[str, ...]:
    """Return the cells of one payment, in the order of the columns."""
    known = {
        **_recipient(item.creator, item.payee),
        "paymentReference": cells.text(item.creator, "note", item.note, limit=140),
        "referenceNumber": cells.short_id(item.item_id),
        "amountCurrency": "target",
        "amount": cells.amount(item.creator, item.amount),
        "sourceCurrency": pay_from,
        "targetCurrency": item.amount.currency,
    }
    if "recipientId" in columns:
        known["recipientId"] = cells.required(item.creator, item.payee, "recipientId", limit=40)
    elif "IBAN" in columns and not known["IBAN"]:
        raise PayoutRowRefusedError(creator=item.creator, field="iban", problem="is missing")
    return tuple(
        known[column]
        if column in known
        else cells.optional(item.creator, item.payee, column, limit=_LIMIT)
        for column in columns
    )


def _recipient(creator: str, payee: Mapping[str, str]) -> dict[str, str]:
    kind = payee.get("type") or _TYPES[0]
    if kind not in _TYPES:
        raise PayoutRowRefusedError(
            creator=creator, field="type", problem="is neither PERSON nor INSTITUTION"
        )
    number = compact(payee.get("iban", ""))
    problem = iban_problem(number, sepa=False) if number else ""
    if problem:
        raise PayoutRowRefusedError(creator=creator, field="iban", problem=problem)
    return {
        "name": cells.required(creator, payee, "name", limit=140),
        "recipientEmail": cells.optional(creator, payee, "email", limit=254),
        "receiverType": kind,
        "IBAN": number,
    }
