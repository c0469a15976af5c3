"""Turn a Shopify order, in the shape of its webhook, into a paid order of ours.

The same functions read orders that we asked for: `lookup` writes GraphQL
answers in the webhook's shape first, so both ways give the same fact.
"""

import re

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.facts import OrderPaid, SoldLine
from liveshop_sdk.money import MAX_AMOUNT
from liveshop_sdk.platforms.shopify.carts import ATTRIBUTE
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    currency_of,
    decimal,
    flag,
    instant,
    needed_money,
    number,
    obj,
    objs,
    ref,
    ref_or_none,
    shop_money,
    text,
)

PLATFORM = "shopify"

PAID = frozenset({"paid", "partially_refunded", "refunded"})
"""States in which all money has come in; ``authorized`` is not one."""

_MAX_SEALED = 512
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_order(raw: Obj, *, account: str, seals: Seals) -> OrderPaid | None:
    """Return the paid order, or None while money is still to come.

    Commission is on shop money after all discounts and without tax; shipping,
    gift cards and tips carry none. ``occurred_at`` is ``processed_at``, which
    never changes. Lines and codes are sorted, so that two readings agree.

    Raises:
        ShapeError: a field is not as documented, or the sums cannot be right.
    """
    order_id = ref(raw, "id")
    if text(raw, "financial_status") not in PAID:
        return None
    currency = currency_of(raw)
    lines = sold_lines(raw, currency)
    total = needed_money(raw, "total_price_set", currency)
    if sum(line.base for line in lines) > total:
        raise ShapeError("the lines are worth more than was paid")
    email = text(raw, "email").strip()
    return OrderPaid(
        platform=PLATFORM,
        account=account,
        order_ref=str(order_id),
        occurred_at=instant(raw, "processed_at"),
        currency=currency,
        total=total,
        shipping=shop_money(raw, "total_shipping_price_set", currency),
        tax=shop_money(raw, "total_tax_set", currency),
        tax_included=flag(raw, "taxes_included"),
        lines=lines,
        checkout_id=_checkout_id(raw, seals),
        cart_token=text(raw, "cart_token") or None,
        codes=tuple(sorted({text(code, "code") for code in objs(raw, "discount_codes")} - {""})),
        customer_key=seals.customer_key(email) if email else None,
        market=_market(raw),
        is_test=flag(raw, "test"),
    )


def sold_lines(raw: Obj, currency: str) -> tuple[SoldLine, ...]:
    """Return an order's lines, by ascending id."""
    included = flag(raw, "taxes_included")
    tip = decimal(raw, "total_tip_received", currency)
    lines = sorted(
        (sold_line(row, currency, included=included, tip=tip) for row in objs(raw, "line_items")),
        key=lambda line: int(line.ref),
    )
    if len({line.ref for line in lines}) != len(lines):
        raise ShapeError("two lines have the same id")
    return tuple(lines)


def sold_line(row: Obj, currency: str, *, included: bool, tip: int) -> SoldLine:
    """Return one line: price times quantity, its discounts, tax and base.

    Discounts are the allocations, which hold order-level codes too;
    ``total_discount`` leaves those out.
    """
    quantity = number(row, "quantity")
    gross = needed_money(row, "price_set", currency) * quantity
    discount = sum(
        shop_money(one, "amount_set", currency) for one in objs(row, "discount_allocations")
    )
    tax = sum(shop_money(one, "price_set", currency) for one in objs(row, "tax_lines"))
    base = gross - discount - (tax if included else 0)
    if base < 0 or gross > MAX_AMOUNT:
        raise ShapeError("a line's amounts cannot be right")
    if flag(row, "gift_card") or is_tip(row, gross=gross, tip=tip):
        base = 0
    variant = ref_or_none(row, "variant_id")
    return SoldLine(
        ref=str(ref(row, "id")),
        sku=text(row, "sku"),
        item_ref=f"gid://shopify/ProductVariant/{variant}" if variant else "",
        title=text(row, "title"),
        quantity=quantity,
        gross=gross,
        discount=discount,
        tax=tax,
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
    """Unseal our cart attribute: buyers write attributes, only the seal counts."""
    for note in objs(raw, "note_attributes"):
        value = note.get("value")
        if note.get("name") == ATTRIBUTE and isinstance(value, str) and len(value) <= _MAX_SEALED:
            checkout_id = seals.unseal(value)
            if checkout_id is not None:
                return checkout_id
    return None


def _market(raw: Obj) -> str:
    country = text(obj(raw, "shipping_address"), "country_code") or text(
        obj(raw, "billing_address"), "country_code"
    )
    return country if _COUNTRY.fullmatch(country) else ""
