"""Any path through the life of a book ends where a small model says, on both engines.

The same steps are taken on SQLite and on PostgreSQL. After each, both stand
where the model does and have the same root; the book is recomputed all along
the way. ``make machine-long`` takes 100,000 steps.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from liveshop_sdk.affiliate.payouts.models import Item as PayoutItem
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    PeriodLockedError,
    PeriodNotClosedError,
    SelfApprovalError,
)
from tests import databases
from tests.contracts.shop_support import START, Shop
from tests.properties.book_machine import CREATORS, PEOPLE, Books, picks
from tests.properties.book_model import Item
from tests.scale import IS_LONG

PARTS, STEPS_A_PART, LONGEST, LOOK_EVERY = (10, 10_000, 50, 10) if IS_LONG else (1, 150, 25, 5)
"""Each part has databases of its own, so that parts can run on several cores."""


class WholeBooks(Books):
    """All of a book's life: payouts and months as well."""

    # --- payouts

    @rule()
    def plan(self) -> None:
        owed = {creator: self.model.net(creator) for creator in CREATORS}

        def planned(shop: Shop) -> tuple[str | None, list[tuple[str, str, int]]]:
            plan = shop.live.payouts.plan(rail="sandbox", by="ulla", brand=self.brand)
            if plan.batch is None:
                return None, []
            _, items = shop.live.payouts.batch(plan.batch.id)
            return plan.batch.id, [(item.id, item.creator, item.amount) for item in items]

        batch, items = self.both(planned)
        due = {creator: net for creator, net in owed.items() if net > 0}
        assert {creator: amount for _, creator, amount in items} == due
        if batch is not None:
            self.batches[batch] = [ident for ident, _, _ in items]
        for ident, creator, amount in sorted(items, key=lambda item: item[1]):
            self.model.items[ident] = Item(creator=creator, amount=amount)

    @precondition(lambda self: self.batches)
    @rule(pick=picks, is_approved=st.booleans())
    def decide(self, pick: int, is_approved: bool) -> None:
        batch = list(self.batches)[pick % len(self.batches)]
        self.refused(SelfApprovalError, lambda shop: shop.live.payouts.approve(batch, by="ulla"))
        items = self.batches.pop(batch)
        if not is_approved:
            self.both(
                lambda shop: shop.live.payouts.reject(batch, by="vera", reason="not now").state
            )
            for ident in items:
                self.model.items[ident].state = "cancelled"
            return
        self.both(lambda shop: shop.live.payouts.approve(batch, by="vera").state)
        self.both(lambda shop: bool(shop.live.payouts.send(batch, by="vera")))
        for ident in items:
            self.model.items[ident].state = "sent"

    def items(self, *states: str) -> list[str]:
        return [ident for ident, item in self.model.items.items() if item.state in states]

    @precondition(lambda self: self.items("sent"))
    @rule(pick=picks)
    def confirm(self, pick: int) -> None:
        sent = self.items("sent")
        ident = sent[pick % len(sent)]
        self.both(lambda shop: _state(shop.live.payouts.confirm(ident, by="ulla")))
        self.model.items[ident].state = "paid"

    @precondition(lambda self: self.items("sent", "paid"))
    @rule(pick=picks, kept=st.integers(0, 300))
    def give_back(self, pick: int, kept: int) -> None:
        there = self.items("sent", "paid")
        ident = there[pick % len(there)]
        item = self.model.items[ident]
        item.kept = min(kept, item.amount - 1)
        came = item.amount - item.kept
        self.both(
            lambda shop: _state(
                shop.live.payouts.returned(ident, by="ulla", reason="closed", amount=came)
            )
        )
        item.state = "returned"

    # --- months

    @rule(days=st.integers(1, 35))
    def wait(self, days: int) -> None:
        self.tick(days=days)

    @rule()
    def close(self) -> None:
        first = self.shops[0].live.periods.all(brand=self.brand)
        month = next((period.code for period in first if period.status == "open"), None)
        if month is None or month >= f"{self.now:%Y-%m}":
            return
        self.both(
            lambda shop: (
                shop.live.periods.close(month, brand=self.brand).closing.period.trial_balance_hash
            )
        )
        self.closed.append(month)

    @precondition(lambda self: self.closed)
    @rule(pick=picks)
    def lock(self, pick: int) -> None:
        at = pick % len(self.closed)
        month = self.closed[at]
        self.both(lambda shop: len(shop.live.periods.lock(month, brand=self.brand)))
        self.locked = max(self.locked, at + 1)

    @precondition(lambda self: self.closed)
    @rule()
    def reopen(self) -> None:
        month, more = self.closed[-1], PEOPLE | {"brand": self.brand}
        if self.locked == len(self.closed):
            self.refused(PeriodLockedError, lambda shop: shop.live.periods.reopen(month, **more))
            return
        self.both(lambda shop: shop.live.periods.reopen(month, **more).status)
        self.closed.pop()
        self.refused(PeriodNotClosedError, lambda shop: shop.live.periods.reopen(month, **more))

    # --- what always holds

    @invariant()
    def both_stand_where_the_model_does(self) -> None:
        if not hasattr(self, "model"):
            return
        type(self).steps += 1
        assert self.both(lambda shop: shop.standing(self.brand)) == self.model.standing()
        self.both(lambda shop: shop.live.ledger.head(brand=self.brand))
        if self.steps % LOOK_EVERY == 0:
            self.is_true()

    def is_true(self) -> None:
        report = self.both(lambda shop: shop.live.ledger.verify(brand=self.brand))
        assert report.ok, report.problem
        assert self.both(lambda shop: shop.live.payouts.reconcile(brand=self.brand)) == []
        for shop in self.shops:
            totals = {
                row.currency: 0 for row in shop.live.ledger.balance(brand=self.brand).balances
            }
            for row in shop.live.ledger.balance(brand=self.brand).balances:
                totals[row.currency] += row.amount
            assert not any(totals.values())

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.is_true()


def _state(item: PayoutItem) -> str:
    return item.state


@pytest.fixture
def twins(
    sqlite_server: databases.Sqlite, postgres_server: databases.Postgres | None
) -> Iterator[list[Shop]]:
    """Return a shop on each engine, alike in everything else."""
    if postgres_server is None:
        databases.skip_or_fail("no PostgreSQL answers (LIVESHOP_TEST_POSTGRES_URL)")
    assert postgres_server is not None
    with ExitStack() as stack:
        shops = []
        for server in (sqlite_server, postgres_server):
            url = stack.enter_context(server.fresh())
            database = Database.connect(databases.unhurried(url))
            stack.callback(database.dispose)
            shops.append(Shop(database, ManualClock(START)))
        yield shops


@pytest.mark.postgres
@pytest.mark.parametrize("part", range(PARTS))
def test_any_path_ends_where_the_model_says(part: int, twins: list[Shop]) -> None:
    WholeBooks.shops, WholeBooks.number, WholeBooks.steps = twins, 0, 0
    while WholeBooks.steps < STEPS_A_PART:
        run_state_machine_as_test(
            WholeBooks,
            settings=settings(
                max_examples=-(-(STEPS_A_PART - WholeBooks.steps) // LONGEST),
                stateful_step_count=LONGEST,
                deadline=None,
                derandomize=not IS_LONG,
                print_blob=True,
                phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
