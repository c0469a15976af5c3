"""Opening a hosted checkout: exact parameters, one session per visit, whatever fails."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses

from liveshop_sdk.errors import (
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
    SettingsInvalidError,
)
from liveshop_sdk.money import Money
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import (
    KEY,
    SECRET,
    Oracle,
    checkout,
    coupon,
    item,
    now,
    platform_at,
)

running_oracle = support.running_oracle
oracle = support.oracle

SESSIONS = "/v1/checkout/sessions"


def test_the_parameters_are_canonical_text() -> None:
    request = checkout(
        items=(
            item(quantity=2),
            item(sku="sku_cap", title="x" * 300, platform_refs={"stripe": "price_1"}),
        ),
        coupon_ref='{"coupon":"cpn_1","promotion_code":"promo_1"}',
    )
    text = platform_at(None).prepare_checkout(request)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert json.loads(text).keys() == {"session"}
    assert json.loads(text)["session"] == {
        "mode": "payment",
        "client_reference_id": "chk_1",
        "metadata": {"liveshop": "sealed:chk_1"},
        "payment_intent_data": {"metadata": {"liveshop": "sealed:chk_1"}},
        "line_items": [
            {
                "quantity": 2,
                "metadata": {"sku": "sku_tee"},
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 4990,
                    "product_data": {"name": "Tee", "metadata": {"liveshop_sku": "sku_tee"}},
                },
            },
            {"quantity": 1, "metadata": {"sku": "sku_cap"}, "price": "price_1"},
        ],
        "discounts": [{"promotion_code": "promo_1"}],
        "expires_at": int(request.expires_at.timestamp()),
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/cart",
    }


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(500, "JPY"), 500),
        (Money(1230, "KWD"), 1230),
        (Money(1990, "ISK"), 199000),
        (Money(4990, "EUR"), 4990),
    ],
)
def test_amounts_are_written_as_stripe_counts(money: Money, sent: int) -> None:
    text = platform_at(None).prepare_checkout(checkout(items=(item(unit=money),)))
    data = json.loads(text)["session"]["line_items"][0]["price_data"]
    assert (data["unit_amount"], data["currency"]) == (sent, money.currency.lower())


def test_a_foreign_coupon_reference_is_refused() -> None:
    for ref in ("gid://shopify/1", "{}", "", '{"promotion_code":5}'):
        with pytest.raises(PlatformRefusedError):
            platform_at(None).prepare_checkout(checkout(coupon_ref=ref))


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": "pk_test_x"},
        {"api_key": ""},
        {"api_key": "sk_test_x y"},
        {"api_base": "https://evil.example"},
        {"api_base": "http://127.0.0.1.evil.example"},
        {"api_base": "http://127.0.0.1@evil.example"},
    ],
)
def test_wrong_settings_are_refused_without_showing_them(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsInvalidError) as refused:
        platform_at(**{"base": None, **changes})
    assert "pk_test" not in str(refused.value)


def test_the_mode_comes_from_the_key() -> None:
    modes = {key: platform_at(None, api_key=key).mode for key in ("sk_test_a", "rk_live_a")}
    assert modes == {"sk_test_a": "test", "rk_live_a": "live"}


def test_a_visit_opens_one_session(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    first = platform.open_checkout(params, key="chk_1")
    again = platform.open_checkout(params, key="chk_1")
    assert first == again
    assert first.url.startswith("https://checkout.stripe.com/")
    assert len(oracle.world.all("checkout.session")) == 1
    (sent, repeated) = oracle.sent(SESSIONS)
    assert sent["headers"]["Idempotency-Key"] == "chk_1"
    assert "liveshop-sdk/" in sent["headers"]["User-Agent"]
    assert repeated["replayed"] is True


def test_price_coupon_and_reference_arrive(oracle: Oracle) -> None:
    platform = oracle.platform()
    price = oracle.sdk().prices.create(
        {"currency": "eur", "unit_amount": 3000, "product_data": {"name": "Cap"}}
    )
    ref = platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    items = (item(), item(sku="sku_cap", platform_refs={"stripe": price.id}))
    session = oracle.opened(platform, checkout(items=items, coupon_ref=ref))
    made = oracle.world.objs[session]
    assert made["metadata"] == {"liveshop": "sealed:chk_1"}
    assert made["client_reference_id"] == "chk_1"
    assert made["amount_total"] == 6392
    assert made["discounts"] == [
        {"coupon": None, "promotion_code": json.loads(ref)["promotion_code"]}
    ]


def test_a_lost_answer_is_the_same_session(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", path=SESSIONS, method="POST", after=True, drop=True, count=1)
    opened = platform.open_checkout(params, key="chk_1")
    assert [one["id"] for one in oracle.world.all("checkout.session")] == [opened.platform_ref]
    assert len(oracle.sent(SESSIONS)) == 2


def test_answers_lost_for_good_leave_a_session_for_the_next_try(oracle: Oracle) -> None:
    platform = oracle.platform(max_network_retries=0)
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", path=SESSIONS, method="POST", after=True, drop=True, count=1)
    with pytest.raises(PlatformUnavailableError):
        platform.open_checkout(params, key="chk_1")
    platform.open_checkout(params, key="chk_1")
    assert len(oracle.world.all("checkout.session")) == 1


def test_a_hanging_answer_holds_nobody(oracle: Oracle) -> None:
    platform = oracle.platform(timeouts=(0.5, 0.6))
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", path=SESSIONS, after=True, delay=1.5, count=1)
    began = time.monotonic()
    with pytest.raises(PlatformUnavailableError, match="no answer in time"):
        platform.open_checkout(params, key="chk_1")
    assert time.monotonic() - began < 1.2
    platform.open_checkout(params, key="chk_1")
    assert len(oracle.world.all("checkout.session")) == 1


def test_being_slowed_down_is_passed_on_at_once(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    oracle.tell("fail", path=SESSIONS, status=429, count=1, headers={"Retry-After": "7"})
    oracle.tell("fail", path="/v1/payment_links", status=429, count=1)
    with pytest.raises(PlatformBusyError) as refused:
        platform.open_checkout(params, key="chk_1")
    assert refused.value.retry_after == 7
    assert len(oracle.sent(SESSIONS)) == 1
    platform.open_checkout(params, key="chk_1")


def test_failures_are_tried_again_with_the_same_key(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", path=SESSIONS, status=500, count=2)
    platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    assert {one["headers"]["Idempotency-Key"] for one in oracle.sent(SESSIONS)} == {"chk_1"}
    assert len(oracle.sent(SESSIONS)) == 3


REPLAYED = {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"}


def test_a_stored_failure_gets_a_new_key_once_nothing_is_found(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", path=SESSIONS, method="POST", status=500, count=1, headers=REPLAYED)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    keys = [one["headers"]["Idempotency-Key"] for one in oracle.sent(SESSIONS)]
    assert keys == ["chk_1", "chk_1:2"]
    assert [one["id"] for one in oracle.world.all("checkout.session")] == [opened.platform_ref]


def test_a_stored_failure_finds_the_session_that_was_made(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    oracle.opened(platform, checkout("chk_0"))
    oracle.tell(
        "fail", path=SESSIONS, method="POST", status=500, count=1, after=True, headers=REPLAYED
    )
    opened = platform.open_checkout(params, key="chk_1")
    oracle.opened(platform, checkout("chk_2"))
    assert len(oracle.world.all("checkout.session")) == 3
    assert oracle.world.objs[opened.platform_ref]["client_reference_id"] == "chk_1"


def test_two_stored_failures_are_an_outage(oracle: Oracle) -> None:
    platform = oracle.platform()
    oracle.tell("fail", path=SESSIONS, method="POST", status=500, count=2, headers=REPLAYED)
    with pytest.raises(PlatformUnavailableError):
        platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    assert oracle.world.all("checkout.session") == []


def test_nothing_secret_is_logged(oracle: Oracle, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    platform = oracle.platform()
    oracle.tell("fail", path=SESSIONS, status=500, count=1)
    opened = platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    oracle.pay(opened.platform_ref, email="ana@example.com")
    platform.find_order(oracle.world.objs[opened.platform_ref]["payment_intent"])
    secrets = (KEY, SECRET, "sealed:", "ana@example.com")
    assert not any(secret in caplog.text for secret in secrets)


def test_an_old_visit_is_refused_in_our_words(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    old = checkout(expires_at=now() + timedelta(minutes=29))
    with pytest.raises(PlatformRefusedError) as refused:
        platform.open_checkout(platform.prepare_checkout(old), key="chk_1")
    assert refused.value.vendor_code == "visit_too_old"
    assert oracle.world.all("checkout.session") == []


def test_an_answered_visit_can_be_repeated_when_old(oracle: Oracle) -> None:
    platform = oracle.platform()
    params = platform.prepare_checkout(checkout())
    first = platform.open_checkout(params, key="chk_1")
    oracle.tell("clock", offset=120)
    assert platform.open_checkout(params, key="chk_1") == first


def test_one_key_for_two_requests_is_refused(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    other = platform.prepare_checkout(checkout(items=(item(quantity=2),)))
    with pytest.raises(PlatformRefusedError) as refused:
        platform.open_checkout(other, key="chk_1")
    assert refused.value.vendor_code == "idempotency_error"
    assert len(oracle.world.all("checkout.session")) == 1


def test_an_exhausted_coupon_is_refused(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    ref = platform.create_coupon(platform.prepare_coupon(coupon(limit=1)), key="cpn_1")
    oracle.pay(oracle.opened(platform, checkout(coupon_ref=ref)))
    late = platform.prepare_checkout(checkout("chk_2", coupon_ref=ref))
    with pytest.raises(PlatformRefusedError) as refused:
        platform.open_checkout(late, key="chk_2")
    assert refused.value.vendor_code == "coupon_expired"


def test_foreign_parameters_are_refused_before_any_call(oracle: Oracle) -> None:
    platform = oracle.platform()
    for params in ("", "[]", "{", '{"b":1,"a":2}'):
        with pytest.raises(PlatformRefusedError):
            platform.open_checkout(params, key="chk_1")
    assert oracle.world.log == []


URL = "https://api.stripe.com/v1/checkout/sessions"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"body": "<html>Bad gateway</html>"}, PlatformUnavailableError),
        ({"body": '{"id": "cs_test_1", "obj'}, PlatformUnavailableError),
        ({"body": ""}, PlatformUnavailableError),
        ({"body": b"\xff\xfe"}, PlatformUnavailableError),
        ({"json": []}, PlatformUnavailableError),
        ({"body": "null"}, PlatformUnavailableError),
        ({"json": {}}, PlatformUnavailableError),
        ({"json": {"id": "cs_1", "object": "checkout.session"}}, PlatformUnavailableError),
        ({"json": {"id": "cs_1", "url": "javascript:alert(1)"}}, PlatformUnavailableError),
        ({"json": {"id": 7, "url": "https://x.example"}}, PlatformUnavailableError),
        ({"json": {"error": {"type": "api_error"}}, "status": 503}, PlatformUnavailableError),
        ({"json": {"error": {}}, "status": 409}, PlatformUnavailableError),
        ({"json": {"error": {}}, "status": 401}, PlatformNotReadyError),
        ({"json": {"error": {}}, "status": 403}, PlatformNotReadyError),
        ({"json": {"error": "x"}, "status": 400}, PlatformUnavailableError),
        ({"body": "no", "status": 302, "headers": {"Location": URL}}, PlatformUnavailableError),
        ({"body": requests.ConnectionError("reset")}, PlatformUnavailableError),
        ({"body": requests.Timeout("slow")}, PlatformUnavailableError),
        ({"body": requests.exceptions.SSLError("bad")}, PlatformUnavailableError),
        ({"body": requests.exceptions.ChunkedEncodingError("cut")}, PlatformUnavailableError),
        ({"body": OSError("odd")}, PlatformUnavailableError),
    ],
)
@responses.activate
def test_every_answer_becomes_one_of_three_errors(
    answer: dict[str, Any], expected: type[Exception]
) -> None:
    responses.add(responses.POST, URL, **answer)
    platform = platform_at(None, max_network_retries=0)
    with pytest.raises(expected):
        platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    assert len(responses.calls) == 1
    platform.close()


@responses.activate
def test_a_coupon_whose_answer_cannot_be_read_is_tried_again() -> None:
    made = "https://api.stripe.com/v1/coupons"
    platform = platform_at(None, max_network_retries=0)
    params = platform.prepare_coupon(coupon())
    answers: list[dict[str, Any]] = [{"json": []}, {"json": {"object": "coupon"}}]
    for answer in answers:
        responses.reset()
        responses.add(responses.POST, made, **answer)
        responses.add(responses.POST, "https://api.stripe.com/v1/promotion_codes", json={"id": "p"})
        with pytest.raises(PlatformUnavailableError):
            platform.create_coupon(params, key="cpn_1")
    platform.close()


@responses.activate
def test_vendor_texts_lose_keys_and_addresses() -> None:
    said = "Invalid: sk_test_123 whsec_9 of mika@example.com"
    error = {"type": "invalid_request_error", "message": said, "param": "a@b.c", "code": "x"}
    responses.add(responses.POST, URL, json={"error": error}, status=400)
    platform = platform_at(None)
    with pytest.raises(PlatformRefusedError) as refused:
        platform.open_checkout(platform.prepare_checkout(checkout()), key="chk_1")
    shown = str(refused.value) + repr(refused.value)
    assert not any(word in shown for word in ("sk_test", "whsec", "mika", "a@b.c"))
    platform.close()
