"""Many who do the same at the same time: one of them does it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PayoutStateError
from tests.contracts.payout_support import Till, till

AT_ONCE = 8


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Till:
    desk = till(db, clock)
    for creator, amount in (("ana", 1200), ("ben", 777)):
        desk.earn(creator, amount)
        desk.pay(creator, f"acct_{creator}")
    return desk


def at_once(call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, range(AT_ONCE)))


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except PayoutStateError:
        return "late"
    return "done"


def test_plans_at_once_reserve_every_cent_once(desk: Till) -> None:
    plans = at_once(lambda n: desk.payouts.plan(rail="stripe", by=f"u{n}"))
    batches = [plan.batch for plan in plans if plan.batch]
    assert [batch.amount for batch in batches] == [1977]
    assert desk.standing()["creator:ana:in_transit USD"] == -1200
    assert desk.holds()


def test_parts_planned_at_once_never_come_to_more_than_is_payable(desk: Till) -> None:
    def part(number: int) -> str:
        try:
            desk.payouts.plan(rail="stripe", by=f"u{number}", amounts={"ana": 500})
        except Exception as error:
            return getattr(error, "code", "?")
        return "planned"

    assert Counter(at_once(part)) == {"planned": 2, "over_payout": 6}
    assert desk.standing()["creator:ana:payable USD"] == -200


def test_approvals_and_rejections_at_once_are_one_decision(desk: Till) -> None:
    batch, _ = desk.planned(by="u")

    def decide(number: int) -> str:
        if number % 2:
            return outcome(lambda: desk.payouts.approve(batch.id, by=f"a{number}"))
        return outcome(lambda: desk.payouts.reject(batch.id, by=f"a{number}", reason="r"))

    assert Counter(at_once(decide)) == {"done": 1, "late": AT_ONCE - 1}
    assert desk.holds()


def test_sends_at_once_send_once(desk: Till) -> None:
    batch, items = desk.approved()
    reports = at_once(lambda n: desk.payouts.send(batch.id, by=f"u{n}"))
    assert sum(report.sent for report in reports) == len(items) == 2
    assert len(desk.rail.asked) == 2
    assert desk.holds()


def test_ends_at_once_are_one_end(desk: Till) -> None:
    _, items = desk.approved()
    desk.payouts.send(by="u2")
    item = items[0].id

    def end(number: int) -> str:
        return outcome(lambda: desk.payouts.returned(item, by=f"u{number}", reason="closed"))

    assert Counter(at_once(end)) == {"done": 1, "late": AT_ONCE - 1}
    assert desk.standing()["creator:ana:payable USD"] == -1200
    assert desk.holds()
