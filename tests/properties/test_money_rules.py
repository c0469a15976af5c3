"""Every rule of rounding, on any numbers."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.currencies import EXPONENTS, SCALES
from liveshop_sdk.errors import AmountInvalidError, MoneyStepError, RateInvalidError
from liveshop_sdk.money import (
    MAX_AMOUNT,
    Money,
    Rate,
    from_decimal_text,
    from_platform,
    half_up,
    money_step,
    order_refund_base,
    reversed_part,
    split,
    to_platform,
)

amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
currencies = st.sampled_from(sorted(EXPONENTS))
moneys = st.builds(Money, amounts, currencies)
rates = st.builds(Rate, st.integers(0, 10_000))
positive = st.integers(1, 10**12)


@given(moneys)
def test_text_and_back(money: Money) -> None:
    text = money.decimal_text()
    assert Money.parse(text, money.currency) == money
    assert Decimal(text).scaleb(EXPONENTS[money.currency]) == money.amount
    assert from_decimal_text(text + ("" if "." in text else ".") + "000", money.currency) == money


@given(st.text(max_size=24), currencies)
def test_any_text_is_read_exactly_or_refused(text: str, currency: str) -> None:
    try:
        money = Money.parse(text, currency)
    except AmountInvalidError:
        return
    assert Decimal(text).scaleb(EXPONENTS[currency]) == money.amount


@given(st.text("0123456789.-+eE_, ", max_size=20), currencies)
def test_any_number_like_text_is_read_exactly_or_refused(text: str, currency: str) -> None:
    try:
        money = Money.parse(text, currency)
    except AmountInvalidError:
        return
    assert Decimal(text).scaleb(EXPONENTS[currency]) == money.amount


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**30))
def test_half_up_agrees_with_decimal_on_fractions(n: int, d: int) -> None:
    exact = Fraction(n, d)
    got = half_up(n, d)
    assert abs(exact - got) <= Fraction(1, 2)
    assert half_up(-n, d) == -got
    wide = Context(prec=200)
    if d % 10 == 0 and d == 10 ** (len(str(d)) - 1):
        assert got == int(
            Decimal(n).scaleb(-(len(str(d)) - 1), wide).quantize(Decimal(1), ROUND_HALF_UP, wide)
        )


@given(moneys, rates)
def test_a_rate_never_takes_more_than_there_is(money: Money, rate: Rate) -> None:
    part = money.at(rate)
    assert abs(part.amount) <= abs(money.amount)
    assert (-money).at(rate) == -part


@given(rates)
def test_rates_and_back(rate: Rate) -> None:
    assert Rate.parse(str(rate)) == rate


@given(st.text("0123456789.-+eE% ", max_size=12))
def test_any_rate_text_is_exact_or_refused(text: str) -> None:
    try:
        rate = Rate.percent(text)
    except RateInvalidError:
        return
    assert Fraction(text) * 100 == rate.basis_points


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_split_loses_nothing_and_is_fair(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(total * weight, whole) - part) < 1
        assert weight or not part
    assert split(-total, weights) == [-part for part in parts]


@given(amounts, st.integers(1, 10), st.integers(1, 9))
def test_equal_weights_favour_the_lowest_index(total: int, weight: int, count: int) -> None:
    parts = [abs(part) for part in split(total, [weight] * count)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@given(positive, positive, st.lists(positive, max_size=12))
def test_refunds_never_give_back_and_end_whole(total: int, base: int, steps: list[int]) -> None:
    refunded, posted = 0, 0
    for step in steps:
        refunded += step  # at times beyond the base: no more than all goes back
        now = reversed_part(total=total, refunded=refunded, base=base)
        assert posted <= now <= total
        posted = now
    assert reversed_part(total=total, refunded=base, base=base) == total


@given(st.data())
def test_refunds_naming_no_line_end_whole_in_any_order(data: st.DataObject) -> None:
    """Rulings: a function of the set of refunds, whole once all is paid back."""
    bases = data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
    named = [data.draw(st.integers(0, base)) for base in bases]
    extra = data.draw(st.integers(0, 10**4))  # tax and shipping
    rest = sum(bases) + extra - sum(named)
    before = [0] * len(bases)
    for unnamed in [*sorted(data.draw(st.lists(st.integers(0, rest), max_size=6))), rest]:
        now = [
            order_refund_base(base=b, named=n, unnamed=unnamed, paid_rest=rest)
            for b, n in zip(bases, named, strict=True)
        ]
        for base, own, was, amount in zip(bases, named, before, now, strict=True):
            assert own <= amount <= base
            assert was <= amount
        before = now
    if rest:
        assert before == bases


@given(
    base=st.integers(-5, 10**6),
    named=st.integers(-5, 2 * 10**6),
    unnamed=st.just(0) | st.integers(-5, 4 * 10**6),
    paid_rest=st.integers(0, 2 * 10**6),
)
def test_no_line_gives_back_more_than_its_base(
    base: int, named: int, unnamed: int, paid_rest: int
) -> None:
    """Nor less than what named it, however much a platform says went back."""
    gone = order_refund_base(base=base, named=named, unnamed=unnamed, paid_rest=paid_rest)
    most = max(base, 0)
    assert min(max(named, 0), most) <= gone <= most


@given(st.sampled_from(sorted(SCALES)), moneys)
def test_platforms_carry_money_exactly_or_refuse(platform: str, money: Money) -> None:
    try:
        sent = to_platform(money, platform)
    except MoneyStepError:
        assert money.amount % money_step(platform, money.currency)
        return
    assert from_platform(sent, money.currency.lower(), platform) == money
    assert money.amount % money_step(platform, money.currency) == 0


@given(moneys, moneys)
def test_addition_is_exact_or_refused(left: Money, right: Money) -> None:
    right = Money(right.amount, left.currency)
    try:
        total = left + right
    except AmountInvalidError:
        assert abs(left.amount + right.amount) > MAX_AMOUNT
        return
    assert total - right == left
    assert (left < right) == (left.amount < right.amount)


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_one_unit_of_each_currency(currency: str) -> None:
    assert Money.parse("1", currency).amount == 10 ** EXPONENTS[currency]
