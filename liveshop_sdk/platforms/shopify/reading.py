"""Turn a Shopify order, in the shape of its webhook, into a paid order of ours.

The same functions read orders that we asked for: `lookup` writes GraphQL
answers in the webhook's shape first, so both ways give the same fact.
"""

import re
from datetime import datetime

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.facts import OrderPaid, SoldLine
from liveshop_sdk.money import MAX_AMOUNT
from liveshop_sdk.platforms.shopify.carts import ATTRIBUTE
from liveshop_sdk.platforms.shopify.changes import History, paid_at, shows_edits
from liveshop_sdk.platforms.shopify.edits import Edits, Left, UnsettledError
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    currency_of,
    decimal,
    flag,
    needed_money,
    number,
    obj,
    objs,
    ref,
    ref_or_none,
    shop_money,
    text,
)
from liveshop_sdk.platforms.shopify.metafields import copied_values

PLATFORM = "shopify"

PAID = frozenset({"paid", "partially_refunded", "refunded"})
"""States in which all money has come in; ``authorized`` is not one."""

MAYBE_PAID = PAID | {"partially_paid"}
"""Also one in which something was added after all money had come in."""

_MAX_SEALED = 512
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_order(
    raw: Obj,
    *,
    account: str,
    seals: Seals,
    heard_at: datetime | None = None,
    settled: bool = True,
) -> OrderPaid | None:
    """Return the paid order, or None while money is still to come.

    Commission is on shop money after all discounts and without tax; shipping,
    gift cards and tips carry none, nor do units that an edit took off before
    the payment. Lines and codes are sorted, so that two readings agree.

    Args:
        heard_at: When we were told, for an order that does not say itself when
            it was paid.
        settled: This is all there is to know; else the order may be asked for.

    Raises:
        UnsettledError: the payload alone does not tell what was sold.
        ShapeError: a field is not as documented, or the sums cannot be right.
    """
    order_id = ref(raw, "id")
    status = text(raw, "financial_status")
    if status not in MAYBE_PAID:
        return None
    currency = currency_of(raw)
    history = History(raw, currency)
    if status not in PAID and history.first_paid_at is None:
        return None
    at = paid_at(raw, heard_at, history)
    edits = Edits(raw, currency, at, history)
    lines = sold_lines(raw, currency, edits, settled=settled)
    has_grown = not history.later or history.changed_before
    total, tax = _totals(raw, currency, lines, edits, has_grown=has_grown)
    is_more = sum(line.base for line in lines) > total
    if not settled and (is_more or shows_edits(raw, currency)):
        raise UnsettledError
    if is_more:
        raise ShapeError("the lines are worth more than was paid")
    email = text(raw, "email").strip()
    return OrderPaid(
        platform=PLATFORM,
        account=account,
        order_ref=str(order_id),
        occurred_at=at,
        currency=currency,
        total=total,
        shipping=shop_money(raw, "total_shipping_price_set", currency),
        tax=tax,
        tax_included=flag(raw, "taxes_included"),
        lines=lines,
        checkout_id=_checkout_id(raw, seals),
        cart_token=text(raw, "cart_token") or None,
        codes=tuple(sorted({text(code, "code") for code in objs(raw, "discount_codes")} - {""})),
        customer_key=seals.customer_key(email) if email else None,
        market=_market(raw),
        is_test=flag(raw, "test"),
    )


def _totals(
    raw: Obj, currency: str, lines: tuple[SoldLine, ...], edits: Edits, *, has_grown: bool
) -> tuple[int, int]:
    """Return total and tax: as ordered, or where an edit shows, as paid.

    Args:
        has_grown: Something may have been added before the payment.
    """
    ordered = needed_money(raw, "total_price_set", currency)
    tax = shop_money(raw, "total_tax_set", currency)
    paid = edits.totals() or (ordered, tax)
    is_less = edits.is_cut(sum(line.quantity for line in lines))
    return paid if is_less or (has_grown and paid[0] > ordered) else (ordered, tax)


def sold_lines(raw: Obj, currency: str, edits: Edits, *, settled: bool) -> tuple[SoldLine, ...]:
    """Return the lines of which anything was sold, by ascending id."""
    included = flag(raw, "taxes_included")
    tip = decimal(raw, "total_tip_received", currency)
    lines = []
    for row in objs(raw, "line_items"):
        whole, price = as_ordered(row, currency)
        left = edits.left(row, whole, price, settled=settled)
        if left.quantity or not whole.quantity:
            lines.append(line_of(row, price, left, included=included, tip=tip))
    if len({line.ref for line in lines}) != len(lines):
        raise ShapeError("two lines have the same id")
    return tuple(sorted(lines, key=lambda line: int(line.ref)))


def sold_line(row: Obj, currency: str, *, included: bool, tip: int) -> SoldLine:
    """Return one line as it was ordered."""
    whole, price = as_ordered(row, currency)
    return line_of(row, price, whole, included=included, tip=tip)


def as_ordered(row: Obj, currency: str) -> tuple[Left, int]:
    """Return a line's units, discounts and tax, and the price of a unit.

    Discounts are the allocations, which hold order-level codes too;
    ``total_discount`` leaves those out.
    """
    discounts = objs(row, "discount_allocations")
    whole = Left(
        quantity=number(row, "quantity"),
        discount=sum(shop_money(one, "amount_set", currency) for one in discounts),
        tax=sum(shop_money(one, "price_set", currency) for one in objs(row, "tax_lines")),
    )
    price = needed_money(row, "price_set", currency)
    if price * whole.quantity > MAX_AMOUNT:
        raise ShapeError("a line's amounts cannot be right")
    return whole, price


def line_of(row: Obj, price: int, sold: Left, *, included: bool, tip: int) -> SoldLine:
    """Return a line of which so much was sold."""
    gross = price * sold.quantity
    base = gross - sold.discount - (sold.tax if included else 0)
    if base < 0:
        raise ShapeError("a line's amounts cannot be right")
    if flag(row, "gift_card") or is_tip(row, gross=gross, tip=tip):
        base = 0
    variant = ref_or_none(row, "variant_id")
    return SoldLine(
        ref=str(ref(row, "id")),
        sku=text(row, "sku"),
        item_ref=f"gid://shopify/ProductVariant/{variant}" if variant else "",
        title=text(row, "title"),
        quantity=sold.quantity,
        gross=gross,
        discount=sold.discount,
        tax=sold.tax,
        base=base,
    )


def is_tip(row: Obj, *, gross: int, tip: int) -> bool:
    """Say whether a line is the tip: marked as one, or no goods for that sum."""
    return bool(obj(row, "tip")) or (0 < gross == tip and may_be_tip(row))


def may_be_tip(row: Obj) -> bool:
    """Say whether a line stands for nothing that is shipped, taxed or stocked."""
    return not (
        row.get("variant_id")
        or row.get("product_id")
        or flag(row, "requires_shipping")
        or flag(row, "taxable")
    )


def _checkout_id(raw: Obj, seals: Seals) -> str | None:
    """Unseal what the cart carried: anybody may write there, only the seal counts."""
    notes = objs(raw, "note_attributes")
    carried = (note.get("value") for note in notes if note.get("name") == ATTRIBUTE)
    for value in (*carried, *copied_values(raw)):
        if isinstance(value, str) and len(value) <= _MAX_SEALED:
            checkout_id = seals.unseal(value)
            if checkout_id is not None:
                return checkout_id
    return None


def _market(raw: Obj) -> str:
    country = text(obj(raw, "shipping_address"), "country_code") or text(
        obj(raw, "billing_address"), "country_code"
    )
    return country if _COUNTRY.fullmatch(country) else ""
