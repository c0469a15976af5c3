"""Whatever is agreed: nothing negative, nothing lost, no cap exceeded, no raise that costs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Decision
from liveshop_sdk.affiliate.commission import CommissionLine, commission_lines
from liveshop_sdk.affiliate.cuts import worse_in
from liveshop_sdk.affiliate.earning import Unit, earned, rule_for
from liveshop_sdk.affiliate.simulation import SimpleLine, SimpleOrder, simulate
from liveshop_sdk.affiliate.terms import (
    MAX_PER_UNIT,
    Appearance,
    Guarantee,
    LineTerms,
    Terms,
    Tiers,
)
from liveshop_sdk.affiliate.terms_json import from_text, to_text
from liveshop_sdk.facts import Claim, DisputeLost, DisputeOpened, HostShare, OrderPaid
from liveshop_sdk.money import Money, Rate, half_even
from tests.properties.test_accrual_rules import (
    HOLD,
    HOSTS,
    PAID,
    WHERE,
    PaperBook,
    Story,
    refund,
    sold_line,
)

SKUS, COLLECTIONS = ("s1", "s2", "s3", ""), ("c1", "c2", "")
rates = st.integers(0, 10_000).map(Rate.bps)
flats = st.integers(1, 2_000).map(lambda amount: Money(amount, "EUR"))
spans = st.integers(0, 366).map(timedelta)


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | some


@st.composite
def rules(draw: st.DrawFn) -> LineTerms:
    rate, flat = draw(maybe(rates)), draw(maybe(flats))
    return LineTerms(rate=rate or (None if flat else Rate.bps(0)), per_unit=flat)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    rate = draw(rates)
    starts = sorted(draw(st.lists(st.integers(1, 10**9), max_size=3, unique=True)))
    steps = [(at, Rate.bps(draw(st.integers(rate.basis_points, 10_000)))) for at in starts]
    return Terms(
        rate=rate,
        hold=draw(spans),
        notice=draw(spans),
        per_unit=draw(maybe(flats)),
        products=draw(st.dictionaries(st.sampled_from(SKUS[:3]), rules())),
        collections=draw(st.dictionaries(st.sampled_from(COLLECTIONS[:2]), rules())),
        first_time=draw(maybe(rates)),
        returning=draw(maybe(rates)),
        cap_per_order=draw(maybe(flats)),
        cap_per_month=draw(maybe(flats)),
        guarantee=draw(maybe(st.builds(Guarantee, amount=flats, recoupable=st.booleans()))),
        appearance=draw(maybe(st.builds(Appearance, amount=flats, min_minutes=st.integers(1, 99)))),
        tiers=Tiers(
            mode=draw(st.sampled_from(["marginal", "whole_order", "retroactive"])),
            window=draw(st.sampled_from(["month", "agreement"])),
            currency="EUR",
            steps=tuple(steps),
        )
        if steps
        else None,
        rounding=draw(st.sampled_from(["half_up", "half_even"])),
    )


@st.composite
def carts(draw: st.DrawFn) -> list[Unit]:
    buyer = draw(st.sampled_from([None, False, True]))
    line = st.builds(
        Unit,
        sku=st.sampled_from(SKUS),
        collection=st.sampled_from(COLLECTIONS),
        is_returning=st.just(buyer),
        quantity=st.integers(0, 9),
        base=st.integers(0, 20_000),
    )
    return draw(st.lists(line, min_size=1, max_size=5))


def paid(agreed: Terms, cart: Sequence[Unit]) -> int:
    return sum(line.amount for line in earned(agreed, cart, "EUR"))


def changed(agreed: Terms, name: str, value: Any) -> Terms:
    return replace(agreed, **{name: value})


@given(terms())
def test_terms_read_back_as_they_were_written(agreed: Terms) -> None:
    assert from_text(to_text(agreed)) == agreed
    assert to_text(from_text(to_text(agreed))) == to_text(agreed)


@given(terms(), carts())
def test_a_line_earns_its_rule_and_an_order_no_more_than_its_cap(
    agreed: Terms, cart: list[Unit]
) -> None:
    lines = earned(agreed, cart, "EUR")
    cap = agreed.cap_per_order.amount if agreed.cap_per_order else None
    whole = 0
    for unit, line in zip(cart, lines, strict=True):
        rule = rule_for(agreed, unit)
        exact = Fraction(unit.base * rule.rate.basis_points, 10_000)
        percent = round(exact) if agreed.rounding == "half_even" else floor(exact + Fraction(1, 2))
        flat = rule.per_unit.amount * unit.quantity if rule.per_unit else 0
        assert line.uncapped == percent + flat
        assert 0 <= line.amount <= line.uncapped
        whole += line.uncapped
    assert sum(line.amount for line in lines) == (whole if cap is None else min(whole, cap))
    if whole and cap is not None and whole > cap:
        for line in lines:
            assert abs(line.amount - Fraction(cap * line.uncapped, whole)) < 1


@given(st.integers(-(10**6), 10**6), st.integers(1, 10_000))
def test_half_even_is_what_fractions_round_to(number: int, parts: int) -> None:
    assert half_even(number, parts) == round(Fraction(number, parts))


@given(terms(), carts(), st.data())
def test_raising_any_part_never_lowers_the_pay(
    agreed: Terms, cart: list[Unit], data: st.DataObject
) -> None:
    before = paid(agreed, cart)

    def more(rate: Rate) -> Rate:
        return Rate.bps(data.draw(st.integers(rate.basis_points, 10_000)))

    def bigger(money: Money | None) -> Money:
        least = money.amount if money else 0
        return Money(least + data.draw(st.integers(1, 500)), "EUR")

    for name in ("first_time", "returning"):
        if (rate := getattr(agreed, name)) is not None:
            assert paid(changed(agreed, name, more(rate)), cart) >= before
    for name in ("products", "collections"):
        for key, rule in getattr(agreed, name).items():
            raised = LineTerms(rate=more(rule.rate or Rate.bps(0)), per_unit=bigger(rule.per_unit))
            others = {**getattr(agreed, name), key: raised}
            assert paid(changed(agreed, name, others), cart) >= before
    assert paid(replace(agreed, rate=more(agreed.rate), tiers=None), cart) >= before
    assert paid(replace(agreed, per_unit=bigger(agreed.per_unit)), cart) >= before
    if agreed.cap_per_order:
        assert paid(replace(agreed, cap_per_order=bigger(agreed.cap_per_order)), cart) >= before
        assert paid(replace(agreed, cap_per_order=None), cart) >= before


@given(terms(), terms(), carts())
def test_terms_that_are_nowhere_worse_pay_no_order_less(
    old: Terms, new: Terms, cart: list[Unit]
) -> None:
    lifted = replace(
        new,
        rounding=old.rounding,
        cap_per_order=None,
        products={},
        collections={},
        rate=Rate.bps(max(new.rate.basis_points, old.rate.basis_points)),
        tiers=None,
    )
    for candidate in (
        new,
        lifted,
        replace(old, per_unit=new.per_unit),
        replace(old, cap_per_order=None),
    ):
        if not set(worse_in(old, candidate)) & {"rate", "cap_per_order", "rounding"}:
            assert paid(candidate, cart) >= paid(old, cart)


@given(terms(), carts())
def test_terms_are_not_worse_than_themselves(agreed: Terms, cart: list[Unit]) -> None:
    assert worse_in(agreed, agreed) == ()


# --- posted


def credited(cart: Sequence[Unit], agreed: Terms, weights: Sequence[int]) -> Story:
    """An order of these lines as it is posted; SKUs stand on its lines."""
    order = OrderPaid(
        **WHERE,
        currency="EUR",
        total=sum(unit.base for unit in cart),
        shipping=0,
        tax=0,
        tax_included=True,
        lines=tuple(
            replace(sold_line(number, unit.base), sku=unit.sku, quantity=unit.quantity)
            for number, unit in enumerate(cart)
        ),
    )
    claim = Claim(source="coupon", creator=HOSTS[0], stream="drop", touched_at=PAID)
    shares = tuple(HostShare(creator=h, weight=w) for h, w in zip(HOSTS, weights, strict=False))
    lines = commission_lines(
        order,
        order.lines,
        brand="main",
        decision=Decision(claim=claim, reason="coupon", shares=shares, lost=()),
        agreement=Agreement.on(
            replace(agreed, hold=HOLD),
            brand="main",
            creator=HOSTS[0],
            version=1,
            effective_from=PAID,
        ),
        withheld="",
        is_returning=cart[0].is_returning,
    )
    return Story(order, lines, ())


weights = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@given(terms(), carts(), weights)
def test_hosts_share_what_a_simulation_says(
    agreed: Terms, cart: list[Unit], shares: list[int]
) -> None:
    story = credited(cart, agreed, shares)
    order = SimpleOrder(
        order_ref="sbo_1",
        paid_at=PAID,
        currency="EUR",
        lines=tuple(SimpleLine(sku=x.sku, base=x.base, quantity=x.quantity) for x in cart),
        is_returning=cart[0].is_returning,
    )
    book = PaperBook(story)
    book.learn(story.order)
    (pay,) = simulate(agreed, [order]).orders
    assert pay.total == sum(line.amount for line in story.lines)
    assert pay.total == book.balances["brand:commission_expense", "EUR"]
    for ref in {line.order_line for line in story.lines}:
        own: list[CommissionLine] = [x for x in story.lines if x.order_line == ref]
        assert all(line.amount >= 0 for line in own)
        assert len({line.uncapped for line in own}) == 1
        assert sum(line.amount for line in own) <= (own[0].uncapped or 0)


@given(terms(), carts(), weights, st.booleans(), st.data())
def test_flat_amounts_are_taken_back_with_their_lines(
    agreed: Terms, cart: list[Unit], shares: list[int], by_name: bool, data: st.DataObject
) -> None:
    """Also those of lines without a base, whichever way the whole goes back."""
    flat = replace(agreed, per_unit=Money(150, "EUR"))
    story = credited(cart, flat, shares)
    total = story.order.total
    if by_name:
        later: list[Any] = [
            refund(n, unit.base, (f"li_{n}", unit.base), named=unit.base)
            for n, unit in enumerate(cart)
        ]
    else:
        assume(total > 0)
        half = data.draw(st.integers(0, total))
        later = [refund(1, half), refund(2, total - half)]
        if data.draw(st.booleans()):
            lost = {**WHERE, "dispute_id": "dp_1"}
            later = [DisputeOpened(**lost, amount=total, currency="EUR"), DisputeLost(**lost)]
    book = PaperBook(story)
    assert book.learn_all([story.order, *data.draw(st.permutations(later))]) == {}


@given(carts(), weights)
def test_a_line_without_a_base_stays_until_it_is_named_or_all_is_gone(
    cart: list[Unit], shares: list[int]
) -> None:
    free = Unit(sku="", base=0, quantity=2)
    cart = [free, replace(free, base=1000, quantity=1), *cart]
    agreed = Terms(rate=Rate.bps(0), per_unit=Money(150, "EUR"))
    story = credited(cart, agreed, shares)
    book = PaperBook(story)
    whole = 150 * sum(unit.quantity for unit in cart)
    book.learn_all([story.order, refund(1, 1000, ("li_1", 1000), named=1000)])
    is_all = story.order.total == 1000
    gone = sum(unit.quantity for unit in cart if not unit.base) * 150 if is_all else 0
    assert book.balances["brand:commission_expense", "EUR"] == whole - 150 - gone
    book.learn(refund(2, 0, ("li_0", 0)))
    left = whole - 150 - (gone or 300)
    assert book.balances["brand:commission_expense", "EUR"] == left


def test_the_largest_flat_amount_of_the_largest_line_fits_a_book() -> None:
    agreed = Terms(rate=Rate.percent("100"), per_unit=Money(MAX_PER_UNIT, "EUR"))
    assert paid(agreed, [Unit(base=10**13, quantity=10**6)]) == 110 * 10**12
