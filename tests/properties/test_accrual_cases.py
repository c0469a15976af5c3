"""Cases of accrual that were found by permuting, each with its numbers."""

from fractions import Fraction

from hypothesis import given

from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon
from liveshop_sdk.money import Rate
from tests.properties.test_accrual_rules import (
    WHERE,
    PaperBook,
    Story,
    half_up,
    refund,
    stories,
    story_of,
)


def test_a_dispute_lost_takes_all_and_one_won_gives_all_back() -> None:
    def opened(number: int) -> DisputeOpened:
        return DisputeOpened(**WHERE, dispute_id=f"dp_{number}", amount=10_000, currency="EUR")

    book = PaperBook(story_of([10_000]))
    whole = {"brand:commission_expense": 1200, "creator:ana:pending": -1200}
    frozen = {"brand:commission_expense": 1200, "creator:ana:disputed": -1200}
    assert book.learn_all([book.story.order]) == whole
    assert book.learn_all([opened(1)]) == frozen
    assert book.learn_all([DisputeWon(**WHERE, dispute_id="dp_1")]) == whole
    assert book.learn_all([DisputeLost(**WHERE, dispute_id="dp_2")]) == whole
    assert book.learn_all([opened(2)]) == {}


def test_two_disputes_at_once_may_move_what_is_at_risk_either_way() -> None:
    # Found by permuting: dp_1 lost before it was opened, while dp_2 is open.
    story = story_of([1000], rate=Rate.bps(5000))
    second = DisputeOpened(**WHERE, dispute_id="dp_2", amount=1000, currency="EUR")
    book = PaperBook(story)
    book.learn_all([story.order, second, DisputeLost(**WHERE, dispute_id="dp_1")])
    assert book.standing() == {"brand:commission_expense": 500, "creator:ana:disputed": -500}
    book.learn(DisputeOpened(**WHERE, dispute_id="dp_1", amount=600, currency="EUR"))
    assert book.standing() == {"brand:commission_expense": 200, "creator:ana:disputed": -200}
    book.learn(DisputeWon(**WHERE, dispute_id="dp_1"))
    assert book.standing() == {"brand:commission_expense": 500, "creator:ana:disputed": -500}


def test_money_back_for_a_line_added_later_takes_nothing_of_the_sale() -> None:
    # 100.00 sold; 50.00 added and paid later, then refunded; then 50.00 for nothing named.
    book = PaperBook(story_of([10_000]))
    book.learn_all([book.story.order, refund(1, 5000, ("li_added", 5000), named=5000)])
    assert book.standing()["brand:commission_expense"] == 1200
    book.learn(refund(2, 5000))
    assert book.standing()["brand:commission_expense"] == 600


@given(stories())
def test_hosts_share_a_line_without_losing_a_unit(story: Story) -> None:
    for sold in story.order.lines:
        mine = [line for line in story.lines if line.order_line == sold.ref]
        whole = half_up(Fraction(sold.base * mine[0].rate_bps, 10_000))
        assert sum(line.amount for line in mine) == whole
        for line in mine:
            assert abs(line.amount - Fraction(whole * line.weight, line.weight_total)) < 1
