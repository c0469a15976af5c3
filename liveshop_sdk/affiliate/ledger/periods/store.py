"""The queries of a book's months."""

# ruff: noqa: S608 - every statement is made of constants

from collections.abc import Iterable

import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables as t
from liveshop_sdk.affiliate.ledger.kinds import PERIOD_STEPS
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.periods.months import (
    SOURCE,
    STEPS,
    BalanceRow,
    Period,
    step_event,
)
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_new

_PERIODS = sa.select(t.period).where(t.period.c.book_id == sa.bindparam("book"))
_FIRST = sa.text("SELECT min(period) FROM ls_ledger_entry WHERE book_id = :book")
_SUM = "CAST(sum(CASE WHEN {when} THEN {amount} ELSE 0 END) AS BIGINT)"
_TRIAL = sa.text(
    "SELECT a.path, p.currency, "
    + ", ".join(
        (
            _SUM.format(when="e.period < :month", amount="p.amount"),
            _SUM.format(when="e.period = :month AND p.amount > 0", amount="p.amount"),
            _SUM.format(when="e.period = :month AND p.amount < 0", amount="-p.amount"),
        )
    )
    + " FROM ls_ledger_posting p"
    " JOIN ls_ledger_entry e ON e.book_id = p.book_id AND e.seq = p.seq"
    " JOIN ls_ledger_account a ON a.id = p.account_id AND a.book_id = p.book_id"
    " WHERE p.book_id = :book AND e.period <= :month AND a.class <> 'memo'"
    " GROUP BY a.path, p.currency"
)
_CLOSINGS = sa.text("SELECT closings FROM ls_ledger_period WHERE book_id = :book AND code = :month")
# By their unique events: the plus keeps both engines off the numbers, which are the whole book.
_TAKEN = sa.text(
    "SELECT seq, kind FROM ls_ledger_entry"
    " WHERE event_id IN :events AND source = :source AND +book_id = :book"
).bindparams(sa.bindparam("events", type_=sa.String, expanding=True))
_MARK_HEAD = sa.text(
    "UPDATE ls_ledger_head SET open_from = :open_from, closing = :closing WHERE book_id = :book"
)


class PeriodStore:
    """Reads and writes months within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work in a transaction that somebody else opens and commits."""
        self._tx = tx

    def all(self, book: Book) -> list[Period]:
        """Return every month that has a row, in order."""
        rows = self._tx.execute(_PERIODS, {"book": book.id})
        return sorted(
            (
                Period(
                    brand=book.code,
                    code=row.code,
                    status=row.status,
                    closings=row.closings,
                    close_seq=row.close_seq,
                    trial_balance_hash=row.trial_balance_hash and row.trial_balance_hash.hex(),
                )
                for row in rows
            ),
            key=lambda period: period.code,
        )

    def status(self, book: Book, month: str, *, at_seq: int) -> str:
        """Return what a month was after that entry of the book."""
        wanted = {"book": book.id, "month": month}
        closings = self._tx.execute(_CLOSINGS, wanted).scalar() or 0
        events = [step_event(step, month, n + 1) for n in range(closings) for step in STEPS]
        if not events:
            return "open"
        found = {"book": book.id, "source": SOURCE, "events": events}
        taken = [row for row in self._tx.execute(_TAKEN, found) if row.seq <= at_seq]
        return PERIOD_STEPS[max(taken).kind] if taken else "open"

    def first_month(self, book: Book) -> str | None:
        """Return the month of the earliest entry."""
        found: str | None = self._tx.execute(_FIRST, {"book": book.id}).scalar()
        return found

    def trial_balance(self, book: Book, month: str) -> list[BalanceRow]:
        """Return every account that moved by the end of a month, from the journal.

        Memo accounts are no part of it. Reads the whole book up to then.
        """
        rows = self._tx.execute(_TRIAL, {"book": book.id, "month": month})
        return sorted((BalanceRow(*row) for row in rows), key=lambda r: (r.path, r.currency))

    def keep_balances(
        self, book: Book, month: str, closing_no: int, rows: Iterable[BalanceRow]
    ) -> None:
        """Append the trial balance of one closing."""
        add_new(
            self._tx,
            t.period_balance,
            [
                {
                    "book_id": book.id,
                    "period": month,
                    "closing_no": closing_no,
                    "path": row.path,
                    "currency": row.currency,
                    "opening": row.opening,
                    "debit": row.debit,
                    "credit": row.credit,
                    "closing": row.closing,
                }
                for row in rows
            ],
        )

    def balances(self, book_id: int, month: str, closing_no: int) -> list[BalanceRow]:
        """Return the trial balance kept at one closing; a wrong sum reads as another row."""
        kept = t.period_balance
        query = sa.select(kept).where(
            kept.c.book_id == book_id, kept.c.period == month, kept.c.closing_no == closing_no
        )
        rows = [
            BalanceRow(row.path, row.currency, row.opening, row.debit, row.credit)
            for row in self._tx.execute(query)
            if row.closing == row.opening + row.debit - row.credit
        ]
        return sorted(rows, key=lambda row: (row.path, row.currency))

    def save(self, book: Book, period: Period) -> None:
        """Insert or update a month's row."""
        values = {
            "status": period.status,
            "closings": period.closings,
            "close_seq": period.close_seq,
            "trial_balance_hash": (
                bytes.fromhex(period.trial_balance_hash) if period.trial_balance_hash else None
            ),
        }
        changed = self._tx.execute(
            sa.update(t.period)
            .where(t.period.c.book_id == book.id, t.period.c.code == period.code)
            .values(values)
        )
        if not changed.rowcount:
            self._tx.execute(
                sa.insert(t.period).values(
                    book_id=book.id,
                    code=period.code,
                    **values,
                )
            )

    def mark_head(self, book: Book, *, open_from: str | None, closing: str | None) -> None:
        """Note on the head what is open, for every writer after this one."""
        marks = {"book": book.id, "open_from": open_from, "closing": closing}
        self._tx.execute(_MARK_HEAD, marks)
