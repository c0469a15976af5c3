"""The ledger as finance uses it: balances, entries, verify, export."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from liveshop_sdk.affiliate import audit
from liveshop_sdk.affiliate.exports.csv import COLUMNS, export_csv
from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT
from liveshop_sdk.affiliate.ledger.checkpoints.notes import read_key
from liveshop_sdk.affiliate.ledger.checkpoints.reading import Noted, noted_in, starting
from liveshop_sdk.affiliate.ledger.models import Balance, Book, Head, PostedEntry
from liveshop_sdk.affiliate.ledger.numbers import parse_seq
from liveshop_sdk.affiliate.ledger.periods.months import parse_month
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import Progress, VerifyReport, verify
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BookUnknownError,
    BrandNotFoundError,
    ExportInvalidError,
    RootInvalidError,
    SeqUnknownError,
)
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.brands import FIRST_CODE
from liveshop_sdk.registry.store import BrandStore, CreatorStore
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys

FORMATS = ("csv",)
_UNOPENED = Head(0, EMPTY_ROOT.hex(), "")
_ROOT = re.compile(r"[0-9a-f]{64}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """A book's balances at one entry, with the root that seals them."""

    brand: str
    head: Head
    balances: tuple[Balance, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on; amounts are debit positive."""
        rows: list[Json] = [
            {"account": row.account, "currency": row.currency, "amount": row.amount}
            for row in self.balances
        ]
        return {
            "brand": self.brand,
            "as_of_seq": self.head.seq,
            "root_hash": self.head.root_hash,
            "balances": rows,
        }


class Finance:
    """What ``shop.ledger`` is; every call is about one brand's book, and reads only.

    A brand's book is opened by its first agreement. Until then it reads as a
    book without entries.
    """

    def __init__(self, db: Database, clock: Clock, ledger: Ledger, keys: CheckpointKeys) -> None:
        """Work on this database."""
        self._db, self._ledger, self._facts, self._keys = db, ledger, FactLog(clock), keys
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
            as_of_seq: The balances after that entry instead of now, and the
                root the book had then.

        Raises:
            SeqUnknownError: The book does not go that far yet.
        """
        with self._db.reading() as tx:
            code, book = self._find(tx, brand)
            handle = self._creators.get(tx, creator).handle if creator is not None else None
            if book is None:
                if as_of_seq is not None and parse_seq(as_of_seq):
                    raise SeqUnknownError(book=code, seq=as_of_seq, last=0)
                return Balances(brand=code, head=_UNOPENED, balances=())
            head = (
                self._ledger.head(tx, book)
                if as_of_seq is None
                else self._ledger.head_at(tx, book, as_of_seq)
            )
            prefix = None if handle is None else f"creator:{handle}:"
            rows = self._ledger.balances(tx, book, prefix, as_of_seq)
        return Balances(brand=code, head=head, balances=tuple(rows))

    def entries(
        self, *, brand: str | None = None, after_seq: int = 0, to_seq: int | None = None
    ) -> Iterator[PostedEntry]:
        """Yield the entries of a book in order; one short transaction a page."""
        book = self._book(brand)
        position, to_seq = parse_seq(after_seq), None if to_seq is None else parse_seq(to_seq)
        if book is None:
            return
        while True:
            with self._db.reading() as tx:
                page = next(self._ledger.entries(tx, book, after_seq=position, to_seq=to_seq), [])
            if not page:
                return
            yield from page
            position = page[-1].seq

    def verify(
        self,
        *,
        brand: str | None = None,
        at_seq: int | None = None,
        root: str | None = None,
        checkpoints: Sequence[str] = (),
        keys: Sequence[str] = (),
        start: int | str | None = None,
        progress: Progress | None = None,
    ) -> VerifyReport:
        """Recompute the whole book and report the first entry that does not hold.

        Its facts, its brand, the commission lines it must hold and its stored
        checkpoints are compared with it as well.

        Args:
            at_seq: With ``root``: the book must have had that root at that
                entry. Take both from a note kept outside the database.
            root: 64 hexadecimal digits.
            checkpoints: Signed notes kept outside the database, as text.
            keys: Public keys that sign them, beside those of the settings.
            start: A note, or the size of a stored checkpoint, to begin behind;
                what is not looked at then, `verify.verify` says.
            progress: Called with the entries done and how many there are.

        Raises:
            RootInvalidError: Only one of the two, or no root.
            CheckpointInvalidError: A note or key that cannot be used, or is of
                another book.
            CheckpointUnknownError: No checkpoint of the size to start at.
        """
        noted = []
        if at_seq is not None or root is not None:
            given = str(root or "")
            if type(at_seq) is not int or at_seq < 1 or not _ROOT.fullmatch(given):
                raise RootInvalidError(root=given[:80], at_seq=str(at_seq)[:20])
            noted.append(Noted(at_seq, bytes.fromhex(given)))
        with self._db.reading() as tx:
            code, book = self._find(tx, brand, or_book=True)
            known = (*map(read_key, keys), *self._keys.public(tx))
        if book is None and (checkpoints or start is not None):
            raise BookUnknownError(book=code)
        begin = None
        if book is not None:
            noted += [noted_in(note, book, known) for note in checkpoints]
            begin = starting(self._db, book, known, start)
        report = verify(self._db, book, noted=noted, keys=known, start=begin, progress=progress)
        return report.and_also(
            audit.faults(
                self._db,
                self._facts,
                brand=code,
                book=book,
                entries=report.entries,
                after=report.after,
            )
        )

    def books(self) -> list[str]:
        """Return every brand, and every book that is no brand's, in order."""
        with self._db.reading() as tx:
            brands = {brand.code for brand in self._brands.list(tx)}
            return sorted(brands | set(self._ledger.books(tx))) or [FIRST_CODE]

    def brand(self, brand: str | None = None) -> str:
        """Return whose book is meant: the brand named, else the only one there is."""
        with self._db.reading() as tx:
            return self._find(tx, brand)[0]

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

        The same range gives the same bytes for ever. Nothing is recorded; what
        is handed out is written by ``shop.exports``, which keeps each run.

        Args:
            out: Opened with ``newline=""``.
            period: ``YYYY-MM``, by effective date in the book's time zone.

        Raises:
            ExportInvalidError: No such format.
            PeriodInvalidError: No month.
        """
        if format not in FORMATS:
            raise ExportInvalidError(given=str(format)[:20], expected=", ".join(FORMATS))
        if period is not None:
            parse_month(period)
        from_seq, to_seq = parse_seq(from_seq), None if to_seq is None else parse_seq(to_seq)
        book = self._book(brand)
        if book is None:
            out.write(",".join(COLUMNS) + "\r\n")
            return 0
        return export_csv(self._db, book, out, period=period, from_seq=from_seq, to_seq=to_seq)

    def head(self, *, brand: str | None = None) -> Head:
        """Return how far a book goes, with the root over all its entries."""
        with self._db.reading() as tx:
            _code, book = self._find(tx, brand)
            return _UNOPENED if book is None else self._ledger.head(tx, book)

    def book_of(self, tx: Transaction, brand: str | None = None) -> Book:
        """Return a brand's book.

        Raises:
            BookUnknownError: It was not opened yet.
        """
        code, book = self._find(tx, brand)
        if book is None:
            raise BookUnknownError(book=code)
        return book

    def _book(self, brand: str | None) -> Book | None:
        with self._db.reading() as tx:
            return self._find(tx, brand)[1]

    def _find(
        self, tx: Transaction, brand: str | None, *, or_book: bool = False
    ) -> tuple[str, Book | None]:
        """Return the brand named, or the one that the first use will make, and its book."""
        books = self._ledger.books(tx)
        try:
            found = self._brands.find(tx, brand)
        except BrandNotFoundError:
            if brand == FIRST_CODE and not books and not self._brands.list(tx):
                return FIRST_CODE, None  # the one that the first use will make
            if not or_book or brand not in books:
                raise
            return brand, self._ledger.book(tx, brand)
        code = found.code if found else FIRST_CODE
        return code, self._ledger.book(tx, code) if code in books else None
