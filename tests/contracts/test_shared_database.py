"""Two shops of two accounts in one database: what one shows and tells is its own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.checkout.ports import OpenedCheckout
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CheckoutDelayedError,
    CouponUnknownError,
    OrderUnknownError,
    PlatformUnavailableError,
    VisitUnknownError,
)
from liveshop_sdk.money import Rate
from liveshop_sdk.testing.factory import teller_for
from tests.contracts.shop_support import START, Shop, sale

HERE, THERE = "acct_1here", "acct_1there"


def at(account: str) -> dict[str, str]:
    return {
        "LIVESHOP_PLATFORM": "stripe",
        "LIVESHOP_STRIPE_API_KEY": "sk_test_platform",
        "LIVESHOP_STRIPE_ACCOUNT": account,
        "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_platform",
        "LIVESHOP_STRIPE_API_BASE": "http://127.0.0.1:9",
    }


def made(_params: str, *, key: str) -> str:
    """Stand in for the platform where a coupon is made."""
    return f"promo_{key}"


@pytest.fixture
def two(db: Database, clock: ManualClock) -> tuple[Shop, Shop]:
    here = Shop(db, clock, seed=1, settings=at(HERE))
    here.stock()
    return here, Shop(db, clock, seed=2, settings=at(THERE))


def test_each_lists_its_own_coupons(two: tuple[Shop, Shop]) -> None:
    here, there = two
    for shop in two:
        shop.coupon("MIKA20")
    here.coupon("HERE10")
    for shop, codes in ((here, ["MIKA20", "HERE10"]), (there, ["MIKA20"])):
        for stream in (None, "drop"):
            listed = shop.live.coupons.list(stream_id=stream)
            assert {one.account for one in listed} == {shop.live.platform.account}
            assert sorted(one.code for one in listed) == sorted(codes)
        assert len(shop.live.coupons.list(limit=1)) == 1


def test_the_end_of_a_stream_is_told_though_another_account_s_coupon_waits(
    two: tuple[Shop, Shop], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other's is newer and waits as well; only its own shop can tell of that."""
    here, _ = two
    for shop in two:
        monkeypatch.setattr(shop.live.platform, "create_coupon", made)
        shop.coupon("MIKA20")
        clock.advance(timedelta(minutes=1))
    with here.db.transaction() as tx:
        for shop in two:
            shop.live.using(tx).streams.end("drop")
    for shop in two:
        told: list[str | None] = []
        monkeypatch.setattr(
            shop.live.platform,
            "switch_coupon",
            lambda _request, *, ref, wish, key, told=told: told.append(wish) or ref,
        )
        shop.live.streams.attempt("drop")
        assert (told, shop.live.coupons.get("MIKA20").waiting) == (["end"], None)


def test_who_bought_of_another_account_is_no_returning_buyer(
    two: tuple[Shop, Shop], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """49.90 at 20 % for a first order are 9.98; at 8 % for a later one 3.992, so 3.99."""
    here, there = two
    terms = Terms(
        rate=Rate.percent("12"), first_time=Rate.percent("20"), returning=Rate.percent("8")
    )
    here.live.creators.agree("mika", terms=terms)
    for shop in two:
        monkeypatch.setattr(shop.live.platform, "create_coupon", made)
        shop.coupon("MIKA20")
    at = START + timedelta(minutes=10)

    def bought(shop: Shop, ref: str, account: str, minutes: int) -> int:
        paid: dict[str, Any] = {"occurred_at": at + timedelta(minutes=minutes)}
        order = sale(ref, codes=("MIKA20",), customer_key="buyer", **paid)
        shop.record(replace(order, platform="stripe", account=account))
        (earned,) = shop.live.explain(ref).lines
        return earned.amount

    assert bought(there, "pi_1", THERE, 0) == 998
    assert bought(here, "pi_2", HERE, 1) == 998
    assert bought(here, "pi_3", HERE, 2) == 399
    assert bought(there, "pi_4", THERE, 3) == 399
    assert here.live.proofs.replay().ok


def test_a_story_is_told_of_the_shop_s_own_orders(two: tuple[Shop, Shop]) -> None:
    here, there = two
    here.record(replace(sale("pi_here"), platform="stripe", account=HERE))
    assert teller_for(here.live, order="pi_here").ref == "pi_here"
    with pytest.raises(OrderUnknownError):
        teller_for(there.live, order="pi_here")


def test_a_link_leads_to_its_own_account_alone(
    two: tuple[Shop, Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other knows the link, since they share the database, and not its coupon or visits."""
    here, there = two
    asked: list[str] = []

    def busy(_params: str, *, key: str, buyer_ip: str | None = None) -> OpenedCheckout:
        asked.append(key)
        raise PlatformUnavailableError(platform="stripe", problem="away")

    for shop in two:
        monkeypatch.setattr(shop.live.platform, "create_coupon", made)
        monkeypatch.setattr(shop.live.platform, "open_checkout", busy)
        shop.coupon("MIKA20")
    link, plain = here.link("MIKA20"), here.link()
    before = there.counts()
    with pytest.raises(CouponUnknownError):
        there.live.links.open(link)
    assert (there.counts(), asked) == (before, [])
    with pytest.raises(CheckoutDelayedError) as delayed:
        here.live.links.open(plain)
    assert len(asked) == 1
    before = there.counts()
    with pytest.raises(VisitUnknownError):
        there.live.links.open(plain, again=delayed.value.again)
    assert (there.counts(), len(asked)) == (before, 1)
