"""Refunds and disputes at the sandbox: never more than was paid, told exactly."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop_sdk.errors import (
    AmountInvalidError,
    LiveShopError,
    SandboxAmountError,
    SandboxRefundTooLargeError,
    SandboxStateError,
)
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from tests.platforms.sandbox_support import Store, item, store_fixture

__all__ = ["store_fixture"]


def paid(store: Store, *, amount: int = 4990, quantity: int = 1) -> str:
    ref = store.open(items=(item(amount=amount, quantity=quantity),))
    order = store.sandbox.pay(ref)
    store.deliver()
    return order.id


def refused(store: Store, step: Callable[[], object], error: type[LiveShopError]) -> None:
    before = store.snapshot()
    with pytest.raises(error):
        step()
    assert store.snapshot() == before


def test_a_part_then_the_rest(store: Store) -> None:
    order = paid(store)
    first = store.sandbox.refund(order, 1000)
    store.clock.advance(timedelta(seconds=1))
    second = store.sandbox.refund(order)
    assert (first.amount, second.amount) == (1000, 3990)
    assert store.sandbox.order(order).refunded == 4990
    assert store.deliver() == [
        OrderRefunded(
            platform="sandbox",
            account="sandbox",
            order_ref=order,
            occurred_at=one.created_at,
            refund_id=one.id,
            amount=one.amount,
            currency="EUR",
        )
        for one in (first, second)
    ]
    refused(store, lambda: store.sandbox.refund(order), SandboxStateError)
    refused(store, lambda: store.sandbox.refund(order, 1), SandboxRefundTooLargeError)


def test_units_of_a_line_are_named_with_their_base(store: Store) -> None:
    store.sandbox.terms(tax_bps=1900, shipping=490)
    store.coupon()
    ref = store.open(items=(item(quantity=3), item("sku_cap", 999)), coupon_code="MIKA20")
    order = store.sandbox.pay(ref)
    store.deliver()
    store.sandbox.refund(ref, lines={"sku_tee": 1})
    store.sandbox.refund(ref, lines={"li_1": 2, "sku_cap": 1})
    first, second = store.deliver()
    assert isinstance(first, OrderRefunded)
    assert isinstance(second, OrderRefunded)
    assert (first.amount, first.named_amount, first.lines) == (4750, 4750, (("li_1", 3992),))
    assert second.lines == (("li_1", 7984), ("li_2", 799))
    assert first.amount + second.amount == order.total - 490
    refused(store, lambda: store.sandbox.refund(ref, lines={"li_1": 1}), SandboxAmountError)
    assert store.sandbox.refund(ref).amount == 490


def test_amounts_that_are_none_are_refused(store: Store) -> None:
    order = paid(store)
    for amount in (0, -1, True):
        refused(store, partial(store.sandbox.refund, order, amount), SandboxAmountError)
        refused(store, partial(store.sandbox.dispute, order, amount), SandboxAmountError)
    refused(store, partial(store.sandbox.refund, order, 10**16), AmountInvalidError)
    refused(store, partial(store.sandbox.dispute, order, 10**16), AmountInvalidError)


def test_an_amount_and_lines_at_once_are_refused(store: Store) -> None:
    order = paid(store)
    refused(store, lambda: store.sandbox.refund(order, 1, lines={"li_1": 1}), SandboxAmountError)


def test_a_refund_of_more_than_is_left_is_refused(store: Store) -> None:
    order = paid(store)
    with pytest.raises(SandboxRefundTooLargeError, match=r"49\.91 EUR is more than the 49\.90 EUR"):
        store.sandbox.refund(order, 4991)
    refused(store, lambda: store.sandbox.refund(order, 4991), SandboxRefundTooLargeError)
    store.sandbox.refund(order, 4000)
    refused(store, lambda: store.sandbox.refund(order, 991), SandboxRefundTooLargeError)
    refused(
        store, lambda: store.sandbox.refund(order, lines={"li_1": 1}), SandboxRefundTooLargeError
    )


def test_a_free_order_has_nothing_to_refund(store: Store) -> None:
    order = paid(store, amount=0)
    refused(store, lambda: store.sandbox.refund(order), SandboxStateError)
    refused(store, lambda: store.sandbox.refund(order, lines={"li_1": 1}), SandboxAmountError)
    refused(store, lambda: store.sandbox.dispute(order), SandboxStateError)


def test_a_failed_refund_counts_as_never_made(store: Store) -> None:
    order = paid(store, quantity=2)
    refund = store.sandbox.refund(order, lines={"li_1": 2})
    store.clock.advance(timedelta(days=1))
    store.sandbox.fail_refund(refund.id)
    assert store.sandbox.order(order).refunded == 0
    assert store.deliver()[1] == RefundFailed(
        platform="sandbox",
        account="sandbox",
        order_ref=order,
        occurred_at=store.clock.now(),
        refund_id=refund.id,
    )
    refused(store, lambda: store.sandbox.fail_refund(refund.id), SandboxStateError)
    assert store.sandbox.refund(order, lines={"li_1": 2}).amount == 9980


@pytest.mark.parametrize(("decide", "kind"), [("win", DisputeWon), ("lose", DisputeLost)])
def test_a_dispute_is_opened_and_decided_once(
    store: Store, decide: str, kind: type[DisputeWon] | type[DisputeLost]
) -> None:
    order = paid(store)
    store.sandbox.refund(order, 990)
    dispute = store.sandbox.dispute(order)
    refused(store, lambda: store.sandbox.dispute(order, 1), SandboxStateError)
    refused(store, lambda: store.sandbox.refund(order, 1), SandboxRefundTooLargeError)
    opened_at = store.clock.now()
    store.clock.advance(timedelta(days=20))
    getattr(store.sandbox, decide)(dispute.id)
    refused(store, lambda: store.sandbox.win(order), SandboxStateError)
    refused(store, lambda: store.sandbox.lose(dispute.id), SandboxStateError)
    assert store.deliver()[1:] == [
        DisputeOpened(
            platform="sandbox",
            account="sandbox",
            order_ref=order,
            occurred_at=opened_at,
            dispute_id=dispute.id,
            amount=4000,
            currency="EUR",
        ),
        kind(
            platform="sandbox",
            account="sandbox",
            order_ref=order,
            occurred_at=store.clock.now(),
            dispute_id=dispute.id,
        ),
    ]
    if decide == "win":
        assert store.sandbox.refund(order).amount == 4000
    else:
        refused(store, lambda: store.sandbox.refund(order), SandboxStateError)
        refused(store, lambda: store.sandbox.dispute(order, 991), SandboxRefundTooLargeError)


def test_a_dispute_may_be_of_what_was_refunded_too(store: Store) -> None:
    order = paid(store)
    store.sandbox.refund(order, 3000)
    assert store.sandbox.dispute(order, 4990).amount == 4990
    refused(store, lambda: store.sandbox.refund(order, 1), SandboxRefundTooLargeError)


def test_find_order_tells_the_same_as_the_webhooks_did(store: Store) -> None:
    store.coupon()
    order = store.sandbox.pay(store.open(coupon_code="MIKA20"), email="ana@example.com")
    for step in (
        lambda: store.sandbox.refund(order.id, 100),
        lambda: store.sandbox.fail_refund(store.sandbox.refund(order.id, 50).id),
        lambda: store.sandbox.refund(order.id, lines=None),
        lambda: store.sandbox.dispute(order.id, 1000),
        lambda: store.sandbox.win(order.id),
        lambda: store.sandbox.dispute(order.id, 2000),
        lambda: store.sandbox.lose(order.id),
        lambda: store.sandbox.dispute(order.id, 3),
    ):
        store.clock.advance(timedelta(minutes=1))
        step()
    told = store.deliver()
    asked = store.platform.find_order(order.id)
    assert all(isinstance(one, Fact) for one in told)
    assert len(asked) == len(told) == 10
    assert {one.key: one for one in asked} == {
        one.key: one for one in told if isinstance(one, Fact)
    }
    assert isinstance(asked[0], OrderPaid)
    assert [one.id for one in store.sandbox.disputes(order.id)]
    assert [one.state for one in store.sandbox.refunds(order.id)] == ["made", "failed", "made"]


def test_eight_refunds_at_once_pay_back_no_more_than_was_paid(store: Store) -> None:
    order = paid(store)

    def refund(_: int) -> int:
        try:
            return store.sandbox.refund(order, 1500).amount
        except SandboxRefundTooLargeError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        amounts = sorted(pool.map(refund, range(8)))
    assert amounts == [0, 0, 0, 0, 0, 1500, 1500, 1500]
    assert store.sandbox.order(order).refunded == 4500
    assert len(store.deliver()) == 3


def test_eight_payments_at_once_make_one_order(store: Store) -> None:
    store.coupon(limit=1)
    ref = store.open(coupon_code="MIKA20")

    def pay(_: int) -> int:
        try:
            store.sandbox.pay(ref)
        except SandboxStateError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(pay, range(8))) == 1
    assert len(store.sandbox.orders()) == 1
    assert len(store.deliver()) == 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.integers(-5, 2500)),
        st.tuples(st.just("units"), st.integers(0, 3)),
        st.tuples(st.just("fail"), st.integers(0, 5)),
        st.tuples(st.just("dispute"), st.integers(0, 3000)),
        st.tuples(st.sampled_from(["win", "lose"]), st.just(0)),
    ),
    max_size=12,
)


def act(store: Store, order: str, name: str, number: int) -> None:
    match name:
        case "refund":
            store.sandbox.refund(order, number)
        case "units":
            store.sandbox.refund(order, lines={"li_1": number})
        case "fail":
            refunds = store.sandbox.refunds(order)
            store.sandbox.fail_refund(refunds[number % len(refunds)].id if refunds else "")
        case "dispute":
            store.sandbox.dispute(order, number or None)
        case "win":
            store.sandbox.win(order)
        case "lose":
            store.sandbox.lose(order)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_happens_no_more_goes_back_than_was_paid(
    store: Store, steps: list[tuple[str, int]]
) -> None:
    order = paid(store, amount=999, quantity=3)
    for name, number in steps:
        with suppress(LiveShopError):
            act(store, order, name, number)
    refunds = [one for one in store.sandbox.refunds(order) if one.state == "made"]
    assert sum(one.amount for one in refunds) == store.sandbox.order(order).refunded <= 2997
    assert sum(line.quantity for one in refunds for line in one.lines) <= 3
    assert sum(line.base for one in refunds for line in one.lines) <= 2997
    lost = [one.amount for one in store.sandbox.disputes(order) if one.state == "lost"]
    assert sum(lost) <= 2997
