"""Take months through their steps; each step is an entry of the book."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft
from liveshop_sdk.affiliate.ledger.periods.months import (
    SOURCE,
    BalanceRow,
    Period,
    month_after,
    parse_month,
    step_event,
    trial_balance_hash,
)
from liveshop_sdk.affiliate.ledger.periods.store import PeriodStore
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    PeriodLockedError,
    PeriodNotClosedError,
    PeriodNotOverError,
    PeriodOrderError,
)

TrueUp = Callable[[Transaction, Book, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A closed month with its trial balance.

    ``root_before`` is the root of the book just before the closing entry.
    """

    period: Period
    balances: tuple[BalanceRow, ...]
    entries: int
    root_before: str
    repeated: bool = False


class Periods:
    """The months of every book; keeps no state but its clock."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        """Judge by `clock` whether a month is over."""
        self._clock, self._ledger = clock, ledger

    def all(self, tx: Transaction, book: Book) -> list[Period]:
        """Return the months of a book up to the first open one, in order."""
        known = PeriodStore(tx).all(book)
        code = self._expected(tx, book, known)
        if code is None or any(period.code == code for period in known):
            return known
        first = Period(brand=book.code, code=code, status="open")
        return sorted([*known, first], key=lambda period: period.code)

    def begin(self, tx: Transaction, book: Book, month: str, *, by: str | None) -> Period:
        """Let only what belongs to a month's end be dated in it from now on.

        Raises:
            PeriodNotOverError, PeriodOrderError: As `close` says.

        Effects: one entry and the month's row; a repeat changes nothing.
        """
        journal, period = self._next(tx, book, month)
        if period.status != "open":
            return period
        number = period.closings + 1
        journal.stage(self._step("period_closing", "closing", number, month, by=by))
        journal.flush()
        period = replace(period, status="closing", closings=number)
        store = PeriodStore(tx)
        store.save(book, period)
        store.mark_head(book, open_from=month_after(month), closing=month)
        return period

    def close(
        self,
        tx: Transaction,
        book: Book,
        month: str,
        *,
        by: str | None = None,
        true_up: TrueUp | None = None,
    ) -> Closing:
        """Close a month: post what its end brings, then keep its trial balance.

        Args:
            true_up: Posts what only a whole month shows, while it is closing.

        Raises:
            PeriodNotOverError: It is not over in the book's time zone.
            PeriodOrderError: It is not the first month that is open, or the book has
                no entry yet and was opened later.

        Effects: the entries of both steps, the month's row and balances, all in
        the caller's transaction. A month that is closed comes back as it is.
        """
        period = self.begin(tx, book, month, by=by)
        store = PeriodStore(tx)
        if period.status in ("closed", "locked"):
            return self._kept(tx, book, period)
        if true_up is not None:
            true_up(tx, book, month)
        before = self._ledger.head(tx, book)
        balances = store.trial_balance(book, month)
        digest = trial_balance_hash(balances).hex()
        journal = self._ledger.journal(tx, book)
        draft = self._step("period_close", "close", period.closings, month, by=by)
        meta = {
            **draft.meta,
            "accounts": len(balances),
            "entries_before": before.seq,
            "root_before": before.root_hash,
            "trial_balance_hash": digest,
        }
        journal.stage(replace(draft, meta=meta))
        [entry] = journal.flush()
        period = replace(period, status="closed", close_seq=entry.seq, trial_balance_hash=digest)
        store.keep_balances(book, month, period.closings, balances)
        store.save(book, period)
        store.mark_head(book, open_from=month_after(month), closing=None)
        return Closing(
            period=period,
            balances=tuple(balances),
            entries=before.seq,
            root_before=before.root_hash,
        )

    def lock(
        self, tx: Transaction, book: Book, month: str, *, by: str | None = None
    ) -> list[Period]:
        """Lock a closed month and every one before it, for ever.

        Raises:
            PeriodNotClosedError: It is not closed.

        Effects: one entry a month; a repeat locks nothing and returns nothing.
        """
        journal, known = self._locked(tx, book)
        parse_month(month)
        period = known.get(month)
        if period is None or period.status not in ("closed", "locked"):
            status = period.status if period else "open"
            raise PeriodNotClosedError(brand=book.code, period=month, status=status)
        done = []
        store = PeriodStore(tx)
        for one in known.values():
            if one.code <= month and one.status == "closed":
                journal.stage(self._step("period_lock", "lock", 1, one.code, by=by))
                done.append(replace(one, status="locked"))
                store.save(book, done[-1])
        journal.flush()
        return done

    def reopen(
        self,
        tx: Transaction,
        book: Book,
        month: str,
        *,
        reason: str,
        by: str,
        approved_by: str,
    ) -> Period:
        """Open the last closed month again: a reason and a second person are needed.

        Raises:
            PeriodLockedError: It is locked: correct it in an open month.
            PeriodNotClosedError: It is open.
            PeriodOrderError: A later month is closed: reopen that first.
        """
        journal, known = self._locked(tx, book)
        parse_month(month)
        period = known.get(month)
        if period is None or period.status == "open":
            raise PeriodNotClosedError(brand=book.code, period=month, status="open")
        if period.status == "locked":
            raise PeriodLockedError(brand=book.code, period=month)
        later = [one.code for one in known.values() if one.code > month and one.status != "open"]
        if later:
            raise PeriodOrderError(brand=book.code, period=month, first=max(later), step="Reopen")
        draft = self._step("period_reopen", "reopen", period.closings, month, by=by)
        journal.stage(replace(draft, reason=reason, approved_by=approved_by))
        journal.flush()
        period = replace(period, status="open", close_seq=None, trial_balance_hash=None)
        store = PeriodStore(tx)
        store.save(book, period)
        done = [one.code for one in known.values() if one.code < month]
        store.mark_head(book, open_from=month if done else None, closing=None)
        return period

    def _locked(self, tx: Transaction, book: Book) -> tuple[Journal, dict[str, Period]]:
        """Lock the book, so that what is read of its months stays true."""
        journal = self._ledger.journal(tx, book)
        return journal, {period.code: period for period in PeriodStore(tx).all(book)}

    def _next(self, tx: Transaction, book: Book, month: str) -> tuple[Journal, Period]:
        parse_month(month)
        journal, known = self._locked(tx, book)
        period = known.get(month, Period(brand=book.code, code=month, status="open"))
        if period.status != "open":
            return journal, period
        expected = self._expected(tx, book, list(known.values()))
        opened = book.created_at.astimezone(zone(book.timezone)).date().isoformat()[:7]
        if expected is None and month < opened:  # in it, and before, there is nothing to close
            expected = opened
        # An earlier month would open again what was closed after it.
        if expected not in (None, month):
            raise PeriodOrderError(brand=book.code, period=month, first=expected, step="Close")
        today = self._clock.now().astimezone(zone(book.timezone)).date().isoformat()
        if today[:7] <= month:
            raise PeriodNotOverError(brand=book.code, period=month, today=today)
        return journal, period

    def _expected(self, tx: Transaction, book: Book, known: list[Period]) -> str | None:
        """Return the first month that is not closed; None in a book without any."""
        done = [period.code for period in known if period.status != "open"]
        if not done:
            # Closed before, so it is the first even if nothing is dated in it.
            reopened = [period.code for period in known]
            first = PeriodStore(tx).first_month(book)
            return min(reopened + ([first] if first else []), default=None)
        last = known[[period.code for period in known].index(max(done))]
        return last.code if last.status == "closing" else month_after(last.code)

    def _kept(self, tx: Transaction, book: Book, period: Period) -> Closing:
        seq = period.close_seq or 0
        entry = next(self._ledger.entries(tx, book, after_seq=seq - 1, to_seq=seq))[0]
        return Closing(
            period=period,
            balances=tuple(PeriodStore(tx).balances(book.id, period.code, period.closings)),
            entries=seq - 1,
            root_before=str(entry.meta["root_before"]),
            repeated=True,
        )

    def _step(self, kind: str, step: str, number: int, month: str, *, by: str | None) -> EntryDraft:
        return EntryDraft(
            kind=kind,
            source=SOURCE,
            event_id=step_event(step, month, number),
            occurred_at=self._clock.now(),
            created_by=by,
            applies_to_period=month,
            meta={"period": month},
        )
