"""One evening on Shopify, end to end: real packages, real HTTP, real command line."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from tests.flows import shopify_actors as actors
from tests.flows.oracle_support import BEN, DUO, MIKA, coupons, expected, nothing_differs
from tests.flows.shopify_actors import Stage
from tests.platforms import shopify_support as support


@pytest.fixture
def on_shopify(db: Database, db_url: str) -> Iterator[Stage]:
    with support.running_oracle() as oracle, actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def test_an_evening_on_shopify(on_shopify: Stage) -> None:
    site = on_shopify.site
    terms = ("--stream", "friday-drop", "--creator", "mika", "--amount-off", "1")
    coupon = ("coupons", "create", "BY-HAND", *terms, "--currency", "EUR")
    assert site.process(*coupon) == site.cli(*coupon)
    first = a_sale_refunded_line_by_line(on_shopify)
    second = a_sale_with_tax_on_top(on_shopify)
    a_dispute_won_and_one_lost(on_shopify)
    typed, replaced = codes_typed_at_the_till(on_shopify)
    by_cart = an_attribute_that_was_lost(on_shopify)
    free = a_sale_of_nothing(on_shopify)
    a_sale_in_yen(on_shopify)
    early = a_life_told_in_any_order(on_shopify)
    lost = a_sale_that_is_never_told(on_shopify)
    strangers = sales_of_somebody_else(on_shopify)
    on_shopify.agree()

    for order, creator, reason in (
        *((first, "mika", "coupon"), (second, "mika", "checkout_ref"), (typed, "ben", "coupon")),
        *((replaced, "ben", "coupon"), (by_cart, "mika", "cart_token"), (free, "ben", "coupon")),
        *((early, "mika", "coupon"), (lost, "ben", "checkout_ref")),
    ):
        assert site.reason(str(order["id"])) == {"main": (creator, reason)}
    (decision,) = site.cli("explain", str(typed["id"]))["decisions"]
    (losing,) = decision["losing_claims"]
    assert (losing["creator"], losing["source"]) == ("mika", "checkout_ref")
    assert losing["why"] == "outranked"
    unattributed = site.cli("unattributed")["orders"]
    assert {row["order_ref"] for row in unattributed} == {str(one["id"]) for one in strangers}
    assert {row["reason"] for row in unattributed} == {"no_evidence"}
    assert site.cli("worker", "--drain")["waiting"] == 0
    state = site.cli("events", "list")
    assert (state["parked"], state["outbox"]["dead"]) == ([], 0)
    assert [(row["topic"], row["reason"][:13]) for row in state["dead"]] == [
        ("refunds/create", "unknown_order")
    ]
    nothing_differs(site)
    site.check_books(apart="tokyo")
    everything_becomes_payable(on_shopify)
    assert on_shopify.seen == {*actors.ACCEPTED, *actors.REFUSED, "wrong_topic"}


def a_sale_refunded_line_by_line(stage: Stage) -> Any:
    """Prices with tax inside: lines, shipping alone, a free amount, a failure, the rest."""
    link = stage.site.issue("mika", "friday-drop", "MIKA20", sku_tee=3, sku_cap=2)
    order = stage.sell(link, MIKA)
    tee, cap = (line["id"] for line in order["line_items"])
    assert stage.site.coupon("MIKA20") == (0, 1)
    stage.agree()
    stage.misname(order)
    for what in (
        {"items": {tee: 1}},
        {"shipping": "4.90"},
        {"amount": "7.77"},
        {"items": {cap: 1}, "amount": "5.00"},
        {"items": {tee: 1}, "amount": "40.00"},
        {"items": {cap: 1}, "status": "failure"},
    ):
        stage.deliver(stage.refund(order, **what))
        stage.agree()
    return order


def a_sale_with_tax_on_top(stage: Stage) -> Any:
    """Tax beside the price, a discount of the shop's own, another currency at the till."""
    link = stage.site.issue("mika", "friday-drop", None, sku_tee=2, sku_cap=1)
    cart = stage.open(link)
    order = stage.place(
        MIKA,
        cart,
        lines=[
            {"price": "39.90", "quantity": 2, "variant_id": 50001},
            {"price": "12.50", "quantity": 1, "variant_id": 50003},
            {"price": "25.00", "quantity": 1, "variant_id": 50003, "gift_card": True},
        ],
        discounts=[{"code": "SHOPWIDE", "amount": "10.01"}, {"code": "FREESHIP", "shipping": True}],
        taxes_included=False,
        presentment_currency="USD",
        rate="1.0837",
    )
    stage.deliver(stage.sold(order))
    stage.agree()
    first = order["line_items"][0]["id"]
    for what in ({"items": {first: 1}}, {"amount": "3.33"}, {"items": {first: 1}}):
        stage.deliver(stage.refund(order, **what))
        stage.agree()
    stage.deliver(stage.cancel(order))
    stage.agree()
    return order


