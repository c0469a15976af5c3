"""The queries of payouts, each inside the caller's transaction.

An item changes by conditional updates, so that of two who want to change it
one finds that it was changed already.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.affiliate.fx.models import Conversion
from liveshop_sdk.affiliate.payouts import models as m
from liveshop_sdk.affiliate.payouts import tables as t
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.errors import PayeeUnknownError, PayoutUnknownError
from liveshop_sdk.money import Money
from liveshop_sdk.registry.names import key
from liveshop_sdk.wire import canonical

_BOOKED = sa.text(
    "SELECT p.payout_item_id, e.kind, a.path, p.currency, CAST(sum(p.amount) AS BIGINT)"
    " FROM ls_ledger_posting p JOIN ls_ledger_account a ON a.id = p.account_id"
    " JOIN ls_ledger_entry e ON e.book_id = p.book_id AND e.seq = p.seq"
    " WHERE p.book_id = :book AND p.payout_item_id IS NOT NULL AND p.payout_item_id <> ''"
    " GROUP BY p.payout_item_id, e.kind, a.path, p.currency"
)
_LONGEST_PROBLEM = 300


class PayoutStore:
    """Reads and writes payees, batches and items."""

    # --- payees

    def put_payee(
        self, tx: Transaction, payee: m.Payee, *, was: m.Payee | None, at: datetime
    ) -> bool:
        """Store how a creator is paid by a rail, in place of what was there.

        Returns:
            False where nothing was there, and somebody else stored it meanwhile.
        """
        own = {"creator": payee.creator, "rail": payee.rail}
        values = {
            "fields": canonical(dict(payee.fields)),
            "hold": payee.hold,
            "withholding_bps": payee.withholding_bps,
            "allows_offset": payee.allows_offset,
            "updated_at": to_micros(at),
        }
        if was is None:
            return add_if_absent(tx, t.payee, own | values)
        tx.execute(sa.update(t.payee).filter_by(**own).values(**values))
        return True

    def find_payee(
        self, tx: Transaction, creator: str, rail: str, *, lock: bool = False
    ) -> m.Payee | None:
        """Return how a creator is paid by a rail, locked to be changed if asked."""
        wanted = {"creator": key(creator, "handle"), "rail": key(rail, "rail")}
        query = sa.select(t.payee).filter_by(**wanted)
        if lock:
            query = query.with_for_update()
        row = tx.execute(query).one_or_none()
        return _payee(row) if row else None

    def payee(self, tx: Transaction, creator: str, rail: str, *, lock: bool = False) -> m.Payee:
        """Return the same, or raise PayeeUnknownError."""
        found = self.find_payee(tx, creator, rail, lock=lock)
        if found is None:
            raise PayeeUnknownError(creator=creator[:32], rail=rail[:16])
        return found

    def payees(self, tx: Transaction, rail: str) -> list[m.Payee]:
        """Return all payees of a rail by creator, in one order on both engines."""
        rows = tx.execute(sa.select(t.payee).filter_by(rail=rail))
        return sorted((_payee(row) for row in rows), key=lambda payee: payee.creator)

    def creators_paid(self, tx: Transaction) -> set[str]:
        """Return everybody who can be paid by some rail."""
        return set(tx.execute(sa.select(t.payee.c.creator).distinct()).scalars())

    def payees_of(self, tx: Transaction, creator: str) -> list[m.Payee]:
        """Return how a creator is paid, by rail."""
        rows = tx.execute(sa.select(t.payee).filter_by(creator=creator))
        return sorted((_payee(row) for row in rows), key=lambda payee: payee.rail)

    # --- batches

    def add(self, tx: Transaction, batch: m.Batch, items: Sequence[m.Item]) -> None:
        """Append a batch with its items."""
        tx.execute(
            sa.insert(t.batch).values(
                id=batch.id,
                brand=batch.brand,
                rail=batch.rail,
                currency=batch.currency,
                amount=batch.amount,
                items=batch.items,
                as_of_seq=batch.as_of_seq,
                state=batch.state,
                created_by=batch.created_by,
                created_at=to_micros(batch.created_at),
            )
        )
        tx.execute(sa.insert(t.item), [_item_row(item) for item in items])

    def batch(self, tx: Transaction, batch_id: str) -> m.Batch:
        """Return a batch, or raise PayoutUnknownError."""
        row = tx.execute(sa.select(t.batch).filter_by(id=key(batch_id, "batch"))).one_or_none()
        if row is None:
            raise PayoutUnknownError(kind="batch", id=batch_id[:40])
        return _batch(row)

    def batches(
        self,
        tx: Transaction,
        *,
        brand: str | None = None,
        state: str | None = None,
        limit: int = 10_000,
    ) -> list[m.Batch]:
        """Return batches, the newest first."""
        wanted = {"brand": brand, "state": state}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        query = sa.select(t.batch).filter_by(**wanted).order_by(t.batch.c.id.desc())
        return [_batch(row) for row in tx.execute(query.limit(limit))]

    def decide(self, tx: Transaction, batch_id: str, state: str, *, by: str, at: datetime) -> bool:
        """Approve or reject a planned batch; False when that was done already."""
        change = sa.update(t.batch).filter_by(id=key(batch_id, "batch"), state=m.PLANNED)
        values = {"state": state, "decided_by": by, "decided_at": to_micros(at)}
        return bool(tx.execute(change.values(**values)).rowcount)

    # --- items

    def item(self, tx: Transaction, item_id: str) -> m.Item:
        """Return an item, or raise PayoutUnknownError."""
        row = tx.execute(sa.select(t.item).filter_by(id=key(item_id, "item"))).one_or_none()
        if row is None:
            raise PayoutUnknownError(kind="item", id=item_id[:40])
        return _item(row)

    def items(self, tx: Transaction, batch_id: str) -> list[m.Item]:
        """Return a batch's items by creator."""
        rows = tx.execute(sa.select(t.item).filter_by(batch=batch_id))
        return sorted((_item(row) for row in rows), key=lambda item: item.creator)

    def covering(
        self, tx: Transaction, *, brand: str, creator: str, currency: str, seq: int
    ) -> m.Item | None:
        """Return the first payout that took what was payable after an entry.

        A payout takes all that is payable, so what an entry released left with
        the first one planned after it that was not given up.
        """
        given_up = (m.FAILED, m.RETURNED, m.CANCELLED)
        query = (
            sa.select(t.item)
            .where(
                t.item.c.brand == brand,
                t.item.c.creator == creator,
                t.item.c.currency == currency,
                t.item.c.as_of_seq >= seq,
                t.item.c.state.not_in(given_up),
            )
            .order_by(t.item.c.as_of_seq)
            .limit(1)
        )
        row = tx.execute(query).one_or_none()
        return None if row is None else _item(row)

    def all_items(self, tx: Transaction, brand: str) -> list[m.Item]:
        """Return every item of a brand, oldest first."""
        query = sa.select(t.item).filter_by(brand=brand).order_by(t.item.c.id)
        return [_item(row) for row in tx.execute(query)]

    def due(
        self, tx: Transaction, rails: Sequence[str], batch_id: str | None
    ) -> list[tuple[str, str]]:
        """Return approved items that were not sent, with their rails, oldest first."""
        c = t.item.c
        query = (
            sa.select(c.id, c.rail)
            .join(t.batch, t.batch.c.id == c.batch)
            .where(c.state == m.CREATED, c.rail.in_(rails), t.batch.c.state == m.APPROVED)
            .order_by(c.id)
        )
        if batch_id is not None:
            query = query.where(c.batch == batch_id)
        return [(row.id, row.rail) for row in tx.execute(query)]

    def claim(
        self, tx: Transaction, item: m.Item, *, token: str, now: datetime, until: datetime
    ) -> bool:
        """Lease an item nobody held since it was read; freeze what it asks with that."""
        c = t.item.c
        change = sa.update(t.item).where(
            c.id == item.id, c.state == m.CREATED, c.attempts == item.attempts, _free(now)
        )
        values = {
            "attempts": c.attempts + 1,
            "lease_by": token,
            "lease_until": to_micros(until),
            **_frozen(item),
        }
        return bool(tx.execute(change.values(**values)).rowcount)

    def freeze(self, tx: Transaction, item: m.Item, *, now: datetime) -> bool:
        """Freeze what is asked for an item that nobody holds."""
        c = t.item.c
        change = sa.update(t.item).where(c.id == item.id, c.state == m.CREATED, _free(now))
        return bool(tx.execute(change.values(**_frozen(item))).rowcount)

    def finish(self, tx: Transaction, item: m.Item, **values: Any) -> bool:
        """Set columns of a claimed item and end its lease; False if it was lost."""
        change = sa.update(t.item).filter_by(id=item.id, state=m.CREATED, lease_by=item.lease_by)
        return bool(tx.execute(change.values(**_ended(values))).rowcount)

    def move(
        self,
        tx: Transaction,
        item_id: str,
        state: str,
        *,
        was: Iterable[str],
        now: datetime,
        attempts: int | None = None,
        **values: Any,
    ) -> bool:
        """Bring an item that nobody holds from one of these states to another.

        Args:
            attempts: Only if nobody set out to send it since it was read so.
        """
        c = t.item.c
        change = sa.update(t.item).where(
            c.id == key(item_id, "item"), c.state.in_(list(was)), _free(now)
        )
        if attempts is not None:
            change = change.where(c.attempts == attempts)
        return bool(tx.execute(change.values(state=state, **_ended(values))).rowcount)

    def note(self, tx: Transaction, item_id: str, problem: str) -> None:
        """Keep why an item was not even tried."""
        change = sa.update(t.item).filter_by(id=item_id, state=m.CREATED)
        tx.execute(change.values(problem=problem[:_LONGEST_PROBLEM]))

    def booked(self, tx: Transaction, book_id: int) -> list[tuple[str, str, str, str, int]]:
        """Return what a book says of items: by item, kind of entry, account and currency."""
        return [tuple(row) for row in tx.execute(_BOOKED, {"book": book_id})]


