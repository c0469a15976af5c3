"""Journal entries for QuickBooks Online, as its import reads them from CSV."""

from liveshop_sdk.affiliate.exports.cells import decimal_text
from liveshop_sdk.affiliate.exports.defaults import date_pattern
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.journals import Journal, JournalLine, Row, numbered, write_rows
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.money import exponent_of

HEADER = (
    "*JournalNo,*JournalDate,*AccountName,*Debits,*Credits,Description,Name,Currency,Location,Class"
)


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write journal entries and return how many rows there were."""
    options = wishes.mapping

    def row(journal: Journal, line: JournalLine) -> Row:
        return (
            f"{options.text('prefix')}-{journal.seq}-{journal.original}",
            journal.day.strftime(date_pattern(options.text("date"))),
            line.account,
            *sides(journal, line),
            line.text,
            "",
            journal.currency,
            options.text("location"),
            options.text("class"),
        )

    return write_rows(parts, HEADER, numbered(extract, wishes, row), format="qbo")


def sides(journal: Journal, line: JournalLine) -> tuple[str, str]:
    """Return the cells of debit and credit, one of which is empty."""
    amount = decimal_text(abs(line.amount), exponent_of(journal.currency))
    return (amount, "") if line.amount > 0 else ("", amount)
