"""Work out what of an order was paid for, and what an edit took off before.

Merchants edit orders that are not paid yet. Shopify then keeps the first
``quantity``, price allocations and totals, lowers ``current_quantity`` and the
``current_…`` totals, and writes what was taken off as a refund that paid
nothing back. Refunds and restocks after the payment lower the same fields, but
what they name was sold. What was added after the payment was not.
"""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.money import half_up
from liveshop_sdk.platforms.shopify.changes import History, Units
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    flag,
    instant,
    number,
    obj,
    objs,
    ref,
    shop_money,
)


class UnsettledError(Exception):
    """The payload alone does not say; the order must be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What of a line was sold, in units and minor units."""

    quantity: int
    discount: int
    tax: int


class Edits:
    """What was taken off an order before it was paid, and what changed after."""

    def __init__(self, raw: Obj, currency: str, at: datetime, history: History) -> None:
        """Sort the order's refunds by whether they are edits made until then."""
        self._raw, self._currency = raw, currency
        self._added = history.added()
        self._later = history.later
        self._back: dict[int, int] = {}
        self._off: dict[int, tuple[int, int, int]] = {}
        self._taken = self._taken_tax = 0
        for refund in objs(raw, "refunds"):
            made = "created_at" if refund.get("created_at") else "processed_at"
            if objs(refund, "transactions") or instant(refund, made) > at:
                self._note_refund(refund)
            else:
                self._note_edit(refund)

    def _note_refund(self, refund: Obj) -> None:
        currency = self._currency
        for row in objs(refund, "refund_line_items"):
            line_id = ref(row, "line_item_id")
            self._back[line_id] = self._back.get(line_id, 0) + number(row, "quantity")
            self._taken += shop_money(row, "subtotal_set", currency)
            self._taken_tax += shop_money(row, "total_tax_set", currency)
        for row in objs(refund, "refund_shipping_lines"):
            self._taken += shop_money(row, "subtotal_amount_set", currency)
            self._taken_tax += shop_money(row, "tax_amount_set", currency)
        self._taken += sum(
            shop_money(row, "amount_set", currency) for row in objs(refund, "duties")
        )

    def _note_edit(self, refund: Obj) -> None:
        for row in objs(refund, "refund_line_items"):
            line_id = ref(row, "line_item_id")
            units, net, tax = self._off.get(line_id, (0, 0, 0))
            self._off[line_id] = (
                units + number(row, "quantity"),
                net + shop_money(row, "subtotal_set", self._currency),
                tax + shop_money(row, "total_tax_set", self._currency),
            )

    def left(self, row: Obj, whole: Left, price: int, *, settled: bool) -> Left:
        """Return what of a line was sold: all of it, unless an edit changed that.

        Args:
            whole: The line as it was ordered.
            settled: There is nobody left to ask: discount and tax of a line
                that lost units without a record of their worth are shared out.

        Raises:
            UnsettledError: their worth is not told here.
        """
        if row.get("current_quantity") is None:
            return whole
        line_id = ref(row, "id")
        later = self._added.get(line_id, Units())
        sold = number(row, "current_quantity") + self._back.get(line_id, 0) - later.quantity
        if sold >= whole.quantity:
            return whole
        if sold <= 0:
            return Left(quantity=0, discount=0, tax=0)
        gone = whole.quantity - sold
        units, net, tax = self._off.get(line_id, (0, 0, 0))
        units, net, tax = units + later.quantity, net + later.net, tax + later.tax
        if units == gone:
            discount, tax = whole.discount - (price * gone - net), whole.tax - tax
            if discount < 0 or tax < 0:
                raise ShapeError("an edit took off more than the line was worth")
            return Left(quantity=sold, discount=discount, tax=tax)
        if not settled and (whole.discount or whole.tax):
            raise UnsettledError
        return Left(
            quantity=sold,
            discount=half_up(whole.discount * sold, whole.quantity),
            tax=half_up(whole.tax * sold, whole.quantity),
        )

    def totals(self) -> tuple[int, int] | None:
        """Return what was paid in all, and the tax in it, by the current totals.

        Those have lost what edits took off, and what went back after the payment,
        and hold what was added then.
        """
        if not obj(self._raw, "current_total_price_set"):
            return None
        on_top = 0 if flag(self._raw, "taxes_included") else self._taken_tax
        total = shop_money(self._raw, "current_total_price_set", self._currency)
        tax = shop_money(self._raw, "current_total_tax_set", self._currency)
        added = sum(change.total for change in self._later)
        added_tax = sum(change.tax for change in self._later)
        return total + self._taken + on_top - added, tax + self._taken_tax - added_tax

    def is_cut(self, sold: int) -> bool:
        """Tell whether fewer units were sold than the order was placed with."""
        placed = sum(number(row, "quantity") for row in objs(self._raw, "line_items"))
        return sold < placed - sum(units.quantity for units in self._added.values())
