"""Disputes of Stripe that are decided more than once, heard of in any order or in part."""

from itertools import combinations
from typing import Any

import pytest

from liveshop_sdk.affiliate.accrual import order_state
from liveshop_sdk.clock import from_seconds
from liveshop_sdk.facts import DisputeOpened, Fact, OrderPaid
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, sold, told

running_oracle = support.running_oracle
oracle = support.oracle

IN, LOST, FROZEN = (0, 0), (4990, 4990), (0, 4990)
"""What of the tee of 49.90 is gone, and what is gone or at risk."""

LIFE = (
    ("created", "needs_response", "-", FROZEN),
    ("closed", "lost", "-", LOST),
    ("funds_withdrawn", "appeal_under_review", "-", LOST),
    ("funds_reinstated", "won", "-+", IN),
    ("funds_withdrawn", "won", "-+-", FROZEN),  # told before it was decided again
    ("closed", "lost", "-+-", LOST),
    ("funds_withdrawn", "appeal_needs_response", "-+-", LOST),
    ("funds_reinstated", "won", "-+-+", IN),
)
"""Event, status, the money that moved until then, and what that comes to."""


def events(oracle: Oracle) -> list[dict[str, Any]]:
    """Tell a dispute's whole life at the oracle, a day a step."""
    made = oracle.tell("dispute", charge=oracle.world.all("charge")[0]["id"])["dispute"]
    (taken,) = made["balance_transactions"]
    moved = [
        {**taken, "id": f"txn_{n}", "amount": sign * 4990, "created": taken["created"] + n * 86_400}
        for n, sign in enumerate((-1, 1, -1, 1))
    ]
    return [
        oracle.world.event(
            f"charge.dispute.{kind}",
            {**made, "status": status, "balance_transactions": moved[: len(money)]},
        )
        for kind, status, money, _ in LIFE
    ]


def standing(order: OrderPaid, facts: Any) -> tuple[int, int]:
    known: list[Fact] = [order, *facts]
    state = order_state(order, known, ())
    (line,) = order.lines
    return state.gone[line.ref], state.at_risk[line.ref]


def test_whatever_was_heard_before_the_last_news_holds(oracle: Oracle) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform)
    facts = [told(platform, [event]) for event in events(oracle)]
    for last, (*_, expected) in enumerate(LIFE):
        before = range(last)
        for size in range(last + 1):
            for some in combinations(before, size):
                heard = [fact for n in (*some, last) for fact in facts[n]]
                assert standing(order, heard) == expected, (last, some)
                assert standing(order, heard[::-1]) == expected, (last, some)


def test_the_first_turn_keeps_its_keys_and_later_ones_are_numbered(oracle: Oracle) -> None:
    platform = oracle.platform()
    sold(oracle, platform)
    facts = [fact for fact in told(platform, events(oracle)) if isinstance(fact, Fact)]
    (dispute,) = oracle.world.all("dispute")
    name = dispute["id"]
    assert {fact.key for fact in facts} == {
        f"{kind}:{name}{turn}"
        for kind in ("dispute_opened", "dispute_lost", "dispute_won")
        for turn in ("", ":2")
    }
    first = next(fact for fact in facts if fact.key == f"dispute_opened:{name}")
    again = next(fact for fact in facts if fact.key == f"dispute_opened:{name}:2")
    assert isinstance(again, DisputeOpened)
    assert "turn" not in first.body()
    assert (again.turn, again.body()["turn"]) == (2, 2)
    assert first.occurred_at == from_seconds(dispute["created"])
    taken_at = dispute["balance_transactions"][0]["created"] + 2 * 86_400
    assert again.occurred_at == from_seconds(taken_at)


@pytest.mark.parametrize(
    ("status", "money", "expected"),
    [
        ("won", "", IN),  # the money follows
        ("won", "-+-", FROZEN),  # it was taken again since
        ("lost", "--", LOST),  # the bank took the rest later: one turn
        ("lost", "-+", LOST),  # a part came back, of what was refunded before
        ("appeal_needs_response", "-+", IN),  # against a win, and it is here still
        ("appeal_needs_response", "", LOST),
        ("under_review", "-", FROZEN),
    ],
)
def test_how_a_dispute_stands_when_it_is_read_once(
    oracle: Oracle, status: str, money: str, expected: tuple[int, int]
) -> None:
    platform = oracle.platform()
    order, _ = sold(oracle, platform)
    events(oracle)
    (dispute,) = oracle.world.all("dispute")
    (taken,) = dispute["balance_transactions"]
    dispute["status"] = status
    dispute["balance_transactions"] = [
        {**taken, "id": f"txn_{n}", "amount": 4990 if sign == "+" else -4990}
        for n, sign in enumerate(money)
    ]
    found = platform.find_order(order.order_ref)
    assert standing(order, found[1:]) == expected
