"""Turn a Shopify refund into what it took back, line by line.

A refund names lines and shipping with their worth, and separately says what
was paid back. The worth is Shopify's own cumulative split, so the parts of a
line refunded in steps sum to the line exactly. Paid back more: the rest names
no line. Paid back less: the named lines share the loss of it in proportion,
so that commission never falls by more than the buyer received. Paid back
nothing: units were taken off, by an edit or for an exchange. Paid back less for
what a return took off: the rest was taken off for no money, too.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.edits import UnitsTakenOff
from liveshop_sdk.facts import Fact, OrderRefunded, RefundFailed
from liveshop_sdk.money import half_up, split
from liveshop_sdk.platforms.shopify.changes import History
from liveshop_sdk.platforms.shopify.edits import UnsettledError
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    currency_of,
    decimal,
    flag,
    instant,
    number,
    obj,
    objs,
    ref,
    shop_money,
    text,
)
from liveshop_sdk.platforms.shopify.reading import PLATFORM, may_be_tip, sold_line

_NAMED = ("refund_line_items", "refund_shipping_lines", "duties")
_MOVED = frozenset({"success", "pending"})
_FAILED = frozenset({"failure", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a refund's payload leaves out about its order.

    Attributes:
        paid_at: None for one that is not paid yet.
        of_changes: The refunds for units that an edit or a return took off.
    """

    currency: str
    taxes_included: bool
    tip: int
    paid_at: datetime | None
    of_changes: Set[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """Money whose purpose the refund names, in minor units."""

    lines: tuple[tuple[Obj, int, int], ...]
    subtotal: int
    tax: int
    other: int
    other_tax: int
    adjusted: int
    adjusted_tax: int

    def worth(self, *, included: bool) -> int:
        """Return what all of it is worth to the buyer."""
        extra = 0 if included else self.tax + self.other_tax
        return self.subtotal + self.other + extra


def terms_of(order: Obj, paid_at: datetime | None) -> Terms:
    """Return the terms of an order in the webhook's shape."""
    currency = currency_of(order)
    return Terms(
        currency=currency,
        taxes_included=flag(order, "taxes_included"),
        tip=decimal(order, "total_tip_received", currency),
        paid_at=paid_at,
        of_changes=History(order, currency).of_changes,
    )


def read_refund(raw: Obj, *, account: str, terms: Terms | None = None) -> tuple[Fact, ...]:
    """Return the refund, with its failure if all failed, or what was taken off.

    Pending money counts: Shopify sends nothing when it arrives. What was taken
    off before the order was paid was never sold.

    Args:
        terms: Of the order, where known. A webhook does not carry them; they
            are worked out from the sums where only one reading fits.

    Raises:
        UnsettledError: the terms are needed, and the sums do not give them.
        ShapeError: a field is not as documented.
    """
    refund_id, order_id = ref(raw, "id"), ref(raw, "order_id")
    is_silent = not any(objs(raw, name) for name in _NAMED)
    if is_silent and not objs(raw, "transactions"):
        return ()
    currency = terms.currency if terms else _currency(raw)
    amount, failed = _paid_back(raw, currency, known=terms is not None)
    if not amount:
        return () if is_silent else _taken_off(raw, account, terms)
    named = _named(raw, currency)
    included = terms.taxes_included if terms else _tax_included(named, amount)
    if terms is None and any(may_be_tip(row) for row, _, _ in named.lines):
        raise UnsettledError
    lines = _bases(named, currency, included=included, tip=terms.tip if terms else 0)
    worth = named.worth(included=included)
    refund = OrderRefunded(
        platform=PLATFORM,
        account=account,
        order_ref=str(order_id),
        occurred_at=instant(raw, "processed_at" if raw.get("processed_at") else "created_at"),
        refund_id=str(refund_id),
        amount=amount,
        currency=currency,
        lines=_shrunk(lines, amount, worth),
        named_amount=min(amount, worth),
    )
    if failed:
        return (refund, _failure(refund))
    if terms is None or refund_id not in terms.of_changes or amount >= worth:
        return (refund,)
    return (refund, _rest(refund, dict(lines), worth))


def _bases(named: _Named, currency: str, *, included: bool, tip: int) -> list[tuple[int, int]]:
    """Return the commission base of what is named, by ascending line."""
    lines: dict[int, int] = {}
    for row, subtotal, tax in named.lines:
        cap = sold_line(row, currency, included=included, tip=tip).base
        line_id = ref(row, "id")
        base = subtotal - (tax if included else 0)
        if base < 0:
            raise ShapeError("a refunded line's tax is above its price")
        lines[line_id] = min(lines.get(line_id, 0) + base, cap)
    return sorted(lines.items())


def _taken_off(raw: Obj, account: str, terms: Terms | None) -> tuple[Fact, ...]:
    if terms is None:
        raise UnsettledError  # only the order tells whether it was paid before
    made = instant(raw, "created_at" if raw.get("created_at") else "processed_at")
    if terms.paid_at is None or made <= terms.paid_at:
        return ()
    named, included = _named(raw, terms.currency), terms.taxes_included
    bases = _bases(named, terms.currency, included=included, tip=terms.tip)
    return (
        UnitsTakenOff(
            platform=PLATFORM,
            account=account,
            order_ref=str(ref(raw, "order_id")),
            occurred_at=made,
            record_id=str(ref(raw, "id")),
            currency=terms.currency,
            worth=named.worth(included=included),
            lines=tuple((str(line_id), base) for line_id, base in bases),
        ),
    )


def _rest(refund: OrderRefunded, bases: Mapping[int, int], worth: int) -> UnitsTakenOff:
    """Return what a refund names and did not pay back, which was exchanged."""
    return UnitsTakenOff(
        platform=refund.platform,
        account=refund.account,
        order_ref=refund.order_ref,
        occurred_at=refund.occurred_at,
        record_id=f"{refund.refund_id}-rest",
        currency=refund.currency,
        worth=worth - refund.amount,
        lines=tuple((line, bases[int(line)] - base) for line, base in refund.lines),
    )


def _failure(refund: OrderRefunded) -> RefundFailed:
    return RefundFailed(
        platform=refund.platform,
        account=refund.account,
        order_ref=refund.order_ref,
        occurred_at=refund.occurred_at,
        refund_id=refund.refund_id,
    )


def _shrunk(lines: list[tuple[int, int]], amount: int, worth: int) -> tuple[tuple[str, int], ...]:
    """Scale bases by what was paid back of their worth, exact in sum."""
    bases = [base for _, base in lines]
    if amount < worth:
        bases = split(half_up(sum(bases) * amount, worth), bases)
    return tuple((str(line_id), base) for (line_id, _), base in zip(lines, bases, strict=True))


def _paid_back(raw: Obj, currency: str, *, known: bool) -> tuple[int, bool]:
    """Return what was paid back, and whether all of it failed."""
    moved = failed = 0
    for row in objs(raw, "transactions"):
        if text(row, "kind") != "refund":
            continue
        paid_in = text(row, "currency")
        if known and paid_in != currency:
            raise ShapeError(f"a transaction is not in {currency}")
        if paid_in != currency and (paid_in or not _one_currency(raw)):
            raise UnsettledError  # paid in the buyer's currency: the order knows the shop's
        amount = decimal(row, "amount", currency)
        status = text(row, "status")
        moved += amount if status in _MOVED else 0
        failed += amount if status in _FAILED else 0
    return (moved, False) if moved else (failed, failed > 0)


def _bags(raw: Obj) -> list[Obj]:
    rows = (
        [obj(row, "subtotal_set") for row in objs(raw, "refund_line_items")]
        + [obj(row, "subtotal_amount_set") for row in objs(raw, "refund_shipping_lines")]
        + [obj(row, "amount_set") for row in objs(raw, "order_adjustments")]
    )
    return [bag for bag in rows if bag]


def _currency(raw: Obj) -> str:
    """Return the shop's currency, as the refund's own amounts say."""
    for bag in _bags(raw):
        return currency_of(obj(bag, "shop_money"), "currency_code")
    raise UnsettledError


def _one_currency(raw: Obj) -> bool:
    codes = {
        text(obj(bag, side), "currency_code")
        for bag in _bags(raw)
        for side in ("shop_money", "presentment_money")
    }
    return len(codes) == 1


def _named(raw: Obj, currency: str) -> _Named:
    lines = []
    for row in objs(raw, "refund_line_items"):
        line = obj(row, "line_item")
        if not line:
            raise UnsettledError
        if ref(row, "line_item_id") != ref(line, "id") or not number(row, "quantity"):
            raise ShapeError("a refunded line does not name its line")
        subtotal = shop_money(row, "subtotal_set", currency)
        lines.append((line, subtotal, shop_money(row, "total_tax_set", currency)))
    shipping = objs(raw, "refund_shipping_lines")
    other = sum(shop_money(row, "subtotal_amount_set", currency) for row in shipping)
    other_tax = sum(shop_money(row, "tax_amount_set", currency) for row in shipping)
    other += sum(shop_money(row, "amount_set", currency) for row in objs(raw, "duties"))
    adjusted = adjusted_tax = 0
    for row in objs(raw, "order_adjustments"):
        amount = shop_money(row, "amount_set", currency, signed=True)
        tax = shop_money(row, "tax_amount_set", currency, signed=True)
        if text(row, "kind") != "shipping_refund":
            adjusted, adjusted_tax = adjusted + amount, adjusted_tax + tax
        elif not shipping:  # how older versions write what refund_shipping_lines says now
            other, other_tax = other - amount, other_tax - tax
    return _Named(
        lines=tuple(lines),
        subtotal=sum(subtotal for _, subtotal, _ in lines),
        tax=sum(tax for _, _, tax in lines),
        other=other,
        other_tax=other_tax,
        adjusted=adjusted,
        adjusted_tax=adjusted_tax,
    )


def _tax_included(named: _Named, amount: int) -> bool:
    """Tell whether prices hold their tax, from what was paid back for them.

    Only one of the two sums can fit; where no tax is named it does not matter.
    """
    if not named.tax and not named.other_tax:
        return True
    inside = named.worth(included=True) - named.adjusted == amount
    on_top = named.worth(included=False) - named.adjusted - named.adjusted_tax == amount
    if inside == on_top:
        raise UnsettledError
    return inside
