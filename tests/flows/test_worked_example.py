"""The worked example of the ledger's design, row by row, through the public API.

Amounts are US cents unless they say otherwise. Each row posts what the example
posts, and in the end every account stands where the example says.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk import Appearance, Terms, Tiers
from liveshop_sdk.affiliate.payouts.models import Item
from liveshop_sdk.affiliate.payouts.ports import Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.payouts import Payouts
from tests.contracts.payout_support import ScriptedRail, payouts_of
from tests.contracts.shop_support import END, START, Shop, about, line, refund, sale

TEN, EXPENSE = Rate.percent("10"), "brand:commission_expense"
TWO: dict[str, Any] = {"reason": "agreed", "by": "u1", "approved_by": "u2"}


def usd(amount: int) -> Money:
    return Money(amount, "USD")


class Story:
    """A dollar brand with Ana and Ben, and two rails that do as they are told."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self.shop = Shop(db, clock)
        live = self.shop.live
        live.brands.add("main", currency="USD")
        live.products.add("sku_tee", title="Tee", amount=4990, currency="USD")
        fee = Appearance(amount=usd(50_000), min_minutes=30)
        live.creators.add("ana", terms=Terms(rate=TEN, appearance=fee))
        steps = ((1_000_000, Rate.percent("12")),)
        tiers = Tiers(mode="retroactive", window="month", currency="USD", steps=steps)
        live.creators.add("ben", terms=Terms(rate=TEN, tiers=tiers))
        times: dict[str, Any] = {"opens_at": START, "closes_at": END}
        for code, hosts in (("solo", ["ana"]), ("duo", ["ana:60", "ben:40"]), ("bens", ["ben"])):
            live.streams.schedule(code, hosts=hosts, **times)
        for code, stream, creator in (
            ("ANA", "solo", "ana"),
            ("DUO", "duo", "ana"),
            ("BEN", "bens", "ben"),
        ):
            live.coupons.create(code, stream_id=stream, creator_id=creator, percent_off=10)
        self.stripe, self.wise = ScriptedRail("stripe"), ScriptedRail("wise")
        self.payouts: Payouts = payouts_of(self.shop, self.stripe, self.wise)
        self.payouts.set_payee("ana", rail="stripe", fields={"account": "acct_1"})
        details = {"account": "ben", "name": "Ben", "recipientEmail": "ben@example.com"}
        self.payouts.set_payee("ben", rail="wise", fields={**details, "receiverType": "PERSON"})

    def sell(self, ref: str, code: str, base: int, currency: str = "USD") -> None:
        self.shop.record(sale(ref, line(base=base), codes=(code,), currency=currency))

    def refund(self, ref: str, ident: str, amount: int) -> None:
        self.shop.record(refund(ref, ident, amount, currency="USD"))

    def release(self, ref: str) -> None:
        self.shop.live.releases.approve(ref)

    def pay(self, rail: str, currency: str = "USD", **more: Any) -> Item:
        plan = self.payouts.plan(rail=rail, by="u1", currency=currency)
        assert plan.batch is not None
        self.payouts.approve(plan.batch.id, by="u2")
        self.payouts.send(plan.batch.id, by="u2", **more)
        [item] = plan.items
        return item

    def last(self) -> dict[str, int]:
        """Return the postings of the newest entry with lines, by account and currency."""
        entries = [e for e in self.shop.live.ledger.entries() if e.postings]
        return {f"{p.account} {p.currency}": p.amount for p in entries[-1].postings}

    def at(self, account: str, currency: str = "USD") -> int:
        return self.shop.standing().get(f"{account} {currency}", 0)


@pytest.fixture
def story(db: Database, clock: ManualClock) -> Story:
    return Story(db, clock)


