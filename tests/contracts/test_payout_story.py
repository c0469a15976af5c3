"""One story of payouts, with the balances of the worked example, on both engines."""

from datetime import timedelta

import pytest

from liveshop_sdk.affiliate.payouts.ports import Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from tests.contracts.payout_support import EXPENSE, ScriptedRail, Till, payouts_of, till


@pytest.fixture
def story(db: Database, clock: ManualClock) -> Till:
    return till(db, clock)


def test_a_payout_a_refund_after_it_and_what_is_netted_later(story: Till) -> None:
    """Rows 5 to 8: reserved, sent, wholly refunded, and earned again."""
    story.earn("ana", 1200)
    story.pay("ana")
    batch, (item,) = story.planned()
    assert (batch.amount, item.amount, item.as_of_seq) == (1200, 1200, 2)
    transit = {f"{EXPENSE} USD": 1200, "creator:ana:in_transit USD": -1200}
    assert story.standing() == transit
    story.payouts.approve(batch.id, by="u2")
    assert story.standing() == transit
    assert story.payouts.send(by="u2").sent == 1
    assert story.standing() == {f"{EXPENSE} USD": 1200, "clearing:stripe USD": -1200}
    sent = story.item(item.id)
    assert (sent.state, sent.rail_ref, sent.params) == ("sent", "tr_1", story.rail.asked[0][1])

    story.post("refund", ("ana:clawback_receivable", 1200), (EXPENSE, -1200))
    story.post("sale", (EXPENSE, 1400), ("ana:pending", -1400))
    story.post("release", ("ana:pending", 500), ("ana:clawback_receivable", -500))
    assert story.standing()["creator:ana:clawback_receivable USD"] == 700
    assert story.payouts.plan(rail="stripe", by="u1").batch is None
    lines = (("ana:pending", 900), ("ana:clawback_receivable", -700), ("ana:payable", -200))
    story.post("release", *lines)
    _, (second,) = story.planned()
    assert second.amount == 200
    assert "payout_paid" not in story.shop.kinds()
    story.payouts.confirm(item.id, by="u3")
    assert story.item(item.id).state == "paid"
    assert story.standing() == {
        f"{EXPENSE} USD": 1400,
        "clearing:stripe USD": -1200,
        "creator:ana:in_transit USD": -200,
    }
    assert story.shop.kinds()[2:5] == ["payout_created", "annotation", "payout_sent"]
    assert story.holds()


def test_what_fails_before_it_leaves_is_payable_again(story: Till) -> None:
    """Row 16."""
    story.earn("ben", 250)
    story.pay("ben")
    batch, (item,) = story.approved()
    story.rail.says = [Outcome(verdict="refused", problem="no such account")]
    assert story.payouts.send(batch.id, by="u2").failed == 1
    assert story.standing() == {f"{EXPENSE} USD": 250, "creator:ben:payable USD": -250}
    failed = story.item(item.id)
    assert (failed.state, failed.problem) == ("failed", "no such account")
    assert story.payouts.send(batch.id, by="u2").as_json() == dict.fromkeys(
        ("sent", "waiting", "failed", "unknown", "busy", "left"), 0
    )
    assert story.holds()


def test_a_payment_with_a_fee_that_comes_back(story: Till) -> None:
    """Row 17: the fee stays spent, and what a bank keeps of the return is one more."""
    story.earn("ben", 500)
    story.pay("ben")
    story.rail.fee = 25
    _, (whole,) = story.approved(amounts={"ben": 250})
    _, (short,) = story.approved()
    assert story.payouts.send(by="u2").sent == 2
    assert story.standing() == {
        f"{EXPENSE} USD": 500,
        "brand:payout_fee_expense USD": 50,
        "clearing:stripe USD": -550,
    }
    story.payouts.returned(whole.id, by="u3", reason="account closed")
    assert story.standing() == {
        f"{EXPENSE} USD": 500,
        "brand:payout_fee_expense USD": 50,
        "clearing:stripe USD": -300,
        "creator:ben:payable USD": -250,
    }
    story.clock.advance(timedelta(days=30))
    story.payouts.confirm(short.id, by="u3")
    story.payouts.returned(short.id, by="u3", reason="account closed", amount=235)
    assert story.standing() == {
        f"{EXPENSE} USD": 500,
        "brand:payout_fee_expense USD": 65,
        "clearing:stripe USD": -65,
        "creator:ben:payable USD": -500,
    }
    assert (story.item(short.id).state, story.item(short.id).returned) == ("returned", 235)
    assert story.holds()


