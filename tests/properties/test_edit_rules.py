"""Orders that change after their payment: examples by hand, and a model over fractions.

As in the rules of accrual, the order and repetition of facts never matter.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.facts import DisputeLost, DisputeOpened, Fact, OrderRefunded, RefundFailed
from liveshop_sdk.money import split
from tests.properties.test_accrual_rules import (
    WHERE,
    PaperBook,
    Story,
    half_up,
    refund,
    sold_line,
    story_of,
)


def edited(number: int, total: int, paid: int, *bases: int) -> OrderEdited:
    """A change that adds lines called ``li_<number>0``, ``li_<number>1`` …"""
    lines = tuple(sold_line(number * 10 + n, base) for n, base in enumerate(bases))
    return OrderEdited(
        **WHERE, edit_id=f"edit-{number}", currency="EUR", total=total, paid=paid, lines=lines
    )


def off(number: int, worth: int, *lines: tuple[str, int]) -> UnitsTakenOff:
    return UnitsTakenOff(**WHERE, record_id=f"{number}", currency="EUR", worth=worth, lines=lines)


def with_edits(story: Story, *facts: Fact) -> Story:
    """Give what edits add commission lines like those of the sale, at 12 %."""
    like = story.lines[0]
    added = [
        replace(
            like,
            line_ref=f"sandbox:sbo_1/{line.ref}/{like.creator}",
            order_line=line.ref,
            base=line.base,
            amount=half_up(Fraction(line.base * 12, 100)),
        )
        for fact in facts
        if isinstance(fact, OrderEdited)
        for line in fact.lines
    ]
    return Story(story.order, (*story.lines, *added), facts)


def expense(story: Story, *facts: Fact) -> int:
    return PaperBook(story).learn_all([story.order, *facts]).get("brand:commission_expense", 0)


# --- by hand: a tee at 60.00 and a cap at 40.00, shipping 5.00; 12 % is 7.20 and 4.80


def shop_of(*facts: Fact) -> Story:
    return with_edits(story_of([6000, 4000], extra=500), *facts)


def test_what_is_taken_off_stays_earned_until_money_goes_back() -> None:
    taken = off(1, 4000, ("li_1", 4000))
    assert expense(shop_of(taken), taken) == 1200
    assert expense(shop_of(taken), taken, refund(1, 4000)) == 720
    assert expense(shop_of(taken), refund(1, 4000), taken) == 720


def test_a_part_paid_back_takes_that_part_of_what_was_taken_off() -> None:
    # 10.00 of the cap's 40.00: a quarter of its 4.80; the tee is not touched.
    taken = off(1, 4000, ("li_1", 4000))
    assert expense(shop_of(taken), taken, refund(1, 1000)) == 1200 - 120
    # 50.00: all of the cap, and 10.00 of the 65.00 that are left: 923 of 6000, 1.11 of 7.20.
    assert expense(shop_of(taken), taken, refund(1, 5000)) == 720 - 111


def test_without_the_record_the_same_refund_is_spread() -> None:
    # 40.00 of 105.00: 2286 of 6000 and 1524 of 4000, 2.74 and 1.83.
    assert expense(shop_of(), refund(1, 4000)) == 1200 - 274 - 183


def test_money_that_a_bank_took_is_for_what_was_taken_off_first() -> None:
    taken = off(1, 4000, ("li_1", 4000))
    story = shop_of(taken)
    opened = DisputeOpened(**WHERE, dispute_id="dp_1", amount=4000, currency="EUR")
    book = PaperBook(story)
    book.learn_all([story.order, taken, opened])
    assert book.standing()["creator:ana:disputed"] == -480
    book.learn(DisputeLost(**WHERE, dispute_id="dp_1"))
    assert book.standing() == {"brand:commission_expense": 720, "creator:ana:pending": -720}


def test_a_line_added_and_paid_earns() -> None:
    added = edited(1, 2000, 2000, 2000)
    assert expense(shop_of(added), added) == 1200 + 240
    assert expense(shop_of(added)) == 1200
    named = refund(1, 2000, ("li_10", 2000), named=2000)
    assert expense(shop_of(added), added, named) == expense(shop_of(added), named, added) == 1200


def test_an_even_exchange_moves_the_commission_to_what_was_sent() -> None:
    sent, taken = edited(1, 4000, 0, 4000), off(1, 4000, ("li_1", 4000))
    assert expense(shop_of(sent, taken), sent, taken) == 1200
    back = refund(1, 4000, ("li_10", 4000), named=4000)
    assert expense(shop_of(sent, taken), sent, taken, back) == 720
    assert expense(shop_of(sent, taken), back, taken, sent) == 720


def test_an_exchange_for_something_dearer_or_cheaper() -> None:
    taken = off(1, 4000, ("li_1", 4000))
    dearer = edited(1, 5000, 1000, 5000)
    assert expense(shop_of(dearer, taken), dearer, taken) == 720 + 600
    cheaper = edited(1, 2500, 0, 2500)
    # 15.00 is owed: 25 of the cap's 40 parts are exchanged, 4.80 less 3.00.
    assert expense(shop_of(cheaper, taken), cheaper, taken) == 720 + 300 + 180
    assert expense(shop_of(cheaper, taken), cheaper, taken, refund(1, 1500)) == 720 + 300


def test_a_line_that_was_added_and_taken_off_unpaid_leaves_nothing() -> None:
    added, taken = edited(1, 2000, 0, 2000), off(1, 2000, ("li_10", 2000))
    assert expense(shop_of(added, taken), added, taken) == 1200


def test_all_money_back_leaves_nothing() -> None:
    sent, taken = edited(1, 5000, 1000, 5000), off(1, 4000, ("li_1", 4000))
    assert expense(shop_of(sent, taken), sent, taken, refund(1, 11_500)) == 0


def test_all_money_back_leaves_nothing_whatever_was_taken_off() -> None:
    # A gift card, which has no base, is said to be worth all that was paid.
    taken = off(1, 10_500, ("li_0", 0))
    assert expense(shop_of(taken), taken, refund(1, 10_500)) == 0


def test_units_added_to_a_line_go_back_after_its_own() -> None:
    story = story_of([6000])
    extra = replace(edited(1, 3000, 3000), lines=(replace(sold_line(0, 3000), ref="li_0+edit-1"),))
    story = with_edits(story, extra)
    assert expense(story, extra) == 720 + 360
    assert expense(story, extra, refund(1, 3000, ("li_0", 3000), named=3000)) == 360 + 360
    assert expense(story, extra, refund(1, 7500, ("li_0", 7500), named=7500)) == 180
    assert expense(story, extra, refund(1, 9000, ("li_0", 9000), named=9000)) == 0


def test_what_is_given_away_is_gone_once_it_is_taken_off() -> None:
    story = with_edits(story_of([6000, 0]))
    given = replace(story.lines[1], amount=100)
    story = Story(story.order, (story.lines[0], given), ())
    assert expense(story) == 820
    assert expense(story, off(1, 0, ("li_1", 0))) == 720
    both = off(1, 6000, ("li_0", 6000), ("li_1", 0))
    assert expense(story, both) == 820
    assert expense(story, both, refund(1, 6000)) == 0


def test_the_table_of_the_guide() -> None:
    """Tee 60.00 and cap 35.00, shipping 5.00, as docs/guides/refunds-and-disputes.md has them."""
    taken = off(1, 3500, ("li_1", 3500))
    for facts, total in (
        ((), 1140),
        ((taken,), 1140),
        ((taken, refund(1, 2000)), 900),
        ((taken, refund(1, 2000), refund(2, 1500)), 720),
        ((taken, edited(1, 3500, 0, 3500)), 1140),
        ((taken, edited(1, 5000, 1500, 5000)), 1320),
        ((taken, edited(1, 2500, 0, 2500)), 1140),
        ((taken, edited(1, 2500, 0, 2500), refund(1, 1000)), 1020),
        ((edited(1, 1000, 1000, 1000),), 1260),
    ):
        story = with_edits(story_of([6000, 3500], extra=500), *facts)
        assert expense(story, *facts) == total, facts


# --- any history


@st.composite
def histories(draw: st.DrawFn) -> Story:
    """Draw an order with edits, exchanges and refunds, settled or not."""
    bases = draw(st.lists(st.integers(1, 9_999), min_size=1, max_size=3))
    extra = draw(st.integers(0, 900))
    left = {f"li_{n}": base for n, base in enumerate(bases)}
    facts: list[Fact] = []
    for number in range(1, 1 + draw(st.integers(0, 3))):
        more = draw(st.lists(st.integers(1, 5_000), max_size=2))
        total = sum(more) + draw(st.integers(0, 100))
        made = edited(number, total, draw(st.integers(0, total)), *more)
        facts.append(made)
        left |= {line.ref: line.base for line in made.lines}
    for number in range(draw(st.integers(0, 3))):
        ref = draw(st.sampled_from(sorted(left)))
        base = draw(st.integers(0, left[ref]))
        left[ref] -= base
        facts.append(off(number, base + draw(st.integers(0, 40)), (ref, base)))
    for number in range(draw(st.integers(0, 3))):
        ref = draw(st.sampled_from(sorted(left)))
        base = draw(st.integers(0, left[ref]))
        loose = draw(st.integers(0, 6_000))
        lines = [(ref, base)] if draw(st.booleans()) else []
        named = base if lines else 0
        left[ref] -= named
        facts.append(refund(number, named + loose, *lines, named=named))
        if draw(st.integers(0, 4)) == 0:
            facts.append(RefundFailed(**WHERE, refund_id=f"re_{number}"))
    return with_edits(story_of(bases, extra=extra), *facts)


def gone_bases(story: Story) -> dict[str, int]:
    """Return how much of each line's base went back, from the whole set of facts."""
    every: Sequence[Any] = story.later
    void = {one.refund_id for one in every if isinstance(one, RefundFailed)}
    refunds = [one for one in every if isinstance(one, OrderRefunded) and one.refund_id not in void]
    edits = [one for one in every if isinstance(one, OrderEdited)]
    gone = [one for one in every if isinstance(one, UnitsTakenOff)]
    loose = sum(one.amount - one.named_amount for one in refunds)
    swapped = sum(one.total - one.paid for one in edits)
    worth = sum(one.worth for one in gone)
    spent = min(worth, loose + swapped)
    rest_loose = loose - max(spent - swapped, 0)
    whole = story.order.total + sum(one.total for one in edits)
    rest = whole - sum(one.named_amount for one in refunds) - spent
    if rest <= rest_loose and rest < whole:
        return {line.order_line: line.base for line in story.lines}

    def back(line: CommissionLine) -> int:
        off_base = sum(b for one in gone for ref, b in one.lines if ref == line.order_line)
        named = half_up(Fraction(off_base * spent, worth)) if worth else off_base
        named += sum(b for one in refunds for ref, b in one.lines if ref == line.order_line)
        named = min(named, line.base)
        part = Fraction(rest_loose, rest) if rest > 0 else Fraction(rest_loose > 0)
        return min(line.base, named + half_up((line.base - named) * part))

    return {line.order_line: back(line) for line in story.lines}


