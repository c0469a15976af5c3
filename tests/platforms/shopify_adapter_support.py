"""The Shopify adapter at a running oracle, whose answers a test may spoil."""

from collections.abc import Iterator
from typing import Any

import pytest

from liveshop_sdk.platforms.shopify import ShopifyPlatform
from tests.platforms import shopify_support as support

_, RESOLVERS, _ = support.oracle_modules()


@pytest.fixture(name="oracle")
def oracle_fixture() -> Iterator[Any]:
    with support.running_oracle() as running:
        yield running


@pytest.fixture(name="shop")
def shop_fixture(oracle: Any) -> ShopifyPlatform:
    return support.platform(oracle)


def coupon(shop: ShopifyPlatform, **given: Any) -> str:
    request = support.coupon_request(**given)
    return shop.create_coupon(shop.prepare_coupon(request), key=request.coupon_id)


def open_cart(shop: ShopifyPlatform, **given: Any) -> Any:
    return shop.open_checkout(shop.prepare_checkout(support.checkout_request(**given)), key="chk_1")


def spoiled(monkeypatch: Any, change: Any, answer: str = "cart_answer") -> None:
    plain = getattr(RESOLVERS, answer)

    def other(*args: Any, **given: Any) -> Any:
        found = plain(*args, **given)
        change(found)
        return found

    monkeypatch.setattr(RESOLVERS, answer, other)
