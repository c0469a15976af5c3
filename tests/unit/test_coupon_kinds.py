"""What a coupon gives beside a percentage or an amount, in words and in a row."""

from dataclasses import replace
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons import kinds, terms
from liveshop_sdk.checkout.coupons.kinds import BuyGet, FreeShipping, Gives, gives_from
from liveshop_sdk.errors import (
    BrandNotOnStreamError,
    CouponInvalidError,
    LiveShopError,
    MixedCurrencyError,
)
from liveshop_sdk.money import Money, Rate
from tests.unit.test_links_rules import COUPON, STREAM, product

SHIPPED = replace(COUPON, percent_bps=None, gives=FreeShipping())


def buy_get(buy: str = "MUG", units: int = 2, get: str = "MUG", n: int = 1, **more: Any) -> BuyGet:
    return BuyGet(buy_sku=buy, buy_units=units, get_sku=get, get_units=n, **more)


GIFT = replace(COUPON, percent_bps=None, gives=buy_get(per_order=1))


def test_each_kind_says_what_a_buyer_gets() -> None:
    assert (COUPON.kind, COUPON.offer) == ("percent", "20% off")
    off = replace(COUPON, percent_bps=None, amount_off=Money(500, "EUR"))
    assert (off.kind, off.offer) == ("amount", "5.00 EUR off")
    assert (SHIPPED.kind, SHIPPED.offer) == ("free_shipping", "free shipping")
    assert (GIFT.kind, GIFT.offer) == ("buy_get", "buy 2 MUG, get 1 MUG free, once an order")


@pytest.mark.parametrize(
    ("gives", "words"),
    [
        (buy_get(), "buy 2 MUG, get 1 MUG free"),
        (buy_get(get="TEE", n=3, get_bps=5000), "buy 2 MUG, get 3 TEE at 50% off"),
        (buy_get(get_bps=1250), "buy 2 MUG, get 1 MUG at 12.5% off"),
        (buy_get(per_order=3), "buy 2 MUG, get 1 MUG free, at most 3 times an order"),
    ],
)
def test_units_for_less_in_words(gives: BuyGet, words: str) -> None:
    assert gives.words == words


def test_json_names_the_kind() -> None:
    names = ("kind", "free_shipping", "buy", "get", "per_order", "percent_off_bps", "amount_off")
    found = SHIPPED.as_json()
    assert [found[name] for name in names] == ["free_shipping", True, *[None] * 5]
    found = GIFT.as_json()
    buy = {"sku": "MUG", "units": 2}
    get = {"sku": "MUG", "units": 1, "percent_off_bps": 10_000}
    assert [found[name] for name in names] == ["buy_get", False, buy, get, 1, None, None]
    found = COUPON.as_json()
    assert [found[name] for name in names] == ["percent", False, None, None, None, 2000, None]


def test_other_terms_are_other_terms() -> None:
    assert not SHIPPED.same_terms(COUPON)
    assert SHIPPED.same_terms(replace(SHIPPED, used=3))
    assert not GIFT.same_terms(replace(GIFT, gives=buy_get()))


@pytest.mark.parametrize(
    "gives", [FreeShipping(), buy_get(), buy_get(get="TEE", n=3, get_bps=1, per_order=7)]
)
def test_it_is_kept_as_text_and_read_back(gives: Gives) -> None:
    assert gives_from(gives.as_text()) == gives
    assert gives_from(None) is None


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "null", '{"kind":"lottery"}', '{"kind":"buy_get"}', '{"buy":["MUG",1]}'],
)
def test_a_kind_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(CouponInvalidError):
        gives_from(text)


def test_it_stands_alone() -> None:
    for gives in (FreeShipping(), buy_get()):
        terms.check_discount(None, None, gives)
        for percent, amount in ((Rate.percent("5"), None), (None, Money(1, "EUR"))):
            with pytest.raises(CouponInvalidError, match="exactly one"):
                terms.check_discount(percent, amount, gives)


def test_every_kind_is_named_once() -> None:
    assert {COUPON.kind, SHIPPED.kind, GIFT.kind, kinds.AMOUNT} == kinds.ALL_KINDS


