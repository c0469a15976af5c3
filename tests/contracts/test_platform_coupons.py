"""Coupons are paused, resumed and ended alike, whatever the platform."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.coupons.kinds import BuyGet, FreeShipping
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from tests.contracts.platform_venues import ShopifyVenue, StripeVenue, Venue, checkout, coupon
from tests.contracts.test_platforms import made
from tests.platforms import shopify_support
from tests.platforms.stripe_support import running_oracle

__all__ = ["running_oracle"]

_NUMBERS = itertools.count(1)


@pytest.fixture(params=["sandbox", "stripe", "shopify"])
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


@pytest.fixture(params=["sandbox", "stripe"])
def final(request: pytest.FixtureRequest) -> Iterator[Venue]:
    """Return a platform that knows of ends: Shopify can give any discount another window."""
    yield from made(request.param, request)


@pytest.fixture
def shopify(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made("shopify", request)


@pytest.fixture(params=["sandbox", "shopify"])
def generous(request: pytest.FixtureRequest) -> Iterator[Venue]:
    """Return a platform that has more than percentages and amounts."""
    yield from made(request.param, request)


@pytest.fixture(params=["stripe", "shopify"])
def remote(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


def offered(venue: Venue, **changes: Any) -> tuple[CouponRequest, str]:
    request = coupon(venue, **changes)
    params = venue.platform.prepare_coupon(request)
    return request, venue.platform.create_coupon(params, key=request.coupon_id)


def switch(venue: Venue, request: CouponRequest, wish: str, ref: str | None) -> str | None:
    key = f"{request.coupon_id}:{wish}:{next(_NUMBERS)}"  # each wish has a key of its own
    return venue.platform.switch_coupon(request, ref=ref, wish=wish, key=key)


def is_usable(venue: Venue, ref: str, n: int) -> bool:
    """Try to open a checkout with the code, as the platform has it now."""
    request = checkout(venue, f"chk_{n}", coupon_code="MIKA20", coupon_ref=ref)
    params = venue.platform.prepare_checkout(request)
    try:
        venue.platform.open_checkout(params, key=request.checkout_id)
    except PlatformRefusedError:
        return False
    return True


def provoked(venue: Venue) -> None:
    """Say that requests are refused on purpose: the oracle's log is looked at for others."""
    if isinstance(venue, StripeVenue):
        for entry in venue.oracle.world.log:
            expired = [one for one in entry["violations"] if "promotion_code_expired" in one]
            gone = [one for one in entry["violations"] if "No such coupon" in one]
            assert entry["violations"] == expired + gone
            entry["violations"] = []


def test_a_coupon_goes_off_and_on_and_off_for_good(venue: Venue) -> None:
    request, ref = offered(venue)
    usable = []
    for n, wish in enumerate(("pause", "pause", "resume", "resume", "pause", "end", "end")):
        assert switch(venue, request, wish, ref) == ref
        usable.append(is_usable(venue, ref, n))
    assert usable == [False, False, True, True, False, False, False]
    assert venue.made()[1] == 1  # what it was used for can still be looked at
    provoked(venue)


GIFTS: dict[str, dict[str, Any]] = {
    "free shipping": {"percent_bps": None, "gives": FreeShipping()},
    "buy and get": {
        "percent_bps": None,
        "gives": BuyGet(buy_sku="sku_shirt", buy_units=1, get_sku="sku_shirt", get_units=1),
        "product_refs": {"sku_shirt": shopify_support.VARIANT},
    },
}
gifts = pytest.mark.parametrize("gift", GIFTS.values(), ids=GIFTS)


def test_a_platform_has_the_kinds_it_names(venue: Venue) -> None:
    more = {gift["gives"].kind for gift in GIFTS.values()}
    assert venue.platform.coupon_kinds >= {"percent", "amount"}
    assert (venue.platform.coupon_kinds >= more) is not isinstance(venue, StripeVenue)
    assert venue.platform.coupon_kinds <= {"percent", "amount"} | more


@gifts
def test_every_kind_goes_off_and_on_and_off_for_good(generous: Venue, gift: Any) -> None:
    request, ref = offered(generous, **gift)
    assert offered(generous, starts_at=request.starts_at, ends_at=request.ends_at, **gift)[1] == ref
    usable = [is_usable(generous, ref, 9)]
    for n, wish in enumerate(("pause", "resume", "pause", "end")):
        assert switch(generous, request, wish, ref) == ref
        usable.append(is_usable(generous, ref, n))
    assert usable == [True, False, True, False, False]
    assert generous.made()[1] == 1


@gifts
def test_every_kind_is_looked_for_and_found(generous: Venue, gift: Any) -> None:
    request, ref = offered(generous, **gift)
    assert switch(generous, coupon(generous, "cpn_2", **gift), "pause", None) is None
    assert is_usable(generous, ref, 1)
    assert switch(generous, request, "pause", None) == ref
    assert not is_usable(generous, ref, 2)


@gifts
def test_every_kind_tells_its_uses(generous: Venue, gift: Any) -> None:
    _, ref = offered(generous, **gift)
    assert generous.platform.coupon_uses(ref) == 0
    request = checkout(generous, coupon_code="MIKA20", coupon_ref=ref)
    params = generous.platform.prepare_checkout(request)
    generous.pay(generous.platform.open_checkout(params, key=request.checkout_id))
    assert generous.platform.coupon_uses(ref) == 1


def test_an_end_is_final(final: Venue) -> None:
    request, ref = offered(final)
    switch(final, request, "end", ref)
    if isinstance(final, StripeVenue):
        (code,) = final.oracle.world.all("promotion_code")
        final.oracle.sdk().promotion_codes.update(code["id"], {"active": True})
    else:
        with pytest.raises(PlatformRefusedError):
            switch(final, request, "resume", ref)
    assert not is_usable(final, ref, 1)
    provoked(final)