def test_the_worked_example(story: Story, clock: ManualClock) -> None:
    shop, live = story.shop, story.shop.live
    # 1 one creator
    story.sell("1001", "ANA", 11_999)
    assert story.last() == {f"{EXPENSE} USD": 1200, "creator:ana:pending USD": -1200}
    # 2 co-hosts 60 to 40
    story.sell("1002", "DUO", 8_005)
    assert story.last() == {
        f"{EXPENSE} USD": 801,
        "creator:ana:pending USD": -481,
        "creator:ben:pending USD": -320,
    }
    # 3 refunds in part, in hold: nothing is lost to rounding
    backs = []
    for number, amount in enumerate((1_000, 2_500, 4_505)):
        story.refund("1002", f"900{number}", amount)
        moved = story.last()
        backs.append((moved["creator:ana:pending USD"], moved["creator:ben:pending USD"]))
    assert backs == [(60, 40), (150, 100), (271, 180)]
    # 4 the hold is over
    story.release("1001")
    assert story.last() == {"creator:ana:pending USD": 1200, "creator:ana:payable USD": -1200}
    # 5, 6 reserved and sent
    story.pay("stripe")
    assert story.last() == {"creator:ana:in_transit USD": 1200, "clearing:stripe USD": -1200}
    # 7 a whole refund after the payout
    story.refund("1001", "9010", 11_999)
    assert story.last() == {
        f"{EXPENSE} USD": -1200,
        "creator:ana:clawback_receivable USD": 1200,
    }
    # 8 later releases repay it first
    story.sell("1003", "ANA", 5_000)
    story.sell("1004", "ANA", 9_000)
    story.release("1003")
    assert story.last()["creator:ana:clawback_receivable USD"] == -500
    story.release("1004")
    assert story.last() == {
        "creator:ana:pending USD": 900,
        "creator:ana:payable USD": -200,
        "creator:ana:clawback_receivable USD": -700,
    }
    # 9, 10 a dispute on what was released, won
    shop.record(DisputeOpened(**about("1004"), dispute_id="d1", amount=9_000, currency="USD"))
    assert story.last() == {
        "creator:ana:disputed USD": -900,
        "creator:ana:payable USD": 200,
        "creator:ana:clawback_receivable USD": 700,
    }
    shop.record(DisputeWon(**about("1004"), dispute_id="d1"))
    assert story.last() == {
        "creator:ana:disputed USD": 900,
        "creator:ana:payable USD": -200,
        "creator:ana:clawback_receivable USD": -700,
    }
    # 11 another one, lost
    shop.record(DisputeOpened(**about("1003"), dispute_id="d2", amount=5_000, currency="USD"))
    shop.record(DisputeLost(**about("1003"), dispute_id="d2"))
    assert story.last() == {f"{EXPENSE} USD": -500, "creator:ana:disputed USD": 500}
    assert story.at("creator:ana:clawback_receivable") == 300
    # 12 a tier is reached and left again
    story.sell("1005", "BEN", 1_000_500)
    assert story.last() == {
        "brand:tier_bonus_expense USD": 20_010,
        "creator:ben:pending USD": -20_010,
    }
    story.refund("1005", "9020", 2_500)
    assert story.at("brand:tier_bonus_expense") == 0
    story.refund("1005", "9021", 998_000)
    assert story.at("creator:ben:pending") == 0
    # 13 on air
    clock.advance(timedelta(hours=3))
    live.streams.report_air("solo", minutes={"ana": 55})
    assert story.last() == {
        "brand:appearance_fee_expense USD": 50_000,
        "creator:ana:payable USD": -49_700,
        "creator:ana:clawback_receivable USD": -300,
    }
    # 14 a gift, at cost; its worth is for the tax form
    live.seeding.give("ana", "sku_tee", 1, cost=usd(3_200), fair_value=usd(7_900))
    assert story.last() == {"memo:seeding_given USD": 3_200, "memo:ana:seeded USD": -3_200}
    # 15 by hand
    live.adjustments.adjust("ben", usd(250), **TWO)
    assert story.last() == {f"{EXPENSE} USD": 250, "creator:ben:payable USD": -250}
    # 16 it never left
    story.wise.says = [Outcome(verdict="refused", problem="no such account")]
    story.pay("wise")
    assert story.last() == {"creator:ben:in_transit USD": 250, "creator:ben:payable USD": -250}
    # 17 it left, with a fee, and came back
    story.wise.fee = 25
    item = story.pay("wise")
    assert story.last() == {
        "creator:ben:in_transit USD": 250,
        "brand:payout_fee_expense USD": 25,
        "clearing:wise USD": -275,
    }
    story.payouts.returned(item.id, by="u1", reason="account closed")
    assert story.last() == {"clearing:wise USD": 250, "creator:ben:payable USD": -250}
    # 18, 19 owed in euros, paid from dollars
    story.sell("1006", "BEN", 90_000, currency="EUR")
    story.release("1006")
    live.fx.set("EUR", "USD", 107, 100, source="book", as_of=clock.now())
    plan = story.payouts.plan(rail="wise", by="u1", currency="EUR")
    assert plan.batch is not None
    clock.advance(timedelta(hours=1))
    live.fx.set("EUR", "USD", 217, 200, source="bank", as_of=clock.now())
    story.payouts.approve(plan.batch.id, by="u2")
    story.wise.fee = 90
    story.payouts.send(plan.batch.id, by="u2", pay_in="USD")
    assert story.last() == {"brand:fx_loss USD": 135, "fx:trading USD": -135}
    # 20 the month is closed
    clock.advance(datetime(2026, 11, 2, 9, tzinfo=UTC) - clock.now())
    closed = live.periods.close("2026-10", by="u1").closing
    assert closed.period.status == "closed"
    assert live.ledger.verify().ok
    # 21 a wrong rate of a closed month
    seq = next(e.seq for e in live.ledger.entries() if e.meta.get("order_ref") == "1004")
    made = live.adjustments.correct(seq, usd(720), **TWO)
    assert made is not None
    assert (made.period, made.applies_to_period) == ("2026-11", "2026-10")
    assert story.last() == {f"{EXPENSE} USD": -180, "creator:ana:payable USD": 180}
    # where all stands, as the example has it
    assert shop.standing() == {
        f"{EXPENSE} USD": 970,
        f"{EXPENSE} EUR": 9_000,
        "brand:appearance_fee_expense USD": 50_000,
        "brand:payout_fee_expense USD": 115,
        "brand:fx_loss USD": 135,
        "creator:ana:payable USD": -49_520,
        "creator:ben:payable USD": -250,
        "clearing:stripe USD": -1_200,
        "clearing:wise USD": -9_880,
        "fx:trading EUR": -9_000,
        "fx:trading USD": 9_630,
        "memo:seeding_given USD": 3_200,
        "memo:ana:seeded USD": -3_200,
    }
    # 22 is told apart: here nothing is owed back
    live.adjustments.adjust("ana", usd(-49_720), **TWO)
    live.adjustments.write_off("ana", usd(200), **TWO)
    assert story.last() == {
        "brand:bad_debt_expense USD": 200,
        "creator:ana:clawback_receivable USD": -200,
    }
    assert live.ledger.verify().ok
    assert live.periods.lock("2026-10")
    assert story.payouts.reconcile() == []


def test_any_cent_of_it_is_explained(story: Story) -> None:
    explain = story.shop.live.explain
    story.sell("1001", "ANA", 11_999)
    story.sell("1005", "BEN", 1_000_500)
    assert explain("1001").as_json()["lines"][0]["payout"] is None
    story.release("1001")
    item = story.pay("stripe")
    [line_] = explain("1001").as_json()["lines"]
    assert line_["payout"] == {"id": item.id, "batch": item.batch, "state": "sent"}
    assert line_["computed"] == "11999 x 10% = 1199.9, rounded to 1200, earned 1200"
    kinds = [entry["kind"] for entry in explain("1005").as_json()["entries"]]
    assert kinds == ["sale", "tier_true_up"]
    entries = list(story.shop.live.ledger.entries())
    told = {e.kind: story.shop.live.explain_entry(e.seq).as_json() for e in entries}
    assert told["tier_true_up"]["order"]["order"]["order_ref"] == "1005"
    assert [paid["id"] for paid in told["payout_sent"]["payouts"]] == [item.id]
    assert told["payout_sent"]["order"] is None
