"""One opening of a link: what it writes, when it may not, and how it is tried again."""

from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.ports import TOO_OLD, OpenedCheckout
from liveshop_sdk.clock import ManualClock, to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CheckoutDelayedError,
    CouponOverError,
    NotOpenYetError,
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
    VisitUnknownError,
)
from tests.contracts.shop_support import END, START, Shop, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


class Moody:
    """Stands before the sandbox and fails as often as told."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[Exception] = []
        self.asked: list[tuple[str, str]] = []
        self._open = shop.live.platform.open_checkout
        monkeypatch.setattr(shop.live.platform, "open_checkout", self.open_checkout)

    def open_checkout(self, params: str, *, key: str, buyer_ip: str | None) -> OpenedCheckout:
        self.asked.append((params, key))
        if self.failures:
            raise self.failures.pop(0)
        return self._open(params, key=key, buyer_ip=buyer_ip)


@pytest.fixture
def moody(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Moody:
    return Moody(shop, monkeypatch)


def unavailable() -> PlatformUnavailableError:
    return PlatformUnavailableError(platform="sandbox", problem="it sleeps", retry_after=3)


def refusal() -> PlatformRefusedError:
    return PlatformRefusedError(platform="sandbox", problem="no")


def test_what_a_visit_writes(shop: Shop, clock: ManualClock) -> None:
    clock.advance(timedelta(minutes=3))
    token = shop.link("MIKA20", channel="chat", placement="pinned")
    opened = shop.live.links.open(token, customer_ref="a@b.example")
    link = shop.live.links.verify(token)
    (touch,) = shop.rows(t.touch)
    assert touch == {
        "checkout_id": opened.checkout_id,
        "link_id": link.id,
        "creator": "mika",
        "stream": "drop",
        "opened_at": to_micros(clock.now()),
        "stream_offset_us": 180_000_000,
        "channel": "chat",
        "placement": "pinned",
        "customer_key": shop.live._seals.customer_key("A@b.example "),
    }
    visit = shop.live.links.visit(opened.checkout_id)
    assert (visit.state, visit.reservation, visit.url) == ("open", "held", opened.url)
    assert visit.reserved_until == clock.now() + timedelta(minutes=31)
    assert "a@b.example" not in repr(shop.rows(t.checkout)).lower()


def test_every_opening_is_a_visit_of_its_own(shop: Shop) -> None:
    token = shop.link()
    assert shop.live.links.open(token).checkout_id != shop.live.links.open(token).checkout_id
    assert shop.live.stats()["touches"] == 2


def test_too_early_or_too_late_writes_nothing(shop: Shop, clock: ManualClock) -> None:
    with_coupon, without = shop.link("MIKA20"), shop.link()
    clock.set(START - timedelta(seconds=1))
    before = shop.counts()
    for token in (with_coupon, without):
        with pytest.raises(NotOpenYetError) as early:
            shop.live.links.open(token)
        assert early.value.opens_at == START
    clock.set(END)
    with pytest.raises(CouponOverError):
        shop.live.links.open(with_coupon)
    assert shop.counts() == before
    clock.advance(timedelta(days=6))
    assert shop.live.links.open(without).url


def test_a_silent_platform_is_asked_again_for_the_same_visit(shop: Shop, moody: Moody) -> None:
    token = shop.link("MIKA20")
    moody.failures = [unavailable(), unavailable()]
    with pytest.raises(CheckoutDelayedError) as delayed:
        shop.live.links.open(token)
    assert delayed.value.retry_after == 3
    assert shop.live.coupons.get("MIKA20").reserved == 1
    before = shop.counts()
    with pytest.raises(CheckoutDelayedError) as once_more:
        shop.live.links.open(token, again=delayed.value.again)
    opened = shop.live.links.open(token, again=once_more.value.again)
    assert shop.live.links.open(token, again=delayed.value.again) == opened
    assert len(set(moody.asked)) == 1
    assert len(moody.asked) == 3
    assert shop.counts() == before | {"ls_sandbox_checkout": before["ls_sandbox_checkout"] + 1}
    assert shop.live.coupons.get("MIKA20").reserved == 1


def test_buyers_turned_away_together_come_back_apart(db: Database, clock: ManualClock) -> None:
    waits: dict[int, list[int]] = {}
    for seed in (1, 2):
        shop = Shop(db, clock, seed=seed)
        if not waits:
            shop.stock()
        token = shop.link()
        with pytest.MonkeyPatch.context() as patch:
            moody = Moody(shop, patch)
            waits[seed] = []
            for _ in range(40):
                moody.failures = [PlatformBusyError(platform="sandbox", problem="429")]
                with pytest.raises(CheckoutDelayedError) as error:
                    shop.live.links.open(token)
                waits[seed].append(error.value.retry_after)
    assert set(waits[1]) == {2, 3, 4, 5, 6}
    assert waits[1] != waits[2]


def test_a_retry_needs_its_seal_and_its_link(shop: Shop, moody: Moody) -> None:
    token, other = shop.link(), shop.link()
    moody.failures = [unavailable()]
    with pytest.raises(CheckoutDelayedError) as delayed:
        shop.live.links.open(token)
    (visit,) = shop.rows(t.checkout)
    before = shop.counts()
    for text, again in ((token, visit["id"]), (token, "x"), (other, delayed.value.again)):
        with pytest.raises(VisitUnknownError):
            shop.live.links.open(text, again=again)
    assert shop.counts() == before


def test_a_refusing_platform_ends_the_visit_and_frees_the_unit(shop: Shop, moody: Moody) -> None:
    moody.failures = [refusal()]
    with pytest.raises(PlatformRefusedError):
        shop.visit("MIKA20")
    (visit,) = shop.rows(t.checkout)
    assert (visit["state"], visit["reservation"], visit["closed_reason"]) == (
        "closed",
        "freed",
        "refused",
    )
    assert shop.live.coupons.get("MIKA20").reserved == 0


def test_a_payment_that_overtakes_the_answer_stays(shop: Shop, moody: Moody) -> None:
    token = shop.link()
    moody.failures = [unavailable()]
    with pytest.raises(CheckoutDelayedError) as delayed:
        shop.live.links.open(token)
    (visit,) = shop.rows(t.checkout)
    shop.record(sale(checkout_id=visit["id"]))
    opened = shop.live.links.open(token, again=delayed.value.again)
    found = shop.live.links.visit(visit["id"])
    assert (found.state, found.url) == ("paid", opened.url)


def test_a_retry_that_comes_too_late_begins_anew(
    shop: Shop, moody: Moody, clock: ManualClock
) -> None:
    token = shop.link("MIKA20")
    moody.failures = [unavailable()]
    with pytest.raises(CheckoutDelayedError) as delayed:
        shop.live.links.open(token)
    clock.advance(timedelta(minutes=31))
    before = shop.counts()
    with pytest.raises(VisitUnknownError):
        shop.live.links.open(token, again=delayed.value.again)
    assert (shop.counts(), len(moody.asked)) == (before, 1)


def test_a_visit_that_was_refused_is_not_tried_again(shop: Shop, moody: Moody) -> None:
    token = shop.link("MIKA20")
    moody.failures = [unavailable(), refusal()]
    with pytest.raises(CheckoutDelayedError) as delayed:
        shop.live.links.open(token)
    with pytest.raises(PlatformRefusedError):
        shop.live.links.open(token, again=delayed.value.again)
    before = shop.counts()
    with pytest.raises(VisitUnknownError):
        shop.live.links.open(token, again=delayed.value.again)
    assert (shop.counts(), len(moody.asked)) == (before, 2)


def too_old() -> PlatformRefusedError:
    return PlatformRefusedError(platform="sandbox", problem="too old", vendor_code=TOO_OLD)


def visits(shop: Shop) -> list[dict[str, Any]]:
    """Return the rows of visits, the oldest first, wherever the database has put them."""
    return sorted(shop.rows(t.checkout), key=lambda row: str(row["id"]))


def delayed(shop: Shop, moody: Moody, token: str, **more: str) -> str:
    """Open a link while the platform sleeps; returns what names the visit."""
    moody.failures = [unavailable()]
    with pytest.raises(CheckoutDelayedError) as error:
        shop.live.links.open(token, **more)
    return error.value.again


def test_a_place_kept_too_long_for_the_platform_goes_to_a_new_visit(
    shop: Shop, moody: Moody, clock: ManualClock
) -> None:
    shop.coupon("LAST", limit=1, per_customer=1)
    token = shop.link("LAST")
    again = delayed(shop, moody, token, customer_ref="a@b.example")
    clock.advance(timedelta(seconds=64))
    moody.failures = [too_old()]
    opened = shop.live.links.open(token, again=again)
    first, second = visits(shop)
    assert (first["state"], first["reservation"]) == ("closed", "freed")
    assert first["closed_reason"] == "too_old"
    assert (second["state"], second["reservation"]) == ("open", "held")
    assert (second["id"], second["url"]) == (opened.checkout_id, opened.url)
    assert second["reserved_until"] == to_micros(clock.now() + timedelta(minutes=31))
    assert [key for _, key in moody.asked] == [first["id"], first["id"], second["id"]]
    keys = {touch["customer_key"] for touch in shop.rows(t.touch)}
    assert keys == {shop.live._seals.customer_key("a@b.example")}
    coupon = shop.live.coupons.get("LAST")
    assert (coupon.reserved, coupon.used) == (1, 0)
    before = shop.counts()
    with pytest.raises(VisitUnknownError):
        shop.live.links.open(token, again=again)
    assert shop.counts() == before


def test_a_new_visit_is_tried_once_and_then_waited_for(
    shop: Shop, moody: Moody, clock: ManualClock
) -> None:
    token = shop.link("MIKA20")
    again = delayed(shop, moody, token)
    clock.advance(timedelta(seconds=64))
    moody.failures = [too_old(), unavailable()]
    with pytest.raises(CheckoutDelayedError) as error:
        shop.live.links.open(token, again=again)
    assert error.value.again != again
    assert shop.live.coupons.get("MIKA20").reserved == 1
    opened = shop.live.links.open(token, again=error.value.again)
    assert opened.checkout_id == visits(shop)[-1]["id"]
    assert shop.live.coupons.get("MIKA20").reserved == 1


def test_no_new_visit_is_begun_for_an_offer_that_is_over(
    shop: Shop, moody: Moody, clock: ManualClock
) -> None:
    clock.set(END - timedelta(seconds=30))
    token = shop.link("MIKA20")
    again = delayed(shop, moody, token)
    clock.advance(timedelta(seconds=64))
    moody.failures = [too_old()]
    with pytest.raises(CouponOverError):
        shop.live.links.open(token, again=again)
    (visit,) = shop.rows(t.checkout)
    assert (visit["state"], visit["reservation"]) == ("closed", "freed")
    assert shop.live.coupons.get("MIKA20").reserved == 0


def test_a_visit_just_begun_cannot_be_too_old_but_for_our_clock(shop: Shop, moody: Moody) -> None:
    moody.failures = [too_old()]
    with pytest.raises(PlatformNotReadyError, match="clock is slow"):
        shop.visit("MIKA20")
    (visit,) = shop.rows(t.checkout)
    assert (visit["state"], visit["reservation"]) == ("closed", "freed")
    again = delayed(shop, moody, shop.link("MIKA20"))
    assert again
    assert shop.live.coupons.get("MIKA20").reserved == 1
