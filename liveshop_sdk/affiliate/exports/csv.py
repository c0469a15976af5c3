"""The journal as CSV: one row a posting, for spreadsheets and for scripts.

RFC 4180 with CRLF and every cell quoted; the same entries give the same bytes.
A text that a spreadsheet would run as a formula gets one ``'`` in front.
Numbers come from our own formatter only and are left as they are.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TextIO

from liveshop_sdk.affiliate.exports.cells import decimal_text, guarded
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.parts import Parts, as_text
from liveshop_sdk.affiliate.exports.totals import Scope
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.accounts import creator_of
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.models import Book, Head
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.clock import from_micros, to_iso
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BookUnknownError
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
HEADER = ",".join(COLUMNS) + "\r\n"


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
    extent = BookReader(source, book.id).extent()
    if extent is None:
        raise BookUnknownError(book=book.code)
    up_to = extent.seq if to_seq is None else min(to_seq, extent.seq)
    scope = Scope(from_seq, up_to, period or "")
    return _write(Extract(source, book, scope, Head(up_to, "", "")), out)


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:  # noqa: ARG001 - one interface
    """Write postings as CSV and return how many there were."""
    with as_text(parts.begin(format="csv")) as out:
        return _write(extract, out)


def _write(extract: Extract, out: TextIO) -> int:
    out.write(HEADER)
    book, count = _cell(extract.book.code), 0
    for page in extract.pages():
        for entry, lines in page:
            out.writelines(_rows(book, entry, lines))
            count += len(lines)
    return count


def _rows(book: str, entry: EntryRow, lines: list[LineRow]) -> Iterator[str]:
    """Yield a row for each line; what belongs to the entry is spelled once.

    Spelled here and not by ``csv.writer``, which would look at all cells of
    an entry anew for each of its lines; a test reads them back with its reader.
    """
    head = (
        f'{_word(entry.effective_date)},"{to_iso(from_micros(entry.recorded_at))}",'
        f"{_word(entry.kind)},{_word(entry.source)},{_cell(entry.event_id)}"
    )
    tail = f'{_word(entry.period)},"{entry.chain_hash.hex()}"\r\n'
    for line in lines:
        amount = decimal_text(line.amount, exponent_of(line.currency))
        yield (
            f'{book},"{entry.seq}","{line.line_no}",{head},{_account(line.account)},'
            f'{_word(line.currency)},"{line.amount}","{amount}",{_cell(line.line_ref or "")},{tail}'
        )


def _cell(text: str) -> str:
    """Return a text between quotes, its own ones doubled."""
    doubled = guarded(text).replace('"', '""')
    return f'"{doubled}"'


_word = lru_cache(maxsize=4096)(_cell)
"""The same for what comes again and again."""


@lru_cache(maxsize=4096)
def _account(path: str) -> str:
    """Return the cells of an account: its path, and its creator if it has one."""
    return f"{_cell(path)},{_cell(creator_of(path))}"
