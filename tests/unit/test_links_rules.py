"""May a link be issued, may it be opened, and how long does it live?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.kinds import BuyGet
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.links import issuing
from liveshop_sdk.checkout.links.labels import check_label
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.checkout.visits import opening
from liveshop_sdk.errors import (
    BrandNotOnStreamError,
    CartInvalidError,
    CouponForeignError,
    CouponOverError,
    CouponPendingError,
    ExpiryInvalidError,
    LabelInvalidError,
    MixedCurrencyError,
    NotHostError,
    NotOpenYetError,
    StreamOverError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Host, Stream

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
END = START + timedelta(hours=2)
TICK = timedelta(microseconds=1)
STREAM = Stream(
    code="drop",
    title="Drop",
    opens_at=START,
    closes_at=END,
    hosts=(Host(creator="mika"),),
    brands=("main",),
    created_at=START,
)
COUPON = Coupon(
    id="cpn_1",
    platform="sandbox",
    account="sandbox",
    code="MIKA20",
    creator="mika",
    stream="drop",
    percent_bps=2000,
    amount_off=None,
    starts_at=START,
    ends_at=END,
    limit=None,
    per_customer=None,
    reserved=0,
    used=0,
    platform_ref="sbp_1",
    created_at=START,
)


def product(sku: str, amount: int = 4990, currency: str = "EUR", brand: str = "main") -> Product:
    return Product(
        sku=sku,
        brand=brand,
        title=sku,
        price=Money(amount, currency),
        image=None,
        stripe_price=None,
        shopify_variant=None,
        created_at=START,
        updated_at=START,
    )


SHELF = {
    "tee": product("tee"),
    "mug": product("mug", 1000),
    "yen": product("yen", 500, "JPY"),
    "car": product("car", 99_999_999),
}


def test_a_cart_has_a_total() -> None:
    shelf = {sku: SHELF[sku] for sku in ("tee", "mug")}
    assert issuing.check_items({"tee": 2, "mug": 1}, shelf) == Money(10980, "EUR")


def test_the_dearest_cart() -> None:
    assert issuing.check_items({"car": 1}, SHELF) == Money(99_999_999, "EUR")


@pytest.mark.parametrize(
    "items",
    [
        {},
        {f"sku{n}": 1 for n in range(51)},
        {"tee": 0},
        {"tee": -1},
        {"tee": 1000},
        {"tee": 10**30},
        {"tee": True},
        {"tee": 1.0},
        {"tee": "1"},
        {"car": 1, "mug": 1},
    ],
    ids=str,
)
def test_a_cart_that_cannot_be_is_refused(items: dict[str, int]) -> None:
    with pytest.raises(CartInvalidError):
        issuing.check_items(items, SHELF)


def test_two_currencies_are_refused() -> None:
    with pytest.raises(MixedCurrencyError) as refusal:
        issuing.check_items({"tee": 1, "yen": 1}, SHELF)
    assert refusal.value.currencies == "EUR, JPY"


def test_only_hosts_and_only_until_the_end() -> None:
    issuing.check_host(STREAM, "mika", START - timedelta(days=9))
    issuing.check_host(STREAM, "mika", END - TICK)
    with pytest.raises(NotHostError):
        issuing.check_host(STREAM, "ana", START)
    with pytest.raises(StreamOverError):
        issuing.check_host(STREAM, "mika", END)


def test_a_foreign_brand_is_refused() -> None:
    issuing.check_brands(STREAM, {"tee": SHELF["tee"]})
    with pytest.raises(BrandNotOnStreamError):
        issuing.check_brands(STREAM, {"pot": product("pot", brand="other")})


OFF = replace(COUPON, percent_bps=None, amount_off=Money(500, "JPY"))
TWO_TEES = BuyGet(buy_sku="tee", buy_units=1, get_sku="tee", get_units=1)


@pytest.mark.parametrize(
    ("coupon", "error"),
    [
        (replace(COUPON, creator="ana"), CouponForeignError),
        (replace(COUPON, stream="other"), CouponForeignError),
        (replace(COUPON, ends_at=START), CouponOverError),
        (OFF, MixedCurrencyError),
        (replace(COUPON, percent_bps=None, gives=TWO_TEES), CartInvalidError),
    ],
    ids=["creator", "stream", "over", "currency", "too few"],
)
def test_a_coupon_that_does_not_fit_is_refused(coupon: Coupon, error: type[Exception]) -> None:
    cart: dict[str, Any] = {"items": {"tee": 1}, "total": Money(4990, "EUR")}
    issuing.check_coupon(COUPON, creator="mika", stream=STREAM, now=START, **cart)
    with pytest.raises(error):
        issuing.check_coupon(coupon, creator="mika", stream=STREAM, now=START, **cart)


def test_a_coupon_needs_its_stream() -> None:
    cart: dict[str, Any] = {"items": {"tee": 1}, "total": Money(1, "EUR")}
    with pytest.raises(CouponForeignError):
        issuing.check_coupon(COUPON, creator="mika", stream=None, now=START, **cart)


def test_how_long_a_link_lives() -> None:
    now = START + timedelta(microseconds=999_999)
    assert issuing.expiry(stream=STREAM, expires_in=None, now=now) == END + timedelta(days=7)
    assert issuing.expiry(stream=None, expires_in=None, now=now) == START + timedelta(days=30)
    hour = issuing.expiry(stream=STREAM, expires_in=timedelta(hours=1), now=now)
    assert hour == START + timedelta(hours=1)


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-1), timedelta(days=367)])
def test_a_life_out_of_range_is_refused(life: timedelta) -> None:
    with pytest.raises(ExpiryInvalidError):
        issuing.expiry(stream=None, expires_in=life, now=START)


@pytest.mark.parametrize("label", ["", "chat", "dm-2", "0", "a" * 32])
def test_a_label(label: str) -> None:
    assert check_label(label) == label


@pytest.mark.parametrize("label", ["Chat", "a" * 33, "-a", "a b", "é", "a\n", None, 7])
def test_a_label_that_is_none_is_refused(label: object) -> None:
    with pytest.raises(LabelInvalidError):
        check_label(label)


def test_a_link_without_a_coupon_outlives_its_stream() -> None:
    opening.admit(stream=STREAM, coupon=None, now=END + timedelta(days=3))
    opening.admit(stream=None, coupon=None, now=START)


@pytest.mark.parametrize(
    ("coupon", "now", "error"),
    [
        (None, START - TICK, NotOpenYetError),
        (replace(COUPON, starts_at=START + TICK), START, NotOpenYetError),
        (COUPON, END, CouponOverError),
        (replace(COUPON, platform_ref=None), START, CouponPendingError),
    ],
    ids=["stream not open", "coupon not open", "coupon over", "coupon pending"],
)
def test_a_visit_that_may_not_begin(
    coupon: Coupon | None, now: datetime, error: type[Exception]
) -> None:
    with pytest.raises(error):
        opening.admit(stream=STREAM, coupon=coupon, now=now)


def test_what_the_platform_is_asked() -> None:
    link = Link(
        id="lnk_1",
        short_code="abcdefgh",
        creator="mika",
        stream="drop",
        coupon_id="cpn_1",
        items={"tee": 2},
        channel="",
        placement="",
        expires_at=END,
        revoked_at=None,
        created_at=START,
    )
    request = opening.request_for(
        checkout_id="chk_1",
        sealed_ref="sealed",
        link=link,
        products=SHELF,
        coupon=COUPON,
        now=START + timedelta(microseconds=5),
        base_url="https://shop.example",
    )
    assert request.expires_at == START + timedelta(minutes=31)
    assert [(item.sku, item.quantity, item.unit) for item in request.items] == [
        ("tee", 2, Money(4990, "EUR"))
    ]
    assert (request.coupon_code, request.coupon_ref) == ("MIKA20", "sbp_1")
    assert request.success_url == "https://shop.example/thank-you?visit=chk_1"
    assert request.cancel_url == "https://shop.example/l/abcdefgh"
    assert opening.stream_offset(STREAM, START + timedelta(seconds=90)) == 90_000_000
    assert opening.stream_offset(None, START) is None
