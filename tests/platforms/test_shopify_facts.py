"""What is easily got wrong about Shopify, one case each: docs/reference/shopify.md lists them."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from liveshop_sdk.errors import DeliveryUnreadableError, PlatformRefusedError
from liveshop_sdk.facts import OrderPaid, OrderRefunded
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import (
    PAY,
    order_of,
    paid,
    read,
    refund_of,
    refunded,
)

HUGE = 9_007_199_254_740_993
"""The first whole number that a float of 64 bits cannot hold."""


@pytest.fixture
def oracle() -> Iterator[Any]:
    with support.running_oracle(clean=False) as running:
        yield running


def a_refund() -> Any:
    order = order_of()
    return PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))


# --- busy, though the status says 200


COSTS: dict[str, Any] = {
    "nothing": None,
    "no cost": {},
    "no throttle status": {"cost": {"requestedQueryCost": 300, "actualQueryCost": None}},
    "null": {"cost": {"requestedQueryCost": 300, "throttleStatus": None}},
    "no rate": {"cost": {"requestedQueryCost": 300, "throttleStatus": {"restoreRate": 0}}},
    "text": {"cost": {"requestedQueryCost": "300", "throttleStatus": {"restoreRate": "100"}}},
    "odd": {"cost": [300]},
}


@pytest.mark.parametrize("extensions", COSTS.values(), ids=COSTS)
@pytest.mark.parametrize("data", [{}, {"data": None}])
def test_a_throttled_answer_without_its_numbers_is_waited_for(
    oracle: Any, monkeypatch: pytest.MonkeyPatch, extensions: Any, data: Any
) -> None:
    body = {**data, "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    if extensions is not None:
        body["extensions"] = extensions
    monkeypatch.setattr(oracle, "throttled", lambda cost=10: body)
    oracle.fail("THROTTLED", 2)
    sleeps = support.Sleeps()
    wire = Wire(timeouts=(2.0, 5.0), patience=8.0, sleep=sleeps, trust_env=False)
    assert support.platform(oracle, wire=wire).find_order("1") == ()
    assert sleeps == [1.0, 1.0]


def test_a_query_that_costs_too_much_is_refused_and_not_repeated(
    oracle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"message": "Query cost is 1044", "extensions": {"code": "MAX_COST_EXCEEDED"}}
    monkeypatch.setattr(oracle, "throttled", lambda cost=10: {"errors": [error]})
    oracle.fail("THROTTLED", 9)
    with pytest.raises(PlatformRefusedError, match="Query cost") as refused:
        support.platform(oracle).find_order("1")
    assert refused.value.vendor_code == "MAX_COST_EXCEEDED"
    assert len(oracle.log) == 1


# --- a version that is over


def test_a_version_that_is_over_is_answered_by_a_later_one_and_told(
    oracle: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server, _, _ = support.oracle_modules()
    monkeypatch.setattr(server, "VERSIONS", ("2026-10",))
    shop = support.platform(oracle, api_version="2026-07")
    order = order_of()
    oracle.orders[order["id"]] = order
    (fact,) = shop.find_order(str(order["id"]))
    assert isinstance(fact, OrderPaid)
    shop.find_order("1")
    told = [record.getMessage() for record in caplog.records]
    assert told == ["Shopify answered with API 2026-10 instead of 2026-07"]
    (finding,) = [one for one in shop.check() if one.name == "shopify api version"]
    assert (finding.ok, finding.text) == (False, "Asked for 2026-07, answered by 2026-10.")


# --- numbers


def test_ids_beyond_what_a_float_holds_are_exact(oracle: Any) -> None:
    order = order_of(id=HUGE)
    order["admin_graphql_api_id"] = f"gid://shopify/Order/{HUGE}"
    line = order["line_items"][0]
    line["id"] = HUGE + 2
    payload = PAY.public(refund_of(order, items={line["id"]: 1}))
    payload["id"] = order["refunds"][0]["id"] = HUGE + 4
    sale, refund = paid(order), refunded(payload)
    assert float(HUGE) != HUGE
    assert (sale.order_ref, refund.order_ref) == (str(HUGE), str(HUGE))
    assert (sale.lines[0].ref, refund.lines[0][0]) == (str(HUGE + 2), str(HUGE + 2))
    assert refund.refund_id == str(HUGE + 4)
    oracle.orders[HUGE] = order
    keys = [fact.key for fact in support.platform(oracle).find_order(str(HUGE))]
    assert keys == [f"order:{HUGE}", f"refund:{HUGE + 4}"]


@pytest.mark.parametrize("field", ["id", "order_id"])
@pytest.mark.parametrize("value", [1e16, -HUGE, 2**63, True, str(HUGE)])
def test_an_id_that_is_no_whole_number_is_refused(field: str, value: Any) -> None:
    payload = a_refund()
    with pytest.raises(DeliveryUnreadableError):
        read("refunds/create", payload | {field: value})


def test_floats_in_a_refund_are_read_by_nobody() -> None:
    payload = a_refund()
    row = payload["refund_line_items"][0]
    assert (type(row["subtotal"]), type(row["total_tax"])) == (float, float)
    sure = refunded(payload)
    for spoiled in (0.1 + 0.2, 1e300, -5, None, "x"):
        row["subtotal"] = row["total_tax"] = spoiled
        assert refunded(payload) == sure
    row["subtotal_set"]["shop_money"]["amount"] = 25.0
    with pytest.raises(DeliveryUnreadableError):
        read("refunds/create", payload)


def test_a_refund_whose_transaction_names_no_currency(oracle: Any) -> None:
    payload = a_refund()
    sure = refunded(payload)
    payload["transactions"][0]["currency"] = None
    assert refunded(payload) == sure
    foreign = order_of(presentment_currency="USD", rate="1.0837")
    oracle.orders[foreign["id"]] = foreign
    vague = PAY.public(refund_of(foreign, items={foreign["line_items"][0]["id"]: 1}))
    known = refunded(vague)
    vague["transactions"][0]["currency"] = None
    assert refunded(vague, support.platform(oracle)) == known
    assert len(oracle.log) == 1


def test_a_name_may_hold_what_shopify_escapes() -> None:
    order = order_of(
        lines=[{"price": "10.00", "quantity": 1, "title": "Tee <&> \u2028 \U0001f980"}]
    )
    assert b"\\u003c\\u0026\\u003e" in PAY.to_bytes(order)
    assert paid(order).lines[0].title == "Tee <&> \u2028 \U0001f980"


# --- one action, several webhooks


def test_what_shares_an_event_id_is_told_apart() -> None:
    """One payment sends orders/updated and orders/paid with one event id: both are kept."""
    adapter = support.platform(None, api_base="http://127.0.0.1:9")
    order = order_of()
    found = [
        support.delivered(adapter, topic, order, event_id="e-1", webhook_id=f"w-{topic}")
        for topic in ("orders/updated", "orders/paid")
    ]
    assert {one.event_id for one in found} == {"e-1"}
    assert len({(one.topic, one.delivery_id) for one in found}) == 2
    assert [len(adapter.read(one)) for one in found] == [0, 1]


def test_a_cancelled_order_goes_back_once() -> None:
    order = order_of()
    PAY.cancel(order)
    told = [
        fact
        for topic, payload in (
            ("orders/cancelled", order),
            ("refunds/create", order["refunds"][-1]),
            ("orders/updated", order),
        )
        for fact in read(topic, PAY.public(copy.deepcopy(payload)))
    ]
    (refund,) = told
    assert isinstance(refund, OrderRefunded)
    assert refund.amount == paid(order).total


def test_an_order_cancelled_before_it_was_paid_is_no_sale() -> None:
    order = order_of()
    PAY.cancel(order, refund=False)
    for status in ("voided", "pending", "authorized"):
        assert read("orders/paid", order | {"financial_status": status}) == ()


# --- what we ask


def test_every_query_is_cheap_known_and_of_no_deprecated_field(oracle: Any) -> None:
    order = order_of()
    oracle.orders[order["id"]] = order
    refund_of(order, amount="1.00")
    shop = support.platform(oracle)
    shop.create_coupon(shop.prepare_coupon(support.coupon_request()), key="cpn_1")
    shop.open_checkout(shop.prepare_checkout(support.checkout_request()), key="chk_1")
    assert len(shop.find_order(str(order["id"]))) == 2
    assert sum(len(page) for page in shop.walk(support.NOW.replace(year=2020), support.NOW)) == 2
    shop.check()
    support.assert_clean(oracle)
    answers = [json.loads(json.dumps(entry["response"], default=str)) for entry in oracle.log]
    costs = [
        answer["extensions"]["cost"]["requestedQueryCost"]
        for answer in answers
        if "extensions" in answer
    ]
    assert len(costs) >= 6
    assert max(costs) <= 1000
    assert [one for one in answers if "search" in one.get("extensions", {})] == []
    mutations = [entry["query"] for entry in oracle.log if "mutation" in entry["query"]]
    assert len(mutations) == 2
    assert all("userErrors" in query for query in mutations)