def a_dispute_won_and_one_lost(stage: Stage) -> None:
    """Co-hosts share; the bank takes the money, gives it back, takes it for good."""
    link = stage.site.issue("mika", "duo-night", "DUO5", sku_tee=1, sku_cap=3)
    order = stage.sell(link, DUO)
    stage.deliver(stage.refund(order, amount="7.77"))
    stage.deliver(stage.dispute(order, "30.00"))
    assert "creator:ben:disputed" in stage.site.balances("main")
    stage.agree()
    stage.deliver(stage.dispute(order, "", "won"))
    assert "creator:ben:disputed" not in stage.site.balances("main")
    stage.agree()
    second = stage.sell(stage.site.issue("mika", "duo-night", None, sku_cap=1), DUO)
    stage.dispute(second, second["total_price"])
    stage.deliver(stage.dispute(second, "", "lost"))
    stage.agree()


def codes_typed_at_the_till(stage: Stage) -> tuple[Any, Any]:
    """Another creator's code wins, and a unit kept for the link's own code is free again."""
    site = stage.site
    cart = stage.open(site.issue("mika", "friday-drop", None, sku_cap=2))
    cart["codes"] = ["ben15"]
    typed = stage.pay(cart, BEN)
    stage.deliver(stage.sold(typed))
    assert site.coupon("BEN15") == (0, 1)
    cart = stage.open(site.issue("mika", "friday-drop", "MIKA20", sku_cap=2))
    reserved, used = site.coupon("MIKA20")
    assert reserved == 1
    cart["codes"] = ["BEN15"]
    replaced = stage.pay(cart, BEN)
    stage.deliver(stage.sold(replaced))
    assert (site.coupon("MIKA20"), site.coupon("BEN15")) == ((0, used), (0, 2))
    stage.agree()
    return typed, replaced


def an_attribute_that_was_lost(stage: Stage) -> Any:
    """Shopify loses an attribute now and then; the cart is still one we opened."""
    cart = stage.open(stage.site.issue("mika", "friday-drop", None, sku_tee=1))
    cart["attributes"] = []
    order = stage.pay(cart, MIKA)
    stage.deliver(stage.sold(order))
    stage.agree()
    return order


def a_sale_of_nothing(stage: Stage) -> Any:
    """A coupon for everything; left unpaid, its only unit is free after 31 minutes."""
    site = stage.site
    link = site.issue("ben", "friday-drop", "FREE100", sku_cap=1)
    stage.open(link)
    refused = site.get(link)
    assert (refused.status, refused.json["error"]["code"]) == (409, "sold_out")
    site.clock.shift = timedelta(minutes=32)
    cart = stage.open(link)
    site.clock.shift = timedelta()
    order = stage.pay(cart, BEN, shipping="0")
    assert order["total_price"] == "0.00"
    stage.deliver(stage.sold(order))
    assert site.coupon("FREE100") == (0, 1)
    assert site.get(link).status == 409
    stage.agree()
    return order


