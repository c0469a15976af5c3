"""The worked examples: what each thing that happens does to the book."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.routing import route
from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon, Fact, HoldReleased
from liveshop_sdk.money import Rate
from tests.properties.test_accrual_rules import (
    HOLD,
    PAID,
    WHERE,
    PaperBook,
    refund,
    release,
    story_of,
)

EXPENSE = accrual.EXPENSE


def opened(amount: int, ident: str = "dp_1") -> DisputeOpened:
    return DisputeOpened(**WHERE, dispute_id=ident, amount=amount, currency="EUR")


def after(
    *facts: Fact, bases: tuple[int, ...] = (11999,), weights: tuple[int, ...] = (1,)
) -> dict[str, int]:
    book = PaperBook(story_of(bases, rate=Rate.percent("10"), weights=weights))
    return book.learn_all([book.story.order, *facts])


def test_a_sale_is_pending() -> None:
    assert after() == {EXPENSE: 1200, "creator:ana:pending": -1200}


def test_three_partial_refunds_return_a_hosts_share_exactly() -> None:
    parts = [refund(1, 1000), refund(2, 2500), refund(3, 4505)]
    steps = [after(*parts[:n], bases=(8005,), weights=(60, 40)) for n in range(4)]
    assert [step.get("creator:ana:pending", 0) for step in steps] == [-481, -421, -271, 0]
    assert [step.get("creator:ben:pending", 0) for step in steps] == [-320, -280, -180, 0]
    assert steps[-1] == {}


def test_a_refund_that_names_a_line_leaves_the_others() -> None:
    named = refund(1, 1000, ("li_0", 1000), named=1000)
    assert after(named, bases=(1000, 500)) == {EXPENSE: 50, "creator:ana:pending": -50}


def test_unnamed_refunds_spread_on_what_named_ones_left() -> None:
    named = refund(1, 1000, ("li_0", 1000), named=1000)
    assert after(named, refund(2, 250), bases=(1000, 500)) == {
        EXPENSE: 25,
        "creator:ana:pending": -25,
    }


def test_a_refund_of_shipping_takes_no_commission() -> None:
    book = PaperBook(story_of((1000,), extra=300, rate=Rate.percent("10")))
    book.learn_all([book.story.order, refund(1, 300, named=300)])
    assert book.standing() == {EXPENSE: 100, "creator:ana:pending": -100}


def test_a_release_makes_it_payable() -> None:
    assert after(release(14)) == {EXPENSE: 1200, "creator:ana:payable": -1200}


def test_a_release_before_the_hold_is_over_does_nothing() -> None:
    assert after(release(13)) == {EXPENSE: 1200, "creator:ana:pending": -1200}


def test_a_dispute_freezes_and_ends_both_ways() -> None:
    won, lost = (end(**WHERE, dispute_id="dp_1") for end in (DisputeWon, DisputeLost))
    frozen = {EXPENSE: 1200, "creator:ana:disputed": -1200}
    assert after(release(14), opened(11999)) == frozen
    assert after(release(14), opened(11999), won) == after(release(14))
    assert after(release(14), opened(11999), lost) == {}
    assert after(release(14), won, opened(11999)) == after(release(14))
    assert after(lost, opened(11999), release(14)) == {}


def test_part_of_an_order_under_dispute() -> None:
    assert after(opened(6000)) == {
        EXPENSE: 1200,
        "creator:ana:pending": -600,
        "creator:ana:disputed": -600,
    }


def test_a_refund_after_a_payout_is_a_receivable_that_later_sales_repay() -> None:
    book = PaperBook(story_of((11999,), rate=Rate.percent("10")))
    book.learn_all([book.story.order, release(14)])
    assert book.pay_out() == 1200
    book.learn(refund(1, 11999))
    assert book.standing() == {"creator:ana:clawback_receivable": 1200}
    later = story_of((20000,), rate=Rate.percent("10"))
    renamed = [replace(line, line_ref="later") for line in later.lines]
    state = accrual.order_state(later.order, [later.order, release(14)], renamed)
    postings = accrual.difference(renamed, state, posted={}, balances=book.balances)
    assert [(p.account, p.amount) for p in postings] == [
        (EXPENSE, 2000),
        ("creator:ana:payable", -800),
        ("creator:ana:clawback_receivable", -1200),
    ]


def test_what_is_withheld_waits_for_a_person() -> None:
    story = story_of((1000,), rate=Rate.percent("10"))
    (line,) = (replace(line, withheld="over_limit") for line in story.lines)
    approved = HoldReleased(**WHERE, hold_until=PAID + HOLD, approved=True)

    def standing(*facts: Fact) -> accrual.Target:
        state = accrual.order_state(story.order, [story.order, *facts], [line])
        return accrual.target(line, state)

    assert standing(release(14)) == accrual.Target(pending=100, disputed=0, owed=0)
    assert standing(release(14), approved) == accrual.Target(pending=0, disputed=0, owed=100)
    assert standing(approved) == accrual.Target(pending=0, disputed=0, owed=100)


@pytest.mark.parametrize("amount", [0, 1, 5999, 11999, 12000, 10**9])
def test_no_refund_takes_back_more_than_was_earned(amount: int) -> None:
    left = after(refund(1, amount)).get(EXPENSE, 0)
    assert 0 <= left <= 1200


def test_accounts_are_named_once() -> None:
    story = story_of((1000, 500), weights=(2, 1))
    assert accrual.accounts_of(story.lines) == [
        ("brand:commission_expense", "EUR"),
        *(
            (f"creator:{handle}:{part}", "EUR")
            for handle in ("ana", "ben")
            for part in ("clawback_receivable", "disputed", "payable", "pending")
        ),
    ]


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_what_is_owed_and_owed_back_is_one_figure(net: int, delta: int) -> None:
    """Whatever moves it, none of it is lost: a receivable is repaid, not dropped."""
    payable, clawback = min(net, 0), max(net, 0)
    owed, back = route(delta, payable=payable, clawback=clawback)
    assert owed + back == delta
    assert payable + owed <= 0 <= clawback + back
    assert not (payable + owed and clawback + back)
