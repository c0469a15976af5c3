"""The queries of seeding, named by what they are for."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate.seeding.models import Seeding
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.money import Money

_ALL = select(t.seeding, t.seeding_return.c.taken_back_at).join(
    t.seeding_return, t.seeding_return.c.id == t.seeding.c.id, isouter=True
)


class SeedingStore:
    """Reads and writes gifts, and what was taken back of them."""

    def add(self, tx: Transaction, seeding: Seeding) -> bool:
        """Note a gift; False if its id is known."""
        row = {
            "id": seeding.id,
            "brand": seeding.brand,
            "creator": seeding.creator,
            "sku": seeding.sku,
            "quantity": seeding.quantity,
            "currency": seeding.cost.currency,
            "cost": seeding.cost.amount,
            "fair_value": seeding.fair_value.amount,
            "given_at": to_micros(seeding.given_at),
        }
        return add_if_absent(tx, t.seeding, row)

    def take_back(self, tx: Transaction, seeding_id: str, *, at: datetime) -> bool:
        """Note that a gift was taken back; False if it was."""
        row = {"id": seeding_id, "taken_back_at": to_micros(at)}
        return add_if_absent(tx, t.seeding_return, row)

    def find(self, tx: Transaction, seeding_id: str) -> Seeding | None:
        """Return one gift."""
        row = tx.execute(_ALL.where(t.seeding.c.id == seeding_id)).one_or_none()
        return None if row is None else _seeding(row)

    def list(
        self,
        tx: Transaction,
        *,
        brand: str | None = None,
        creator: str | None = None,
        given_from: datetime | None = None,
        given_before: datetime | None = None,
    ) -> tuple[Seeding, ...]:
        """Return gifts, oldest first."""
        c, query = t.seeding.c, _ALL
        if brand is not None:
            query = query.where(c.brand == brand)
        if creator is not None:
            query = query.where(c.creator == creator)
        if given_from is not None:
            query = query.where(c.given_at >= to_micros(given_from))
        if given_before is not None:
            query = query.where(c.given_at < to_micros(given_before))
        return tuple(_seeding(row) for row in tx.execute(query.order_by(c.given_at, c.id)))


def _seeding(row: Any) -> Seeding:
    return Seeding(
        id=row.id,
        brand=row.brand,
        creator=row.creator,
        sku=row.sku,
        quantity=row.quantity,
        cost=Money(row.cost, row.currency),
        fair_value=Money(row.fair_value, row.currency),
        given_at=from_micros(row.given_at),
        taken_back_at=None if row.taken_back_at is None else from_micros(row.taken_back_at),
    )
