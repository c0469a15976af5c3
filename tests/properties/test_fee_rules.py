"""Fees: sums that lose nothing and mix no currencies, and the sandbox's rule over fractions."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.fees.models import CHARGE, DISPUTE, REFUND, Fee
from liveshop_sdk.money import Money, exponent_of
from liveshop_sdk.platforms.sandbox.fees import movements
from liveshop_sdk.platforms.sandbox.models import Dispute, Order, Refund
from liveshop_sdk.shop.fees import sums_of

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
CURRENCIES = ("EUR", "USD", "JPY", "KWD", "ISK")
amounts = st.integers(-(10**9), 10**9)
currencies = st.sampled_from(CURRENCIES)


@st.composite
def fees(draw: Any) -> Fee:
    currency, gross, fee = draw(currencies), draw(amounts), draw(amounts)
    return Fee(
        ref=f"f{draw(st.integers(0, 10**6))}",
        order_ref="o1",
        kind=draw(st.sampled_from((CHARGE, REFUND, DISPUTE))),
        gross=Money(gross, currency),
        fee=Money(fee, currency),
        net=Money(gross - fee, currency),
        occurred_at=NOW,
    )


@given(st.lists(fees(), max_size=30), st.randoms())
def test_sums_are_those_of_each_currency_in_any_order(listed: list[Fee], chance: Any) -> None:
    exact: dict[str, Counter[str]] = {}
    for one in listed:
        exact.setdefault(one.gross.currency, Counter()).update(
            gross=one.gross.amount, fee=one.fee.amount, net=one.net.amount
        )
    shuffled = list(listed)
    chance.shuffle(shuffled)
    found = sums_of(shuffled)
    assert [one.gross.currency for one in found] == sorted(exact)
    for total in found:
        assert total.gross - total.fee == total.net
        assert {
            "gross": total.gross.amount,
            "fee": total.fee.amount,
            "net": total.net.amount,
        } == exact[total.gross.currency]


def order(total: int, currency: str) -> Order:
    return Order(
        id="sbo_1",
        checkout_id="sbc_1",
        reference="",
        currency=currency,
        total=total,
        shipping=0,
        tax=0,
        is_tax_included=True,
        lines=(),
        code=None,
        coupon_ref=None,
        email="",
        paid_at=NOW,
        refunded=0,
    )


def _half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


@given(st.integers(0, 10**12), currencies)
def test_a_payment_at_the_sandbox_costs_its_rate_and_a_quarter(total: int, currency: str) -> None:
    found = movements(order(total, currency), [], [])
    if not total:
        assert found == []
        return
    (charge,) = found
    quarter = _half_up(Fraction(10 ** exponent_of(currency), 4))
    exact = _half_up(Fraction(total * 15, 1000)) + quarter
    assert (charge.kind, charge.gross, charge.fee) == (
        CHARGE,
        Money(total, currency),
        Money(exact, currency),
    )


@given(
    st.integers(1, 10**9),
    st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), max_size=5),
    st.lists(
        st.tuples(st.integers(1, 10**9), st.sampled_from(("open", "won", "lost"))), max_size=5
    ),
    currencies,
)
def test_what_came_back_leaves_only_the_fees_that_stay(
    total: int, refunds: list[tuple[int, bool]], disputes: list[tuple[int, str]], currency: str
) -> None:
    """A refund that failed and a dispute that was won are as if they had never been."""
    made = [
        Refund(
            id=f"sbr_{number}",
            order_id="sbo_1",
            amount=amount,
            currency=currency,
            lines=(),
            state="failed" if has_failed else "made",
            created_at=NOW,
            failed_at=LATER if has_failed else None,
        )
        for number, (amount, has_failed) in enumerate(refunds)
    ]
    opened = [
        Dispute(
            id=f"sbd_{number}",
            order_id="sbo_1",
            amount=amount,
            currency=currency,
            state=state,
            opened_at=NOW,
            closed_at=None if state == "open" else LATER,
        )
        for number, (amount, state) in enumerate(disputes)
    ]
    paid = order(total, currency)
    (charge,) = movements(paid, [], [])
    found = movements(paid, made, opened)
    (all_of_it,) = sums_of(found)
    kept = [amount for amount, state in disputes if state != "won"]
    gone = sum(amount for amount, has_failed in refunds if not has_failed) + sum(kept)
    assert all_of_it.gross == Money(total - gone, currency)
    each = 15 * 10 ** exponent_of(currency)
    assert all_of_it.fee == charge.fee + Money(each * len(kept), currency)
    assert len({one.ref for one in found}) == len(found)
