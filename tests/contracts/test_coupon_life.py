"""A coupon after its creation: paused, resumed, ended, alone or with its stream."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CouponOverError,
    CouponPausedError,
    CouponRefusedError,
    CouponUnknownError,
    LiveShopError,
    PlatformRefusedError,
    SandboxCodeRefusedError,
)
from liveshop_sdk.platforms.sandbox import tables as sandbox
from liveshop_sdk.shop.doctor import examine_shop
from tests.contracts.coupon_support import AWAY, away, drained, outbox, silent, states
from tests.contracts.shop_support import END, START, Shop, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


# --- on our links


def test_a_paused_coupon_is_refused_and_comes_back(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    token = shop.link("MIKA20")
    paused = shop.live.coupons.pause("mika20")
    assert (paused.status, paused.waiting, paused.paused_at) == ("paused", None, START)
    assert states(shop) == {"MIKA20": "paused"}
    before = shop.counts()
    with pytest.raises(CouponPausedError):
        shop.live.links.open(token)
    assert shop.live.coupons.pause("MIKA20") == paused
    assert shop.counts() == before
    shop.link("MIKA20")  # may be issued: it stays good
    resumed = shop.live.coupons.resume("MIKA20")
    assert (resumed.status, resumed.waiting, resumed.paused_at) == ("ready", None, None)
    assert states(shop) == {"MIKA20": ""}
    assert shop.live.coupons.resume("MIKA20") == resumed
    shop.live.links.open(token)
    assert outbox(shop) == {"pending": 0, "done": 3, "dead": 0}


def test_an_end_is_for_good(shop: Shop, clock: ManualClock) -> None:
    made = shop.coupon()
    token = shop.link("MIKA20")
    clock.advance(timedelta(minutes=10))
    ended = shop.live.coupons.end("MIKA20")
    assert (ended.status, ended.waiting) == ("ended", None)
    assert (ended.ended_at, ended.ends_at) == (clock.now(), END)
    assert states(shop) == {"MIKA20": "ended"}
    before = shop.counts()
    calls: list[Callable[[], object]] = [
        lambda: shop.live.links.open(token),
        lambda: shop.link("MIKA20"),
        lambda: shop.live.coupons.resume("MIKA20"),
        lambda: shop.live.coupons.pause("MIKA20"),
    ]
    for call in calls:
        with pytest.raises(CouponOverError) as over:
            call()
        assert over.value.ended_at == clock.now()
    assert shop.live.coupons.end("MIKA20") == ended
    assert shop.coupon() == ended
    assert made.same_terms(ended)
    assert shop.counts() == before


def test_what_cannot_be_wished(shop: Shop, clock: ManualClock) -> None:
    with pytest.raises(CouponUnknownError):
        shop.live.coupons.pause("NOBODY")
    shop.coupon()
    shop.live.coupons.pause("MIKA20")
    clock.advance(timedelta(hours=2))
    before = shop.counts()
    for wish in (shop.live.coupons.pause, shop.live.coupons.resume):
        with pytest.raises(CouponOverError):
            wish("MIKA20")
    assert shop.counts() == before
    assert shop.live.coupons.end("MIKA20").status == "ended"


def test_a_coupon_the_platform_refused_can_only_be_ended(shop: Shop) -> None:
    def no(_params: str, *, key: str) -> str:
        raise PlatformRefusedError(platform="sandbox", problem=key)

    platform: Any = shop.live.platform
    platform.create_coupon = no
    with pytest.raises(PlatformRefusedError):
        shop.coupon()
    del platform.create_coupon
    with pytest.raises(CouponRefusedError):
        shop.live.coupons.pause("MIKA20")
    ended = shop.live.coupons.end("MIKA20")
    assert (ended.status, ended.waiting) == ("ended", None)
    assert outbox(shop) == {"pending": 0, "done": 0, "dead": 1}
    shop.live.replay()
    assert shop.live.worker().drain().sent == 1
    assert states(shop) == {}
    assert shop.live.coupons.get("MIKA20").never_was


def test_a_visit_that_waits_for_the_platform_is_told_of_a_pause(shop: Shop) -> None:
    shop.coupon()
    token = shop.link("MIKA20")
    with away(shop, "open_checkout"), pytest.raises(LiveShopError) as delayed:
        shop.live.links.open(token)
    again = delayed.value.details()["again"]
    shop.live.coupons.pause("MIKA20")
    with pytest.raises(CouponPausedError):
        shop.live.links.open(token, again=str(again))
    shop.live.coupons.resume("MIKA20")
    assert shop.live.links.open(token, again=str(again)).url


def test_sales_that_a_platform_lets_through_count_as_ever(shop: Shop, clock: ManualClock) -> None:
    """An open checkout keeps its coupon, and a code typed in time is late evidence."""
    shop.coupon(limit=5)
    opened = shop.visit("MIKA20")
    shop.live.coupons.pause("MIKA20")
    plain = shop.visit()
    with pytest.raises(SandboxCodeRefusedError, match="paused"):
        shop.live.sandbox.apply_code(plain, "MIKA20")
    shop.live.sandbox.pay(opened)
    shop.deliver()
    shop.live.worker().drain()
    shop.live.coupons.end("MIKA20")
    with pytest.raises(SandboxCodeRefusedError, match="over"):
        shop.live.sandbox.apply_code(plain, "MIKA20")
    shop.record(sale("o2", codes=("MIKA20",), occurred_at=END + timedelta(days=3)))
    shop.record(sale("o3", codes=("MIKA20",), occurred_at=END + timedelta(days=31)))
    assert [row["verdict"] for row in shop.rows(t.redemption)] == ["within", "within"]
    assert shop.standing()["creator:mika:pending EUR"] == -(479 + 599)
    assert shop.live.coupons.get("MIKA20").used == 2


def test_doctor_says_what_waits(shop: Shop) -> None:
    shop.coupon()
    with away(shop, "switch_coupon"):
        shop.live.coupons.pause("MIKA20")
    (found,) = [one for one in examine_shop(shop.live) if one.name == "coupons"]
    assert (found.ok, found.text) == (
        False,
        "1 not carried out at the platform yet: MIKA20 (pause)",
    )


# --- at the platform


def test_the_last_wish_wins_when_several_wait(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    with away(shop, "switch_coupon") as asked:
        for wish in ("pause", "resume", "pause", "resume"):
            coupon = getattr(shop.live.coupons, wish)("MIKA20")
            assert coupon.waiting == wish
    assert [key.split(":")[1:3] for key in asked] == [
        ["pause", "1"],
        ["resume", "2"],
        ["pause", "3"],
        ["resume", "4"],
    ]
    told: list[str] = []
    platform: Any = shop.live.platform
    real = platform.switch_coupon

    def listening(*given: Any, wish: str, **named: Any) -> Any:
        told.append(wish)
        return real(*given, wish=wish, **named)

    platform.switch_coupon = listening
    assert drained(shop, clock) == 4
    assert told == ["resume"] * 4  # what was tried may have come through: it is told again
    assert states(shop) == {"MIKA20": ""}
    assert shop.live.coupons.get("MIKA20").waiting is None


def test_a_wish_that_was_overtaken_is_never_told(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    with shop.db.transaction() as tx:  # planned only: no try while somebody else commits
        bound = shop.live.using(tx)
        assert bound.coupons.pause("MIKA20").waiting == "pause"
        assert bound.coupons.end("MIKA20").waiting == "end"
    with away(shop, "switch_coupon") as asked:
        drained(shop, clock)
    assert [key.split(":")[1] for key in asked] == ["end"]
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": "ended"}


@pytest.mark.parametrize(("wish", "state"), [("pause", "paused"), ("end", "ended")])
def test_a_lost_answer_is_made_good(shop: Shop, clock: ManualClock, wish: str, state: str) -> None:
    shop.coupon()
    with silent(shop, "switch_coupon"):
        assert getattr(shop.live.coupons, wish)("MIKA20").waiting == wish
    assert states(shop) == {"MIKA20": state}
    assert drained(shop, clock) == 1
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.status, coupon.waiting) == (state, None)


def test_each_try_has_a_key_of_its_own_however_many_there_are(
    shop: Shop, clock: ManualClock
) -> None:
    """A platform that stores a failure for a key would repeat it for a day."""
    shop.coupon()
    shop.visit("MIKA20")
    with away(shop, "switch_coupon", "expire_checkout") as asked:
        shop.live.streams.end("drop")
        for _ in range(15):
            clock.advance(timedelta(hours=1))
            shop.live.worker().drain()
    assert len(asked) == len(set(asked)) >= 30


def test_a_lost_pause_never_undoes_what_came_after_it(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    with silent(shop, "switch_coupon"):
        shop.live.coupons.pause("MIKA20")
    assert shop.live.coupons.resume("MIKA20").waiting is None
    assert states(shop) == {"MIKA20": ""}
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": ""}


def test_a_resumption_that_is_refused_leaves_it_paused(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    shop.live.coupons.pause("MIKA20")
    with shop.db.transaction() as tx:
        tx.execute(sandbox.coupon.update().values(state="ended"))
    with pytest.raises(PlatformRefusedError):
        shop.live.coupons.resume("MIKA20")
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.status, coupon.waiting) == ("paused", None)
    with pytest.raises(CouponPausedError):
        shop.live.links.open(shop.link("MIKA20"))


def test_a_wish_that_was_given_up_is_asked_for_by_a_repeat(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()

    def no(_request: CouponRequest, **_: Any) -> str:
        raise PlatformRefusedError(platform="sandbox", problem="a test")

    platform: Any = shop.live.platform
    platform.switch_coupon = no
    with pytest.raises(PlatformRefusedError):
        shop.live.coupons.pause("MIKA20")
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.status, coupon.waiting) == ("paused", "pause")
    del platform.switch_coupon
    assert shop.live.coupons.pause("MIKA20").waiting is None
    assert states(shop) == {"MIKA20": "paused"}


# --- before it exists


def test_a_pending_coupon_that_ended_never_comes_to_be(shop: Shop, clock: ManualClock) -> None:
    with shop.db.transaction() as tx:
        bound = shop.live.using(tx)
        bound.coupons.create("NEVER", stream_id="drop", creator_id="mika", percent_off=5)
        assert bound.coupons.end("NEVER").status == "ended"
    assert drained(shop, clock) == 2
    assert states(shop) == {}
    coupon = shop.live.coupons.get("NEVER")
    assert (coupon.waiting, coupon.never_was) == (None, True)
    shop.record(sale("o1", codes=("NEVER",)))
    assert shop.rows(t.redemption) == []


def test_one_whose_creation_was_lost_is_found_and_ended(shop: Shop, clock: ManualClock) -> None:
    with silent(shop, "create_coupon"):
        assert shop.coupon().status == "pending"
    assert states(shop) == {"MIKA20": ""}
    ended = shop.live.coupons.end("MIKA20")
    assert (ended.status, ended.waiting, ended.never_was) == ("ended", None, False)
    assert states(shop) == {"MIKA20": "ended"}
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": "ended"}


def test_one_whose_creation_was_lost_is_found_and_paused_and_not_made_again(
    shop: Shop, clock: ManualClock
) -> None:
    with silent(shop, "create_coupon"):
        assert shop.coupon().status == "pending"
    paused = shop.live.coupons.pause("MIKA20")
    assert (paused.status, paused.waiting, paused.platform_ref is None) == ("paused", None, False)
    with away(shop, "create_coupon") as asked:
        assert drained(shop, clock) == 1
    assert asked == []
    assert states(shop) == {"MIKA20": "paused"}


def test_a_creation_that_comes_late_is_ended_by_its_own_retry(
    shop: Shop, clock: ManualClock
) -> None:
    platform: Any = shop.live.platform
    late: list[tuple[str, str]] = []

    def slow(params: str, *, key: str) -> str:
        late.append((params, key))
        raise AWAY

    platform.create_coupon = slow
    shop.coupon()
    del platform.create_coupon
    assert shop.live.coupons.end("MIKA20").waiting is None
    (params, key) = late[0]
    platform.create_coupon(params, key=key)  # it had only been on its way
    assert drained(shop, clock) == 1
    assert states(shop) == {"MIKA20": "ended"}
    assert shop.live.coupons.get("MIKA20").platform_ref is not None


def test_a_coupon_paused_before_it_exists_comes_to_be_paused(
    shop: Shop, clock: ManualClock
) -> None:
    with away(shop, "create_coupon", "switch_coupon"):
        assert shop.coupon().status == "pending"
        assert shop.live.coupons.pause("MIKA20").status == "paused"
    token = shop.link("MIKA20")
    with pytest.raises(CouponPausedError):
        shop.live.links.open(token)
    assert states(shop) == {}
    assert drained(shop, clock) == 2
    assert states(shop) == {"MIKA20": "paused"}
    shop.live.coupons.resume("MIKA20")
    shop.live.links.open(token)
