"""A Payment Link where Stripe takes no more sessions: one payment, credited as any other."""

import json
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.errors import PlatformBusyError, PlatformRefusedError
from liveshop_sdk.facts import CheckoutClosed, OrderPaid
from liveshop_sdk.platforms.stripe.checkout import link_params, link_url
from tests.platforms import stripe_made_support as links
from tests.platforms import stripe_support as support
from tests.platforms.stripe_made_support import BUSY, LINKS, pay, visit
from tests.platforms.stripe_support import Oracle, checkout, coupon, item, now, platform_at, told

running_oracle = support.running_oracle
oracle = support.oracle
link_rules = links.link_rules
SESSIONS = "/v1/checkout/sessions"


def stored(**changes: Any) -> Any:
    return json.loads(platform_at(None).prepare_checkout(checkout(**changes)))


def test_a_link_is_written_from_what_was_stored_for_the_session() -> None:
    items = (
        item(quantity=2),
        item(sku="sku_cap", title="Cap", platform_refs={"stripe": "price_1"}),
    )
    known = stored(items=items, coupon_ref="promo_1", coupon_code="MIKA20")
    assert known["code"] == "MIKA20"
    assert link_params(known["session"], code=known["code"]) == {
        "line_items": [
            {
                "quantity": 2,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 4990,
                    "product_data": {"name": "Tee", "metadata": {"liveshop_sku": "sku_tee"}},
                },
            },
            {"quantity": 1, "price": "price_1"},
        ],
        "metadata": {"liveshop": "sealed:chk_1"},
        "payment_intent_data": {"metadata": {"liveshop": "sealed:chk_1"}},
        "restrictions": {"completed_sessions": {"limit": 1}},
        "after_completion": {
            "type": "redirect",
            "redirect": {"url": "https://shop.example/thanks"},
        },
        "allow_promotion_codes": True,
    }


def test_a_link_without_a_coupon_takes_no_code() -> None:
    known = stored()
    assert "code" not in known
    params = link_params(known["session"], code="")
    assert params is not None
    assert "allow_promotion_codes" not in params
    assert link_url("https://buy.stripe.com/x", code="") == "https://buy.stripe.com/x"
    filled = link_url("https://buy.stripe.com/x", code="MIKA-20")
    assert filled == "https://buy.stripe.com/x?prefilled_promo_code=MIKA-20"


def test_no_link_holds_more_than_20_lines(oracle: Oracle) -> None:
    platform = oracle.platform()
    many = tuple(item(sku=f"sku_{n}") for n in range(21))
    params = platform.prepare_checkout(checkout(items=many))
    oracle.tell("fail", **BUSY)
    with pytest.raises(PlatformBusyError):
        platform.open_checkout(params, key="chk_1")
    assert oracle.sent(LINKS) == []
    assert link_params(stored(items=many[:20])["session"], code="") is not None


