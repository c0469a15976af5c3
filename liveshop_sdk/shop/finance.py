"""The ledger as finance uses it: balances, entries, verify, export."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from liveshop_sdk.affiliate.exports.csv import export_csv
from liveshop_sdk.affiliate.ledger.models import Balance, Book, Head, PostedEntry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import VerifyReport, verify
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import ExportInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.store import BrandStore, CreatorStore

FORMATS = ("csv",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """A book's balances at one entry, with the root that seals them."""

    brand: str
    head: Head
    as_of_seq: int
    balances: tuple[Balance, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on; amounts are debit positive."""
        rows: list[Json] = [
            {"account": row.account, "currency": row.currency, "amount": row.amount}
            for row in self.balances
        ]
        return {
            "brand": self.brand,
            "as_of_seq": self.as_of_seq,
            "root_hash": self.head.root_hash,
            "balances": rows,
        }


class Finance:
    """What ``shop.ledger`` is; every call is about one brand's book."""

    def __init__(self, db: Database, clock: Clock, ledger: Ledger) -> None:
        """Work on this database."""
        self._db, self._clock, self._ledger = db, clock, ledger
        self._brands, self._creators = BrandStore(), CreatorStore()

    def balance(
        self,
        *,
        brand: str | None = None,
        creator: str | None = None,
        as_of_seq: int | None = None,
    ) -> Balances:
        """Return every account that ever moved, or one creator's.

        Args:
            as_of_seq: The balances after that entry instead of now.
        """
        book = self._book(brand)
        with self._db.reading() as tx:
            handle = self._creators.get(tx, creator).handle if creator is not None else None
            head = self._ledger.head(tx, book)
            prefix = None if handle is None else f"creator:{handle}:"
            rows = self._ledger.balances(tx, book, prefix, as_of_seq)
        seq = head.seq if as_of_seq is None else min(as_of_seq, head.seq)
        return Balances(brand=book.code, head=head, as_of_seq=seq, balances=tuple(rows))

    def entries(
        self, *, brand: str | None = None, after_seq: int = 0, to_seq: int | None = None
    ) -> Iterator[PostedEntry]:
        """Yield the entries of a book in order; one short transaction a page."""
        book = self._book(brand)
        position = after_seq
        while True:
            with self._db.reading() as tx:
                page = next(self._ledger.entries(tx, book, after_seq=position, to_seq=to_seq), [])
            if not page:
                return
            yield from page
            position = page[-1].seq

    def verify(self, *, brand: str | None = None) -> VerifyReport:
        """Recompute the whole book and report the first entry that does not hold."""
        return verify(self._db, self._book(brand))

    def export(
        self,
        out: TextIO,
        *,
        format: str = "csv",  # noqa: A002 - the field's word
        brand: str | None = None,
        period: str | None = None,
        from_seq: int = 1,
        to_seq: int | None = None,
    ) -> int:
        """Write postings to an open text file and return how many there were.

        The same range gives the same bytes for ever.

        Args:
            out: Opened with ``newline=""``.
            period: ``YYYY-MM``, by effective date in the book's time zone.
        """
        if format not in FORMATS:
            raise ExportInvalidError(given=format[:20], expected=", ".join(FORMATS))
        return export_csv(
            self._db, self._book(brand), out, period=period, from_seq=from_seq, to_seq=to_seq
        )

    def head(self, *, brand: str | None = None) -> Head:
        """Return how far a book goes, with the root over all its entries."""
        book = self._book(brand)
        with self._db.reading() as tx:
            return self._ledger.head(tx, book)

    def _book(self, brand: str | None) -> Book:
        with self._db.reading() as tx:
            found = self._brands.find(tx, brand)
            if found is not None and found.code in self._ledger.books(tx):
                return self._ledger.book(tx, found.code)
        with self._db.transaction() as tx:
            found = self._brands.resolve(tx, brand, now=self._clock.now())
            return self._ledger.open_book(tx, found.code, found.currency, found.timezone)
