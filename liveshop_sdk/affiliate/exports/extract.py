"""What is exported: a stretch of one book, read in pages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from liveshop_sdk.affiliate.exports.totals import Scope, Totals
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.models import Book, Head
from liveshop_sdk.affiliate.ledger.pages import PAGE, BookReader, Page
from liveshop_sdk.db import Database, Transaction

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)


def is_month(text: object) -> bool:
    """Say whether a text is a month such as ``2026-10``."""
    return isinstance(text, str) and _MONTH.fullmatch(text) is not None


def is_year(text: object) -> bool:
    """Say whether a text is a year such as ``2026``."""
    return isinstance(text, str) and _YEAR.fullmatch(text) is not None


@dataclass(frozen=True)
class Extract:
    """A stretch of a book; reading it again gives the same rows for ever.

    Args:
        source: A database (one short transaction a page) or an open transaction.
        head: The book as it was after the last entry of the scope.
        tell: Called with the number of the last entry read, now and then.
    """

    source: Database | Transaction
    book: Book
    scope: Scope
    head: Head
    tell: Callable[[int], None] | None = None

    @cached_property
    def reader(self) -> BookReader:
        """The reader of the book."""
        return BookReader(self.source, self.book.id)

    @cached_property
    def totals(self) -> Totals:
        """Opening balances and what moved on each day."""
        return Totals.read(self.source, self.book.id, self.scope)

    def pages(self) -> Iterator[Page]:
        """Yield the entries of the scope with their postings, in pages."""
        scope = self.scope
        for page in self._read(scope.from_seq - 1):
            yield [one for one in page if one[0].period == scope.period] if scope.period else page

    def entries(self) -> Iterator[tuple[EntryRow, list[LineRow]]]:
        """Yield the entries of the scope, in order."""
        for page in self.pages():
            yield from page

    def history(self) -> Iterator[tuple[EntryRow, list[LineRow]]]:
        """Yield every entry from the first one on, whatever the period."""
        for page in self._read(0):
            yield from page

    def paths(self) -> list[str]:
        """Return the path of every account of the book, in order."""
        return sorted(account.path for account in self.reader.accounts())

    def _read(self, after: int) -> Iterator[Page]:
        for page in self.reader.pages(after=after, up_to=self.scope.to_seq, size=PAGE):
            yield page
            if self.tell is not None and page:
                self.tell(page[-1][0].seq)
