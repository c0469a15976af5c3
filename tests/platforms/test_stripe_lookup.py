"""What Stripe is asked, page by page, and what costs no call."""

import json
import time
from typing import Any

import pytest
import responses

from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.facts import OrderPaid
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, checkout, platform_at, received, told

running_oracle = support.running_oracle
oracle = support.oracle


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


def test_only_the_session_itself_is_asked_for(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.world.log.clear()
    told(platform, oracle.pay(session))
    assert [one["path"] for one in oracle.world.log] == [f"/v1/checkout/sessions/{session}"]


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
