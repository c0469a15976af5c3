"""From the oracle's own events to facts, in every order and at every amount."""

import itertools
import json
import time
from dataclasses import replace
from typing import Any

import pytest
import responses

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe import StripePlatform
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import (
    Oracle,
    checkout,
    coupon,
    item,
    platform_at,
    received,
    told,
)

running_oracle = support.running_oracle
oracle = support.oracle


def sold(oracle: Oracle, platform: StripePlatform, **how: Any) -> tuple[OrderPaid, dict[str, Any]]:
    """Open, pay and read; returns the fact and the session as stored."""
    session = oracle.opened(platform, checkout())
    (order,) = told(platform, oracle.pay(session, **how))
    assert isinstance(order, OrderPaid)
    return order, oracle.world.objs[session]


def test_a_sale_becomes_one_fact(oracle: Oracle) -> None:
    platform = oracle.platform(account="acct_1")
    ref = platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    items = (item(quantity=2), item(sku="sku_cap", title="Cap", unit=Money(1000, "EUR")))
    session = oracle.opened(platform, checkout(items=items, coupon_ref=ref))
    events = oracle.pay(session, tax=300, email=" Ana@Example.com ")
    (order,) = told(platform, events)
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


def test_only_the_session_itself_is_asked_for(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.world.log.clear()
    told(platform, oracle.pay(session))
    assert [one["path"] for one in oracle.world.log] == [f"/v1/checkout/sessions/{session}"]


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


def refuses_to_guess(platform: StripePlatform, event: dict[str, Any], missing: str) -> None:
    with pytest.raises(PlatformRefusedError, match="does not show") as refused:
        platform.read(received(platform, event))
    assert refused.value.vendor_code == "resource_missing"
    assert missing in refused.value.problem


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


def test_refunds_in_parts_and_one_that_fails(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    payment = stored["payment_intent"]
    refunds = oracle.sdk().refunds
    first = refunds.create({"payment_intent": payment, "amount": 1000})
    second = refunds.create({"payment_intent": payment})
    made = [one for one in oracle.world.all("event") if one["type"].startswith("refund.")]
    assert told(platform, made) == (
        OrderRefunded(
            platform="stripe",
            account="default",
            order_ref=payment,
            occurred_at=from_seconds(first.created),
            refund_id=first.id,
            amount=1000,
            currency="EUR",
        ),
        OrderRefunded(
            platform="stripe",
            account="default",
            order_ref=payment,
            occurred_at=from_seconds(second.created),
            refund_id=second.id,
            amount=3990,
            currency="EUR",
        ),
    )
    oracle.tell("clock", offset=3600)
    failing = oracle.events(oracle.tell("refund", refund=second.id, status="failed"))
    assert len(failing) == 3
    facts = set(told(platform, failing))
    undone = oracle.world.objs[oracle.world.objs[second.id]["failure_balance_transaction"]]
    assert facts == {
        RefundFailed(
            platform="stripe",
            account="default",
            order_ref=payment,
            occurred_at=from_seconds(undone["created"]),
            refund_id=second.id,
        )
    }
    assert set(platform.find_order(payment)) == {order, *told(platform, made[:1]), *facts}


@pytest.mark.parametrize(("status", "count"), [("pending", 0), ("requires_action", 0)])
def test_a_refund_under_way_is_not_yet_one(oracle: Oracle, status: str, count: int) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    refund = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    raw = oracle.world.objs[refund.id]
    raw["status"] = status
    assert len(told(platform, [oracle.world.event("refund.created", raw)])) == count
    events = oracle.events(oracle.tell("refund", refund=refund.id, status="succeeded"))
    assert {type(one) for one in told(platform, events)} == {OrderRefunded}


def test_a_refund_without_a_payment_is_found_by_its_charge(oracle: Oracle) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    refund = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    raw = {**oracle.world.objs[refund.id], "payment_intent": None}
    (fact,) = told(platform, [oracle.world.event("refund.updated", raw)])
    assert isinstance(fact, OrderRefunded)
    assert fact.order_ref == stored["payment_intent"]
    assert told(platform, [oracle.world.event("refund.updated", {**raw, "charge": None})]) == ()


@pytest.mark.parametrize("topic", ["refund.updated", "charge.dispute.created"])
def test_what_is_about_a_charge_that_stripe_does_not_show_is_kept(
    oracle: Oracle, topic: str
) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    refund = oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"]})
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])["dispute"]
    raw = oracle.world.objs[refund.id] if topic.startswith("refund") else made
    lost = {**raw, "payment_intent": None, "charge": "ch_gone"}
    refuses_to_guess(platform, oracle.world.event(topic, lost), "ch_gone")


