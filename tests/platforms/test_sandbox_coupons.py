"""Coupons of the sandbox: created, typed, used up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.errors import PlatformRefusedError, SandboxCodeRefusedError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money
from tests.platforms.sandbox_support import Store, store_fixture

__all__ = ["store_fixture"]


def test_a_coupon_is_created_once_per_key_and_code(store: Store) -> None:
    first = store.coupon(coupon_id="cpn_1")
    before = store.snapshot()
    assert store.coupon(coupon_id="cpn_1") == first
    with pytest.raises(PlatformRefusedError, match="another coupon"):
        store.coupon(coupon_id="cpn_1", percent_bps=1000)
    with pytest.raises(PlatformRefusedError, match="code is taken"):
        store.coupon(coupon_id="cpn_2")
    assert store.snapshot() == before


def test_coupons_no_shop_takes_are_refused(store: Store) -> None:
    before = store.snapshot()
    terms: list[dict[str, Any]] = [
        {"percent_bps": None},
        {"amount_off": Money(100, "EUR")},
        {"percent_bps": 0},
        {"percent_bps": 10_001},
        {"percent_bps": None, "amount_off": Money(0, "EUR")},
    ]
    for changes in terms:
        with pytest.raises(PlatformRefusedError):
            store.coupon(**changes)
    assert store.snapshot() == before


def test_a_typed_code_replaces_the_one_of_the_link(store: Store) -> None:
    store.coupon("MIKA20")
    store.coupon("ANA5", percent_bps=None, amount_off=Money(500, "EUR"))
    ref = store.open(coupon_code="MIKA20")
    store.sandbox.apply_code(ref, " ana5 ")
    page = store.sandbox.checkout(ref)
    assert (page.code, page.discount, page.total) == (
        "ANA5",
        Money(500, "EUR"),
        Money(4490, "EUR"),
    )
    store.sandbox.apply_code(ref, None)
    assert store.sandbox.checkout(ref).total == Money(4990, "EUR")
    store.sandbox.apply_code(ref, "ANA5")
    store.sandbox.pay(ref)
    (paid,) = store.deliver()
    assert isinstance(paid, OrderPaid)
    assert paid.codes == ("ANA5",)


REFUSED_CODES = {
    "NOPE": "no such code",
    "": "no such code",
    "MİKA20": "no such code",
    "' OR 1=1": "no such code",
    "EARLY": "not begun",
    "LATE": "is over",
    "YEN": "JPY only",
    "ONCE": "used up",
}


def test_codes_that_cannot_be_used_are_refused(store: Store) -> None:
    hour = timedelta(hours=1)
    store.coupon("EARLY", starts_at=store.clock.now() + hour, ends_at=store.clock.now() + 2 * hour)
    store.coupon("LATE", ends_at=store.clock.now())
    store.coupon("YEN", percent_bps=None, amount_off=Money(500, "JPY"))
    store.coupon("ONCE", limit=1)
    store.sandbox.pay(store.open(coupon_code="ONCE"))
    ref = store.open()
    before = store.snapshot()
    for code, why in REFUSED_CODES.items():
        with pytest.raises(SandboxCodeRefusedError, match=why):
            store.sandbox.apply_code(ref, code)
        if code:
            with pytest.raises(PlatformRefusedError, match=why):
                store.open(coupon_code=code)
    assert store.snapshot() == before


def test_the_limit_holds_at_payment_unless_the_shop_is_lax(store: Store) -> None:
    store.coupon("ONCE", limit=1)
    first, second = store.open(coupon_code="ONCE"), store.open(coupon_code="ONCE")
    store.sandbox.pay(first)
    before = store.snapshot()
    for pay in (store.sandbox.pay, store.sandbox.pay_later):
        with pytest.raises(SandboxCodeRefusedError, match="used up"):
            pay(second)
    assert store.snapshot() == before
    store.sandbox.keep_limits(is_strict=False)
    assert store.sandbox.pay(second).code == "ONCE"


def test_a_late_payment_that_fails_gives_its_use_back(store: Store) -> None:
    store.coupon("ONCE", limit=1)
    first, second = store.open(coupon_code="ONCE"), store.open(coupon_code="ONCE")
    store.sandbox.pay_later(first)
    with pytest.raises(SandboxCodeRefusedError):
        store.sandbox.pay(second)
    store.sandbox.fail_later(first)
    assert store.sandbox.pay(second).total == 3992


def test_a_customer_over_the_limit_is_told_before_paying(store: Store) -> None:
    store.coupon()
    store.refusals["ana@example.com"] = "it can be used once per customer"
    ref = store.open(coupon_code="MIKA20")
    before = store.snapshot()
    for pay in (store.sandbox.pay, store.sandbox.pay_later):
        with pytest.raises(SandboxCodeRefusedError, match="once per customer"):
            pay(ref, email="ana@example.com")
    assert store.snapshot() == before
    store.sandbox.apply_code(ref, None)
    assert store.sandbox.pay(ref, email="ana@example.com").total == 4990


def test_the_last_use_of_a_coupon_is_taken_once(store: Store) -> None:
    store.coupon(limit=3)
    refs = [store.open(coupon_code="MIKA20") for _ in range(8)]

    def pay(ref: str) -> int:
        try:
            store.sandbox.pay(ref)
        except SandboxCodeRefusedError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(pay, refs)) == 3
    assert len(store.sandbox.orders()) == 3
