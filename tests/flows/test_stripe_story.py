"""One evening on Stripe, end to end: real SDK, real HTTP, real command line."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from tests.flows import stripe_actors as actors
from tests.flows.oracle_support import BEN, DUO, MIKA, coupons, expected, nothing_differs
from tests.flows.stripe_actors import Stage
from tests.platforms.stripe_support import Oracle, oracle, running_oracle

__all__ = ["oracle", "running_oracle"]


@pytest.fixture
def on_stripe(db: Database, db_url: str, oracle: Oracle) -> Iterator[Stage]:
    with actors.stage(db, db_url, oracle) as stage:
        coupons(stage.site)
        yield stage


def test_an_evening_on_stripe(on_stripe: Stage) -> None:
    site = on_stripe.site
    terms = ("--stream", "friday-drop", "--creator", "mika", "--amount-off", "1")
    coupon = ("coupons", "create", "BY-HAND", *terms, "--currency", "EUR")
    assert site.process(*coupon) == site.cli(*coupon)
    first = a_sale_refunded_in_parts(on_stripe)
    second = a_dispute_won_and_one_lost(on_stripe)
    third = money_that_comes_later(on_stripe)
    free = a_sale_of_nothing(on_stripe)
    a_sale_in_yen(on_stripe)
    a_refund_before_its_sale(on_stripe)
    lost = a_sale_that_is_never_told(on_stripe)
    stranger = a_sale_of_somebody_else(on_stripe)
    on_stripe.agree()

    assert site.reason(first) == {"main": ("mika", "coupon")}
    assert site.reason(second) == {"main": ("mika", "checkout_ref")}
    assert site.reason(third) == {"main": ("ben", "coupon")}
    assert site.reason(free) == {"main": ("ben", "coupon")}
    assert site.reason(lost) == {"main": ("ben", "checkout_ref")}
    assert site.reason(stranger) == {"": (None, "no_evidence")}
    assert [row["order_ref"] for row in site.cli("unattributed")["orders"]] == [stranger]
    assert site.cli("worker", "--drain")["waiting"] == 0
    state = site.cli("events", "list")
    assert (state["parked"], state["outbox"]["dead"]) == ([], 0)
    assert [(row["topic"], row["reason"][:13]) for row in state["dead"]] == [
        ("refund.created", "unknown_order")
    ]
    nothing_differs(site, undone=1)
    site.check_books(apart="main")
    everything_becomes_payable(on_stripe)
    modes = {mode for mode, _ in on_stripe.seen}
    assert modes == {*actors.ACCEPTED, *actors.REFUSED}


def a_sale_refunded_in_parts(stage: Stage) -> str:
    """A coupon sale: refunds in parts, one that fails, one that is to come, then the rest."""
    link = stage.site.issue("mika", "friday-drop", "MIKA20", sku_tee=2, sku_cap=1)
    order = stage.sell(link, MIKA)
    assert stage.site.coupon("MIKA20") == (0, 1)
    stage.agree()
    for amount in (1000, 2001, 1):
        stage.deliver(stage.refund(order, amount=amount)[1])
        stage.agree()
    refund, events = stage.refund(order, amount=3333)
    stage.deliver(events)
    stage.agree()
    stage.deliver(stage.fail_refund(refund))
    stage.agree()
    stage.deliver(stage.refund(order)[1])
    stage.agree()
    assert stage.site.balances("main") == {}
    return order


def a_dispute_won_and_one_lost(stage: Stage) -> str:
    """Co-hosts share; the bank takes the money, gives it back, takes it for good."""
    link = stage.site.issue("mika", "duo-night", "DUO5", sku_tee=1, sku_cap=3)
    plain = stage.site.issue("mika", "duo-night", None, sku_cap=1)
    order = stage.sell(link, DUO)
    stage.deliver(stage.refund(order, amount=777)[1])
    dispute, opened = stage.dispute(order, amount=4000)
    stage.deliver(opened)
    stage.agree()
    assert "creator:ben:disputed" in stage.site.balances("main")
    stage.deliver(stage.close(dispute, "won"))
    stage.agree()
    assert "creator:ben:disputed" not in stage.site.balances("main")
    second = stage.sell(plain, DUO, tax=285)
    dispute, opened = stage.dispute(second)
    stage.deliver([*opened, *stage.close(dispute, "lost")], "reorder")
    stage.agree()
    inquiry, opened = stage.dispute(order, status="warning_needs_response")
    stage.deliver([*opened, *stage.close(inquiry, "warning_closed")])
    stage.agree()
    return second


def money_that_comes_later(stage: Stage) -> str:
    """A bank transfer that arrives, one that does not, and a page left open too long."""
    site = stage.site
    link = site.issue("ben", "friday-drop", "BEN15", sku_cap=3)
    session = stage.open(link)
    _, events = stage.pay(session, BEN, outcome="async")
    stage.deliver(events)
    stage.agree()
    assert site.coupon("BEN15") == (1, 0)
    order, events = stage.pay(session, BEN, outcome="async_succeeded")
    stage.deliver(events)
    assert site.coupon("BEN15") == (0, 1)
    for outcome in ("async_failed", "expired"):
        session = stage.open(link)
        if outcome == "async_failed":
            stage.deliver(stage.pay(session, BEN, outcome="async")[1])
        assert site.coupon("BEN15") == (1, 1)
        stage.deliver(stage.pay(session, BEN, outcome=outcome)[1])
        assert site.coupon("BEN15") == (0, 1)
    stage.agree()
    return order


def a_sale_of_nothing(stage: Stage) -> str:
    """A coupon for everything: an order without payment, whose last unit is gone."""
    link = stage.site.issue("ben", "friday-drop", "FREE100", sku_cap=1)
    order = stage.sell(link, BEN)
    assert order.startswith("cs_")
    refused = stage.site.get(link)
    assert (refused.status, refused.json["error"]["code"]) == (409, "sold_out")
    stage.agree()
    return order


def a_sale_in_yen(stage: Stage) -> None:
    """A currency without decimals, in a book of its own; the secret is being replaced."""
    link = stage.site.issue("ben", "friday-drop", "BEN15", sku_tabi=3)
    order, events = stage.pay(stage.open(link), BEN)
    stage.deliver(events, "ok", secret=actors.OLD)
    for amount in (1, 4999):
        stage.deliver(stage.refund(order, amount=amount)[1])
        stage.agree()
    assert stage.site.balances("tokyo")["creator:ben:pending"] < 0


def a_refund_before_its_sale(stage: Stage) -> None:
    """The refund and the dispute are told first; they wait for the sale."""
    link = stage.site.issue("mika", "friday-drop", "MIKA20", sku_cap=2)
    order, sale = stage.pay(stage.open(link), MIKA)
    refund = stage.refund(order, amount=1100)[1]
    dispute, opened = stage.dispute(order, amount=500)
    before = stage.site.balances("main")
    stage.deliver([*refund, *opened])
    waiting = {row["waits_for"] for row in stage.site.cli("events", "list")["parked"]}
    assert (waiting, stage.site.balances("main")) == ({order}, before)
    stage.deliver(sale)
    assert stage.site.cli("events", "list")["parked"] == []
    stage.deliver(stage.close(dispute, "won"))
    stage.agree()


def a_sale_that_is_never_told(stage: Stage) -> str:
    """The sale's webhook is lost: after seven days its refund asks Stripe.

    A refund of a payment that no session made is given up after the same time.
    """
    link = stage.site.issue("ben", "friday-drop", None, sku_tee=1)
    order, _ = stage.pay(stage.open(link), BEN)
    stage.deliver(stage.refund(order, amount=990)[1], "ok")
    objs = stage.oracle.world.objs
    intent = {**objs[order], "id": "pi_elsewhere", "latest_charge": "ch_elsewhere"}
    charge = {**objs[objs[order]["latest_charge"]], "id": "ch_elsewhere", "amount_refunded": 0}
    stage.oracle.tell("seed", object=intent)
    stage.oracle.tell("seed", object={**charge, "payment_intent": "pi_elsewhere"})
    stage.deliver(stage.refund("pi_elsewhere", amount=10)[1], "ok")
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


def a_sale_of_somebody_else(stage: Stage) -> str:
    """A session that the brand's other shop made, on the same account."""
    made = stage.oracle.sdk().checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://other.example/thanks",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 1999,
                        "product_data": {"name": "Poster"},
                    },
                }
            ],
        }
    )
    order, events = stage.pay(made.id, None)
    stage.deliver(events)
    return order


def everything_becomes_payable(stage: Stage) -> None:
    """Holds end; what is refunded afterwards comes out of what is payable."""
    site = stage.site
    late = to_iso(site.clock.now() + timedelta(days=15))
    assert site.cli("release-due", "--as-of", late)["released"] > 5
    assert site.cli("release-due", "--as-of", late)["released"] == 0
    sales = {brand: stage.sales(brand) for brand in ("main", "tokyo")}
    for brand, found in sales.items():
        for sale in found:
            sale.is_released = True
        assert site.balances(brand) == expected(found)
    site.check_books(apart="")