def kept(line: CommissionLine, amount: int, gone: dict[str, int]) -> int:
    return amount - half_up(Fraction(amount * gone[line.order_line], line.base))


def model(story: Story) -> int:
    """Return what stays earned without a cap."""
    gone = gone_bases(story)
    return sum(kept(line, line.amount, gone) for line in story.lines)


def capped(story: Story, cap: int) -> Story:
    """Share a cap out over what was sold; what is added is told of it."""
    sold = len(story.order.lines)
    amounts = [line.amount for line in story.lines[:sold]]
    if sum(amounts) > cap:
        amounts = split(cap, amounts)
    whole = [line.amount for line in story.lines[sold:]]
    lines = zip(story.lines, [*amounts, *whole], strict=True)
    return replace(story, lines=tuple(replace(one, cap=cap, amount=n) for one, n in lines))


def capped_model(story: Story, cap: int) -> int:
    """Return what stays earned: what was added takes what is left, the first edit first."""
    gone = gone_bases(story)
    sold = len(story.order.lines)
    used = sum(kept(line, line.amount, gone) for line in story.lines[:sold])
    edits = [fact for fact in story.later if isinstance(fact, OrderEdited)]
    for edit in sorted(edits, key=lambda one: one.edit_id):
        refs = {line.ref for line in edit.lines}
        own = [line for line in story.lines if line.order_line in refs]
        whole = [line.amount for line in own]
        left = max(cap - used, 0)
        parts = split(left, whole) if sum(whole) > left else whole
        used += sum(kept(line, part, gone) for line, part in zip(own, parts, strict=True))
    return used