@pytest.mark.parametrize("wish", ["pause", "end"])
def test_one_that_nobody_knows_of_is_looked_for(venue: Venue, wish: str) -> None:
    request = coupon(venue)
    assert switch(venue, request, wish, None) is None
    assert venue.made() == (0, 0)
    _, ref = offered(venue, ends_at=request.ends_at, starts_at=request.starts_at)
    assert switch(venue, request, wish, None) == ref
    assert not is_usable(venue, ref, 1)
    provoked(venue)


def test_a_foreign_coupon_of_the_same_code_is_left_alone(venue: Venue) -> None:
    _, ref = offered(venue)
    other = coupon(venue, "cpn_2")
    assert switch(venue, other, "pause", None) is None
    assert switch(venue, other, "end", None) is None
    assert is_usable(venue, ref, 1)


@pytest.mark.parametrize("wish", ["pause", "resume", "end"])
def test_a_lost_answer_is_made_good_by_the_same_call(remote: Venue, wish: str) -> None:
    request, ref = offered(remote)
    if wish == "resume":
        switch(remote, request, "pause", ref)
    if isinstance(remote, StripeVenue):
        path = "/v1/promotion_codes/.+"
        remote.oracle.tell("fail", path=path, method="POST", count=9, drop=True, after=True)
        platform = remote.oracle.platform(timeouts=(0.5, 0.6))
    else:
        assert isinstance(remote, ShopifyVenue)
        remote.oracle.fail("lost", 9, match="mutation LiveshopCoupon")
        platform = shopify_support.platform(remote.oracle)  # type: ignore[assignment]
    with pytest.raises(PlatformUnavailableError):
        platform.switch_coupon(request, ref=ref, wish=wish, key=f"cpn_1:{wish}:1")
    if isinstance(remote, StripeVenue):
        remote.oracle.world.fails.clear()
    else:
        remote.oracle.failures.clear()
    assert platform.switch_coupon(request, ref=ref, wish=wish, key=f"cpn_1:{wish}:2") == ref
    assert is_usable(remote, ref, 1) is (wish == "resume")
    provoked(remote)


def test_an_open_checkout_is_ended_once(venue: Venue) -> None:
    platform = venue.platform
    request = checkout(venue)
    params = platform.prepare_checkout(request)
    if not platform.expires_checkouts:
        opened = platform.open_checkout(params, key="chk_1")
        assert platform.expire_checkout(params, ref=opened.platform_ref, key="chk_1:e") is False
        return
    assert platform.expire_checkout(params, ref=None, key="chk_1:e") is False
    opened = platform.open_checkout(params, key="chk_1")
    for n, ref in enumerate((None, opened.platform_ref, opened.platform_ref)):
        key = f"chk_1:expire:{n}"
        assert platform.expire_checkout(params, ref=ref, key=key) is True
    with pytest.raises(Exception, match=r"(?i)expired|400"):
        venue.pay(opened)


def test_a_paid_checkout_stays_paid(venue: Venue) -> None:
    platform = venue.platform
    params = platform.prepare_checkout(checkout(venue))
    opened = platform.open_checkout(params, key="chk_1")
    venue.pay(opened)
    found = platform.expire_checkout(params, ref=opened.platform_ref, key="chk_1:e")
    assert found is platform.expires_checkouts


def test_a_resumed_discount_has_the_window_it_had(shopify: Venue) -> None:
    """Shopify has no switch but the dates, and activating would change both."""
    assert isinstance(shopify, ShopifyVenue)
    for n, starts_in in enumerate((timedelta(hours=-1), timedelta(hours=1))):
        starts_at = shopify.now() + starts_in
        request, ref = offered(shopify, coupon_id=f"cpn_{n}", code=f"CODE{n}", starts_at=starts_at)
        discount = shopify.oracle.discounts[int(ref.rsplit("/", 1)[1])]
        window = discount["startsAt"], discount["endsAt"]
        switch(shopify, request, "pause", ref)
        assert discount["endsAt"] != window[1]
        switch(shopify, request, "resume", ref)
        assert (discount["startsAt"], discount["endsAt"]) == window


def test_a_discount_that_was_deleted_is_off_and_cannot_be_resumed(shopify: Venue) -> None:
    assert isinstance(shopify, ShopifyVenue)
    request, ref = offered(shopify)
    shopify.oracle.discounts.clear()
    assert switch(shopify, request, "pause", ref) == ref
    assert switch(shopify, request, "end", ref) == ref
    with pytest.raises(PlatformRefusedError):
        switch(shopify, request, "resume", ref)


def test_uses_are_told_and_a_coupon_that_is_not_there_is_none(venue: Venue) -> None:
    _, ref = offered(venue)
    assert venue.platform.coupon_uses(ref) == 0
    request = checkout(venue, coupon_code="MIKA20", coupon_ref=ref)
    params = venue.platform.prepare_checkout(request)
    venue.pay(venue.platform.open_checkout(params, key=request.checkout_id))
    if isinstance(venue, ShopifyVenue):  # its checkout is not played here
        venue.oracle.discounts[int(ref.rsplit("/", 1)[1])]["used"] = 1
    assert venue.platform.coupon_uses(ref) == 1
    gone = {
        "sandbox": "sbc_nothing",
        "stripe": '{"coupon":"cpn_9","promotion_code":"promo_nothing"}',
        "shopify": "gid://shopify/DiscountCodeNode/999",
    }
    assert venue.platform.coupon_uses(gone[venue.platform.name]) is None