def _free(now: datetime) -> sa.ColumnElement[bool]:
    until = t.item.c.lease_until
    return sa.or_(until.is_(None), until <= to_micros(now))


def _ended(values: dict[str, Any]) -> dict[str, Any]:
    if "problem" in values:
        values["problem"] = values["problem"][:_LONGEST_PROBLEM]
    return {**values, "lease_by": None, "lease_until": None}


def _frozen(item: m.Item) -> dict[str, Any]:
    conversion = item.conversion
    return {
        "params": item.params,
        "fee": item.fee,
        "pay_currency": conversion.paid.currency if conversion else None,
        "pay_amount": conversion.paid.amount if conversion else None,
        "rate_num": conversion.num if conversion else None,
        "rate_den": conversion.den if conversion else None,
    }


def _item_row(item: m.Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "batch": item.batch,
        "brand": item.brand,
        "rail": item.rail,
        "creator": item.creator,
        "currency": item.currency,
        "amount": item.amount,
        "withheld": item.withheld,
        "as_of_seq": item.as_of_seq,
        "state": item.state,
        "created_at": to_micros(item.created_at),
        "round": item.round,
        "attempts": item.attempts,
        "realised": item.realised,
        "returned": item.returned,
        "problem": item.problem,
        **_frozen(item),
    }


def _payee(row: Any) -> m.Payee:
    return m.Payee(
        creator=row.creator,
        rail=row.rail,
        fields=json.loads(row.fields),
        hold=row.hold,
        withholding_bps=row.withholding_bps,
        allows_offset=row.allows_offset,
    )


def _batch(row: Any) -> m.Batch:
    values = row._asdict()
    values["created_at"] = from_micros(row.created_at)
    values["decided_at"] = None if row.decided_at is None else from_micros(row.decided_at)
    return m.Batch(**values)


def _item(row: Any) -> m.Item:
    values = row._asdict()
    currency, amount = values.pop("pay_currency"), values.pop("pay_amount")
    num, den = values.pop("rate_num"), values.pop("rate_den")
    values["created_at"] = from_micros(row.created_at)
    values["lease_until"] = None if row.lease_until is None else from_micros(row.lease_until)
    paid = Money(amount, currency) if currency else None
    values["conversion"] = Conversion(paid=paid, num=num, den=den) if paid else None
    return m.Item(**values)
