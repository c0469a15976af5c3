"""Refunds and disputes of Stripe: from the oracle's own events to facts, in every order."""

import itertools

import pytest

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.money import Money
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, checkout, item, refuses_to_guess, sold, told

running_oracle = support.running_oracle
oracle = support.oracle


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
    first, won, *again = told(platform, closing)
    assert first == opened
    assert isinstance(won, DisputeWon)
    assert again == [opened, won]  # closed, and then the money is given back
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
    opened, closed = told(platform, oracle.events(closing)[:1])
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
