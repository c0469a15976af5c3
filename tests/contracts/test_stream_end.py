"""A stream that ends before its time takes its coupons and open checkouts along."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CouponOverError,
    LiveShopError,
    PlatformRefusedError,
    PlatformUnavailableError,
    RecordInvalidError,
    SandboxStateError,
    StreamCancelledError,
    StreamNotFoundError,
    StreamOverError,
)
from tests.contracts.shop_support import END, START, Shop

HALF = timedelta(minutes=30)
LATER = timedelta(minutes=2)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def checkouts(shop: Shop) -> dict[str, tuple[str, str]]:
    rows = shop.rows(t.checkout)
    return {row["id"]: (row["state"], row["reservation"]) for row in rows}


def settle(shop: Shop) -> None:
    """Let every webhook arrive and be worked on."""
    shop.deliver()
    shop.live.worker().drain()


def test_an_end_closes_the_window_and_ends_the_coupons(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    shop.coupon("LONG", ends_at=END + timedelta(days=7))
    shop.coupon("EARLY", ends_at=START + timedelta(minutes=45))
    shop.coupon("GONE", ends_at=START + timedelta(minutes=10))
    plain, with_code = shop.link(), shop.link("MIKA20")
    clock.advance(HALF)
    done = shop.live.streams.end("drop")
    now = clock.now()
    assert (done.stream.closes_at, done.stream.ended_at) == (now, now)
    assert done.stream.phase(now) == "over"
    assert {one.code: one.ends_at for one in done.coupons} == {
        "MIKA20": now,
        "LONG": now,
        "EARLY": START + timedelta(minutes=45),
    }
    assert {(one.status, one.waiting) for one in done.coupons} == {("ended", None)}
    assert shop.live.coupons.get("GONE").status == "ready"
    assert (done.open_checkouts, done.expiring) == (0, 0)
    with pytest.raises(CouponOverError):
        shop.live.links.open(with_code)
    assert shop.live.links.open(plain).url  # a link outlives its stream
    for call in (shop.link, lambda: shop.coupon("NEW", ends_at=END)):
        with pytest.raises(StreamOverError) as over:
            call()
        assert over.value.closed_at == now
    before = shop.counts()
    clock.advance(HALF)
    assert shop.live.streams.end("drop") == done
    assert shop.counts() == before


def test_one_that_never_opened_is_cancelled(shop: Shop, clock: ManualClock) -> None:
    opens_at, closes_at = START + timedelta(days=1), END + timedelta(days=1)
    shop.live.streams.schedule("next", hosts=["mika"], opens_at=opens_at, closes_at=closes_at)
    shop.coupon("NEXT20", stream="next")
    links = [shop.link(code, stream_id="next") for code in (None, "NEXT20")]
    stream = shop.live.streams.end("next").stream
    assert (stream.opens_at, stream.closes_at) == (opens_at, closes_at)
    assert (stream.ended_at, stream.cancelled_at) == (START, START)
    assert shop.live.coupons.get("NEXT20").status == "ended"
    for at in (START, opens_at, closes_at):
        clock.advance(at - clock.now())
        assert stream.phase(at) == "cancelled"
        for link in links:
            for refused in (shop.live.links.open, shop.live.links.verify):
                with pytest.raises(StreamCancelledError):
                    refused(link)
    with pytest.raises(StreamOverError):
        shop.link(stream_id="next")


def test_the_first_instant_and_the_time_after_the_close(shop: Shop, clock: ManualClock) -> None:
    ended = shop.live.streams.end("drop").stream  # it opens at this very instant
    assert (ended.closes_at, ended.cancelled_at) == (START + timedelta(microseconds=1), None)
    shop.stream("over", "mika")
    shop.coupon("LATE", stream="over", ends_at=END + timedelta(days=7))
    clock.advance(timedelta(hours=3))
    done = shop.live.streams.end("over")
    assert done.stream.closes_at == END
    assert [(one.code, one.ends_at) for one in done.coupons] == [("LATE", clock.now())]


def test_what_cannot_be_ended(shop: Shop) -> None:
    before = shop.counts()
    with pytest.raises(StreamNotFoundError):
        shop.live.streams.end("none")
    with pytest.raises(RecordInvalidError):
        shop.live.streams.end("drop", open_checkouts="burn")
    assert shop.counts() == before
    assert shop.live.streams.get("drop").ended_at is None


def test_open_checkouts_are_expired_and_their_units_freed(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=9)
    opened, paid, plain = shop.visit("MIKA20"), shop.visit("MIKA20"), shop.visit()
    shop.live.sandbox.pay(paid)
    done = shop.live.streams.end("drop")
    assert (done.open_checkouts, done.expiring) == (2, 2)  # the payment was not heard of yet
    with pytest.raises(SandboxStateError, match="expired"):
        shop.live.sandbox.pay(opened)
    settle(shop)
    assert checkouts(shop) == {
        opened: ("closed", "freed"),
        paid: ("paid", "used"),
        plain: ("open", "none"),
    }
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.reserved, coupon.used) == (0, 1)
    assert shop.standing()["creator:mika:pending EUR"] == -479
    again = shop.live.streams.end("drop")
    assert (again.open_checkouts, again.expiring) == (0, 0)


def test_open_checkouts_may_be_kept(shop: Shop, clock: ManualClock) -> None:
    shop.coupon()
    opened = shop.visit("MIKA20")
    done = shop.live.streams.end("drop", open_checkouts="keep")
    assert (done.open_checkouts, done.expiring) == (1, 0)
    shop.live.sandbox.pay(opened)
    settle(shop)
    assert checkouts(shop) == {opened: ("paid", "used")}
    assert shop.standing()["creator:mika:pending EUR"] == -479


def test_lost_answers_are_made_good(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=3)
    opened = shop.visit("MIKA20")
    platform: Any = shop.live.platform
    expire = platform.expire_checkout

    def lost(*given: Any, **named: Any) -> bool:
        expire(*given, **named)
        raise PlatformUnavailableError(platform="sandbox", problem="a test")

    platform.expire_checkout = lost
    done = shop.live.streams.end("drop")
    assert (done.expiring, shop.live.inbox_state().outbox["pending"]) == (1, 2)
    del platform.expire_checkout
    clock.advance(LATER)
    settle(shop)
    assert checkouts(shop) == {opened: ("closed", "freed")}
    assert shop.live.inbox_state().outbox == {"pending": 0, "done": 4, "dead": 0}


@pytest.mark.parametrize("came", [False, True], ids=["lost", "late"])
def test_a_checkout_that_was_being_opened(shop: Shop, clock: ManualClock, came: bool) -> None:
    """Whether the platform had opened it is looked at once that is settled."""
    shop.coupon(limit=3)
    token = shop.link("MIKA20")
    platform: Any = shop.live.platform
    real = platform.open_checkout

    def lost(*given: Any, **named: Any) -> None:
        if came:
            real(*given, **named)
        raise PlatformUnavailableError(platform="sandbox", problem="a test")

    platform.open_checkout = lost
    with pytest.raises(LiveShopError) as delayed:
        shop.live.links.open(token)
    del platform.open_checkout
    assert shop.live.streams.end("drop").expiring == 1
    with pytest.raises(CouponOverError):
        shop.live.links.open(token, again=str(delayed.value.details()["again"]))
    settle(shop)
    assert [state for state, _ in checkouts(shop).values()] == ["opening"]
    clock.advance(timedelta(seconds=15))
    settle(shop)
    assert list(checkouts(shop).values()) == [("closed", "freed")]
    assert len(shop.sent) == int(came)


def test_a_platform_that_is_away_takes_no_more_of_our_time(shop: Shop, clock: ManualClock) -> None:
    for n in range(3):
        shop.coupon(f"CODE{n}")
    platform: Any = shop.live.platform
    asked: list[str] = []

    def away(*_: Any, key: str, **__: Any) -> None:
        asked.append(key)
        raise PlatformUnavailableError(platform="sandbox", problem="a test")

    platform.switch_coupon = away
    done = shop.live.streams.end("drop")
    assert [one.waiting for one in done.coupons] == ["end"] * 3
    assert len(asked) == 1
    del platform.switch_coupon
    clock.advance(LATER)
    assert shop.live.worker().drain().sent == 3
    assert [one.waiting for one in shop.live.streams.end("drop").coupons] == [None] * 3


def test_a_refusal_at_the_platform_ends_nothing_here(shop: Shop) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise PlatformRefusedError(platform="sandbox", problem="a test")

    platform: Any = shop.live.platform
    shop.coupon()
    platform.switch_coupon = no
    assert [one.waiting for one in shop.live.streams.end("drop").coupons] == ["end"]
    del platform.switch_coupon
    assert shop.live.inbox_state().outbox["dead"] == 1
    assert [one.waiting for one in shop.live.streams.end("drop").coupons] == [None]


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_every_checkout_opened_before_an_end_is_expired(shop: Shop, clock: ManualClock) -> None:
    for n in range(3):
        shop.stream(f"race{n}", "mika")
        shop.coupon(f"RACE{n}", stream=f"race{n}")
        token = shop.link(f"RACE{n}", stream_id=f"race{n}")

        def open_it(token: str = token) -> str:
            try:
                return shop.live.links.open(token).checkout_id
            except CouponOverError:
                return ""

        def make(n: int = n) -> str:
            try:
                shop.coupon(f"MORE{n}", stream=f"race{n}", ends_at=END + timedelta(days=1))
            except StreamOverError:
                return ""
            return ""

        end = [lambda n=n: str(shop.live.streams.end(f"race{n}").open_checkouts)]
        found = together([*([open_it] * 6), make, *end])
        opened = {one for one in found if one.startswith("chk_")}
        assert found[-1] == str(len(opened))
        clock.advance(timedelta(seconds=15))
        settle(shop)
        assert {checkouts(shop)[one] for one in opened} <= {("closed", "freed")}
        for coupon in shop.live.coupons.list(stream_id=f"race{n}"):
            assert coupon.status == "ended"
