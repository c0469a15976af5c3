"""The journal as CSV: one row a posting, for spreadsheets and for scripts.

RFC 4180 with CRLF and every cell quoted; the same entries give the same bytes.
A text that a spreadsheet would run as a formula gets one ``'`` in front, as
does a text that begins with one, so that taking one off restores every text.
Numbers come from our own formatter only and are left as they are.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from liveshop_sdk.affiliate.ledger.accounts import describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import PAGE, BookReader
from liveshop_sdk.clock import from_micros, to_iso
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import AccountUnknownError, BookUnknownError
from liveshop_sdk.money import exponent_of

COLUMNS = (
    "book",
    "seq",
    "line_no",
    "effective_date",
    "recorded_at",
    "kind",
    "source",
    "event_id",
    "account",
    "creator",
    "currency",
    "amount_minor",
    "amount",
    "line_ref",
    "period",
    "chain_hash",
)

# What OWASP names (CWE-1236), also after spaces and in full width; and the guard.
_RISKY = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\x00']")


def export_csv(
    source: Database | Transaction,
    book: Book,
    out: TextIO,
    *,
    period: str | None = None,
    from_seq: int = 1,
    to_seq: int | None = None,
) -> int:
    """Write postings as CSV and return how many there were.

    Args:
        source: A database (one short transaction a page) or an open transaction.
        out: A text file opened with ``newline=""``.
        period: Only entries of this period, ``YYYY-MM``.
        from_seq: The first entry.
        to_seq: The last entry; the head at the start by default. Give it to
            get the same bytes again later.
    """
    reader = BookReader(source, book.id)
    extent = reader.extent()
    if extent is None:
        raise BookUnknownError(book=book.code)
    up_to = extent.seq if to_seq is None else min(to_seq, extent.seq)
    out.write(",".join(COLUMNS) + "\r\n")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    code, count = guarded(book.code), 0
    for page in reader.pages(after=from_seq - 1, up_to=up_to, size=PAGE):
        for entry, lines in page:
            if period is None or entry.period == period:
                writer.writerows(_rows(code, entry, lines))
                count += len(lines)
    return count


def _rows(book: str, entry: EntryRow, lines: list[LineRow]) -> Iterator[tuple[str | int, ...]]:
    """Yield a row for each line; what belongs to the entry is spelled once."""
    head = (
        guarded(entry.effective_date),
        to_iso(from_micros(entry.recorded_at)),
        guarded(entry.kind),
        guarded(entry.source),
        guarded(entry.event_id),
    )
    tail = (guarded(entry.period), entry.chain_hash.hex())
    for line in lines:
        yield (
            book,
            entry.seq,
            line.line_no,
            *head,
            *_account(line.account),
            guarded(line.currency),
            line.amount,
            decimal_text(line.amount, exponent_of(line.currency)),
            guarded(line.line_ref or ""),
            *tail,
        )


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def decimal_text(amount: int, exponent: int) -> str:
    """Return minor units with a decimal point, without any float."""
    if exponent == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**exponent)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{exponent}d}"


@lru_cache(maxsize=4096)
def _account(path: str) -> tuple[str, str]:
    """Return the cells of an account: its path, and its creator if it has one."""
    try:
        return guarded(path), describe(path).party_id or ""
    except AccountUnknownError:
        return guarded(path), ""
