"""Work out what was added to an order after it was paid, and what paid for it.

Shopify keeps an order's history as sales agreements: the order, each edit, each
return with what is exchanged for it. An order's own lines show only how it is
now, and say nothing of when a line came. Agreements, payments and refunds are
played through in time: the order is first paid when nothing of it is due any
more, and so is everything that was added since.

What is due is summed up in the money the buyer saw, which is exact; amounts for
the book are the shop's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    flag,
    instant,
    number,
    obj,
    objs,
    presentment_money,
    ref,
    shop_money,
    text,
)

PAYMENTS = frozenset({"sale", "capture"})
_OUT = frozenset({"success", "pending"})


@dataclass(slots=True)
class Units:
    """Units of a line with their worth in minor units, tax inside as the shop has it."""

    quantity: int = 0
    net: int = 0
    tax: int = 0

    def add(self, quantity: int, net: int, tax: int) -> None:
        """Add more of them."""
        self.quantity += quantity
        self.net += net
        self.tax += tax


@dataclass(slots=True)
class Change:
    """One edit, or one return with what was exchanged.

    Attributes:
        edit_id: Type and number of its agreement.
        lines: What it added, by line.
        off: Units that it took off, by line.
        total: All that it added, tax and shipping included.
        due: What it added and took off, in the buyer's money.
        settled_at: When nothing was due any more; None if something is.
        paid: The new money that came in for it.
    """

    edit_id: str
    at: datetime
    lines: dict[int, Units] = field(default_factory=dict)
    off: dict[int, int] = field(default_factory=dict)
    total: int = 0
    tax: int = 0
    due: int = 0
    settled_at: datetime | None = None
    paid: int = 0


@dataclass(slots=True)
class _Event:
    at: datetime
    rank: int
    due: int
    paid: int = 0
    change: Change | None = None
    refund: Obj = field(default_factory=dict)


class History:
    """When an order was first paid, and what changed since.

    Attributes:
        first_paid_at: None for an order that was never changed, or not paid yet.
        later: What was changed after that, oldest first.
        changed_before: Whether it was changed before that as well.
        of_changes: The refunds that name units which a change had taken off.
    """

    def __init__(self, raw: Obj, currency: str) -> None:
        """Play an order through, in the webhook's shape with its ``changes``."""
        self.first_paid_at: datetime | None = None
        self.later: list[Change] = []
        self.changed_before = False
        self.of_changes: set[int] = set()
        self._off: dict[int, int] = {}
        self._included = flag(raw, "taxes_included")
        changes = [self._change(row, currency) for row in objs(raw, "changes")]
        if changes:
            self._play(raw, sorted(changes, key=lambda one: (one.at, one.edit_id)), currency)

    def added(self) -> dict[int, Units]:
        """Return by line all that was added since the order was first paid."""
        found: dict[int, Units] = {}
        for change in self.later:
            for line_id, units in change.lines.items():
                found.setdefault(line_id, Units()).add(units.quantity, units.net, units.tax)
        return found

    def _change(self, row: Obj, currency: str) -> Change:
        change = Change(edit_id=text(row, "id"), at=instant(row, "happened_at"))
        for sale in objs(row, "sales"):
            total = shop_money(sale, "total_set", currency, signed=True)
            tax = shop_money(sale, "tax_set", currency, signed=True)
            change.due += presentment_money(sale, "total_set", signed=True)
            _note_units_off(change.off, sale)
            if text(sale, "action") != "order" or total < 0:
                continue
            change.total += total
            change.tax += tax
            if sale.get("line_item_id") is not None:
                units = change.lines.setdefault(ref(sale, "line_item_id"), Units())
                net = total - (0 if self._included else tax)
                units.add(number(sale, "quantity"), net, tax)
        return change

    def _play(self, raw: Obj, changes: list[Change], currency: str) -> None:
        due = presentment_money(raw, "total_price_set")
        for event in self._events(raw, changes, currency):
            if event.change is not None and self.first_paid_at is None:
                self.changed_before = True
            elif event.change is not None:
                self.later.append(event.change)
            _add_up(self._off, event.change.off if event.change is not None else {})
            waiting = [one for one in self.later if one.settled_at is None]
            _share_out(event.paid, waiting)
            due += event.due if event.rank != _REFUND else self._paid_back(event, due)
            if due > 0:
                continue
            if self.first_paid_at is None:
                self.first_paid_at = event.at
            for one in waiting:
                one.settled_at = event.at

    def _paid_back(self, event: _Event, due: int) -> int:
        """Return what of a refund pays what is owed to the buyer.

        What goes back for something named was never due again, unless a change
        had taken it off before.
        """
        rows, is_of_change = objs(event.refund, "refund_line_items"), False
        for row in rows:
            line_id, units = ref(row, "line_item_id"), number(row, "quantity")
            known = min(units, self._off.get(line_id, 0))
            is_of_change |= known > 0
            _add_up(self._off, {line_id: -known})
        if is_of_change:
            self.of_changes.add(ref(event.refund, "id"))
        elif rows or objs(event.refund, "refund_shipping_lines"):
            return 0
        return min(event.due, max(-due, 0))

    def _events(self, raw: Obj, changes: list[Change], currency: str) -> list[_Event]:
        events = [_Event(instant(raw, "processed_at"), _ORDER, 0)]
        events += [_Event(one.at, _CHANGE, one.due, change=one) for one in changes]
        for row in objs(raw, "transactions"):
            if text(row, "kind").lower() in PAYMENTS and text(row, "status").lower() == "success":
                amount = shop_money(row, "amount_set", currency)
                seen = presentment_money(row, "amount_set")
                events.append(_Event(instant(row, "processed_at"), _PAYMENT, -seen, amount))
        for refund in objs(raw, "refunds"):
            seen = sum(
                presentment_money(row, "amount_set")
                for row in objs(refund, "transactions")
                if text(row, "status").lower() in _OUT
            )
            made = "processed_at" if refund.get("processed_at") else "created_at"
            events.append(_Event(instant(refund, made), _REFUND, seen, refund=refund))
        return sorted(events, key=lambda one: (one.at, one.rank))


