"""A cart that the buyer's own browser makes: no call of ours, and the reference comes back."""

import json
import time
import urllib.request
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from liveshop_sdk.checkout.ports import CheckoutItem
from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.errors import PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.carts import permalink
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.wire import loads_canonical
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import (
    coupon,
    open_cart,
    oracle_fixture,
    shop_fixture,
    spoiled,
)

__all__ = ["oracle_fixture", "shop_fixture"]

LINK = (
    f"https://{support.SHOP}/cart/50001:2?attributes%5B_liveshop%5D=sealed%3Achk_1&discount=MIKA20"
)


@pytest.fixture
def without(oracle: Any) -> ShopifyPlatform:
    """A shop whose app has no Storefront token."""
    return support.platform(oracle, storefront_token="")


def bought(oracle: Any, cart_id: str) -> Any:
    asked = urllib.request.Request(
        f"{oracle.url}/_checkout", json.dumps({"cart_id": cart_id}).encode()
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return json.load(answer)


def test_the_address_says_all_that_was_stored(oracle: Any, without: ShopifyPlatform) -> None:
    opened = open_cart(without, coupon_code="MIKA20")
    assert (opened.url, opened.platform_ref, opened.is_endless) == (LINK, "", False)
    assert oracle.log == []


def test_every_letter_of_a_seal_arrives(without: ShopifyPlatform) -> None:
    checkout_id = "chk_01arz3ndektsv4rrffq69g5fav"
    sealed = SealedRef(["a-key-of-32-letters-at-the-least"]).seal(checkout_id)
    odd = CheckoutItem(
        sku="mug",
        title="Mug",
        quantity=3,
        unit=Money(1, "EUR"),
        platform_refs={"shopify": f"gid://shopify/ProductVariant/{2**63 - 1}"},
    )
    request = support.checkout_request(sealed_ref=sealed, items=(odd, odd))
    wanted: Any = loads_canonical(without.prepare_checkout(request))
    parts = urlsplit(permalink(support.SHOP, wanted))
    assert parts.path == "/cart/9223372036854775807:3,9223372036854775807:3"
    assert parse_qsl(parts.query) == [("attributes[_liveshop]", sealed)]
    assert "[" not in parts.query


def test_an_order_of_a_permalink_is_the_visits(oracle: Any, without: ShopifyPlatform) -> None:
    coupon(without)
    opened = open_cart(without, coupon_code="MIKA20")
    order = bought(oracle, support.followed(oracle, opened.url))
    (fact,) = without.read(support.delivered(without, "orders/paid", order))
    assert isinstance(fact, OrderPaid)
    assert (fact.checkout_id, fact.codes) == ("chk_1", ("MIKA20",))
    assert [(line.gross, line.discount, line.base) for line in fact.lines] == [(7980, 1596, 5365)]
    assert without.find_order(fact.order_ref) == (fact,)


FAILED = ["500", "503", "429", "430", "THROTTLED", "drop", "lost", "html", "truncated", "INTERNAL"]


@pytest.mark.parametrize("mode", [*FAILED, "partial", "hang", "401", "403", "ACCESS_DENIED"])
def test_a_buyer_goes_on_whatever_the_storefront_api_does(
    oracle: Any, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    hasty = Wire(timeouts=(0.5, 0.3), patience=0.5, sleep=support.Sleeps(), trust_env=False)
    shop = support.platform(oracle, wire=hasty)
    coupon(shop)
    oracle.config["restoreRate"] = 0.1
    oracle.fail(mode, 9, retry_after="30")
    if mode == "THROTTLED":
        oracle.points = 0.0
    start = time.monotonic()
    assert open_cart(shop, coupon_code="MIKA20").url == LINK
    assert time.monotonic() - start < 2
    assert "a buyer makes the cart by permalink" in caplog.text
    assert "sealed" not in caplog.text


@pytest.mark.parametrize("mode", ["402", "423", "redirect"])
def test_a_shop_that_lets_nobody_in_sends_nobody_there(oracle: Any, mode: str) -> None:
    shop = support.platform(oracle)
    oracle.fail(mode, 5)
    with pytest.raises(PlatformNotReadyError):
        open_cart(shop)


def test_a_code_that_shopify_refuses_is_no_reason_for_a_permalink(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    with pytest.raises(PlatformRefusedError, match="does not know"):
        open_cart(shop, coupon_code="MIKA20")


def test_carts_that_are_down_are_made_by_the_buyer(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    error = {"code": "SERVICE_UNAVAILABLE", "message": "down", "field": None}
    spoiled(monkeypatch, lambda found: found.update(cart=None, userErrors=[error]))
    assert open_cart(shop).url == LINK.removesuffix("&discount=MIKA20")


def test_nobody_waits_eight_seconds_for_a_cart(oracle: Any) -> None:
    sleeps = support.Sleeps()
    shop = support.platform(oracle, wire=Wire(sleep=sleeps, trust_env=False))
    oracle.fail("429", 9, retry_after="5")
    assert open_cart(shop).url.startswith(f"https://{support.SHOP}/cart/")
    assert sleeps == []