def test_a_buyer_goes_to_a_link_while_stripe_takes_no_more_sessions(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", **BUSY, count=2)
    first = platform.open_checkout(params, key="chk_1")
    assert first.is_endless
    assert first.url == oracle.world.objs[first.platform_ref]["url"]
    assert platform.open_checkout(params, key="chk_1") == first
    assert len(oracle.world.all("payment_link")) == 1
    assert oracle.world.all("checkout.session") == []
    sent = [one["headers"]["Idempotency-Key"] for one in oracle.sent(LINKS)]
    assert sent == ["chk_1:link", "chk_1:link"]


def test_an_ordinary_session_ends_by_itself(oracle: Oracle) -> None:
    platform = oracle.platform()
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    assert not opened.is_endless
    assert oracle.sent(LINKS) == []


def test_a_visit_stored_before_links_were_known_is_opened(oracle: Oracle) -> None:
    platform = oracle.platform()
    flat = json.loads(platform.prepare_checkout(checkout()))["session"]
    params = json.dumps(flat, sort_keys=True, separators=(",", ":"))
    opened = platform.open_checkout(params, key="chk_1")
    assert oracle.world.objs[opened.platform_ref]["client_reference_id"] == "chk_1"
    oracle.tell("fail", **BUSY)
    assert platform.open_checkout(params, key="chk_1").is_endless


def sale(oracle: Oracle, *, typed: str = "", **changes: Any) -> tuple[OrderPaid, dict[str, Any]]:
    """Buy through a link; returns the fact and the session."""
    platform = oracle.platform()
    oracle.tell("fail", **BUSY)
    opened = platform.open_checkout(platform.prepare_checkout(checkout(**changes)), key="chk_1")
    written = {"client_reference_id": typed} if typed else {}
    session = visit(oracle, opened.url, **written)
    (order,) = told(platform, pay(oracle, session))
    assert isinstance(order, OrderPaid)
    made = oracle.world.objs[session]
    assert platform.find_order(made["payment_intent"] or session)[0] == order
    walked = [one for page in platform.walk(now() - timedelta(hours=1), now()) for one in page]
    assert walked == [order]
    return order, made


def test_a_sale_through_a_link_is_the_visits(oracle: Oracle) -> None:
    cap = oracle.sdk().prices.create(
        {"currency": "eur", "unit_amount": 1500, "product_data": {"name": "Cap"}}
    )
    items = (item(quantity=2), item(sku="sku_cap", platform_refs={"stripe": cap.id}))
    order, session = sale(oracle, items=items)
    assert order.checkout_id == "chk_1"
    assert order.order_ref == session["payment_intent"]
    assert order.total == 2 * 4990 + 1500
    assert [(one.sku, one.quantity, one.base) for one in order.lines] == [
        ("sku_tee", 2, 9980),
        ("", 1, 1500),
    ]
    assert order.lines[1].item_ref == cap.id
    payment = oracle.world.objs[session["payment_intent"]]
    assert payment["metadata"] == {"liveshop": "sealed:chk_1"}


def test_what_a_buyer_writes_into_the_address_is_no_evidence(oracle: Oracle) -> None:
    order, session = sale(oracle, typed="chk_of-somebody-else")
    assert session["client_reference_id"] == "chk_of-somebody-else"
    assert order.checkout_id == "chk_1"


def test_without_our_seal_a_link_of_the_shop_is_nobodys(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.sdk().payment_links.create(
        {
            "line_items": [{"price_data": _tee(), "quantity": 1}],
            "metadata": {"liveshop": "chk_1"},
            "restrictions": {"completed_sessions": {"limit": 1}},
            "after_completion": {"type": "redirect", "redirect": {"url": "https://shop.example"}},
        }
    )
    (link,) = oracle.world.all("payment_link")
    session = visit(oracle, link["url"], client_reference_id="chk_1")
    (order,) = told(platform, pay(oracle, session))
    assert isinstance(order, OrderPaid)
    assert (order.checkout_id, order.lines[0].sku) == (None, "")


def _tee() -> dict[str, Any]:
    return {"currency": "eur", "unit_amount": 4990, "product_data": {"name": "Tee"}}


def test_the_coupon_is_filled_in_and_counts_as_the_coupon(oracle: Oracle) -> None:
    platform = oracle.platform()
    ref = platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    order, session = sale(oracle, coupon_ref=ref, coupon_code="MIKA20")
    assert session["total_details"]["amount_discount"] == 998
    assert (order.total, order.codes) == (3992, ("MIKA20",))
    assert ref in order.coupon_refs
    assert [(one.sku, one.gross, one.discount, one.base) for one in order.lines] == [
        ("sku_tee", 4990, 998, 3992)
    ]


def test_nothing_owed_through_a_link_is_a_sale(oracle: Oracle) -> None:
    platform = oracle.platform()
    asked = platform.prepare_coupon(coupon(percent_bps=10000))
    ref = platform.create_coupon(asked, key="cpn_1")
    order, session = sale(oracle, coupon_ref=ref, coupon_code="MIKA20")
    assert (order.total, order.order_ref, order.lines[0].base) == (0, session["id"], 0)
    assert order.checkout_id == "chk_1"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"status": 503},
        {"drop": True},
        {"status": 403},
        {"status": 400, "body": {"error": {"type": "invalid_request_error", "message": "no"}}},
    ],
)
def test_without_a_link_either_the_buyer_waits_as_stripe_asked(
    oracle: Oracle, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    platform = oracle.platform(max_network_retries=0)
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", **BUSY, headers={"Retry-After": "7"})
    oracle.tell("fail", path=LINKS, method="POST", **fault)
    with pytest.raises(PlatformBusyError) as refused:
        platform.open_checkout(params, key="chk_1")
    assert refused.value.retry_after == 7
    is_told = "no payment link in place of a session" in caplog.text
    assert is_told is (fault.get("status") in (400, 403))
    assert not platform.open_checkout(params, key="chk_1").is_endless


def test_a_lost_answer_is_the_same_link(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", **BUSY)
    oracle.tell("fail", path=LINKS, method="POST", drop=True, after=True)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    assert [one["id"] for one in oracle.world.all("payment_link")] == [opened.platform_ref]


def test_a_stored_failure_finds_the_link_that_was_made(oracle: Oracle) -> None:
    platform = oracle.platform()
    replayed = {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"}
    for name, key in (("chk_0", "other"), ("chk_1", "mine")):
        oracle.tell("fail", **BUSY)
        if key == "mine":
            oracle.tell("fail", path=LINKS, method="POST", status=500, after=True, headers=replayed)
        opened = platform.open_checkout(platform.prepare_checkout(checkout(name)), key=name)
    assert len(oracle.world.all("payment_link")) == 2
    assert oracle.world.objs[opened.platform_ref]["metadata"] == {"liveshop": "sealed:chk_1"}


def test_a_visit_too_old_for_a_session_gets_no_link(oracle: Oracle) -> None:
    platform = oracle.platform()
    old = checkout(expires_at=now() + timedelta(minutes=29))
    oracle.tell("fail", **BUSY)
    with pytest.raises(PlatformRefusedError) as refused:
        platform.open_checkout(platform.prepare_checkout(old), key="chk_1")
    assert refused.value.vendor_code == "visit_too_old"
    assert oracle.sent(LINKS) == []


# --- its end


def test_the_end_of_a_link_takes_what_is_open_of_it_along(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", **BUSY)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    tabs = [visit(oracle, opened.url) for _ in range(2)]
    other = oracle.opened(platform, checkout("chk_2"))
    before = set(oracle.world.objs)
    platform.end_link(opened.platform_ref)
    assert oracle.world.objs[opened.platform_ref]["active"] is False
    states = [oracle.world.objs[one]["status"] for one in (*tabs, other)]
    assert states == ["expired", "expired", "open"]
    events = [
        one
        for key, one in oracle.world.objs.items()
        if key not in before and one["object"] == "event"
    ]
    ends = told(platform, events)
    assert [(one.checkout_id, one.reason) for one in ends if isinstance(one, CheckoutClosed)] == [
        ("chk_1", "expired"),
        ("chk_1", "expired"),
    ]
    sent = len(oracle.world.log)
    platform.end_link(opened.platform_ref)
    again = oracle.world.log[sent:]
    assert [one["method"] for one in again] == ["POST", "GET"]


def test_a_link_that_was_paid_or_deleted_ends_as_well(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", **BUSY)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    session = visit(oracle, opened.url)
    pay(oracle, session)
    platform.end_link(opened.platform_ref)
    assert oracle.world.objs[session]["status"] == "complete"
    platform.end_link("plink_that_is_gone")


def test_what_stripe_tells_of_the_end_of_a_link(oracle: Oracle) -> None:
    """Of the sessions made from it, however they ended; of the link itself nothing."""
    platform = oracle.platform()
    for number, buyers in enumerate((0, 1, 1)):
        oracle.tell("fail", **BUSY)
        params = platform.prepare_checkout(checkout(f"chk_{number}"))
        opened = platform.open_checkout(params, key=f"chk_{number}")
        for tab in [visit(oracle, opened.url) for _ in range(buyers)]:
            if number == 2:
                pay(oracle, tab)
        for key in ("a", "b"):
            told_of = platform.expire_checkout(params, ref=opened.platform_ref, key=key)
            assert told_of is bool(buyers)
        assert oracle.world.objs[opened.platform_ref]["active"] is False


def test_a_buyer_who_pays_while_the_link_is_ended_has_paid(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    oracle.tell("fail", **BUSY)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    session = visit(oracle, opened.url)
    listed = platform._calls.sessions_of(opened.platform_ref)
    pay(oracle, session)
    for one in listed:
        platform._calls.end_session(one["id"])
    assert oracle.world.objs[session]["status"] == "complete"
