"""The views of ``/v1`` that read; each asks one thing of the shop."""

import json
from io import BytesIO
from itertools import islice
from typing import Any

from liveshop_sdk.affiliate.ledger.periods.months import parse_month
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.personal.models import PersonalCode
from liveshop_sdk.errors import CursorInvalidError
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.listing import Page
from liveshop_sdk.web.rest import shapes
from liveshop_sdk.web.rest.call import Call, page

Answer = dict[str, Any]


def brands(call: Call) -> Answer:
    """List brands by code."""
    paged = call.paged("brands")
    seen = [one for one in call.shop.brands.list() if call.sees in (None, one.code)]
    rows = [one for one in seen if paged["after"] is None or one.code > paged["after"]]
    items = tuple(rows[: paged["limit"]])
    following = items[-1].code if len(rows) > paged["limit"] else None
    return page("brands", Page(items=items, next=following), shapes.brand)


def products(call: Call) -> Answer:
    """List products by SKU."""
    found = call.shop.listing.products(call.brand, **call.paged("products"))
    return page("products", found, shapes.product)


def product(call: Call) -> Answer:
    """Return a product."""
    found = call.shop.listing.product(call.parts["sku"], call.sees)
    return {"product": shapes.product(found)}


def creators(call: Call) -> Answer:
    """List creators by handle; of a brand, those it has terms with."""
    found = call.shop.listing.creators(call.brand, **call.paged("creators"))
    return page("creators", found, shapes.creator)


def creator(call: Call) -> Answer:
    """Return a creator."""
    found = call.shop.listing.creator(call.parts["handle"], call.sees)
    return {"creator": shapes.creator(found)}


def agreements(call: Call) -> Answer:
    """List versions of terms by brand, creator and number."""
    named = {"creator": call.given.get("creator"), **call.paged("agreements")}
    found = call.shop.listing.agreements(call.brand, **named)
    return page("agreements", found, shapes.agreement)


def streams(call: Call) -> Answer:
    """List streams by code."""
    found = call.shop.listing.streams(call.brand, **call.paged("streams"))
    return page("streams", found, lambda one: seen(call, one))


def coupons(call: Call) -> Answer:
    """List coupons, the newest first."""
    found = call.shop.listing.coupons(call.sees, **_shared(call, "coupons"))
    return page("coupons", found, Coupon.as_json)


def coupon(call: Call) -> Answer:
    """Return a coupon by its code, in any case."""
    return {"coupon": call.shop.listing.coupon(call.parts["code"], call.sees).as_json()}


def codes(call: Call) -> Answer:
    """List the personal codes of a coupon that exist at the platform, in their order."""
    code = call.shop.listing.coupon(call.parts["code"], call.sees).code
    paged = call.paged("codes")
    found = call.shop.coupons.codes(code, after=paged["after"], limit=paged["limit"] + 1)
    items = found[: paged["limit"]]
    following = items[-1].id if len(found) > len(items) else None
    return page("codes", Page(items=items, next=following), PersonalCode.as_json)


def links(call: Call) -> Answer:
    """List links, the newest first."""
    found = call.shop.listing.links(call.sees, **_shared(call, "links"))
    return page("links", found, shapes.link)


def link(call: Call) -> Answer:
    """Return a link by its id, whatever its state."""
    return {"link": shapes.link(call.shop.listing.link(call.parts["link_id"], call.sees))}


def orders(call: Call) -> Answer:
    """List paid orders with their attribution, the newest first."""
    named = {"creator": call.given.get("creator"), **call.paged("orders")}
    return page("orders", call.shop.listing.orders(call.brand, **named), shapes.order)


def order(call: Call) -> Answer:
    """Return a paid order by our id, the platform's or its checkout's."""
    return {"order": shapes.order(call.shop.listing.order(call.parts["order_ref"], call.sees))}


def balances(call: Call) -> Answer:
    """List the balances of a brand's book by account."""
    paged = call.paged("balances")
    if call.given.get("creator") is not None:
        call.shop.listing.creator(call.given["creator"], call.sees)
    found = call.shop.ledger.balance(
        brand=call.brand, creator=call.given.get("creator"), as_of_seq=call.given.get("as_of_seq")
    )
    rows = [
        (f"{one.account} {one.currency}", one)
        for one in sorted(found.balances, key=lambda one: (one.account, one.currency))
    ]
    rows = [row for row in rows if paged["after"] is None or row[0] > paged["after"]]
    shown = rows[: paged["limit"]]
    following = shown[-1][0] if len(rows) > len(shown) else None
    items = Page(items=tuple(one for _, one in shown), next=following)
    return {
        "brand": found.brand,
        "as_of_seq": found.head.seq,
        "root_hash": found.head.root_hash,
        **page("balances", items, shapes.balance),
    }


def entries(call: Call) -> Answer:
    """List the entries of a brand's book in their order."""
    paged = call.paged("entries")
    found = call.shop.ledger.entries(brand=call.brand, after_seq=_seq(paged["after"]))
    rows = list(islice(found, paged["limit"] + 1))
    items = tuple(rows[: paged["limit"]])
    following = str(items[-1].seq) if len(rows) > len(items) else None
    return page("entries", Page(items=items, next=following), shapes.entry)


def statements(call: Call) -> Answer:
    """List the creators who have a statement, by handle."""
    paged, period = call.paged("statements"), parse_month(call.given["period"])
    handles = call.shop.statements.creators(brand=call.brand)
    rows = [one for one in handles if paged["after"] is None or one > paged["after"]]
    items = tuple(rows[: paged["limit"]])
    following = items[-1] if len(rows) > len(items) else None
    found = Page(items=items, next=following)
    return page("statements", found, lambda one: {"creator": one, "period": period})


def statement(call: Call) -> Answer:
    """Return a creator's month, lines and proofs included."""
    handle = call.parts["handle"]
    call.shop.listing.creator(handle, call.sees)
    made = call.shop.statements.of(handle, period=call.parts["period"], brand=call.brand)
    out = BytesIO()
    made.write(out, format="json")
    return {"statement": json.loads(out.getvalue())}


def seen(call: Call, one: Stream) -> Answer:
    """Return a stream as the key sees it."""
    return shapes.stream(one, now=call.shop.clock.now(), seen_by=call.sees)


def _shared(call: Call, listing: str) -> dict[str, Any]:
    named = {name: call.given.get(name) for name in ("creator", "stream")}
    return {**named, **call.paged(listing)}


def _seq(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise CursorInvalidError()
    return int(after)
