"""Coupons and streams that end at Shopify, whatever becomes of its answers."""

import time
from datetime import timedelta
from typing import Any

from liveshop_sdk.clock import to_iso
from tests.flows.oracle_support import BEN
from tests.flows.shopify_actors import Stage
from tests.flows.test_shopify_faults import hurried, on_shopify, refill, slow_down, some

__all__ = ["hurried", "on_shopify"]

LATER = timedelta(minutes=2)


def drained(stage: Stage, later: timedelta = LATER) -> int:
    stage.site.clock.shift = later
    try:
        return stage.site.shop.worker().drain().sent
    finally:
        stage.site.clock.shift = timedelta()


def window(stage: Stage, code: str) -> tuple[str, str]:
    """Return a discount's dates as Shopify has them."""
    found = [one for one in stage.oracle.discounts.values() if one["codes"][0]["code"] == code]
    (discount,) = found
    return discount["startsAt"], discount["endsAt"]


def test_a_coupon_by_command_line(on_shopify: Stage) -> None:
    site = on_shopify.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    whole = window(on_shopify, "BEN15")
    paused = site.cli("coupons", "pause", "ben15")
    assert (paused["status"], paused["waiting"]) == ("paused", None)
    assert window(on_shopify, "BEN15")[1] < whole[1]
    refused = site.get(link)
    assert (refused.status, refused.json["error"]["code"]) == (409, "coupon_paused")
    assert site.cli("coupons", "resume", "BEN15")["status"] == "ready"
    assert window(on_shopify, "BEN15") == whole
    on_shopify.sell(link, BEN)
    assert site.cli("coupons", "end", "BEN15")["status"] == "ended"
    assert window(on_shopify, "BEN15")[1] < whole[1]
    over = site.get(link)
    assert (over.status, over.json["error"]["code"]) == (410, "coupon_over")
    on_shopify.agree()


def test_a_coupon_made_ahead_of_its_time(on_shopify: Stage) -> None:
    """Shopify knows the start; pausing and resuming before it does not begin it."""
    site = on_shopify.site
    starts_at = (site.clock.now() + timedelta(minutes=30)).replace(microsecond=0)
    site.shop.coupons.create(
        "AHEAD", stream_id="friday-drop", creator_id="ben", percent_off=5, starts_at=starts_at
    )
    whole = window(on_shopify, "AHEAD")
    assert whole[0] == to_iso(starts_at)
    link = site.issue("ben", "friday-drop", "AHEAD", sku_cap=1)
    early = site.get(link)
    assert (early.status, early.json["error"]["code"]) == (409, "not_open_yet")
    for wish in ("pause", "resume"):
        assert site.cli("coupons", wish, "AHEAD")["waiting"] is None
    assert window(on_shopify, "AHEAD") == whole
    assert site.get(link).json["error"]["code"] == "not_open_yet"


@some("429", "lost", "hang", "truncated")
def test_the_last_wish_wins_whatever_shopify_does(hurried: Stage, faults: tuple[str, ...]) -> None:
    site = hurried.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    whole = window(hurried, "BEN15")
    for fault in faults:
        slow_down(hurried, fault)
        start = time.monotonic()
        assert site.shop.coupons.pause("BEN15").waiting == "pause", fault
        assert time.monotonic() - start < 4, fault
        assert site.get(link).json["error"]["code"] == "coupon_paused"
        assert site.shop.coupons.resume("BEN15").status == "ready"
        assert site.shop.coupons.pause("BEN15").waiting == "pause"
        refill(hurried)
        assert drained(hurried) == 3, fault
        assert window(hurried, "BEN15")[1] < whole[1], fault
        assert site.shop.coupons.resume("BEN15").waiting is None
        assert window(hurried, "BEN15") == whole, fault
        assert site.get(link).status == 303
        assert site.shop.inbox_state().outbox["pending"] == 0


@some("lost", "500")
def test_a_pending_coupon_that_ends_is_off_whatever_shopify_does(
    hurried: Stage, faults: tuple[str, ...]
) -> None:
    site = hurried.site
    for n, fault in enumerate(faults, 1):
        slow_down(hurried, fault)
        code = f"WAIT-{n}"
        named: dict[str, Any] = {"stream_id": "friday-drop", "creator_id": "mika"}
        made = site.shop.coupons.create(code, **named, percent_off=5)
        assert made.status == "pending"
        assert site.shop.coupons.end(code).waiting == "end", fault
        refill(hurried)
        assert drained(hurried) == 2, fault
        there = [one for one in hurried.oracle.discounts.values() if made.id in one["title"]]
        coupon = site.shop.coupons.get(code)
        assert (coupon.waiting, coupon.platform_ref is None) == (None, not there)
        if there:
            assert window(hurried, code)[1] < made.ends_at.isoformat()


def test_a_stream_ends_and_says_that_carts_cannot_be_ended(on_shopify: Stage) -> None:
    site = on_shopify.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=1)
    cart = on_shopify.open(link)
    late = on_shopify.open(link)
    order = on_shopify.pay(cart, BEN)
    done = site.cli("streams", "end", "friday-drop")
    assert (done["phase"], done["open_checkouts"], done["expiring"]) == ("over", 2, 0)
    assert {(one["status"], one["waiting"]) for one in done["coupons"]} == {("ended", None)}
    on_shopify.deliver(on_shopify.sold(order), "ok")
    assert site.coupon("BEN15") == (1, 1)  # the cart's unit lapses by itself
    site.clock.shift = timedelta(minutes=32)
    order = on_shopify.pay(late, BEN)  # without its code: that is off at the checkout
    assert order["discount_codes"] == []
    site.clock.shift = timedelta()
    on_shopify.deliver(on_shopify.sold(order), "ok")
    on_shopify.agree()
    assert site.coupon("BEN15") == (0, 1)
