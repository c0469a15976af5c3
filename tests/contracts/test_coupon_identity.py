"""A code of the same spelling is not our coupon: it earns nobody anything."""

from datetime import datetime, timedelta

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CouponRefusedError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from tests.contracts.shop_support import END, START, Shop, sale

LATE = timedelta(days=30)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def credit(shop: Shop, order_ref: str) -> str | None:
    (decision,) = shop.live.explain(order_ref).decisions
    return decision.creator


def refuse(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    def taken(_params: str, *, key: str) -> str:
        raise PlatformRefusedError(platform="sandbox", problem="the code is taken")

    monkeypatch.setattr(shop.live.platform, "create_coupon", taken)


def test_a_coupon_the_platform_refused_earns_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, shop)
    with pytest.raises(PlatformRefusedError):
        shop.coupon("WELCOME10")
    assert shop.live.coupons.get("WELCOME10").status == "refused"
    shop.record(sale("o1", codes=("WELCOME10",)))  # the shop's own code of that name
    assert credit(shop, "o1") is None
    assert shop.rows(t.redemption) == []
    assert shop.live.coupons.get("WELCOME10").used == 0


def test_a_refusal_through_the_worker_is_noted_too(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    def away(_params: str, *, key: str) -> str:
        raise PlatformUnavailableError(platform="sandbox", problem="timeout")

    monkeypatch.setattr(shop.live.platform, "create_coupon", away)
    assert shop.coupon().status == "pending"
    token = shop.link("MIKA20")
    refuse(monkeypatch, shop)
    clock.advance(timedelta(hours=1))
    assert shop.live.worker().drain().dead == 1
    assert shop.live.coupons.get("MIKA20").status == "refused"
    with pytest.raises(CouponRefusedError):
        shop.live.links.open(token)
    with pytest.raises(CouponRefusedError):
        shop.link("MIKA20")
    assert shop.rows(t.checkout) == []


def test_a_refused_coupon_can_be_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, shop)
    for _ in range(2):
        with pytest.raises(PlatformRefusedError):
            shop.coupon()
    monkeypatch.undo()
    assert shop.coupon().status == "ready"
    assert shop.live.inbox_state().outbox == {"pending": 0, "done": 1, "dead": 0}
    shop.record(sale("o1", codes=("MIKA20",)))
    assert credit(shop, "o1") == "mika"


def test_where_the_platform_names_coupons_the_name_decides(shop: Shop) -> None:
    ref = shop.coupon(limit=1).platform_ref
    shop.record(sale("other", codes=("MIKA20",), coupon_refs=("another_of_that_name",)))
    assert credit(shop, "other") is None
    assert shop.live.coupons.get("MIKA20").used == 0
    shop.record(sale("ours", codes=("mika20",), coupon_refs=(str(ref),)))
    assert credit(shop, "ours") == "mika"
    assert shop.live.coupons.get("MIKA20").used == 1


def test_a_coupon_whose_answer_was_lost_counts_by_its_code(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(params: str, *, key: str) -> str:
        raise PlatformUnavailableError(platform="sandbox", problem="timeout")

    monkeypatch.setattr(shop.live.platform, "create_coupon", lost)
    assert shop.coupon().status == "pending"
    shop.record(sale("o1", codes=("MIKA20",), coupon_refs=("sbp_not_told_yet",)))
    assert credit(shop, "o1") == "mika"


@pytest.mark.parametrize(
    ("paid_at", "creator"),
    [
        (START - timedelta(minutes=6), None),
        (START - timedelta(minutes=5), "mika"),
        (START, "mika"),
        (END - timedelta(microseconds=1), "mika"),
        (END + LATE, "mika"),
        (END + LATE + timedelta(microseconds=1), None),
        (END + timedelta(days=400), None),
    ],
)
def test_a_code_alone_counts_in_its_time(
    shop: Shop, paid_at: datetime, creator: str | None
) -> None:
    shop.coupon()
    shop.record(sale("o1", codes=("MIKA20",), occurred_at=paid_at))
    assert credit(shop, "o1") == creator


def test_a_key_that_is_not_accepted_delays_a_coupon_and_refuses_none(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    def locked_out(_params: str, *, key: str) -> str:
        raise PlatformNotReadyError(platform="sandbox", problem="the API key is not accepted")

    monkeypatch.setattr(shop.live.platform, "create_coupon", locked_out)
    with pytest.raises(PlatformNotReadyError):
        shop.coupon()
    for _ in range(15):  # more than the twelve tries that end other failures
        clock.advance(timedelta(minutes=61))
        assert shop.live.worker().drain().dead == 0
    assert shop.live.coupons.get("MIKA20").status == "pending"
    shop.record(sale("o1", codes=("MIKA20",)))  # it may have been made before the key was revoked
    assert credit(shop, "o1") == "mika"
    monkeypatch.undo()
    clock.advance(timedelta(minutes=61))
    assert shop.live.worker().drain().sent == 1
    assert shop.live.coupons.get("MIKA20").status == "ready"


def test_replaying_a_refused_coupon_makes_it_pending(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, shop)
    with pytest.raises(PlatformRefusedError):
        shop.coupon()
    assert shop.live.replay() == 1
    assert shop.live.coupons.get("MIKA20").status == "pending"
    monkeypatch.undo()
    shop.live.worker().drain()
    assert shop.live.coupons.get("MIKA20").status == "ready"


def test_a_coupon_given_up_without_a_refusal_is_planned_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    def broken(_params: str, *, key: str) -> str:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(shop.live.platform, "create_coupon", broken)
    with pytest.raises(ValueError, match="mistake"):
        shop.coupon(ends_at=END + LATE)
    for _ in range(13):
        clock.advance(timedelta(minutes=61))
        shop.live.worker().drain()
    assert shop.live.inbox_state().outbox["dead"] == 1
    monkeypatch.undo()
    assert shop.coupon(ends_at=END + LATE).status == "ready"


def test_a_platforms_id_is_compared_whole(shop: Shop) -> None:
    """Stripe's reference is a JSON text: the names of its fields are no ids."""
    coupon = shop.coupon(limit=1)
    ref = '{"coupon":"cpn_1","promotion_code":"promo_1"}'
    with shop.db.transaction() as tx:
        tx.execute(t.coupon.update().values(platform_ref=ref))
    for number, foreign in enumerate(("coupon", "promotion_code", "cpn", "promo_", "{")):
        shop.record(sale(f"f{number}", coupon_refs=(foreign,)))
        assert credit(shop, f"f{number}") is None
    for number, ours in enumerate(("cpn_1", "promo_1", ref, coupon.id)):
        shop.record(sale(f"o{number}", coupon_refs=(ours,), codes=("MIKA20",)))
        assert credit(shop, f"o{number}") == "mika"
