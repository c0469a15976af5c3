"""Ask Shopify for an order, and write the answer in the shape of its webhook.

One shape means one reader: an order heard of by webhook and the same order
asked for give the same fact by construction.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    flag,
    number,
    obj,
    objs,
    text,
    texts,
)

Ask = Callable[[str, Mapping[str, object]], Obj]
"""Run a document with variables and return its ``data``."""

_MAX_PAGES = 50
_CHANGES = {"OrderEditAgreement": "edit", "ReturnAgreement": "return"}
"""What becomes of an order after it was placed; its refunds are read by themselves."""


def find_order(ask: Ask, order_ref: str) -> dict[str, Any] | None:
    """Return an order with its refunds in the webhook's shape, None if not there.

    Orders older than 60 days are not there without ``read_all_orders``.
    """
    gid = f"gid://shopify/Order/{order_ref}"
    found = obj(ask(queries.ORDER, {"id": gid}), "order")
    if not found:
        return None
    rows = list(_pages(ask, queries.ORDER_LINES, gid, ("order", "lineItems"), found))
    lines = {text(row, "id"): _line(row) for row in rows}
    order = _order(found)
    order["line_items"] = list(lines.values())
    order["refunds"] = [_refund(ask, row, order, lines) for row in objs(found, "refunds")]
    if flag(found, "edited") or text(found, "returnStatus") not in ("", "NO_RETURN"):
        order["changes"] = list(_changes(ask, gid))
    return order


def find_disputes(ask: Ask, order_ref: str) -> list[Obj]:
    """Return an order's disputes in the webhook's shape."""
    gid = f"gid://shopify/Order/{order_ref}"
    order = obj(ask(queries.ORDER_DISPUTES, {"id": gid}), "order")
    found: list[Obj] = []
    for row in objs(order, "disputes"):
        dispute_gid = f"gid://shopify/ShopifyPaymentsDispute/{_number(text(row, 'id'))}"
        dispute = obj(ask(queries.DISPUTE, {"id": dispute_gid}), "dispute")
        if dispute:
            found.append(dispute_of(dispute, int(order_ref)))
    return found


def _pages(ask: Ask, document: str, gid: str, path: tuple[str, str], first: Obj) -> Iterable[Obj]:
    """Yield a connection's nodes, asking for further pages as it goes."""
    owner, name = path
    holder = first
    for _ in range(_MAX_PAGES):
        page = obj(holder, name)
        yield from objs(page, "nodes")
        info = obj(page, "pageInfo")
        if not flag(info, "hasNextPage"):
            return
        holder = obj(ask(document, {"id": gid, "after": text(info, "endCursor")}), owner)
    raise ShapeError(f"{name} never ends")


def _changes(ask: Ask, gid: str) -> Iterable[dict[str, object]]:
    """Yield an order's edits and returns, with what each added and took off."""
    after: str | None = None
    for _ in range(_MAX_PAGES):
        page = _agreement(ask, gid, after, None)
        for row in objs(page, "nodes"):
            name = _CHANGES.get(text(row, "__typename"))
            if name:
                yield {
                    "id": f"{name}-{_number(text(row, 'id'))}",
                    "happened_at": text(row, "happenedAt"),
                    "sales": [_sale(one) for one in _sales(ask, gid, after, row)],
                }
        info = obj(page, "pageInfo")
        if not flag(info, "hasNextPage"):
            return
        after = text(info, "endCursor")
    raise ShapeError("agreements never end")


def _agreement(ask: Ask, gid: str, after: str | None, sales: str | None) -> Obj:
    answer = ask(queries.AGREEMENTS, {"id": gid, "after": after, "sales": sales})
    return obj(obj(answer, "order"), "agreements")


def _sales(ask: Ask, gid: str, after: str | None, first: Obj) -> Iterable[Obj]:
    """Yield what an agreement says of each line, asking for it again as it goes on."""
    rows = [first]
    for _ in range(_MAX_PAGES):
        page = obj(rows[0], "sales") if rows else {}
        yield from objs(page, "nodes")
        info = obj(page, "pageInfo")
        if not flag(info, "hasNextPage"):
            return
        rows = objs(_agreement(ask, gid, after, text(info, "endCursor")), "nodes")
    raise ShapeError("sales never end")


def _sale(row: Obj) -> dict[str, object]:
    line = obj(row, "lineItem")
    return {
        "action": text(row, "actionType").lower(),
        "quantity": row.get("quantity"),
        "line_item_id": _number(text(line, "id")) if line else None,
        "total_set": _bag(row, "totalAmount"),
        "tax_set": _bag(row, "totalTaxAmount"),
    }


