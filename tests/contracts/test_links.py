"""Links on both engines: what is stored, found again and refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BrandNotOnStreamError,
    CartInvalidError,
    CodeInvalidError,
    CouponForeignError,
    CouponOverError,
    CouponUnknownError,
    CreatorNotFoundError,
    ExpiryInvalidError,
    LabelInvalidError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkRevokedError,
    LinkTokenInvalidError,
    LinkUnknownError,
    LiveShopError,
    MixedCurrencyError,
    MoneyStepError,
    NoAgreementError,
    NotHostError,
    ProductNotFoundError,
    ProductNotOnPlatformError,
    StreamNotFoundError,
    StreamOverError,
)
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import END, START, Shop


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def test_a_link_is_found_by_token_and_short_code(shop: Shop) -> None:
    issued = shop.live.links.issue(
        creator_id="mika",
        stream_id="drop",
        items={"sku_tee": 2, "sku_mug": 1},
        coupon="mika20",
        channel="chat",
        placement="pinned",
    )
    code = issued.short_url.rpartition("/")[2]
    found = shop.live.links.verify(issued.token)
    assert shop.live.links.verify(code) == shop.live.links.verify(code.upper()) == found
    assert list(found.items.items()) == [("sku_tee", 2), ("sku_mug", 1)]
    assert (found.creator, found.stream, found.channel, found.placement) == (
        "mika",
        "drop",
        "chat",
        "pinned",
    )
    assert found.coupon_id == shop.live.coupons.get("MIKA20").id
    assert found.expires_at == END + timedelta(days=7)
    assert shop.live.links.texts(found) == issued
    assert shop.live.links.get(issued.id) == found


def test_two_links_of_one_cart_are_two(shop: Shop) -> None:
    assert shop.link() != shop.link()
    assert len(shop.live.links.recent(creator_id="mika", stream_id="drop")) == 2
    assert shop.live.links.recent(creator_id="ana") == []


def test_a_link_ends(shop: Shop, clock: ManualClock) -> None:
    token = shop.link(expires_in=timedelta(hours=1))
    revoked = shop.link()
    first = shop.live.links.revoke(shop.live.links.verify(revoked).id)
    clock.advance(timedelta(minutes=1))
    assert shop.live.links.revoke(first.id) == first
    with pytest.raises(LinkRevokedError):
        shop.live.links.open(revoked)
    assert shop.live.links.get(first.id).revoked_at == START
    clock.advance(timedelta(hours=2))
    with pytest.raises(LinkExpiredError):
        shop.live.links.open(token)
    assert shop.live.stats()["touches"] == 0


def test_what_is_no_link_of_ours(shop: Shop) -> None:
    token, before = shop.link(), shop.counts()
    for text, error in (
        (token[:-1] + ("A" if token[-1] != "A" else "B"), LinkTokenInvalidError),
        ("lk1.x.y.z", LinkTokenInvalidError),
        ("abcdefgh", LinkUnknownError),
        ("", LinkUnknownError),
        ("\u0430bcdefgh", LinkUnknownError),
    ):
        with pytest.raises(error):
            shop.live.links.open(text)
    with pytest.raises(LinkNotFoundError, match=r"'lnk_none'.*liveshop links list"):
        shop.live.links.revoke("lnk_none")
    assert shop.counts() == before


def refused(shop: Shop, *cases: tuple[type[LiveShopError], Callable[[], object]]) -> None:
    before = shop.counts()
    for error, call in cases:
        with pytest.raises(error):
            call()
    assert shop.counts() == before


def test_a_cart_that_cannot_be_writes_nothing(shop: Shop) -> None:
    shop.live.brands.add("tokyo", currency="JPY")
    shop.live.products.add("sku_fan", title="Fan", amount=900, currency="JPY", brand="tokyo")
    shop.live.creators.agree("mika", rate=Rate.percent("5"), brand="tokyo")

    def cart(**items: int) -> Callable[[], object]:
        return lambda: shop.link(items=items, stream_id=None)

    refused(
        shop,
        (ProductNotFoundError, cart(sku_none=1)),
        (ProductNotFoundError, cart(sku_tee=1, SKU_TEE=1)),
        (MixedCurrencyError, cart(sku_tee=1, sku_fan=1)),
        (CartInvalidError, cart()),
        (CartInvalidError, cart(sku_tee=0)),
        (CartInvalidError, cart(sku_tee=-3)),
        (CartInvalidError, cart(sku_tee=1000)),
        (CartInvalidError, cart(sku_tee=10**40)),
        (CartInvalidError, cart(sku_tee=True)),
        (BrandNotOnStreamError, lambda: shop.link(items={"sku_fan": 1})),
    )
    assert shop.live.links.verify(shop.link(items={"sku_fan": 1}, stream_id=None)).items == {
        "sku_fan": 1
    }


STRIPE = {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_STRIPE_API_KEY": "sk_test_x",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_x",
}
SHOPIFY = {
    "LIVESHOP_PLATFORM": "shopify",
    "LIVESHOP_SHOPIFY_SHOP": "x.myshopify.com",
    "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_x",
    "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "x",
    "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": "x",
}


def test_a_price_that_stripe_cannot_carry_is_refused_at_issue(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock, settings=STRIPE)
    shop.stock()
    shop.live.brands.add("kw", currency="KWD")
    shop.live.creators.agree("mika", rate=Rate.percent("5"), brand="kw")
    for sku, amount in (("sku_odd", 12_345), ("sku_even", 12_340)):
        shop.live.products.add(sku, title="K", amount=amount, currency="KWD", brand="kw")
    refused(
        shop,
        (MoneyStepError, lambda: shop.link(items={"sku_odd": 1}, stream_id=None)),
        (MoneyStepError, lambda: shop.link(items={"sku_even": 1, "sku_odd": 2}, stream_id=None)),
    )
    assert shop.link(items={"sku_even": 1}, stream_id=None)
    shop.live.products.update("sku_odd", stripe_price="price_1")
    assert shop.link(items={"sku_odd": 1}, stream_id=None)


def test_a_product_that_shopify_does_not_know_is_refused_at_issue(
    db: Database, clock: ManualClock
) -> None:
    shop = Shop(db, clock, settings=SHOPIFY)
    shop.stock()
    shop.live.products.update("sku_mug", shopify_variant="50001")
    refused(
        shop,
        (ProductNotOnPlatformError, shop.link),
        (ProductNotOnPlatformError, lambda: shop.link(items={"sku_mug": 1, "sku_tee": 1})),
    )
    assert shop.link(items={"sku_mug": 1})


def test_a_creator_or_stream_that_does_not_fit_writes_nothing(
    shop: Shop, clock: ManualClock
) -> None:
    shop.live.brands.add("other", currency="EUR")
    shop.live.products.add("sku_pot", title="Pot", amount=900, currency="EUR", brand="other")
    refused(
        shop,
        (CreatorNotFoundError, lambda: shop.link(creator="nobody")),
        (StreamNotFoundError, lambda: shop.link(stream_id="none")),
        (NotHostError, lambda: shop.link(creator="ana")),
        (NoAgreementError, lambda: shop.link(items={"sku_pot": 1}, stream_id=None)),
        (LabelInvalidError, lambda: shop.link(channel="Ch\u0430t")),
        (LabelInvalidError, lambda: shop.link(placement="x" * 33)),
        (ExpiryInvalidError, lambda: shop.link(expires_in=timedelta(days=400))),
    )
    clock.set(END)
    refused(shop, (StreamOverError, shop.link))


def test_a_coupon_that_does_not_fit_writes_nothing(shop: Shop, clock: ManualClock) -> None:
    shop.live.brands.add("tokyo", currency="JPY")
    shop.stream("duo", "ana", "mika", brands=["main", "tokyo"])
    shop.coupon("ANA10", "ana", stream="duo")
    shop.coupon("DUO10", stream="duo")
    shop.coupon("SHORT", stream="duo", ends_at=START + timedelta(minutes=1))
    shop.coupon("YEN", stream="duo", percent_off=None, amount_off=Money(100, "JPY"))
    clock.advance(timedelta(minutes=1))

    def link(coupon: str, **more: Any) -> Callable[[], object]:
        return lambda: shop.link(coupon, **{"stream_id": "duo", **more})

    refused(
        shop,
        (CouponForeignError, link("ANA10")),
        (CouponForeignError, link("DUO10", stream_id="drop")),
        (CouponForeignError, link("DUO10", stream_id=None)),
        (CouponForeignError, link("DUO10", creator="ana")),
        (CouponOverError, link("SHORT")),
        (MixedCurrencyError, link("YEN")),
        (CouponUnknownError, link("MIKA2O")),
        (CodeInvalidError, link("M\u0406KA20")),
        (CodeInvalidError, link("M\u0131KA20")),
        (CodeInvalidError, link("\uff2dIKA20")),
        (CodeInvalidError, link("")),
    )
