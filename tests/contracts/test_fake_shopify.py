"""A whole sale on Shopify without Shopify, on both engines."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import LiveShopError, PlatformRefusedError
from liveshop_sdk.money import Rate
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import TEST_SHOP, deliver, on_the_way, shop_with, teller_for
from liveshop_sdk.testing.shopify_api import FakeShopify

SHOPIFY = {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SHOPIFY_SHOP": TEST_SHOP,
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_tests",
    "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_tests",
    "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "older,newer",
}
VARIANT = "gid://shopify/ProductVariant/50001"


@pytest.fixture(name="fake")
def fake_fixture() -> Iterator[FakeShopify]:
    with FakeShopify() as fake:
        yield fake


@pytest.fixture(name="shop")
def shop_fixture(db_url: str, clock: ManualClock, fake: FakeShopify) -> Iterator[LiveShop]:
    shop = shop_with({"LIVESHOP_DATABASE_URL": db_url, **SHOPIFY}, clock=clock)
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR", shopify_variant=VARIANT)
    shop.creators.add("mika", rate=Rate.percent("12"), hold=timedelta(days=14))
    opens_at = clock.now()
    shop.streams.schedule(
        "friday", hosts=["mika"], opens_at=opens_at, closes_at=opens_at + timedelta(hours=2)
    )
    yield shop
    shop.close()


def issue(shop: LiveShop, coupon: str | None = None) -> str:
    cart = {"sku_tee": 2}
    return shop.links.issue(creator_id="mika", stream_id="friday", items=cart, coupon=coupon).token


def owed(shop: LiveShop) -> dict[str, int]:
    shop.worker().drain()
    return {row.account: row.amount for row in shop.ledger.balance(creator="mika").balances}


def test_a_sale_and_half_of_it_back(shop: LiveShop, fake: FakeShopify) -> None:
    assert shop.mode == "test"
    told = teller_for(shop, link=issue(shop))
    sent = on_the_way(told.tell("partial-refund"), duplicate=1, reorder=True)
    assert deliver(shop, sent) == [200] * 4
    assert owed(shop) == {"creator:mika:pending": -599}
    (cart,) = fake.carts
    assert cart["lines"] == [{"merchandiseId": VARIANT, "quantity": 2}]
    assert [one["key"] for one in cart["attributes"]] == ["_liveshop"]


def test_a_code_of_ours_applies_and_any_other_does_not(shop: LiveShop, fake: FakeShopify) -> None:
    made = shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    assert (made.status, list(fake.discounts)) == ("ready", ["MIKA20"])
    shop.links.open(issue(shop, "MIKA20"))
    assert fake.carts[-1]["discountCodes"] == ["MIKA20"]
    del fake.discounts["MIKA20"]
    with pytest.raises(PlatformRefusedError, match="the shop does not know it"):
        shop.links.open(issue(shop, "MIKA20"))


def test_a_code_of_somebody_else_is_taken(shop: LiveShop, fake: FakeShopify) -> None:
    fake.discounts["MIKA20"] = {"title": "summer sale", "code": "MIKA20"}
    with pytest.raises(PlatformRefusedError, match="belongs to another discount"):
        shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    assert [one.operation for one in fake.calls[-2:]] == ["LiveshopCoupon", "LiveshopCouponByCode"]


def post(operation: str, variables: object) -> requests.Response:
    url = f"https://{TEST_SHOP}/admin/api/2026-10/graphql.json"
    body = {"query": f"mutation {operation} {{ x }}", "variables": variables}
    return requests.post(url, json=body, timeout=1)


def test_what_carries_no_id_of_ours_is_an_error(fake: FakeShopify) -> None:
    with pytest.raises(AssertionError, match="a cart carries no reference of ours"):
        post("LiveshopCart", {"input": {"lines": [], "attributes": [{"key": "a", "value": "b"}]}})
    with pytest.raises(AssertionError, match="names no coupon of ours: sale"):
        post("LiveshopCoupon", {"discount": {"title": "sale", "code": "SALE"}})
    assert (fake.carts, fake.discounts) == ([], {})
    unknown = post("Other", {}).json()["errors"][0]["message"]
    assert unknown == "FakeShopify does not answer Other"


def test_a_coupon_that_ships_for_nothing(shop: LiveShop, fake: FakeShopify) -> None:
    shop.coupons.create("SHIP", stream_id="friday", creator_id="mika", free_shipping=True)
    assert fake.discounts["SHIP"]["destination"] == {"all": True}
    shop.coupons.pause("SHIP")
    assert fake.switched_off == {"SHIP"}
    assert shop.coupons.resume("SHIP").waiting is None
    shop.links.open(issue(shop, "SHIP"))
    assert fake.carts[-1]["discountCodes"] == ["SHIP"]


def test_a_coupon_for_units_for_less(shop: LiveShop, fake: FakeShopify) -> None:
    named: dict[str, Any] = {"stream_id": "friday", "creator_id": "mika"}
    shop.coupons.create("GIFT", **named, buy=("sku_tee", 1), get=("sku_tee", 1))
    assert fake.discounts["GIFT"]["customerBuys"]["value"] == {"quantity": "1"}
    shop.coupons.pause("GIFT")
    assert shop.coupons.resume("GIFT").waiting is None
    shop.links.open(issue(shop, "GIFT"))
    assert fake.carts[-1]["discountCodes"] == ["GIFT"]


def test_a_coupon_that_ends(shop: LiveShop, fake: FakeShopify) -> None:
    shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    assert shop.coupons.pause("MIKA20").waiting is None
    assert fake.switched_off == {"MIKA20"}
    assert shop.coupons.resume("MIKA20").waiting is None
    assert fake.switched_off == set()
    shop.links.open(issue(shop, "MIKA20"))
    done = shop.streams.end("friday")
    assert (done.open_checkouts, done.expiring) == (1, 0)
    assert fake.switched_off == {"MIKA20"}


def test_personal_codes_are_made_and_follow_their_coupon(
    shop: LiveShop, fake: FakeShopify, clock: ManualClock
) -> None:
    shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    assert shop.coupons.issue_codes("MIKA20", count=300).made == 250
    shop.worker().drain()
    codes = [one.text for one in shop.coupons.codes("MIKA20")]
    assert (len(codes), fake.personal) == (300, dict.fromkeys(codes, "MIKA20"))
    shop.links.open(issue(shop), code=codes[0])
    assert fake.carts[-1]["discountCodes"] == [codes[0]]
    shop.coupons.pause("MIKA20")
    with pytest.raises(LiveShopError):
        shop.links.open(issue(shop), code=codes[1])