# --- how often a cart has what is asked for


@pytest.mark.parametrize(
    ("gives", "items", "times"),
    [
        (buy_get(), {"MUG": 2}, 0),
        (buy_get(), {"MUG": 3}, 1),
        (buy_get(), {"MUG": 5}, 1),
        (buy_get(), {"MUG": 6, "TEE": 9}, 2),
        (buy_get(per_order=1), {"MUG": 6}, 1),
        (buy_get(get="TEE"), {"MUG": 6}, 0),
        (buy_get(get="TEE"), {"MUG": 6, "TEE": 2}, 2),
        (buy_get(get="TEE"), {"MUG": 5, "TEE": 9}, 2),
        (buy_get(get="TEE", n=3), {"MUG": 9, "TEE": 5}, 1),
        (buy_get(get="TEE"), {}, 0),
    ],
)
def test_how_often(gives: BuyGet, items: dict[str, int], times: int) -> None:
    assert gives.times(items) == times
    assert replace(GIFT, gives=gives).fits(items) is (times > 0)


def test_other_coupons_ask_for_nothing() -> None:
    assert COUPON.fits({"TEE": 1})
    assert SHIPPED.fits({"TEE": 1})


# --- what a caller may say


def said(**given: Any) -> Gives | None:
    nothing = {"free_shipping": False, "buy": None, "get": None}
    return terms.gives_of(**{**nothing, "get_percent_off": None, "per_order": None, **given})


def test_what_is_said_is_what_is_given() -> None:
    assert said() is None
    assert said(free_shipping=True) == FreeShipping()
    assert said(buy=("MUG", 2), get=("MUG", 1), per_order=1) == buy_get(per_order=1)
    half = said(buy=("MUG", 2), get=("TEE", 1), get_percent_off="50")
    assert half == buy_get(get="TEE", get_bps=5000)
    assert said(buy=("MUG", 998), get=("MUG", 1)) == buy_get(units=998)


@pytest.mark.parametrize(
    "given",
    [
        {"free_shipping": 1},
        {"free_shipping": "yes"},
        {"free_shipping": None},
        {"buy": ("MUG", 2)},
        {"get": ("MUG", 1)},
        {"get_percent_off": 50},
        {"per_order": 1},
        {"free_shipping": True, "per_order": 1},
        {"free_shipping": True, "buy": ("MUG", 2), "get": ("MUG", 1)},
        {"buy": ("MUG", 0), "get": ("MUG", 1)},
        {"buy": ("MUG", 1000), "get": ("TEE", 1)},
        {"buy": ("MUG", 999), "get": ("MUG", 1)},
        {"buy": ("MUG", 2), "get": ("MUG", -1)},
        {"buy": ("MUG", True), "get": ("MUG", 1)},
        {"buy": ("MUG", 2.0), "get": ("MUG", 1)},
        {"buy": "MUG", "get": ("MUG", 1)},
        {"buy": ("MUG",), "get": ("MUG", 1)},
        {"buy": (2, "MUG"), "get": ("MUG", 1)},
        {"buy": ("M G", 2), "get": ("MUG", 1)},
        {"buy": ("MUG", 2), "get": ("MUG", 1), "get_percent_off": 0},
        {"buy": ("MUG", 2), "get": ("MUG", 1), "get_percent_off": 101},
        {"buy": ("MUG", 2), "get": ("MUG", 1), "per_order": 0},
    ],
)
def test_what_cannot_be_said(given: dict[str, Any]) -> None:
    with pytest.raises(LiveShopError):
        said(**given)


def test_its_products_are_sold_on_the_stream_in_one_currency() -> None:
    gives = buy_get("tee", 2, "pot")
    tee, pot = product("tee"), product("pot", brand="other")
    terms.check_products(gives, STREAM, {"tee": tee})
    with pytest.raises(BrandNotOnStreamError):
        terms.check_products(gives, STREAM, {"tee": tee, "pot": pot})
    yen = replace(product("pot"), price=Money(500, "JPY"))
    with pytest.raises(MixedCurrencyError):
        terms.check_products(gives, STREAM, {"tee": tee, "pot": yen})
    terms.check_products(None, STREAM, {})