def test_a_dispute_is_opened_and_won(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    charge = oracle.world.all("charge")[0]["id"]
    answer = oracle.tell("dispute", charge=charge)
    dispute = answer["dispute"]
    opened = DisputeOpened(
        platform="stripe",
        account="default",
        order_ref=stored["payment_intent"],
        occurred_at=from_seconds(dispute["created"]),
        dispute_id=dispute["id"],
        amount=4990,
        currency="EUR",
    )
    assert told(platform, oracle.events(answer)) == (opened, opened)
    closing = oracle.events(oracle.tell("dispute", dispute=dispute["id"], status="won"))
    first, won = told(platform, closing)
    assert first == opened
    assert isinstance(won, DisputeWon)
    assert won.key == f"dispute_won:{dispute['id']}"
    assert {one.key for one in platform.find_order(order.order_ref)} == {
        order.key,
        opened.key,
        won.key,
    }


@pytest.mark.parametrize(
    ("status", "kind"), [("lost", DisputeLost), ("prevented", DisputeWon), ("won", DisputeWon)]
)
def test_how_a_dispute_ends(oracle: Oracle, status: str, kind: type) -> None:
    platform = oracle.platform()
    sold(oracle, platform)
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"], amount=2000)
    closing = oracle.tell("dispute", dispute=made["dispute"]["id"], status=status)
    opened, closed = told(platform, oracle.events(closing))
    assert isinstance(opened, DisputeOpened)
    assert (opened.amount, type(closed)) == (2000, kind)


def test_an_inquiry_moves_no_money(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform)
    charge = oracle.world.all("charge")[0]["id"]
    made = oracle.tell("dispute", charge=charge, status="warning_needs_response")
    closing = oracle.tell("dispute", dispute=made["dispute"]["id"], status="warning_closed")
    assert told(platform, oracle.events(made) + oracle.events(closing)) == ()
    assert platform.find_order(order.order_ref) == (order,)


def test_an_inquiry_that_becomes_a_dispute_opens_then(oracle: Oracle) -> None:
    platform = oracle.platform()
    sold(oracle, platform)
    charge = oracle.world.all("charge")[0]["id"]
    made = oracle.tell("dispute", charge=charge, status="warning_needs_response")["dispute"]
    raw = {**made, "status": "needs_response"}
    event = oracle.world.event("charge.dispute.funds_withdrawn", raw)
    assert [type(one) for one in told(platform, [event])] == [DisputeOpened]


def test_every_order_of_a_story_says_the_same(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.pay(session)
    payment = oracle.world.objs[session]["payment_intent"]
    refund = oracle.sdk().refunds.create({"payment_intent": payment, "amount": 500})
    oracle.tell("refund", refund=refund.id, status="failed")
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])
    oracle.tell("dispute", dispute=made["dispute"]["id"], status="lost")
    events = [one for one in oracle.world.all("event") if told(platform, [one])]
    assert len(events) == 8
    expected = set(told(platform, events))
    for order in itertools.islice(itertools.permutations(events), 0, 40_320, 2_500):
        assert set(told(platform, list(order))) == expected


@pytest.mark.parametrize(
    ("unit", "refunded", "refund_amount"),
    [
        (Money(500, "JPY"), 120, 120),
        (Money(12340, "KWD"), 1230, 1230),
        (Money(1990, "ISK"), 9900, 99),
        (Money(4990, "USD"), 1, 1),
    ],
)
def test_amounts_come_back_in_our_units(
    oracle: Oracle, unit: Money, refunded: int, refund_amount: int
) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout(items=(item(unit=unit, quantity=3),)))
    (order,) = told(platform, oracle.pay(session))
    assert isinstance(order, OrderPaid)
    assert (order.total, order.currency) == (3 * unit.amount, unit.currency)
    assert (order.lines[0].gross, order.lines[0].base) == (3 * unit.amount, 3 * unit.amount)
    oracle.sdk().refunds.create({"payment_intent": order.order_ref, "amount": refunded})
    (_, refund) = platform.find_order(order.order_ref)
    assert isinstance(refund, OrderRefunded)
    assert refund.amount == refund_amount
    dispute = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])
    (opened, _again) = told(platform, oracle.events(dispute))
    assert isinstance(opened, DisputeOpened)
    assert opened.amount == 3 * unit.amount


def test_more_than_a_page_of_lines(oracle: Oracle) -> None:
    platform = oracle.platform()
    items = tuple(item(sku=f"sku_{n}", unit=Money(100 + n, "EUR")) for n in range(100))
    session = oracle.opened(platform, checkout(items=items))
    (order,) = told(platform, oracle.pay(session))
    assert isinstance(order, OrderPaid)
    assert [line.sku for line in order.lines] == [f"sku_{n}" for n in range(100)]
    assert sum(line.base for line in order.lines) == order.total == 14950


def line(n: int) -> dict[str, Any]:
    money = {"amount_subtotal": 10, "amount_discount": 0, "amount_tax": 0, "amount_total": 10}
    return {"id": f"li_{n}", "object": "item", "currency": "eur", "quantity": 1, **money}


