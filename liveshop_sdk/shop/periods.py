"""Months of a book as finance closes them: ``shop.periods``."""

from collections.abc import Callable
from dataclasses import dataclass

from liveshop_sdk.affiliate.by_hand import check_texts
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.periods.months import Period
from liveshop_sdk.affiliate.ledger.periods.service import Closing
from liveshop_sdk.affiliate.ledger.periods.service import Periods as Months
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.facts import Json
from liveshop_sdk.shop.books import Books

TrueUp = Callable[[Transaction, Book, str], object]
Sign = Callable[[str | None], Checkpoint | None]


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month, and the checkpoint signed over it; None without a key."""

    closing: Closing
    checkpoint: Checkpoint | None

    def as_json(self) -> dict[str, Json]:
        """Return the month, its trial balance and the signed note."""
        closing = self.closing
        return {
            **closing.period.as_json(),
            "entries": closing.entries,
            "root_before": closing.root_before,
            "balances": [row.as_json() for row in closing.balances],
            "checkpoint": self.checkpoint.note if self.checkpoint else None,
        }


class Periods:
    """Closes months in order; what is late is booked in the first open one.

    ``open`` months take entries, ``closing`` ones only what a month's end
    brings, ``closed`` ones nothing, and ``locked`` ones are closed for good.
    """

    def __init__(
        self, *, db: Database, clock: Clock, ledger: Ledger, true_up: TrueUp, sign: Sign
    ) -> None:
        """Post with `true_up` what only a whole month shows, and `sign` what was closed."""
        self._db, self._books = db, Books(ledger)
        self._true_up, self._sign = true_up, sign
        self._months = Months(clock, ledger)

    def all(self, *, brand: str | None = None) -> list[Period]:
        """Return every month that was closed or begun, and the first open one."""
        with self._db.reading() as tx:
            return self._months.all(tx, self._books.open(tx, brand))

    def begin(self, month: str, *, brand: str | None = None, by: str | None = None) -> Period:
        """Take a month to ``closing``: sales of it that arrive now go to the next one.

        For finance to look at figures that stand still, before `close`.
        """
        check_texts(by=by)
        with self._db.transaction() as tx:
            return self._months.begin(tx, self._books.open(tx, brand), month, by=by)

    def close(self, month: str, *, brand: str | None = None, by: str | None = None) -> Closed:
        """Close a month and keep its trial balance; again, it comes back as it is.

        Raises:
            PeriodInvalidError: ``month`` is not ``YYYY-MM``.
            PeriodNotOverError: It is not over in the brand's time zone.
            PeriodOrderError: It is not the first month that is open, or the book has
                no entry yet and was opened later.

        Effects: entries for what only the whole month shows, then the closing
        entry, in one transaction; then a checkpoint, where there is a key.
        """
        check_texts(by=by)
        with self._db.transaction() as tx:
            book = self._books.open(tx, brand)
            closing = self._months.close(tx, book, month, by=by, true_up=self._true_up)
        return Closed(closing, self._sign(book.code))

    def lock(self, month: str, *, brand: str | None = None, by: str | None = None) -> list[Period]:
        """Lock a closed month and all before it for good; returns what was locked now."""
        check_texts(by=by)
        with self._db.transaction() as tx:
            return self._months.lock(tx, self._books.open(tx, brand), month, by=by)

    def reopen(
        self,
        month: str,
        *,
        reason: str,
        by: str,
        approved_by: str,
        brand: str | None = None,
    ) -> Period:
        """Open the last closed month again; it takes a reason and two people.

        Raises:
            PeriodLockedError: It is locked.
            SelfApprovalError, PersonMissingError: It takes two people and a reason.
        """
        check_texts(reason=reason, by=by, approved_by=approved_by)
        with self._db.transaction() as tx:
            book = self._books.open(tx, brand)
            return self._months.reopen(
                tx, book, month, reason=reason, by=by, approved_by=approved_by
            )
