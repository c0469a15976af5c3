"""From opening a sandbox checkout to its end: every step, and every refusal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import CheckoutItem
from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import (
    PlatformRefusedError,
    SandboxAmountError,
    SandboxRefUnknownError,
    SandboxStateError,
)
from liveshop_sdk.facts import CheckoutClosed, OrderPaid, SoldLine
from liveshop_sdk.money import Money
from tests.platforms.sandbox_support import BASE_URL, Store, item, store_fixture

__all__ = ["store_fixture"]


Step = Callable[[Store, str], Any]
STEPS: dict[str, Step] = {
    "pay": lambda store, ref: store.sandbox.pay(ref),
    "pay_later": lambda store, ref: store.sandbox.pay_later(ref),
    "settle": lambda store, ref: store.sandbox.settle(ref),
    "fail_later": lambda store, ref: store.sandbox.fail_later(ref),
    "decline": lambda store, ref: store.sandbox.decline(ref),
    "abandon": lambda store, ref: store.sandbox.abandon(ref),
    "apply_code": lambda store, ref: store.sandbox.apply_code(ref, "MIKA20"),
    "refund": lambda store, ref: store.sandbox.refund(ref),
    "dispute": lambda store, ref: store.sandbox.dispute(ref),
    "win": lambda store, ref: store.sandbox.win(ref),
    "lose": lambda store, ref: store.sandbox.lose(ref),
}
ALLOWED = {
    "open": {"pay", "pay_later", "decline", "abandon", "apply_code"},
    "pending": {"settle", "fail_later"},
    "paid": {"refund", "dispute"},
    "declined": set[str](),
    "abandoned": set[str](),
    "failed": set[str](),
    "expired": set[str](),
}


def brought_to(store: Store, state: str) -> str:
    ref = store.open()
    match state:
        case "paid":
            store.sandbox.pay(ref)
        case "pending":
            store.sandbox.pay_later(ref)
        case "failed":
            store.sandbox.pay_later(ref)
            store.sandbox.fail_later(ref)
        case "declined":
            store.sandbox.decline(ref)
        case "abandoned":
            store.sandbox.abandon(ref)
        case "expired":
            store.clock.advance(timedelta(minutes=31))
            store.sandbox.expire_due()
    return ref


@pytest.mark.parametrize("state", ALLOWED)
def test_every_step_is_allowed_in_its_states_only(store: Store, state: str) -> None:
    store.coupon()
    for name, step in STEPS.items():
        ref = brought_to(store, state)
        assert store.sandbox.checkout(ref).state == state
        before = store.snapshot()
        if name in ALLOWED[state]:
            step(store, ref)
            assert store.snapshot() != before
            continue
        with pytest.raises(SandboxStateError):
            step(store, ref)
        assert store.snapshot() == before, name


def test_a_paid_checkout_becomes_an_order_and_a_fact(store: Store) -> None:
    coupon_ref = store.coupon()
    request = store.request(items=(item(), item("sku_cap", 1550, 2)), coupon_code="MIKA20")
    params = store.platform.prepare_checkout(request)
    opened = store.platform.open_checkout(params, key=request.checkout_id)
    assert opened.url == f"{BASE_URL}/sandbox/checkout/{opened.platform_ref}"
    store.clock.advance(timedelta(minutes=3, microseconds=7))
    order = store.sandbox.pay(request.checkout_id, email=" Ana@Example.com ")
    assert (order.total, order.currency, order.email) == (6472, "EUR", "Ana@Example.com")
    assert "Ana" not in repr(order)
    assert store.deliver() == [
        OrderPaid(
            platform="sandbox",
            account="sandbox",
            order_ref=order.id,
            occurred_at=store.clock.now(),
            currency="EUR",
            total=6472,
            shipping=0,
            tax=0,
            tax_included=False,
            lines=(
                SoldLine(
                    ref="li_1",
                    sku="sku_tee",
                    item_ref="sku_tee",
                    title="Tee",
                    quantity=1,
                    gross=4990,
                    discount=998,
                    tax=0,
                    base=3992,
                ),
                SoldLine(
                    ref="li_2",
                    sku="sku_cap",
                    item_ref="sku_cap",
                    title="Cap",
                    quantity=2,
                    gross=3100,
                    discount=620,
                    tax=0,
                    base=2480,
                ),
            ),
            checkout_id=request.checkout_id,
            codes=("MIKA20",),
            coupon_refs=(coupon_ref,),
            customer_key="key:ana@example.com",
            is_test=True,
        )
    ]


@pytest.mark.parametrize(
    ("is_included", "total", "tax", "base"), [(True, 5480, 797, 4193), (False, 6428, 948, 4990)]
)
def test_tax_and_shipping_switches_reach_the_fact(
    store: Store, is_included: bool, total: int, tax: int, base: int
) -> None:
    early = store.open()
    store.sandbox.terms(tax_bps=1900, is_tax_included=is_included, shipping=490)
    ref = store.open()
    page = store.sandbox.checkout(ref)
    assert (page.total, page.tax, page.shipping) == (
        Money(total, "EUR"),
        Money(tax, "EUR"),
        Money(490, "EUR"),
    )
    store.sandbox.pay(ref)
    (paid,) = store.deliver()
    assert isinstance(paid, OrderPaid)
    assert (paid.total, paid.tax, paid.shipping, paid.lines[0].base) == (total, tax, 490, base)
    assert paid.tax_included is is_included
    assert store.sandbox.pay(early).total == 4990


def test_a_payment_may_take_days(store: Store) -> None:
    ref = store.open()
    store.sandbox.pay_later(ref, email="ana@example.com")
    store.clock.advance(timedelta(days=3))
    assert store.sandbox.expire_due() == ()
    assert store.deliver() == []
    order = store.sandbox.settle(ref)
    assert order.email == "ana@example.com"
    (paid,) = store.deliver()
    assert paid.occurred_at == store.clock.now()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("declined", "declined"),
        ("abandoned", "abandoned"),
        ("failed", "failed"),
        ("expired", "expired"),
    ],
)
def test_an_end_without_payment_is_told(store: Store, state: str, reason: str) -> None:
    ref = brought_to(store, state)
    assert store.deliver() == [
        CheckoutClosed(
            platform="sandbox",
            account="sandbox",
            checkout_id=store.sandbox.checkout(ref).checkout_id,
            reason=reason,
            occurred_at=store.clock.now(),
        )
    ]


def test_an_overdue_checkout_cannot_be_paid_even_before_it_is_ended(store: Store) -> None:
    ref = store.open()
    store.clock.advance(timedelta(minutes=31))
    before = store.snapshot()
    assert store.sandbox.checkout(ref).state == "expired"
    with pytest.raises(SandboxStateError, match="its time is over"):
        store.sandbox.pay(ref)
    assert store.snapshot() == before
    assert store.sandbox.expire_due() == (ref,)
    assert store.sandbox.expire_due() == ()


def test_references_of_every_kind_find_the_same_checkout(store: Store) -> None:
    request = store.request()
    params = store.platform.prepare_checkout(request)
    ref = store.platform.open_checkout(params, key=request.checkout_id).platform_ref
    order = store.sandbox.pay(ref)
    for one in (request.checkout_id, ref, order.id):
        assert store.sandbox.checkout(one).id == ref
        assert store.sandbox.order(one) == order
    assert store.sandbox.orders() == (order,)
    assert store.sandbox.orders(since=store.clock.now() + timedelta(seconds=1)) == ()


def test_unknown_references_are_refused(store: Store) -> None:
    before = store.snapshot()
    looks: list[Step] = [
        lambda store, ref: store.sandbox.checkout(ref),
        lambda store, ref: store.sandbox.order(ref),
        lambda store, ref: store.sandbox.fail_refund(ref),
    ]
    for ref in ("", "chk_1", "sbc_1", "sbo_1", "sbr_1", "sbd_1", "x'; --", "_"):
        for step in [*STEPS.values(), *looks]:
            with pytest.raises(SandboxRefUnknownError):
                step(store, ref)
        assert store.platform.find_order(ref) == ()
    assert store.snapshot() == before


def test_the_page_shows_when_it_ends(store: Store) -> None:
    page = store.sandbox.checkout(store.open())
    assert to_iso(page.expires_at) == "2026-10-02T18:31:00Z"
    assert (page.success_url, page.cancel_url) == (f"{BASE_URL}/thanks", f"{BASE_URL}/bye")


# --- opening


def test_the_same_key_and_cart_is_the_same_checkout(store: Store) -> None:
    request = store.request()
    params = store.platform.prepare_checkout(request)
    assert store.platform.prepare_checkout(request) == params
    first = store.platform.open_checkout(params, key=request.checkout_id)
    before = store.snapshot()
    store.clock.advance(timedelta(hours=1))
    assert store.platform.open_checkout(params, key=request.checkout_id) == first
    assert store.snapshot() == before


def test_the_same_key_with_another_cart_is_refused(store: Store) -> None:
    request = store.request()
    store.open(checkout_id=request.checkout_id)
    other = store.platform.prepare_checkout(
        store.request(checkout_id=request.checkout_id, items=(item(quantity=2),))
    )
    before = store.snapshot()
    with pytest.raises(PlatformRefusedError, match="another checkout"):
        store.platform.open_checkout(other, key=request.checkout_id)
    assert store.snapshot() == before


def test_carts_no_shop_takes_are_refused(store: Store) -> None:
    carts: list[tuple[CheckoutItem, ...]] = [
        (),
        (item(quantity=0),),
        (item(quantity=-1),),
        (item(amount=-1),),
        (item(amount=10**9),),
        (item(), replace(item(), unit=Money(1, "USD"))),
        (item(),) * 101,
    ]
    for cart in carts:
        with pytest.raises(PlatformRefusedError):
            store.platform.prepare_checkout(store.request(items=cart))


def test_parameters_of_others_are_refused(store: Store) -> None:
    before = store.snapshot()
    for params in ("", "{}", "[]", "null", '{"a":1', '{"items":[1]}', "\ud800"):
        for call in (store.platform.open_checkout, store.platform.create_coupon):
            with pytest.raises(PlatformRefusedError, match="not ours"):
                call(params, key="k")
    assert store.snapshot() == before


def test_a_checkout_that_is_over_cannot_be_opened(store: Store) -> None:
    with pytest.raises(PlatformRefusedError, match="over before"):
        store.open(expires_at=store.clock.now())


def test_a_free_order_is_an_order(store: Store) -> None:
    store.coupon("FREE", percent_bps=10_000)
    order = store.sandbox.pay(store.open(coupon_code="FREE"))
    assert order.total == 0
    (paid,) = store.deliver()
    assert isinstance(paid, OrderPaid)
    assert paid.lines[0].base == 0


def test_an_address_that_is_none_is_refused(store: Store) -> None:
    ref = store.open()
    before = store.snapshot()
    for email in ("", "ana", "a@b@c", "a b@c", "a\x00na@x", "@x", "a" * 65 + "@x"):
        for pay in (store.sandbox.pay, store.sandbox.pay_later):
            with pytest.raises(SandboxAmountError, match="this e-mail address"):
                pay(ref, email=email)
    assert store.snapshot() == before


def test_one_key_opened_eight_times_at_once_is_one_checkout(store: Store) -> None:
    request = store.request()
    params = store.platform.prepare_checkout(request)

    def open_it(_: int) -> str:
        return store.platform.open_checkout(params, key=request.checkout_id).platform_ref

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_it, range(8)))) == 1