def _order(found: Obj) -> dict[str, Any]:
    return {
        "id": _long(found, "legacyResourceId"),
        "currency": text(found, "currencyCode"),
        "taxes_included": flag(found, "taxesIncluded"),
        "financial_status": text(found, "displayFinancialStatus").lower(),
        "processed_at": text(found, "processedAt"),
        "test": flag(found, "test"),
        "email": text(found, "email"),
        "cart_token": text(found, "cartToken"),
        "note_attributes": [
            {"name": text(row, "key"), "value": row.get("value")}
            for row in objs(found, "customAttributes")
        ],
        "metafields": [reference] if (reference := obj(found, "reference")) else [],
        "discount_codes": [{"code": code} for code in texts(found, "discountCodes")],
        "shipping_address": _address(found, "shippingAddress"),
        "billing_address": _address(found, "billingAddress"),
        "total_price_set": _bag(found, "originalTotalPriceSet"),
        "total_tax_set": _bag(found, "totalTaxSet"),
        "total_shipping_price_set": _bag(found, "totalShippingPriceSet"),
        "current_total_price_set": _bag(found, "currentTotalPriceSet"),
        "current_total_tax_set": _bag(found, "currentTotalTaxSet"),
        "transactions": [_payment(row) for row in objs(found, "transactions")],
        "total_tip_received": text(obj(obj(found, "totalTipReceivedSet"), "shopMoney"), "amount"),
    }


def _line(row: Obj) -> dict[str, object]:
    return {
        "id": _number(text(row, "id")),
        "title": text(row, "title"),
        "sku": text(row, "sku"),
        "quantity": number(row, "quantity"),
        "current_quantity": number(row, "currentQuantity"),
        "gift_card": flag(row, "isGiftCard"),
        "requires_shipping": flag(row, "requiresShipping"),
        "taxable": flag(row, "taxable"),
        "variant_id": _long(obj(row, "variant"), "legacyResourceId"),
        "product_id": _long(obj(row, "product"), "legacyResourceId"),
        "price_set": _bag(row, "originalUnitPriceSet"),
        "discount_allocations": [
            {"amount_set": _bag(one, "allocatedAmountSet")}
            for one in objs(row, "discountAllocations")
        ],
        "tax_lines": [{"price_set": _bag(one, "priceSet")} for one in objs(row, "taxLines")],
    }


def _refund(
    ask: Ask, found: Obj, order: Obj, lines: Mapping[str, dict[str, object]]
) -> dict[str, object]:
    gid = text(found, "id")
    rows = _pages(ask, queries.REFUND_LINES, gid, ("refund", "refundLineItems"), found)
    return {
        "id": _long(found, "legacyResourceId"),
        "order_id": order["id"],
        "created_at": text(found, "createdAt"),
        "processed_at": text(found, "processedAt"),
        "duties": [{"amount_set": _bag(row, "amountSet")} for row in objs(found, "duties")],
        "refund_line_items": [_refund_line(row, lines) for row in rows],
        "refund_shipping_lines": [
            {
                "subtotal_amount_set": _bag(row, "subtotalAmountSet"),
                "tax_amount_set": _bag(row, "taxAmountSet"),
            }
            for row in objs(obj(found, "refundShippingLines"), "nodes")
        ],
        "transactions": [_transaction(row) for row in objs(obj(found, "transactions"), "nodes")],
    }


def _refund_line(row: Obj, lines: Mapping[str, dict[str, object]]) -> dict[str, object]:
    line = lines.get(text(obj(row, "lineItem"), "id"))
    if line is None:
        raise ShapeError("a refund names a line that the order does not have")
    return {
        "line_item_id": line["id"],
        "line_item": line,
        "quantity": number(row, "quantity"),
        "subtotal_set": _bag(row, "subtotalSet"),
        "total_tax_set": _bag(row, "totalTaxSet"),
    }


def _transaction(row: Obj) -> dict[str, object]:
    money = obj(obj(row, "amountSet"), "shopMoney")
    return {
        "kind": text(row, "kind").lower(),
        "status": text(row, "status").lower(),
        "amount": text(money, "amount"),
        "currency": text(money, "currencyCode"),
        "amount_set": _bag(row, "amountSet"),
    }


def _payment(row: Obj) -> dict[str, object]:
    return {
        "kind": text(row, "kind").lower(),
        "status": text(row, "status").lower(),
        "processed_at": text(row, "processedAt") or text(row, "createdAt"),
        "amount_set": _bag(row, "amountSet"),
    }


def dispute_of(found: Obj, order_id: int) -> dict[str, object]:
    """Return a dispute in the webhook's shape."""
    money = obj(found, "amount")
    return {
        "id": _long(found, "legacyResourceId"),
        "order_id": order_id,
        "type": text(found, "type").lower(),
        "status": text(found, "status").lower(),
        "amount": text(money, "amount"),
        "currency": text(money, "currencyCode"),
        "initiated_at": text(found, "initiatedAt"),
        "finalized_on": text(found, "finalizedOn"),
    }


def _address(found: Obj, name: str) -> dict[str, object]:
    return {"country_code": text(obj(found, name), "countryCodeV2")}


def _bag(holder: Obj, name: str) -> dict[str, object]:
    bag = obj(holder, name)
    return {
        side: {"amount": text(money, "amount"), "currency_code": text(money, "currencyCode")}
        for side, given in (("shop_money", "shopMoney"), ("presentment_money", "presentmentMoney"))
        if (money := obj(bag, given))
    }


def _long(holder: Obj, name: str) -> int | None:
    """Read an ``UnsignedInt64``, which is written as text."""
    value = text(holder, name)
    if not value:
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > 19:
        raise ShapeError(f"{name} is not a number")
    return int(value)


def _number(gid: str) -> int:
    """Return the number at the end of a global id."""
    return _long({"id": gid.partition("?")[0].rpartition("/")[2]}, "id") or 0
