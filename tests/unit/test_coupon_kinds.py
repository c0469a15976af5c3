"""What a coupon gives beside a percentage or an amount, in words and in a row."""

from dataclasses import replace

import pytest

from liveshop_sdk.checkout.coupons import kinds, terms
from liveshop_sdk.checkout.coupons.kinds import FreeShipping, gives_from
from liveshop_sdk.errors import CouponInvalidError
from liveshop_sdk.money import Money, Rate
from tests.unit.test_links_rules import COUPON

SHIPPED = replace(COUPON, percent_bps=None, gives=FreeShipping())


def test_each_kind_says_what_a_buyer_gets() -> None:
    assert (COUPON.kind, COUPON.offer) == ("percent", "20% off")
    off = replace(COUPON, percent_bps=None, amount_off=Money(500, "EUR"))
    assert (off.kind, off.offer) == ("amount", "5.00 EUR off")
    assert (SHIPPED.kind, SHIPPED.offer) == ("free_shipping", "free shipping")


def test_json_names_the_kind() -> None:
    found = SHIPPED.as_json()
    names = ("kind", "offer", "free_shipping", "percent_off_bps", "amount_off")
    assert [found[name] for name in names] == [
        "free_shipping",
        "free shipping",
        True,
        None,
        None,
    ]
    assert (COUPON.as_json()["kind"], COUPON.as_json()["free_shipping"]) == ("percent", False)


def test_other_terms_are_other_terms() -> None:
    assert not SHIPPED.same_terms(COUPON)
    assert SHIPPED.same_terms(replace(SHIPPED, used=3))


def test_it_is_kept_as_text_and_read_back() -> None:
    assert gives_from(None) is None
    assert FreeShipping().as_text() == '{"kind":"free_shipping"}'
    assert gives_from(FreeShipping().as_text()) == FreeShipping()


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"kind":"lottery"}'])
def test_a_kind_of_another_version_is_refused(text: str) -> None:
    with pytest.raises(CouponInvalidError):
        gives_from(text)


def test_it_stands_alone() -> None:
    terms.check_discount(None, None, FreeShipping())
    for percent, amount in ((Rate.percent("5"), None), (None, Money(1, "EUR"))):
        with pytest.raises(CouponInvalidError, match="exactly one"):
            terms.check_discount(percent, amount, FreeShipping())


def test_every_kind_is_named_once() -> None:
    assert {COUPON.kind, SHIPPED.kind, kinds.AMOUNT} == kinds.ALL_KINDS