def a_sale_in_yen(stage: Stage) -> None:
    """A currency without decimals, in a book of its own, refunded in parts."""
    cart = stage.open(stage.site.issue("ben", "friday-drop", None, sku_tabi=3))
    order = stage.place(
        BEN,
        cart,
        currency="JPY",
        lines=[{"price": "5500", "quantity": 3, "variant_id": 50002}],
        discounts=[{"code": "BEN15", "percent": "15"}],
        shipping="800",
        tax_rate="0.1",
    )
    stage.deliver(stage.sold(order))
    stage.agree()
    line = order["line_items"][0]["id"]
    for what in ({"items": {line: 1}}, {"amount": "1"}, {"items": {line: 1}, "shipping": "800"}):
        stage.deliver(stage.refund(order, **what))
        stage.agree()
    assert stage.site.balances("tokyo")["creator:ben:pending"] < 0


def a_life_told_in_any_order(stage: Stage) -> Any:
    """Refund, dispute, sale, cancellation: backwards, twice; what is early waits."""
    cart = stage.open(stage.site.issue("mika", "friday-drop", "MIKA20", sku_tee=2))
    order = stage.pay(cart, MIKA)
    line = order["line_items"][0]["id"]
    sold = stage.sold(order)
    before = stage.site.balances("main")
    early = [*stage.refund(order, items={line: 1}), *stage.dispute(order, "5.00")]
    stage.deliver(early, "ok")
    waiting = {row["waits_for"] for row in stage.site.cli("events", "list")["parked"]}
    assert (waiting, stage.site.balances("main")) == ({str(order["id"])}, before)
    stage.deliver(sold)
    assert stage.site.cli("events", "list")["parked"] == []
    stage.agree()
    ended = [*stage.dispute(order, "", "won"), *stage.cancel(order)]
    stage.deliver([*ended, *early, *sold], "repeated")
    stage.agree()
    return order


def a_sale_that_is_never_told(stage: Stage) -> Any:
    """The sale's webhook is lost: after seven days its refund asks the shop.

    A refund of an order that the shop does not have is given up after the same time.
    """
    _, _, pay = support.oracle_modules()
    cart = stage.open(stage.site.issue("ben", "friday-drop", None, sku_tee=1))
    order = stage.pay(cart, BEN)
    stage.deliver(stage.refund(order, items={order["line_items"][0]["id"]: 1}), "ok")
    unknown = pay.build_order(currency="EUR", tax_rate="0")
    refund = pay.add_refund(unknown, {unknown["line_items"][0]["id"]: 1})
    stage.deliver([("refunds/create", refund)], "ok")
    site, worker = stage.site, stage.site.shop.worker()
    site.clock.shift = timedelta(days=6, hours=23)
    assert worker.drain().done == 0
    assert len(site.shop.inbox_state().parked) == 2
    site.clock.shift = timedelta(days=7, minutes=1)
    report = worker.drain()
    assert (report.done, report.dead) == (1, 1)
    site.clock.shift = timedelta()
    stage.agree()
    return order


def sales_of_somebody_else(stage: Stage) -> list[Any]:
    """An order of the shop's own, one with a forged reference, one of goods not ours."""
    cart = stage.open(stage.site.issue("mika", "friday-drop", None, sku_tee=1))
    seal = cart["attributes"][0]["value"]
    forged = {"attributes": [{"key": "_liveshop", "value": seal[:-2] + "AA"}]}
    lines = [{"price": "39.90", "quantity": 1, "variant_id": 50001}]
    orders = [
        stage.place(None, lines=lines),
        stage.place(None, forged, lines=lines),
        stage.place(None, lines=[{"price": "3.00", "quantity": 1, "variant_id": 999}]),
    ]
    for order in orders:
        stage.deliver(stage.sold(order))
    stage.agree()
    return orders


def everything_becomes_payable(stage: Stage) -> None:
    """Holds end; what is refunded afterwards comes out of what is payable."""
    site = stage.site
    late = to_iso(site.clock.now() + timedelta(days=15))
    assert site.cli("release-due", "--as-of", late)["released"] > 5
    assert site.cli("release-due", "--as-of", late)["released"] == 0
    for brand in ("main", "tokyo"):
        found = stage.sales(brand)
        for sale in found:
            sale.is_released = True
        assert site.balances(brand) == expected(found)
    site.check_books(apart="")