_ORDER, _CHANGE, _PAYMENT, _REFUND = range(4)


def _note_units_off(off: dict[int, int], sale: Obj) -> None:
    units = sale.get("quantity")
    if type(units) is int and units < 0 and sale.get("line_item_id") is not None:
        _add_up(off, {ref(sale, "line_item_id"): -units})


def _add_up(sums: dict[int, int], more: Mapping[int, int]) -> None:
    for key, count in more.items():
        sums[key] = sums.get(key, 0) + count


def _share_out(paid: int, waiting: list[Change]) -> None:
    """Let a payment pay for what waits for it, the newest first."""
    for one in reversed(waiting):
        part = min(paid, one.total - one.paid)
        one.paid += part
        paid -= part


def paid_at(raw: Obj, heard_at: datetime | None, history: History) -> datetime:
    """Return when all money was in for the first time, however long after the order.

    That is the last payment, unless the order was changed after it had been
    paid. A webhook seldom carries its transactions. Then it is when Shopify
    changed the order, which is signed, else when it told us, which is not.
    """
    if history.first_paid_at is not None:
        return history.first_paid_at
    placed = instant(raw, "processed_at")
    paid = [
        instant(row, "processed_at")
        for row in objs(raw, "transactions")
        if text(row, "kind").lower() in PAYMENTS and text(row, "status").lower() == "success"
    ]
    if not paid and raw.get("updated_at"):
        paid = [instant(raw, "updated_at")]
    return max([placed, *(paid or ([heard_at] if heard_at else []))])


def shows_edits(raw: Obj, currency: str) -> bool:
    """Tell whether a webhook's order holds more than it was placed with.

    When that came is not told there.
    """
    if shop_money(raw, "current_total_price_set", currency) > shop_money(
        raw, "total_price_set", currency
    ):
        return True
    if not obj(raw, "subtotal_price_set"):
        return False
    goods = 0
    for row in objs(raw, "line_items"):
        goods += shop_money(row, "price_set", currency) * number(row, "quantity")
        for cut in objs(row, "discount_allocations"):
            goods -= shop_money(cut, "amount_set", currency)
    return goods > shop_money(raw, "subtotal_price_set", currency)
