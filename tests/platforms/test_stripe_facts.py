"""What is easily got wrong about Stripe, one case each: docs/reference/stripe.md lists them."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

import pytest
import stripe

from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.clock import ManualClock, from_seconds
from liveshop_sdk.errors import CouponInvalidError
from liveshop_sdk.facts import DisputeLost, DisputeWon, OrderPaid
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.stripe.client import API_VERSION
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, checkout, coupon, item, now, sold, told

running_oracle = support.running_oracle
oracle = support.oracle


PLAIN = (str, int, Decimal, NoneType)


def is_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(is_plain(one) for one in value.values())
    return all(map(is_plain, value)) if type(value) is list else isinstance(value, PLAIN)


def test_answers_are_plain_all_the_way_down(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    vendors = oracle.sdk().checkout.sessions.retrieve(stored["id"])
    assert not isinstance(vendors, dict)
    with pytest.raises(AttributeError):
        vendors.items()
    found = platform._calls.session(stored["id"])
    assert found is not None
    assert is_plain(found)
    assert found["payment_intent"]["id"] == order.order_ref


def test_nothing_global_of_the_sdk_is_touched(oracle: Oracle) -> None:
    names = ("api_key", "api_base", "default_http_client", "max_network_retries", "proxy", "log")
    before = [getattr(stripe, name) for name in (*names, "enable_telemetry", "api_version")]
    first = oracle.platform(api_key="sk_test_first")
    second = oracle.platform(api_key="sk_test_second")
    for one in (first, second, first):
        assert {finding.ok for finding in one.check()} == {True}
    assert [getattr(stripe, name) for name in (*names, "enable_telemetry", "api_version")] == before
    assert stripe.api_key is None
    asked = [entry["headers"]["Stripe-Version"] for entry in oracle.sent("/v1/balance", "GET")]
    assert asked == [API_VERSION] * 3


def test_an_empty_container_would_vanish_so_none_is_sent() -> None:
    platform = support.platform_at(None)
    texts = [
        platform.prepare_checkout(checkout(items=(item(title=""),))),
        platform.prepare_coupon(coupon(limit=None)),
    ]

    def empty(value: Any) -> bool:
        inner = value.values() if isinstance(value, dict) else value
        return not value or any(empty(one) for one in inner if isinstance(one, dict | list))

    assert [empty(json.loads(text)) for text in texts] == [False, False]


def test_what_a_visit_carries_fits_the_fields_it_goes_into(ids: Ids) -> None:
    """200 letters for the client's reference, 500 for a value of metadata."""
    checkout_id = ids.new("chk")
    assert len(checkout_id) <= 200
    assert len(SealedRef(["k" * 500]).seal(checkout_id)) <= 500


def test_what_the_buyer_saw_in_another_currency_is_not_read(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, stored = sold(oracle, platform)
    seen = {"presentment_amount": 5731, "presentment_currency": "usd"}
    oracle.world.objs[stored["id"]]["presentment_details"] = seen
    assert platform.find_order(order.order_ref) == (order,)
    assert (order.total, order.currency) == (4990, "EUR")


def test_the_sum_of_all_refunds_is_not_taken_for_one(oracle: Oracle) -> None:
    platform = oracle.platform()
    _, stored = sold(oracle, platform)
    charge = oracle.world.all("charge")[0]
    for amount in (1000, 500):
        oracle.sdk().refunds.create({"payment_intent": stored["payment_intent"], "amount": amount})
    told_of = [one for one in oracle.world.all("event") if one["type"] == "charge.refunded"]
    assert [one["data"]["object"]["amount_refunded"] for one in told_of] == [1000, 1500]
    assert charge["amount_refunded"] == 1500
    assert told(platform, told_of) == ()
    amounts = [getattr(fact, "amount", None) for fact in platform.find_order(charge_of(stored))]
    assert amounts == [None, 1000, 500]


def charge_of(stored: dict[str, Any]) -> str:
    return str(stored["payment_intent"])


def test_money_that_comes_back_after_a_lost_dispute_is_heard(oracle: Oracle) -> None:
    """An appeal may turn what was lost; Stripe says so when it gives the money back."""
    platform = oracle.platform()
    sold(oracle, platform)
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])["dispute"]
    lost = oracle.events(oracle.tell("dispute", dispute=made["id"], status="lost"))
    assert [type(one) for one in told(platform, lost)][1:] == [DisputeLost]
    appealed = {**oracle.world.objs[made["id"]], "status": "appeal_under_review"}
    updated = oracle.world.event("charge.dispute.updated", appealed)
    assert told(platform, [updated]) == ()
    won = {**oracle.world.objs[made["id"]], "status": "won"}
    event = oracle.world.event("charge.dispute.funds_reinstated", won)
    _, found = told(platform, [event])
    assert isinstance(found, DisputeWon)
    assert (found.dispute_id, found.occurred_at) == (made["id"], from_seconds(event["created"]))


def test_a_coupon_that_ends_in_more_than_five_years_is_refused_before_it_is_sent(
    oracle: Oracle,
) -> None:
    at = now()
    platform = oracle.platform(clock=ManualClock(at))
    last = at + timedelta(days=5 * 365)
    assert platform.create_coupon(
        platform.prepare_coupon(replace(coupon(), ends_at=last)), key="cpn_1"
    )
    with pytest.raises(CouponInvalidError, match="on Stripe; expected one within 5 years"):
        platform.prepare_coupon(replace(coupon("cpn_2"), ends_at=last + timedelta(seconds=1)))
    assert [one["id"] for one in oracle.world.all("coupon")] == ["cpn_1"]


def test_a_fee_or_another_settlement_currency_moves_no_commission(oracle: Oracle) -> None:
    """What reaches the bank is in the account's currency, less fees: we read what was sold."""
    platform = oracle.platform()
    session = oracle.opened(platform, checkout(items=(item(quantity=3),)))
    events = oracle.pay(session)
    for movement in oracle.world.all("balance_transaction"):
        movement.update(currency="usd", fee=999, net=1)
    (order,) = told(platform, events)
    assert isinstance(order, OrderPaid)
    assert (order.total, order.currency, order.lines[0].base) == (3 * 4990, "EUR", 3 * 4990)