def session_of(lines: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    return {
        "id": "cs_test_1",
        "object": "checkout.session",
        "created": 1_790_000_000,
        "mode": "payment",
        "payment_status": "paid",
        "currency": "eur",
        "amount_total": 10 * len(lines),
        "amount_subtotal": 10 * len(lines),
        "payment_intent": {"id": "pi_1", "object": "payment_intent", "latest_charge": None},
        "line_items": {"object": "list", "data": lines[:10], "has_more": len(lines) > 10},
        **changes,
    }


def paged(request: Any) -> tuple[int, dict[str, str], str]:
    lines = [line(n) for n in range(250)]
    after = request.params.get("starting_after")
    start = 0 if after is None else int(after.removeprefix("li_")) + 1
    assert request.params["limit"] == "100"
    page = {"object": "list", "data": lines[start : start + 100], "has_more": start + 100 < 250}
    return 200, {}, json.dumps({**page, "url": "/v1/x"})


SESSION_URL = "https://api.stripe.com/v1/checkout/sessions/cs_test_1"


@responses.activate
def test_every_page_of_lines_is_read() -> None:
    responses.add(responses.GET, SESSION_URL, json=session_of([line(n) for n in range(250)]))
    responses.add_callback(responses.GET, f"{SESSION_URL}/line_items", paged)
    nothing = {"object": "list", "data": [], "has_more": False, "url": "/v1/x"}
    responses.add(responses.GET, "https://api.stripe.com/v1/refunds", json=nothing)
    responses.add(responses.GET, "https://api.stripe.com/v1/disputes", json=nothing)
    platform = platform_at(None)
    (order,) = platform.find_order("cs_test_1")
    assert isinstance(order, OrderPaid)
    assert [one.ref for one in order.lines] == [f"li_{n}" for n in range(250)]
    platform.close()


@responses.activate
def test_a_list_that_never_ends_is_refused() -> None:
    responses.add(responses.GET, SESSION_URL, json=session_of([line(n) for n in range(11)]))
    page = {"object": "list", "data": [line(0)], "has_more": True, "url": "/v1/x"}
    responses.add(responses.GET, f"{SESSION_URL}/line_items", json=page)
    platform = platform_at(None)
    with pytest.raises(PlatformRefusedError, match="repeats"):
        platform.find_order("cs_test_1")
    platform.close()


@pytest.mark.parametrize(
    "ref", ["", "pi_", "../x", "pi_1?x=1", "gid://1", "sbo_1", "pi_é", "x" * 300]
)
def test_references_of_another_shape_are_not_asked_for(ref: str) -> None:
    assert platform_at("http://127.0.0.1:9").find_order(ref) == ()


def test_unknown_orders_are_nothing(oracle: Oracle) -> None:
    platform = oracle.platform()
    assert platform.find_order("pi_unknown") == ()
    assert platform.find_order("cs_test_unknown") == ()


def test_other_topics_cost_no_call(oracle: Oracle) -> None:
    platform = oracle.platform()
    events = oracle.pay(oracle.opened(platform, checkout()))
    other = [one for one in events if one["type"] != "checkout.session.completed"]
    assert len(other) == 3
    oracle.world.log.clear()
    assert told(platform, other) == ()
    assert told(platform, [{**other[0], "type": "radar.new.thing"}]) == ()
    assert oracle.world.log == []


def test_an_event_about_the_wrong_object_is_refused(oracle: Oracle) -> None:
    platform = oracle.platform()
    event = oracle.world.event("refund.created", {"id": "ch_1", "object": "charge"})
    with pytest.raises(PlatformRefusedError, match="not about a refund"):
        platform.read(received(platform, event))


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 429}, {"drop": True}, {"drop": True, "after": True}],
)
def test_a_read_that_fails_can_be_repeated(oracle: Oracle, fault: dict[str, Any]) -> None:
    platform = oracle.platform(max_network_retries=0)
    session = oracle.opened(platform, checkout())
    *_, event, _updated = oracle.pay(session)
    delivery = received(platform, event)
    oracle.tell("fail", path="/v1/checkout", count=1, **fault)
    with pytest.raises(PlatformUnavailableError):
        platform.read(delivery)
    assert [type(one) for one in platform.read(delivery)] == [OrderPaid]


def test_several_calls_share_one_budget(oracle: Oracle) -> None:
    platform = oracle.platform(timeouts=(0.5, 1.0))
    session = oracle.opened(platform, checkout())
    *_, event, _updated = oracle.pay(session)
    delivery = received(platform, event)
    oracle.tell("fail", path="/v1/checkout", status=500, delay=0.5, count=9)
    began = time.monotonic()
    with pytest.raises(PlatformUnavailableError):
        platform.read(delivery)
    assert time.monotonic() - began < 1.6


def test_the_session_is_believed_over_the_event(oracle: Oracle) -> None:
    """A snapshot that was true once must not book what is not so now."""
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    events = oracle.pay(session)
    oracle.world.objs[session]["payment_status"] = "unpaid"
    assert told(platform, events) == ()


def test_facts_hold_no_address(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform, email="ana@example.com")
    bare = replace(order, customer_key=None)
    assert "example.com" not in repr(bare)
    assert order.customer_key == "key:ana@example.com"
