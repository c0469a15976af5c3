"""Journal entries for NetSuite's CSV import."""

from liveshop_sdk.affiliate.exports.defaults import date_pattern
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.journals import Journal, JournalLine, Row, numbered, write_rows
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.qbo import sides
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.errors import ExportRowRefusedError

HEADER = (
    "External ID,Date,Posting Period,Subsidiary,Currency,Exchange Rate,Memo,Account,Debit,Credit,"
    "Line Memo,Name,Department,Class,Location"
)
LIMIT = 10_000
"""Rows of one import, as NetSuite's help has it."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DIGITS = 10  # before the point, in Debit and Credit


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write journal entries and return how many rows there were.

    Raises:
        ExportRowRefusedError: An amount is longer than its field.
    """
    options = wishes.mapping

    def row(journal: Journal, line: JournalLine) -> Row:
        debit, credit = sides(journal, line)
        if len((debit or credit).partition(".")[0]) > _DIGITS:
            problem = f"{debit or credit} has more than {_DIGITS} digits before the point"
            raise ExportRowRefusedError(format="netsuite", seq=journal.seq, problem=problem)
        return (
            _external_id(extract, wishes, journal),
            journal.day.strftime(date_pattern(options.text("date"))),
            f"{_MONTHS[journal.day.month - 1]} {journal.day.year}",
            options.text("subsidiary"),
            journal.currency,
            "",
            journal.text,
            line.account,
            debit,
            credit,
            line.text,
            "",
            options.text("department"),
            options.text("class"),
            options.text("location"),
        )

    found = numbered(extract, wishes, row)
    return write_rows(parts, HEADER, found, format="netsuite", limit=LIMIT)


def _external_id(extract: Extract, wishes: Wishes, journal: Journal) -> str:
    """Return what the import knows a journal by, and refuses to book twice."""
    book, scope = extract.book.code, extract.scope
    if wishes.detail:
        return f"liveshop:{book}:{journal.seq}:{journal.original}"
    return f"liveshop:{book}:{scope.from_seq}-{scope.to_seq}:{journal.day}:{journal.original}"
