"""A coupon's cap is exact on our links, and what a platform let through is seen."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any, TypeVar

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    CodeInvalidError,
    CouponExistsError,
    CouponInvalidError,
    CouponUnknownError,
    CustomerLimitError,
    LiveShopError,
    NotHostError,
    PlatformUnavailableError,
    SoldOutError,
    StreamNotFoundError,
)
from liveshop_sdk.facts import CheckoutClosed, OrderPaid
from liveshop_sdk.money import Money
from tests.contracts.shop_support import END, HERE, START, Shop, sale

T = TypeVar("T")
LAPSE = timedelta(minutes=31)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    return shop


def count(shop: Shop, code: str = "MIKA20") -> tuple[int, int]:
    """Return (reserved, used), after checking them against what they count."""
    coupon = shop.live.coupons.get(code)
    held = [row for row in shop.rows(t.checkout) if row["reservation"] == "held"]
    spent = [row for row in shop.rows(t.redemption) if row["verdict"] != "over_limit"]
    assert coupon.reserved == sum(row["coupon_id"] == coupon.id for row in held)
    assert coupon.used == sum(row["coupon_id"] == coupon.id for row in spent)
    return coupon.reserved, coupon.used


def verdicts(shop: Shop) -> list[str]:
    return sorted(row["verdict"] for row in shop.rows(t.redemption))


def paid(order_ref: str, *codes: str, **more: Any) -> OrderPaid:
    return sale(order_ref, codes=codes or ("MIKA20",), **more)


def closed(checkout_id: str, reason: str = "expired") -> CheckoutClosed:
    return CheckoutClosed(**HERE, checkout_id=checkout_id, reason=reason, occurred_at=START)


# --- creating


def test_the_same_coupon_again_is_a_repeat(shop: Shop) -> None:
    first = shop.coupon(limit=5)
    assert (first.code, first.status, first.starts_at, first.ends_at) == (
        "MIKA20",
        "ready",
        START,
        END,
    )
    before = shop.counts()
    assert shop.coupon("mika20", limit=5) == first
    with pytest.raises(CouponExistsError):
        shop.coupon(limit=6)
    assert shop.counts() == before


def test_a_refusal_writes_nothing(shop: Shop) -> None:
    before = shop.counts()
    refused: list[tuple[type[LiveShopError], dict[str, Any]]] = [
        (NotHostError, {"creator": "ana"}),
        (StreamNotFoundError, {"stream": "none"}),
        (CouponInvalidError, {"percent_off": None}),
        (CouponInvalidError, {"amount_off": Money(1, "EUR")}),
        (CouponInvalidError, {"percent_off": None, "amount_off": Money(-1, "EUR")}),
        (CouponInvalidError, {"percent_off": None, "amount_off": Money(10**12, "EUR")}),
        (CouponInvalidError, {"percent_off": 0}),
        (CouponInvalidError, {"limit": 0}),
        (CouponInvalidError, {"limit": 10**9}),
        (CouponInvalidError, {"per_customer": -1}),
        (CouponInvalidError, {"ends_at": START}),
        (CodeInvalidError, {"code": "M\u0406KA20"}),
        (CodeInvalidError, {"code": "MIKA 20"}),
        (CodeInvalidError, {"code": "AB"}),
    ]
    for error, changes in refused:
        with pytest.raises(error):
            shop.coupon(**changes)
    assert shop.counts() == before


def test_eight_threads_create_one_coupon(shop: Shop) -> None:
    made = together([lambda: shop.coupon(limit=5)] * 8)
    assert len({coupon.id for coupon in made}) == 1
    assert len(shop.rows(t.coupon)) == 1


def test_a_code_is_found_in_any_case_and_no_other(shop: Shop) -> None:
    coupon = shop.coupon()
    assert shop.live.coupons.get("mIkA20").id == coupon.id
    with pytest.raises(CouponUnknownError):
        shop.live.coupons.get("MIKA2O")
    with pytest.raises(CodeInvalidError):
        shop.live.coupons.get("M\u0131KA20")


# --- reserving, one after another


def test_a_visit_reserves_and_its_payment_uses(shop: Shop) -> None:
    shop.coupon(limit=1)
    checkout = shop.visit("MIKA20")
    assert count(shop) == (1, 0)
    before = shop.counts()
    with pytest.raises(SoldOutError):
        shop.visit("MIKA20")
    assert shop.counts() == before | {"ls_link": before["ls_link"] + 1}
    shop.record(paid("o1", checkout_id=checkout))
    assert count(shop) == (0, 1)
    with pytest.raises(SoldOutError):
        shop.visit("MIKA20")
    assert verdicts(shop) == ["within"]


def test_a_reservation_comes_back_once(shop: Shop) -> None:
    shop.coupon(limit=2)
    one, two = shop.visit("MIKA20"), shop.visit("MIKA20")
    shop.record(closed(one), closed(one, "abandoned"))
    assert count(shop) == (1, 0)
    shop.record(closed(one))
    assert count(shop) == (1, 0)
    assert shop.live.links.visit(one).state == "closed"
    shop.record(closed(two), closed(one))
    assert count(shop) == (0, 0)


def test_a_lapsed_reservation_is_taken_by_the_next(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=1)
    first = shop.visit("MIKA20")
    clock.advance(LAPSE - timedelta(microseconds=1))
    with pytest.raises(SoldOutError):
        shop.visit("MIKA20")
    clock.advance(timedelta(microseconds=1))
    shop.visit("MIKA20")
    assert count(shop) == (1, 0)
    shop.record(closed(first))
    assert count(shop) == (1, 0)


def test_a_payment_after_expiry_takes_a_free_unit(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=1)
    late = shop.visit("MIKA20")
    shop.record(closed(late))
    shop.record(paid("o1", checkout_id=late))
    assert count(shop) == (0, 1)
    assert verdicts(shop) == ["within"]
    assert shop.live.links.visit(late).state == "paid"


def test_a_payment_after_expiry_is_over_when_none_is_free(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=1)
    late = shop.visit("MIKA20")
    clock.advance(LAPSE)
    shop.visit("MIKA20")
    shop.record(paid("o1", checkout_id=late))
    assert count(shop) == (1, 0)
    assert verdicts(shop) == ["over_limit"]


def test_a_code_typed_at_the_shop(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=1)
    shop.record(paid("o1", "mika20"), paid("o2"))
    assert count(shop) == (0, 1)
    assert verdicts(shop) == ["over_limit", "within"]
    assert shop.standing()["creator:mika:pending EUR"] == -599 * 2
    clock.advance(timedelta(days=15))
    assert shop.live.releases.due().as_json() == {"released": 1, "entries": 1, "windows": 0}
    over = next(row for row in ("o1", "o2") if shop.live.explain(row).lines[0].withheld)
    assert over == "o2"
    assert shop.live.explain(over).lines[0].withheld == "over_limit"
    assert shop.standing()["creator:mika:pending EUR"] == -599
    assert shop.live.releases.approve(over).as_json() == {"released": 1, "entries": 1, "windows": 0}
    assert shop.live.releases.approve(over).as_json() == {"released": 0, "entries": 0, "windows": 0}
    assert shop.standing() == {
        "brand:commission_expense EUR": 1198,
        "creator:mika:payable EUR": -1198,
    }


def test_a_code_typed_takes_a_lapsed_unit(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=1)
    shop.visit("MIKA20")
    clock.advance(LAPSE)
    shop.record(paid("o1"))
    assert count(shop) == (0, 1)


def test_a_unit_reserved_for_another_code_comes_back(shop: Shop) -> None:
    shop.coupon(limit=1)
    shop.coupon("OTHER")
    checkout = shop.visit("MIKA20")
    shop.record(paid("o1", "OTHER", checkout_id=checkout))
    assert (count(shop), count(shop, "OTHER")) == ((0, 0), (0, 1))


def test_a_customer_has_so_many_uses(shop: Shop) -> None:
    shop.coupon(per_customer=2)
    key = shop.live._seals.customer_key("Buyer@Example.com ")
    shop.record(*(paid(f"o{n}", customer_key=key) for n in range(3)))
    shop.record(paid("o4", customer_key="somebody else"), paid("o5", customer_key=None))
    assert verdicts(shop) == ["over_customer_limit", *["within"] * 4]
    assert count(shop) == (0, 5)
    token, before = shop.link("MIKA20"), shop.counts()
    with pytest.raises(CustomerLimitError):
        shop.live.links.open(token, customer_ref="buyer@example.COM")
    assert shop.counts() | {"ls_link": 0} == before | {"ls_link": 0}
    shop.live.links.open(token, customer_ref="new@example.com")


def test_through_the_sandbox(shop: Shop, clock: ManualClock) -> None:
    shop.coupon(limit=2)
    bought, left = shop.visit("MIKA20"), shop.visit("MIKA20")
    shop.live.sandbox.pay(bought)
    shop.live.sandbox.abandon(left)
    shop.deliver()
    shop.live.worker().drain()
    assert count(shop) == (0, 1)
    states = {shop.live.links.visit(each).state for each in (bought, left)}
    assert states == {"paid", "closed"}


# --- all at once


def together(calls: list[Callable[[], T]]) -> list[T]:
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def race_for_the_last_unit(shop: Shop, code: str, buyers: int) -> None:
    """Let buyers open the same link at once; exactly one gets in."""
    shop.coupon(code, limit=1)
    token = shop.link(code)

    def open_it() -> str:
        try:
            return shop.live.links.open(token).checkout_id
        except SoldOutError:
            return ""

    won = [checkout for checkout in together([open_it] * buyers) if checkout]
    assert len(won) == 1
    assert count(shop, code) == (1, 0)
    shop.record(paid(f"order {code}", code, checkout_id=won[0]))
    assert count(shop, code) == (0, 1)


def test_the_last_unit_goes_to_one_of_many(shop: Shop) -> None:
    for number in range(2):
        race_for_the_last_unit(shop, f"LAST{number}", 32)


@pytest.mark.long
def test_the_last_unit_goes_to_one_of_many_two_hundred_times(shop: Shop) -> None:
    for number in range(200):
        race_for_the_last_unit(shop, f"LAST{number}", 32)


def test_opening_redeeming_and_closing_never_deadlock(shop: Shop, clock: ManualClock) -> None:
    codes = [f"CODE{number}" for number in range(4)]
    for code in codes:
        shop.coupon(code, limit=6)
    tokens = {code: shop.link(code) for code in codes}
    started = [shop.live.links.open(tokens[code]).checkout_id for code in codes for _ in range(3)]

    def work(seed: int) -> Counter[str]:
        chance, done = random.Random(seed), Counter[str]()
        for round_ in range(6):
            try:
                shop.live.links.open(tokens[chance.choice(codes)])
                done["opened"] += 1
            except SoldOutError:
                done["sold out"] += 1
            orders = [
                paid(f"o{seed}.{round_}.{n}", *chance.sample(codes, 2), checkout_id=visit)
                for n, visit in enumerate(chance.sample(started, 3))
            ]
            chance.shuffle(orders)
            ended = [closed(visit) for visit in chance.sample(started, 3)]
            shop.record(*orders, *ended)
        return done

    found = together([lambda seed=seed: work(seed) for seed in range(8)])  # type: ignore[misc]
    assert sum(found, Counter()).total() == 48
    for code in codes:
        reserved, used = count(shop, code)
        assert reserved + used <= 6
    assert len(verdicts(shop)) == 8 * 6 * 3 * 2
    assert shop.live.ledger.verify().ok


def test_payments_race_for_a_free_unit(shop: Shop) -> None:
    shop.coupon(limit=3)
    orders = [replace(paid(f"o{n}"), customer_key="k") for n in range(8)]
    together([lambda order=order: shop.record(order) for order in orders])  # type: ignore[misc]
    assert Counter(verdicts(shop)) == {"within": 3, "over_limit": 5}
    assert count(shop) == (0, 3)


def test_an_outage_never_gives_a_coupon_up(
    shop: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_params: str, *, key: str) -> str:
        raise PlatformUnavailableError(platform="sandbox", problem=key, retry_after=60)

    monkeypatch.setattr(shop.live.platform, "create_coupon", away)
    for _ in range(15):  # more than the twelve tries that end other failures
        coupon = shop.live.coupons.create(
            "MIKA20",
            stream_id="drop",
            creator_id="mika",
            percent_off=20,
            ends_at=START + timedelta(days=30),
        )
        assert coupon.status == "pending"
        clock.advance(timedelta(minutes=61))  # longer than the longest back-off
    assert shop.live.inbox_state().outbox == {"pending": 1, "done": 0, "dead": 0}
    monkeypatch.undo()
    assert shop.live.worker().drain().sent == 1
    assert shop.live.coupons.get("MIKA20").status == "ready"
