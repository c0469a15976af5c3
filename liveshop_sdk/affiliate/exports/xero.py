"""Manual journals for Xero: rows of one narration and date are one journal."""

from collections.abc import Iterator

from liveshop_sdk.affiliate.exports.cells import decimal_text
from liveshop_sdk.affiliate.exports.defaults import date_pattern
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.journals import Journal, JournalLine, Row, numbered, write_rows
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.errors import ExportRowRefusedError
from liveshop_sdk.money import exponent_of

HEADER = (
    "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2"
)
LIMIT = 300
"""Rows in a file, as Xero's help page on the import has it."""


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write manual journals and return how many rows there were.

    Raises:
        ExportRowRefusedError: An amount in another currency: the import has no
            column for one and would take it for the organisation's own.
    """
    options, brand = wishes.mapping, extract.book.code

    def row(journal: Journal, line: JournalLine) -> Row:
        tracking = options.text("creator_tracking") if line.creator else ""
        return (
            f"{options.text('prefix')}-{journal.seq}-{journal.original} {brand}",
            journal.day.strftime(date_pattern("eu")),
            line.text,
            line.account,
            options.text("tax_rate"),
            decimal_text(line.amount, exponent_of(journal.currency)),
            tracking,
            line.creator if tracking else "",
            "",
            "",
        )

    found = _own_currency(extract, numbered(extract, wishes, row))
    return write_rows(parts, HEADER, found, format="xero", limit=LIMIT)


def _own_currency(
    extract: Extract, found: Iterator[tuple[Journal, list[Row]]]
) -> Iterator[tuple[Journal, list[Row]]]:
    for journal, rows in found:
        if journal.currency != extract.book.currency:
            raise ExportRowRefusedError(
                format="xero",
                seq=journal.seq,
                problem=f"it is in {journal.currency}, and the import knows only the"
                f" organisation's own currency; convert to {extract.book.currency}",
            )
        yield journal, rows