def test_what_comes_back_pays_what_is_owed_back_first(story: Till) -> None:
    story.earn("ana", 1000)
    story.pay("ana")
    _, (first,) = story.approved(amounts={"ana": 600})
    batch, (second,) = story.planned()
    story.payouts.send(by="u2")
    story.post("refund", ("ana:clawback_receivable", 700), (EXPENSE, -700))
    story.payouts.reject(batch.id, by="u2", reason="they owe us")
    assert story.item(second.id).state == "cancelled"
    assert story.standing() == {
        f"{EXPENSE} USD": 300,
        "clearing:stripe USD": -600,
        "creator:ana:clawback_receivable USD": 300,
    }
    story.payouts.returned(first.id, by="u2", reason="account closed")
    assert story.standing() == {f"{EXPENSE} USD": 300, "creator:ana:payable USD": -300}
    assert story.holds()


def test_a_debt_in_euros_is_paid_from_dollars(story: Till) -> None:
    """Rows 18 and 19: 90.00 EUR booked at 1.07, paid at 1.085 with a fee of 0.90."""
    wise = ScriptedRail(name="sandbox", fee=90)
    payouts = payouts_of(story.shop, wise)
    story.earn("ana", 9000, currency="EUR")
    payouts.set_payee("ana", rail="sandbox", fields={"account": "a"})
    fx = story.shop.live.fx
    fx.set("EUR", "USD", 107, 100, source="ECB")
    story.clock.advance(timedelta(hours=1))
    plan = payouts.plan(rail="sandbox", by="u1", currency="EUR")
    assert plan.batch is not None
    payouts.approve(plan.batch.id, by="u2")
    story.clock.advance(timedelta(hours=1))
    fx.set("EUR", "USD", 1085, 1000, source="ECB")
    assert payouts.send(by="u2", pay_in="USD").sent == 1
    assert story.standing() == {
        f"{EXPENSE} EUR": 9000,
        "brand:fx_loss USD": 135,
        "brand:payout_fee_expense USD": 90,
        "clearing:sandbox USD": -9855,
        "fx:trading EUR": -9000,
        "fx:trading USD": 9630,
    }
    entries = list(story.shop.live.ledger.entries())
    assert [(entry.kind, entry.meta.get("rate_num")) for entry in entries[-2:]] == [
        ("payout_sent", 217),
        ("fx_realised", None),
    ]
    lines = [(line.account, line.amount, line.currency) for line in entries[-2].postings]
    assert lines == [
        ("creator:ana:in_transit", 9000, "EUR"),
        ("fx:trading", -9000, "EUR"),
        ("fx:trading", 9765, "USD"),
        ("brand:payout_fee_expense", 90, "USD"),
        ("clearing:sandbox", -9855, "USD"),
    ]
    assert payouts.reconcile() == []

    (item,) = plan.items
    payouts.returned(item.id, by="u3", reason="account closed", amount=9700)
    assert story.standing() == {
        f"{EXPENSE} EUR": 9000,
        "brand:payout_fee_expense USD": 155,
        "clearing:sandbox USD": -155,
        "creator:ana:payable EUR": -9000,
    }
    assert payouts.reconcile() == []


def test_tax_is_withheld_and_given_back_with_what_failed(story: Till) -> None:
    story.earn("ana", 1001)
    story.pay("ana", withholding_bps=2400)
    _, (item,) = story.approved()
    assert (item.amount, item.withheld, item.net.amount) == (1001, 240, 761)
    assert story.standing() == {
        f"{EXPENSE} USD": 1001,
        "creator:ana:in_transit USD": -761,
        "creator:ana:tax_withheld USD": -240,
    }
    story.payouts.fail(item.id, by="u2", reason="wrong account")
    assert story.standing() == {f"{EXPENSE} USD": 1001, "creator:ana:payable USD": -1001}
    _, (again,) = story.approved()
    story.payouts.send(by="u2")
    story.post("tax_remitted", ("ana:tax_withheld", 200), ("clearing:stripe", -200))
    story.payouts.returned(again.id, by="u2", reason="account closed")
    assert story.standing() == {
        f"{EXPENSE} USD": 1001,
        "clearing:stripe USD": -200,
        "creator:ana:payable USD": -801,
    }
    assert story.holds()
