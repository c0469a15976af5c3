"""A payee on hold, or one without details, is paid nothing, whatever happens beside it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from liveshop_sdk.affiliate.payouts.models import Payee
from liveshop_sdk.affiliate.payouts.payees import checked
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.shop import payouts
from tests.contracts.payout_support import Till, till

NO_ANSWER = PlatformUnavailableError(platform="stripe", problem="no answer")


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Till:
    desk = till(db, clock)
    desk.earn("ana", 1200)
    desk.pay("ana", "acct_ana")
    return desk


def hold(desk: Till) -> None:
    desk.payouts.hold("ana", rail="stripe", reason="account taken over")


def test_what_never_reached_the_rail_is_not_sent_while_on_hold(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.rail.says.append(NO_ANSWER)
    assert desk.payouts.send(by="u2").unknown == 1
    hold(desk)
    assert desk.payouts.send(by="u2").waiting == 1
    assert "on hold" in desk.item(item.id).problem
    assert (desk.rail.made, desk.standing()["creator:ana:in_transit USD"]) == ({}, -1200)
    desk.payouts.hold("ana", rail="stripe", reason="")
    assert desk.payouts.send(by="u2").sent == 1
    assert [key for key, _ in desk.rail.asked] == [item.id, item.id]
    assert desk.holds()


def test_what_left_before_the_hold_is_booked(desk: Till) -> None:
    desk.approved()
    desk.rail.after.append(NO_ANSWER)
    assert desk.payouts.send(by="u2").unknown == 1
    hold(desk)
    assert desk.payouts.send(by="u2").sent == 1
    assert desk.standing()["clearing:stripe USD"] == -1200
    assert desk.holds()


def beside(monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> Callable[[], object]:
    """Call once while a payee is written, by somebody else; returns how to wait for it."""
    pool = ThreadPoolExecutor(1)
    started: list[Future[object]] = []

    def check(payee: Payee) -> Payee:
        if not started:
            started.append(pool.submit(call))
            wait(started, timeout=1)  # it may have to wait for the row
        return checked(payee)

    monkeypatch.setattr(payouts, "checked", check)
    return lambda: started[0].result(20)


@pytest.mark.postgres  # SQLite has one writer at a time
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_a_hold_is_not_lost_to_new_details_at_the_same_time(
    desk: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = beside(monkeypatch, lambda: hold(desk))
    desk.pay("ana", "acct_new", withholding_bps=2400)
    done()
    [payee] = desk.payouts.payees("ana")
    assert payee.fields == {"account": "acct_new"}
    assert (payee.hold, payee.withholding_bps) == ("account taken over", 2400)


@pytest.mark.postgres
@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_tax_is_withheld_though_a_payee_is_stored_twice_at_the_same_time(
    desk: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = beside(monkeypatch, lambda: desk.pay("ben", "acct_two", withholding_bps=2400))
    desk.pay("ben", "acct_one")
    done()
    [payee] = desk.payouts.payees("ben")
    assert (payee.fields, payee.withholding_bps) == ({"account": "acct_one"}, 2400)


def test_who_is_owed_and_cannot_be_paid_is_named(desk: Till) -> None:
    desk.earn("ben", 500)
    assert desk.payouts.plan(rail="stripe", by="u1", currency="EUR").skipped == ()
    plan = desk.payouts.plan(rail="stripe", by="u1")
    assert [item.creator for item in plan.items] == ["ana"]
    assert plan.skipped == (("ben", "no_payee"),)
    assert desk.payouts.plan(rail="stripe", by="u1", amounts={}).skipped == ()
    desk.payouts.set_payee("ben", rail="sandbox", fields={"account": "acct_ben"})
    assert desk.payouts.plan(rail="stripe", by="u1").skipped == ()
