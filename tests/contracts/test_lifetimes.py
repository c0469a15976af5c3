"""What a creator ever earned is where the books say, through payouts in two currencies.

After each step of a story made up by chance, the sums are added up here from what
was posted, from the items, and from what the rail has; ``reconcile`` takes no part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from random import Random

import pytest

from liveshop_sdk.affiliate.payouts.models import Batch, Item
from liveshop_sdk.affiliate.payouts.ports import Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PayoutStateError, PlatformUnavailableError
from tests.contracts.payout_support import EXPENSE, LEASES_END, read, till

CREATORS = ("ana", "ben")
PARTS = ("pending", "payable", "in_transit", "disputed", "tax_withheld", "clawback_receivable")
LEFT = ("sent", "paid")
CHAINS: dict[str, list[tuple[str, ...]]] = {
    "created": [("payout_created",)],
    "failed": [("payout_created", "payout_failed")],
    "cancelled": [("payout_created", "payout_cancelled")],
    "sent": [("payout_created", "payout_sent")],
    "paid": [("payout_created", "payout_sent", "payout_paid")],
    "returned": [
        ("payout_created", "payout_sent", "payout_returned"),
        ("payout_created", "payout_sent", "payout_paid", "payout_returned"),
    ],
}
STEPS = ("earn", "plan", "approve", "send", "give_back") * 2
ENDS = ("take", "reject", "fail", "confirm")


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


class Life:
    """A dollar book that also owes euros and pays them in dollars, and what it is told."""

    def __init__(self, db: Database, clock: ManualClock, seed: int) -> None:
        self.desk, self.chance = till(db, clock, CREATORS), Random(seed)
        self.desk.rail.fee = 7
        self.earned: Counter[tuple[str, str]] = Counter()
        self.rates: list[tuple[datetime, Fraction]] = []
        self.left: defaultdict[date, int] = defaultdict(int)
        for creator, bps in zip(CREATORS, (2_400, 0), strict=True):
            self.desk.pay(creator, f"acct_{creator}", withholding_bps=bps)
        self.new_rate()

    def new_rate(self) -> None:
        num, den = self.chance.randint(90, 130), self.chance.randint(95, 105)
        self.desk.shop.live.fx.set("EUR", "USD", num, den, source="t")
        self.rates.append((self.desk.clock.now(), Fraction(num, den)))

    def step(self) -> None:
        self.desk.clock.advance(timedelta(days=1))
        if self.chance.random() < 0.3:
            self.new_rate()
        what = self.chance.choice((*STEPS, *ENDS))
        with suppress(PayoutStateError):
            getattr(self, what)()
        self.desk.rail.says = []

    # --- steps

    def earn(self) -> None:
        creator, currency, amount = self.someone()
        pending = f"{creator}:pending"
        self.desk.post("sale", (EXPENSE, amount), (pending, -amount), currency=currency)
        back = min(amount, self.stands(creator, "clawback_receivable", currency))
        lines = [(f"{creator}:clawback_receivable", -back), (f"{creator}:payable", back - amount)]
        moved = [line for line in lines if line[1]]
        self.desk.post("release", (pending, amount), *moved, currency=currency)
        self.earned[creator, currency] += amount

    def take(self) -> None:
        creator, currency, amount = self.someone()
        own = min(amount, -self.stands(creator, "payable", currency))
        lines = [(f"{creator}:payable", own), (f"{creator}:clawback_receivable", amount - own)]
        moved = [line for line in lines if line[1]]
        self.desk.post("refund", *moved, (EXPENSE, -amount), currency=currency)
        self.earned[creator, currency] -= amount

    def someone(self) -> tuple[str, str, int]:
        currency = self.chance.choice(("USD", "EUR"))
        return self.chance.choice(CREATORS), currency, self.chance.randint(1, 5_000)

    def plan(self) -> None:
        for currency in ("USD", "EUR"):
            payable = {one: -self.stands(one, "payable", currency) for one in CREATORS}
            due = {one: most for one, most in payable.items() if most}
            part = {one: self.chance.randint(1, most) for one, most in due.items()}
            wanted = part if part and self.chance.random() < 0.4 else None
            plan = self.desk.payouts.plan(rail="stripe", by="u1", currency=currency, amounts=wanted)
            assert {item.creator: item.amount for item in plan.items} == (wanted or due)

    def approve(self) -> None:
        for batch in self.planned():
            self.desk.payouts.approve(batch.id, by="u2")

    def reject(self) -> None:
        for batch in self.planned()[:1]:
            self.desk.payouts.reject(batch.id, by="u2", reason="r")

    def planned(self) -> list[Batch]:
        return [batch for batch in self.desk.payouts.batches() if batch.state == "planned"]

    def send(self) -> None:
        refused = Outcome(verdict="refused", problem="no account")
        silent = PlatformUnavailableError(platform="stripe", problem="no answer")
        answers: list[list[Outcome | Exception]] = [[], [], [refused], [silent]]
        self.desk.rail.says = self.chance.choice(answers)
        before = set(self.desk.rail.made)
        self.desk.payouts.send(by="u2", pay_in="USD")
        self.desk.clock.advance(LEASES_END)
        for key in set(self.desk.rail.made) - before:
            self.left[self.desk.clock.now().date()] += read(self.desk.rail.made[key][1])["amount"]

    def an_item(self) -> Item | None:
        there = sorted(self.items(), key=lambda item: item.id)
        return self.chance.choice(there) if there else None

    def fail(self) -> None:
        if item := self.an_item():
            self.desk.payouts.fail(item.id, by="u2", reason="r")

    def confirm(self) -> None:
        if item := self.an_item():
            self.desk.payouts.confirm(item.id, by="u2")

    def give_back(self) -> None:
        if (item := self.an_item()) and item.paid_from.amount:
            amount = self.chance.randint(1, item.paid_from.amount)
            self.desk.payouts.returned(item.id, by="u2", reason="r", amount=amount)

    # --- looking

    def stands(self, creator: str, part: str, currency: str) -> int:
        return self.desk.standing().get(f"creator:{creator}:{part} {currency}", 0)

    def items(self) -> list[Item]:
        with self.desk.shop.db.reading() as tx:
            return list(self.desk.payouts._store.all_items(tx, "main"))

    def booked_rate(self, item: Item) -> Fraction:
        return [rate for at, rate in self.rates if at <= item.created_at][-1]

    # --- what holds

    def check(self) -> None:
        standing, items = self.desk.standing(), self.items()
        for creator in CREATORS:
            for currency in ("USD", "EUR"):
                own = [x for x in items if (x.creator, x.currency) == (creator, currency)]
                parts = {x: standing.get(f"creator:{creator}:{x} {currency}", 0) for x in PARTS}
                paid = sum(item.net.amount for item in own if item.state in LEFT)
                assert self.earned[creator, currency] == paid - sum(parts.values())
                open_ = sum(item.net.amount for item in own if item.state == "created")
                assert parts["in_transit"] == -open_
        self.check_rail(standing, items)
        self.check_trading(standing, items)
        chains = self.chains()
        assert all(chains[item.id] in CHAINS[item.state] for item in items)

    def check_rail(self, standing: dict[str, int], items: list[Item]) -> None:
        """Money sent is what clearing moved, and what the rail has."""
        gone = [item for item in items if item.state in (*LEFT, "returned")]
        sent = sum(item.paid_from.amount for item in gone)
        assert {item.paid_from.currency for item in gone} <= {"USD"}
        back = sum(item.returned for item in gone)
        fees = 7 * len(gone)
        assert standing.get("clearing:stripe USD", 0) == back - sent - fees
        kept = sum(item.paid_from.amount - item.returned for item in gone if item.returned)
        assert standing.get("brand:payout_fee_expense USD", 0) == fees + kept
        asked = [read(params) for _ref, params in self.desk.rail.made.values()]
        assert {one["item"]: (one["amount"], one["currency"]) for one in asked} == {
            item.id: (item.paid_from.amount, "USD") for item in gone
        }
        assert len(asked) == len(gone)

    def check_trading(self, standing: dict[str, int], items: list[Item]) -> None:
        """At the rate at which a debt was booked, both sides of an exchange are one."""
        exchanged = [item for item in items if item.state in LEFT and item.conversion]
        owed = sum(item.net.amount for item in exchanged)
        worth = sum(half_up(item.net.amount * self.booked_rate(item)) for item in exchanged)
        assert standing.get("fx:trading EUR", 0) == -owed
        assert standing.get("fx:trading USD", 0) == worth

    def chains(self) -> dict[str, tuple[str, ...]]:
        """Return the kinds of the entries of each item, in order."""
        found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for entry in self.desk.shop.live.ledger.entries():
            if "item" in entry.meta and entry.kind != "fx_realised":
                found[str(entry.meta["item"])] += (entry.kind,)
        return found

    def check_days(self) -> None:
        """What the rail sent on a day, clearing moved on that day."""
        moved: defaultdict[date, int] = defaultdict(int)
        for entry in self.desk.shop.live.ledger.entries():
            if entry.kind == "payout_sent":
                fee = int(str(entry.meta["fee"]))
                lines = [x for x in entry.postings if x.account == "clearing:stripe"]
                moved[entry.effective_date] -= sum(x.amount for x in lines) + fee
        assert moved == self.left

    def over_payable(self) -> Iterator[Item]:
        for item in self.items():
            path = f"creator:{item.creator}:payable"
            rows = self.desk.shop.live.ledger.balance(
                creator=item.creator, as_of_seq=item.as_of_seq
            ).balances
            there = {(row.account, row.currency): -row.amount for row in rows}
            if item.amount > there.get((path, item.currency), 0):
                yield item


@pytest.mark.parametrize("seed", [1, 10])
def test_what_was_earned_is_owed_or_paid_after_every_step(
    db: Database, clock: ManualClock, seed: int
) -> None:
    life = Life(db, clock, seed)
    for _ in range(50):
        life.step()
        life.check()
    life.check_days()
    assert list(life.over_payable()) == []
    states = {item.state for item in life.items()}
    assert {"sent", "paid", "returned"} <= states
    assert any(item.conversion and item.withheld for item in life.items())
