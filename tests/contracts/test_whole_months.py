"""What holds of months, closed and opened again by chance: their trial balance by hand."""

import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money
from tests.contracts.shop_support import START, Shop, line, refund, sale

PEOPLE: dict[str, Any] = {"reason": "agreed by mail", "by": "ulla", "approved_by": "vera"}
STEPS = (
    "sell",
    "sell",
    "refund",
    "refund",
    "give",
    "wait",
    "wait",
    "close",
    "close",
    "lock",
    "reopen",
)


class Year:
    """A shop in which facts come late, and months are closed before they do."""

    def __init__(self, db: Database, clock: ManualClock, seed: int) -> None:
        self.shop, self.chance, self.orders = Shop(db, clock), Random(seed), list[str]()
        self.locked: dict[str, str] = {}
        self.shop.stock()
        self.shop.coupon()
        self.sell()

    def step(self) -> None:
        self.shop.clock.advance(timedelta(hours=5))
        getattr(self, self.chance.choice(STEPS))()

    def some_time_ago(self) -> Any:
        then = self.shop.clock.now() - timedelta(days=self.chance.choice((0, 3, 40, 40, 70)))
        return max(then, START)

    def sell(self) -> None:
        ref = f"o{len(self.orders)}"
        sold = line(base=self.chance.randint(100, 9_000))
        self.shop.record(sale(ref, sold, codes=("MIKA20",), occurred_at=self.some_time_ago()))
        self.orders.append(ref)

    def refund(self) -> None:
        ref, amount = self.chance.choice(self.orders), self.chance.randint(1, 2_000)
        ident = f"re_{self.shop.clock.now():%j%H}"
        self.shop.record(refund(ref, ident, amount, occurred_at=self.some_time_ago()))

    def give(self) -> None:
        cost = Money(self.chance.randint(1, 900), "EUR")
        self.shop.live.seeding.give("mika", "sku_mug", cost=cost, fair_value=cost)

    def wait(self) -> None:
        self.shop.clock.advance(timedelta(days=self.chance.randint(10, 40)))

    def months(self, *statuses: str) -> list[str]:
        return [one.code for one in self.shop.live.periods.all() if one.status in statuses]

    def close(self) -> None:
        for month in self.months("open")[:1]:
            if month < f"{self.shop.clock.now():%Y-%m}":
                self.shop.live.periods.close(month, by="ulla")

    def lock(self) -> None:
        for month in self.months("closed")[:1]:
            self.shop.live.periods.lock(month, by="ulla")
            kept = {one.code: one.trial_balance_hash for one in self.shop.live.periods.all()}
            self.locked[month] = kept[month] or ""

    def reopen(self) -> None:
        for month in self.months("closed")[-1:]:
            self.shop.live.periods.reopen(month, **PEOPLE)

    # --- what holds

    def check(self) -> None:
        entries = list(self.shop.live.ledger.entries())
        check_dates(entries)
        for period in self.shop.live.periods.all():
            if period.status in ("closed", "locked"):
                assert period.trial_balance_hash == by_hand(entries, period.code)
                closing = entries[(period.close_seq or 0) - 1]
                assert closing.meta["trial_balance_hash"] == period.trial_balance_hash
                assert closing.applies_to_period == period.code
        for month, kept in self.locked.items():
            assert by_hand(entries, month) == kept


def by_hand(entries: list[PostedEntry], month: str) -> str:
    """Return the hash of a month's trial balance, as the reference defines it."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for posted in entry.postings:
            if entry.period <= month and not posted.account.startswith("memo:"):
                sums[posted.account, posted.currency] += posted.amount
    rows = [
        [account, currency, str(amount)] for (account, currency), amount in sorted(sums.items())
    ]
    return sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def check_dates(entries: list[PostedEntry]) -> None:
    """No entry is dated in a month that was closed when it was posted."""
    closed = set[str]()
    for entry in entries:
        assert entry.period == f"{entry.effective_date:%Y-%m}"
        assert entry.period not in closed, entry
        month = entry.applies_to_period or ""
        if entry.kind == "period_close":
            closed.add(month)
        elif entry.kind == "period_reopen":
            closed.discard(month)
        elif entry.kind == "period_lock":
            assert month in closed


@pytest.mark.parametrize("seed", [9, 11])
def test_no_closed_month_ever_changes(db: Database, clock: ManualClock, seed: int) -> None:
    year = Year(db, clock, seed)
    for _ in range(50):
        year.step()
        year.check()
    kinds = Counter(year.shop.kinds())
    assert kinds["period_lock"] > 1
    assert kinds["period_reopen"] >= 1
    assert any(
        entry.applies_to_period for entry in year.shop.live.ledger.entries() if entry.postings
    )
    assert year.shop.live.ledger.verify().ok
