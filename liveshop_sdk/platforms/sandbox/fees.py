"""What the sandbox would charge: a plain rule, so that developers see figures.

A payment costs 1.5 % and a quarter of the currency's main unit, a dispute 15
main units, given back when it is won; paying back costs nothing. All half up.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from liveshop_sdk.checkout.fees.models import CHARGE, DISPUTE, REFUND, Fee
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money, Rate, exponent_of, half_up
from liveshop_sdk.platforms.sandbox.models import Dispute, Order, Refund
from liveshop_sdk.platforms.sandbox.store import SandboxStore

_RATE = Rate.percent("1.5")
_PER_DISPUTE = 15
_PAGE = 100


class SandboxFees:
    """The movements that follow from the sandbox's orders, refunds and disputes."""

    def __init__(self, db: Database, store: SandboxStore) -> None:
        """Look nothing up yet."""
        self._db, self._store = db, store

    def pages(self, since: datetime, until: datetime) -> Iterator[Sequence[Fee]]:
        """Yield the movements of a hundred orders at a time."""
        after = ""
        while True:
            with self._db.reading() as tx:
                orders = self._store.touched(tx, since, until, after=after, limit=_PAGE)
                found = [
                    one
                    for order in orders
                    for one in movements(
                        order, self._store.refunds(tx, order), self._store.disputes(tx, order)
                    )
                ]
            if not orders:
                return
            yield [one for one in found if since <= one.occurred_at < until]
            after = orders[-1].id


def movements(order: Order, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> list[Fee]:
    """Return every movement that an order made so far."""
    unit = 10 ** exponent_of(order.currency)
    per_dispute = _PER_DISPUTE * unit

    def moved(ref: str, kind: str, gross: int, fee: int, at: datetime) -> Fee:
        return Fee(
            ref=ref,
            order_ref=order.id,
            kind=kind,
            gross=Money(gross, order.currency),
            fee=Money(fee, order.currency),
            net=Money(gross - fee, order.currency),
            occurred_at=at,
        )

    found = []
    if order.total:
        fee = Money(order.total, order.currency).at(_RATE).amount + half_up(unit, 4)
        found.append(moved(f"paid:{order.id}", CHARGE, order.total, fee, order.paid_at))
    for refund in refunds:
        found.append(moved(f"made:{refund.id}", REFUND, -refund.amount, 0, refund.created_at))
        if refund.failed_at is not None:
            found.append(moved(f"failed:{refund.id}", REFUND, refund.amount, 0, refund.failed_at))
    for one in disputes:
        found.append(moved(f"opened:{one.id}", DISPUTE, -one.amount, per_dispute, one.opened_at))
        if one.state == "won" and one.closed_at is not None:
            found.append(moved(f"won:{one.id}", DISPUTE, one.amount, -per_dispute, one.closed_at))
    return found
