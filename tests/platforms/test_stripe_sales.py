"""Sales of Stripe: from the oracle's own events to facts."""

from dataclasses import replace
from typing import Any

import pytest

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.facts import CheckoutClosed, OrderPaid
from liveshop_sdk.money import Money
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import (
    Oracle,
    checkout,
    coupon,
    item,
    refuses_to_guess,
    sold,
    told,
)

running_oracle = support.running_oracle
oracle = support.oracle


def test_a_sale_becomes_one_fact(oracle: Oracle) -> None:
    platform = oracle.platform(account="acct_1")
    ref = platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    items = (item(quantity=2), item(sku="sku_cap", title="Cap", unit=Money(1000, "EUR")))
    session = oracle.opened(platform, checkout(items=items, coupon_ref=ref))
    events = oracle.pay(session, tax=300, email=" Ana@Example.com ")
    (order,) = told(platform, [{**event, "account": "acct_1"} for event in events])
    stored = oracle.world.objs[session]
    charge = oracle.world.all("charge")[0]
    promotion = oracle.world.all("promotion_code")[0]["id"]
    assert isinstance(order, OrderPaid)
    tee, cap = order.lines
    assert order == OrderPaid(
        platform="stripe",
        account="acct_1",
        order_ref=stored["payment_intent"],
        occurred_at=from_seconds(charge["created"]),
        currency="EUR",
        total=8784 + 300,
        shipping=0,
        tax=300,
        tax_included=False,
        lines=(tee, cap),
        checkout_id="chk_1",
        codes=("MIKA20",),
        coupon_refs=(promotion, ref),
        customer_key="key:ana@example.com",
        market="",
        is_test=True,
    )
    assert order.key == f"order:{stored['payment_intent']}"
    assert (tee.sku, tee.title, tee.quantity) == ("sku_tee", "Tee", 2)
    assert (tee.gross, tee.discount, tee.tax, tee.base) == (9980, 1996, 0, 7984)
    assert (cap.sku, cap.gross, cap.discount, cap.base) == ("sku_cap", 1000, 200, 800)
    assert tee.ref.startswith("li_")
    assert tee.item_ref.startswith("price_")


def test_hearing_it_twice_is_the_same_fact(oracle: Oracle) -> None:
    platform = oracle.platform()
    events = oracle.pay(oracle.opened(platform, checkout()))
    first, again = told(platform, events), told(platform, events)
    assert first == again
    assert isinstance(first[0], OrderPaid)
    assert platform.find_order(first[0].order_ref) == first


def test_an_order_of_nothing_has_no_payment(oracle: Oracle) -> None:
    platform = oracle.platform()
    ref = platform.create_coupon(platform.prepare_coupon(coupon(percent_bps=10_000)), key="cpn_1")
    session = oracle.opened(platform, checkout(coupon_ref=ref))
    (order,) = told(platform, oracle.pay(session))
    assert isinstance(order, OrderPaid)
    assert (order.order_ref, order.total, order.lines[0].base) == (session, 0, 0)
    assert order.occurred_at == from_seconds(oracle.world.objs[session]["created"])
    assert platform.find_order(session) == (order,)


def test_a_delayed_payment_counts_when_it_arrives(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    waiting = oracle.pay(session, outcome="async")
    assert told(platform, waiting) == ()
    payment = oracle.world.objs[session]["payment_intent"]
    assert platform.find_order(payment) == ()
    paid = oracle.pay(session, outcome="async_succeeded")
    (order,) = told(platform, paid)
    assert isinstance(order, OrderPaid)
    assert order.order_ref == payment
    assert told(platform, waiting) == ()


def test_a_delayed_payment_that_fails_frees_the_visit(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.pay(session, outcome="async")
    events = oracle.pay(session, outcome="async_failed")
    (closed,) = told(platform, events)
    assert closed == CheckoutClosed(
        platform="stripe",
        account="default",
        checkout_id="chk_1",
        reason="failed",
        occurred_at=from_seconds(events[-1]["created"]),
    )


def test_an_expired_visit_is_free(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    (closed,) = told(platform, oracle.pay(session, outcome="expired"))
    assert isinstance(closed, CheckoutClosed)
    assert (closed.checkout_id, closed.reason) == ("chk_1", "expired")


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {}},
        {"metadata": {"liveshop": "forged"}},
        {"metadata": {"liveshop": "sealed:chk_other"}},
        {"client_reference_id": "chk_other"},
        {"client_reference_id": None},
    ],
)
def test_a_reference_that_is_not_ours_is_none(oracle: Oracle, changes: dict[str, Any]) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.world.objs[session].update(changes)
    expired = oracle.world.event("checkout.session.expired", oracle.world.objs[session])
    assert told(platform, [expired]) == ()
    (order,) = told(platform, oracle.pay(session))
    assert isinstance(order, OrderPaid)
    assert order.checkout_id is None


def test_a_subscription_is_not_a_sale_of_ours(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    events = oracle.pay(session)
    oracle.world.objs[session]["mode"] = "subscription"
    assert told(platform, events) == ()


@pytest.mark.parametrize("style", ["snapshot", "thin"])
def test_a_sale_that_stripe_does_not_show_is_not_taken_for_nothing(
    oracle: Oracle, style: str
) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    *_, event, _updated = oracle.pay(session)
    sent = oracle.webhooks.thin_of(event) if style == "thin" else event
    hidden = oracle.world.objs.pop(session)
    refuses_to_guess(platform, sent, session)
    oracle.world.objs[session] = hidden
    assert [type(one) for one in told(platform, [sent])] == [OrderPaid]


def test_thin_refunds_and_disputes_that_stripe_does_not_show_are_kept(oracle: Oracle) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    refund = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])["dispute"]
    told_of = {"refund.created": refund.id, "charge.dispute.created": made["id"]}
    for topic, object_id in told_of.items():
        event = oracle.world.event(topic, oracle.world.objs.pop(object_id))
        refuses_to_guess(platform, oracle.webhooks.thin_of(event), object_id)


def test_the_session_is_believed_over_the_event(oracle: Oracle) -> None:
    """A snapshot that was true once must not book what is not so now."""
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    events = oracle.pay(session)
    oracle.world.objs[session]["payment_status"] = "unpaid"
    assert told(platform, events) == ()


def test_more_than_a_page_of_lines(oracle: Oracle) -> None:
    platform = oracle.platform()
    items = tuple(item(sku=f"sku_{n}", unit=Money(100 + n, "EUR")) for n in range(100))
    session = oracle.opened(platform, checkout(items=items))
    (order,) = told(platform, oracle.pay(session))
    assert isinstance(order, OrderPaid)
    assert [line.sku for line in order.lines] == [f"sku_{n}" for n in range(100)]
    assert sum(line.base for line in order.lines) == order.total == 14950


def test_facts_hold_no_address(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform, email="ana@example.com")
    bare = replace(order, customer_key=None)
    assert "example.com" not in repr(bare)
    assert order.customer_key == "key:ana@example.com"
