"""Coupons of other kinds sold with at Shopify, from the command line to the ledger."""

import itertools
from typing import Any

from tests.flows.oracle_support import BEN
from tests.flows.shopify_actors import Stage
from tests.flows.test_shopify_coupon_life import drained, window
from tests.flows.test_shopify_faults import hurried, on_shopify, refill, slow_down, some

__all__ = ["hurried", "on_shopify"]

FOR_BEN = ("--stream", "friday-drop", "--creator", "ben")


def test_an_order_with_free_shipping(on_shopify: Stage) -> None:
    """39.90 with 19 % in it is 33.53 net; 7.5 % of that is 2.51475."""
    site = on_shopify.site
    command = ("coupons", "create", "SHIPFREE", *FOR_BEN, "--free-shipping", "--limit", "3")
    made = site.cli(*command)
    assert (made["status"], made["offer"]) == ("ready", "free shipping")
    assert site.cli(*command) == made
    whole = window(on_shopify, "SHIPFREE")
    assert site.cli("coupons", "pause", "SHIPFREE")["waiting"] is None
    assert window(on_shopify, "SHIPFREE")[1] < whole[1]
    assert site.cli("coupons", "resume", "SHIPFREE")["status"] == "ready"
    assert window(on_shopify, "SHIPFREE") == whole
    link = site.issue("ben", "friday-drop", "SHIPFREE", sku_tee=1)
    order = on_shopify.sell(link, BEN)
    assert (order["total_price"], order["discount_codes"][0]["type"]) == ("39.90", "shipping")
    assert site.balances("main") == {
        "brand:commission_expense": 251,
        "creator:ben:pending": -251,
    }
    on_shopify.agree()
    assert site.coupon("SHIPFREE") == (0, 1)
    assert site.reason(str(order["id"]), "main") == {"main": ("ben", "coupon")}
    coupon = site.shop.coupons.get("SHIPFREE")
    assert site.shop.platform.coupon_uses(str(coupon.platform_ref)) == 1
    on_shopify.deliver(on_shopify.refund(order, items={order["line_items"][0]["id"]: 1}))
    assert site.balances("main") == {}
    assert site.cli("coupons", "end", "SHIPFREE")["status"] == "ended"
    assert window(on_shopify, "SHIPFREE")[1] < whole[1]


def test_an_order_with_a_unit_that_is_free(on_shopify: Stage) -> None:
    """Three caps at 15.00 and one of them free: 30.00 is left, 25.21 of it net.

    7.5 % of that is 1.89075.
    """
    site = on_shopify.site
    terms = ("--buy", "sku_cap:2", "--get", "sku_cap:1", "--per-order", "1")
    made = site.cli("coupons", "create", "PLUSONE", *FOR_BEN, *terms)
    assert made["offer"] == "buy 2 sku_cap, get 1 sku_cap free, once an order"
    (discount,) = [
        one for one in on_shopify.oracle.discounts.values() if one["kind"] == "DiscountCodeBxgy"
    ]
    variants = {"products": {"productVariantsToAdd": ["gid://shopify/ProductVariant/50003"]}}
    assert [discount[side]["items"] for side in ("customerBuys", "customerGets")] == [variants] * 2
    assert discount["customerBuys"]["value"] == {"quantity": "2"}
    whole = window(on_shopify, "PLUSONE")
    for wish in ("pause", "resume"):
        assert site.cli("coupons", wish, "PLUSONE")["waiting"] is None
    assert window(on_shopify, "PLUSONE") == whole
    link = site.issue("ben", "friday-drop", "PLUSONE", sku_cap=3)
    cart = on_shopify.open(link)
    assert cart["codes"] == ["PLUSONE"]
    order = on_shopify.place(
        BEN,
        cart,
        lines=[{"variant_id": 50003, "price": "15.00", "quantity": 3, "sku": "sku_cap"}],
        discounts=[{"code": "PLUSONE", "amount": "15.00"}],
    )
    on_shopify.deliver(on_shopify.sold(order))
    assert site.balances("main") == {
        "brand:commission_expense": 189,
        "creator:ben:pending": -189,
    }
    on_shopify.agree()
    assert site.coupon("PLUSONE") == (0, 1)
    assert site.reason(str(order["id"]), "main") == {"main": ("ben", "coupon")}


@some("lost", "500")
def test_it_comes_to_be_once_whatever_shopify_does(hurried: Stage, faults: tuple[str, ...]) -> None:
    site = hurried.site
    kinds: dict[str, dict[str, Any]] = {
        "FreeShipping": {"free_shipping": True},
        "Bxgy": {"buy": ("sku_cap", 2), "get": ("sku_tee", 1)},
    }
    for n, (fault, (kind, terms)) in enumerate(itertools.product(faults, kinds.items())):
        code = f"KIND-{n}"
        slow_down(hurried, fault)
        named: dict[str, Any] = {"stream_id": "friday-drop", "creator_id": "ben"}
        made = site.shop.coupons.create(code, **named, **terms)
        assert made.status == "pending", fault
        refill(hurried)
        assert drained(hurried) == 1, fault
        assert site.shop.coupons.get(code).status == "ready", fault
        there = [one for one in hurried.oracle.discounts.values() if made.id in one["title"]]
        assert [one["kind"] for one in there] == [f"DiscountCode{kind}"], fault
