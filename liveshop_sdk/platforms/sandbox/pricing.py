"""What a cart costs at the sandbox: discounts, tax and shipping, exactly.

A discount is rounded half up on the eligible total and shared out over the
lines by largest remainder. Tax is computed per line on what is left of it;
shipping is flat and carries no tax.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from liveshop_sdk.checkout.coupons.kinds import WHOLE, BuyGet, FreeShipping, Gives
from liveshop_sdk.facts import Json
from liveshop_sdk.money import half_up, split


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One product of a cart as the shop sent it; ``unit`` in minor units."""

    sku: str
    item_ref: str
    title: str
    quantity: int
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the sandbox taxes and ships; a checkout keeps those it was opened with.

    Attributes:
        tax_bps: Tax in basis points; 0 for none.
        is_tax_included: Whether prices already contain it.
        shipping: A flat amount per checkout, in minor units.
    """

    tax_bps: int = 0
    is_tax_included: bool = False
    shipping: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """What a coupon takes off: a share, an amount or what it ``gives``."""

    percent_bps: int | None
    amount_off: int | None
    gives: Gives | None = None

    def of(self, eligible: int) -> int:
        """Return what it takes off an eligible total, never more than that."""
        if self.percent_bps is not None:
            return half_up(eligible * self.percent_bps, 10_000)
        return min(self.amount_off or 0, eligible)

    def off_lines(self, items: Sequence[Item]) -> list[int]:
        """Return what it takes off each line of a cart."""
        if isinstance(self.gives, BuyGet):
            return off_units(self.gives, items)
        gross = [item.unit * item.quantity for item in items]
        return split(self.of(sum(gross)), gross)

    def off_shipping(self, shipping: int) -> int:
        """Return what it takes off the shipping: all of it or nothing."""
        return shipping if isinstance(self.gives, FreeShipping) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One priced line; amounts are for all its units."""

    ref: str
    sku: str
    item_ref: str
    title: str
    quantity: int
    gross: int
    discount: int
    tax: int

    def as_json(self) -> dict[str, Json]:
        """Return the line as it is stored and as events carry it."""
        return {
            "ref": self.ref,
            "sku": self.sku,
            "item": self.item_ref,
            "title": self.title,
            "quantity": self.quantity,
            "gross": self.gross,
            "discount": self.discount,
            "tax": self.tax,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A priced cart; ``total`` is what the buyer pays.

    ``shipping`` is what is left of it after ``shipping_off``, the coupon's part.
    """

    lines: tuple[Line, ...]
    shipping: int
    is_tax_included: bool
    shipping_off: int = 0

    @property
    def subtotal(self) -> int:
        """All lines before discounts."""
        return sum(line.gross for line in self.lines)

    @property
    def discount(self) -> int:
        """All that the coupon takes off the lines."""
        return sum(line.discount for line in self.lines)

    @property
    def tax(self) -> int:
        """All tax, whether inside the prices or on top."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What is paid: lines, tax on top of them, and shipping."""
        return self.shipping + sum(self.paid(line) for line in self.lines)

    def paid(self, line: Line) -> int:
        """Return what the buyer pays for one line, its tax included."""
        return line_paid(line, is_tax_included=self.is_tax_included)


def price(items: Sequence[Item], terms: Terms, discount: Discount | None) -> Priced:
    """Return the priced cart; the same input gives the same cents, always."""
    gross = [item.unit * item.quantity for item in items]
    parts = discount.off_lines(items) if discount else [0] * len(items)
    lines = tuple(
        Line(
            ref=f"li_{number}",
            sku=item.sku,
            item_ref=item.item_ref,
            title=item.title,
            quantity=item.quantity,
            gross=full,
            discount=off,
            tax=tax_of(full - off, terms),
        )
        for number, (item, full, off) in enumerate(zip(items, gross, parts, strict=True), start=1)
    )
    shipping_off = discount.off_shipping(terms.shipping) if discount else 0
    return Priced(
        lines=lines,
        shipping=terms.shipping - shipping_off,
        is_tax_included=terms.is_tax_included,
        shipping_off=shipping_off,
    )


def units_of(items: Sequence[Item]) -> dict[str, int]:
    """Return how many units of each SKU a cart holds."""
    held: Counter[str] = Counter()
    for item in items:
        held[item.sku] += item.quantity
    return held


def off_units(gives: BuyGet, items: Sequence[Item]) -> list[int]:
    """Return what comes off each line for the units that a buyer gets for less.

    Where one product stands in several lines, the cheapest units are got first and
    the others bought. The sum is rounded half up, and shared out by what each
    line has of it.
    """
    left = gives.times(units_of(items)) * gives.get_units
    worth = [0] * len(items)
    for n in sorted(range(len(items)), key=lambda n: items[n].unit):
        if items[n].sku == gives.get_sku:
            got = min(left, items[n].quantity)
            worth[n] = got * items[n].unit
            left -= got
    return split(half_up(sum(worth) * gives.get_bps, WHOLE), worth)


def tax_of(net: int, terms: Terms) -> int:
    """Return the tax in or on a discounted line, half up."""
    whole = 10_000 + terms.tax_bps if terms.is_tax_included else 10_000
    return half_up(net * terms.tax_bps, whole)


def line_paid(line: Line, *, is_tax_included: bool) -> int:
    """Return what is paid for a line, with tax wherever it stands."""
    return line.gross - line.discount + (0 if is_tax_included else line.tax)


def line_base(line: Line, *, is_tax_included: bool) -> int:
    """Return what commission is computed on: discounted, without tax."""
    return line.gross - line.discount - (line.tax if is_tax_included else 0)