@given(histories(), st.integers(1, 2_000), st.data())
def test_an_order_never_earns_more_than_its_cap_in_any_order(
    story: Story, cap: int, data: st.DataObject
) -> None:
    story = capped(story, cap)
    expected = capped_model(story, cap)
    assert expected <= cap
    for _ in range(3):
        arrival = data.draw(st.permutations(story.later))
        book = PaperBook(story)
        for fact in [story.order, *arrival]:
            book.learn(fact)
            assert book.standing().get("brand:commission_expense", 0) <= cap
        assert book.standing().get("brand:commission_expense", 0) == expected


@given(histories(), st.data())
def test_any_order_and_repetition_of_edits_ends_the_same(story: Story, data: st.DataObject) -> None:
    expected = model(story)
    for _ in range(3):
        repeats = data.draw(st.lists(st.sampled_from(story.facts), max_size=4))
        arrival = data.draw(st.permutations([*story.later, *repeats]))
        assert expense(story, *arrival) == expected


@given(histories())
def test_money_back_in_full_takes_all_commission_back(story: Story) -> None:
    others = [fact for fact in story.later if not isinstance(fact, OrderRefunded | RefundFailed)]
    edits = [fact for fact in others if isinstance(fact, OrderEdited)]
    swapped = sum(edit.total - edit.paid for edit in edits)
    # Nothing was exchanged for more than was taken off.
    assume(swapped <= sum(one.worth for one in others if isinstance(one, UnitsTakenOff)))
    paid = story.order.total + sum(edit.paid for edit in edits)
    assert expense(story, *others, refund(9, paid)) == 0
