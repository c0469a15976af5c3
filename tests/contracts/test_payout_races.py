"""Many who do the same at the same time: one of them does it."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.payouts.ports import Order
from liveshop_sdk.affiliate.payouts.rails import Rails
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PayoutBusyError, PayoutStateError, PlatformUnavailableError
from liveshop_sdk.money import Money
from tests.contracts.payout_support import ScriptedRail, Till, read, till

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


class Paper(ScriptedRail):
    """A rail that takes files; something may happen while one is written."""

    meanwhile: list[Callable[[], object]]

    def prepare(self, order: Order) -> str:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().prepare(order)

    def files(self, params: Sequence[str], *, batch_id: str) -> Sequence[tuple[str, bytes]]:
        return [(".txt", "\n".join(params).encode())]


@pytest.fixture
def paper() -> Paper:
    paper = Paper()
    paper.meanwhile = []
    return paper


@pytest.fixture
def filing(desk: Till, paper: Paper) -> Till:
    """The same, paid by files."""
    desk.rail = paper
    desk.payouts._rails = Rails(filed={"stripe": paper})
    return desk


@pytest.mark.postgres  # SQLite has one writer at a time
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_an_item_that_fails_while_its_file_is_written_is_in_no_file(
    filing: Till, paper: Paper
) -> None:
    batch, (item, *_) = filing.approved()

    def fail() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(filing.payouts.fail, item.id, by="u3", reason="closed").result()

    paper.meanwhile.append(fail)
    with pytest.raises(PayoutBusyError):
        filing.payouts.file(batch.id, rail="stripe")
    [(_, content)] = filing.payouts.file(batch.id, rail="stripe")
    assert item.id not in content.decode()
    assert filing.standing()["creator:ana:payable USD"] == -1200
    assert filing.standing()["clearing:stripe USD"] == -777
    assert filing.holds()


@pytest.mark.postgres  # SQLite has one writer at a time
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_who_read_an_item_before_another_asked_for_it_does_not_ask(
    desk: Till, paper: Paper
) -> None:
    desk.rail = paper
    desk.payouts._rails = Rails(called={"stripe": paper})
    batch, _ = desk.approved(amounts={"ana": 1200})
    paper.after.append(PlatformUnavailableError(platform="stripe", problem="no answer"))

    def send() -> None:
        with ThreadPoolExecutor(1) as pool:
            report = pool.submit(desk.payouts.send, batch.id, by="u3").result()
            pool.submit(desk.pay, "ana", "acct_new").result()
        assert report.unknown == 1

    paper.meanwhile.append(send)
    assert desk.payouts.send(batch.id, by="u2").busy == 1
    assert len(paper.asked) == 1
    assert desk.payouts.send(batch.id, by="u2").sent == 1  # found, as it was asked for
    assert [read(params)["to"] for _, params in paper.asked] == ["acct_ana"]
    assert desk.holds()


def test_files_at_once_say_the_same(filing: Till) -> None:
    batch, _ = filing.approved()
    fx = filing.shop.live.fx

    def write(number: int) -> str:
        at = filing.clock.now() - timedelta(minutes=AT_ONCE - number)
        fx.set("USD", "EUR", 80 + number, 100, source="ECB", as_of=at)
        try:
            [(_, content)] = filing.payouts.file(batch.id, rail="stripe", pay_in="EUR")
        except PayoutBusyError:
            [(_, content)] = filing.payouts.file(batch.id, rail="stripe", pay_in="EUR")
        return content.decode()

    [content] = set(at_once(write))
    sent = [Money(read(row)["amount"], "EUR") for row in content.splitlines()]
    _, items = filing.payouts.batch(batch.id)
    assert [item.paid_from for item in items] == sent
    assert filing.holds()
