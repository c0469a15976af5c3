"""A connected account that sells by its platform's key."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.facts import OrderPaid
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, checkout, coupon, now, told

running_oracle = support.running_oracle
oracle = support.oracle

ACCOUNT = "acct_1brand"
URL = "https://live.shop.example/webhooks/stripe"
ENDPOINTS = "/v1/webhook_endpoints"


def said(oracle: Oracle) -> Counter[str | None]:
    """The accounts that requests so far were about."""
    return Counter(entry["headers"]["Stripe-Account"] for entry in oracle.world.log)


def test_every_call_about_a_sale_is_made_for_the_account(oracle: Oracle) -> None:
    platform = oracle.platform(account=ACCOUNT)
    wanted = coupon()
    ref = platform.create_coupon(platform.prepare_coupon(wanted), key="cpn_1")
    session = oracle.opened(platform, checkout(coupon_code=wanted.code, coupon_ref=ref))
    events = [{**event, "account": ACCOUNT} for event in oracle.pay(session)]
    (sale,) = [one for one in told(platform, events) if isinstance(one, OrderPaid)]
    assert (sale.account, sale.checkout_id, sale.total) == (ACCOUNT, "chk_1", 3992)
    assert platform.find_order(sale.order_ref)
    assert [*platform.walk(now() - timedelta(hours=1), now() + timedelta(hours=1))]
    platform.switch_coupon(wanted, ref=ref, wish="pause", key="one")
    assert platform.coupon_uses(ref) == 1
    platform.expire_checkout(platform.prepare_checkout(checkout()), ref=session, key="two")
    assert platform.feed.since(now() - timedelta(hours=1))
    assert set(said(oracle)) == {ACCOUNT}


def test_what_is_read_again_is_of_the_account_as_if_its_endpoint_had_sent_it(
    oracle: Oracle,
) -> None:
    platform = oracle.platform(account=ACCOUNT)
    oracle.pay(oracle.opened(platform, checkout()))
    (sale,) = [
        happening
        for delivery in platform.feed.since(now() - timedelta(hours=1))
        for happening in platform.read(delivery)
    ]
    assert isinstance(sale, OrderPaid)
    assert sale.account == ACCOUNT


def test_its_endpoint_is_made_at_the_platform_for_connected_accounts(oracle: Oracle) -> None:
    endpoints = oracle.platform(account=ACCOUNT).endpoints
    assert endpoints.register(URL).report.ok
    assert set(said(oracle)) == {None}
    (sent,) = oracle.sent(ENDPOINTS)[:1]
    assert sent["params"]["connect"] in (True, "true")
    assert endpoints.check(URL).ok
    assert endpoints.register(URL).changes == ()


@pytest.mark.parametrize(
    ("first", "second"), [(None, ACCOUNT), (ACCOUNT, None)], ids=["for connected", "for our own"]
)
def test_an_endpoint_for_the_other_kind_of_account_is_told_and_made_anew(
    oracle: Oracle, first: str | None, second: str | None
) -> None:
    oracle.platform(account=first).endpoints.register(URL)
    endpoints = oracle.platform(account=second).endpoints
    (wrong,) = [one for one in endpoints.check(URL).findings if not one.ok]
    assert (wrong.name, wrong.fix) == (
        "stripe endpoint account",
        "liveshop webhooks register --replace",
    )
    assert endpoints.register(URL).changes == ()
    assert endpoints.register(URL, replace=True).secret is not None
    assert endpoints.check(URL).ok
    assert len(oracle.world.all("webhook_endpoint")) == 1


def test_a_key_that_may_not_act_for_the_account_is_told_as_such(oracle: Oracle) -> None:
    """Stripe answers 403 with this code; so it does once the brand has disconnected."""
    oracle.is_provoked = True
    body: dict[str, Any] = {"code": "account_invalid", "type": "invalid_request_error"}
    body["message"] = "The provided key 'sk_test_abc' does not have access to account 'acct_x'."
    platform = oracle.platform(account=ACCOUNT)
    for path in ("/v1/checkout/sessions", "/v1/balance"):
        oracle.tell("fail", path=f"^{path}", status=403, body={"error": body}, count=1)
    with pytest.raises(PlatformNotReadyError) as refused:
        oracle.opened(platform, checkout())
    assert refused.value.vendor_code == "account_invalid"
    assert "sk_test" not in str(refused.value)
    (key,) = [one for one in platform.check() if one.name == "stripe key"]
    assert (key.ok, key.fix) == (False, "Connect the account of LIVESHOP_STRIPE_ACCOUNT.")
