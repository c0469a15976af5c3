"""Any history of facts: after each step the book is what the rules say of all of them."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import pytest

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.bonus import tier_bonus
from liveshop_sdk.affiliate.minimum import GuaranteedMonth, guarantee_targets
from liveshop_sdk.affiliate.simulation import SimpleLine, SimpleOrder
from liveshop_sdk.affiliate.terms import Guarantee, Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    RefundFailed,
)
from liveshop_sdk.money import Rate
from tests import schema
from tests.contracts.period_support import (
    BONUS,
    COMMISSION,
    MODES,
    TOP_UP,
    eur,
    of,
    shop_with,
    ten,
    tiers,
    true_up,
)
from tests.contracts.shop_support import START, Shop, about, line, refund, sale

CAP, PROMISED, STEP = 60_000, 40_000, 400_000
MONTHS = ("2026-10", "2026-11")
Step = Fact | str
"""A fact, or the month to true up."""


def all_of(mode: str, window: str = "quarter") -> Terms:
    return ten(
        tiers=tiers(mode, window, STEP),
        cap_per_month=eur(CAP),
        guarantee=Guarantee(amount=eur(PROMISED)),
    )


def history(seed: int) -> list[Step]:
    """Return facts about some orders, and the ends of two months, in any order."""
    chance = random.Random(seed)
    steps: list[Step] = list(MONTHS)
    for n in range(6):
        ref, base = f"o{n}", chance.randrange(1, 300_000)
        paid = START + timedelta(days=chance.randrange(31), minutes=n)
        steps.append(sale(ref, line(base=base), codes=("BEN",), occurred_at=paid))
        for m in range(chance.randrange(3)):
            part = chance.choice([base, chance.randrange(1, base + 1)])
            steps.append(refund(ref, f"re_{n}_{m}", part))
            if chance.random() < 0.4:
                steps.append(RefundFailed(**about(ref), refund_id=f"re_{n}_{m}"))
        if chance.random() < 0.5:
            amount = chance.randrange(1, base + 1)
            opened = DisputeOpened(
                **about(ref), dispute_id=f"dp_{n}", amount=amount, currency="EUR"
            )
            steps.append(opened)
            end = chance.choice([DisputeWon, DisputeLost, None])
            if end is not None:
                steps.append(end(**about(ref), dispute_id=f"dp_{n}"))
        if chance.random() < 0.6:
            steps.append(HoldReleased(**about(ref), hold_until=paid + timedelta(days=14)))
    return shuffled(steps, chance)


def shuffled(steps: Sequence[Step], chance: random.Random) -> list[Step]:
    """Return them in another order, but each order's sale before what is about it."""
    mixed = chance.sample(list(steps), len(steps))
    found: list[Step] = []
    for step in mixed:
        if not isinstance(step, Fact):
            found.append(step)
        elif step not in found:
            first = next(
                one
                for one in mixed
                if isinstance(one, OrderPaid) and one.order_ref == step.order_ref
            )
            found += [first] if first not in found else []
            found += [step] if step is not first else []
    return found


def take(shop: Shop, step: Step) -> None:
    if isinstance(step, str):
        true_up(shop, step)
    else:
        shop.record(step)


def expected(shop: Shop, done: Sequence[Step], mode: str) -> dict[str, int]:
    """Return what the brand bears, worked out from all facts by the plain rules."""
    months = sorted(step for step in done if isinstance(step, str))
    facts = [step for step in done if isinstance(step, Fact)]
    earned: dict[str, int] = defaultdict(int)
    left: list[tuple[object, str, int]] = []
    for order in (fact for fact in facts if isinstance(fact, OrderPaid)):
        about_it = [fact for fact in facts if fact.order_ref == order.order_ref]
        with shop.db.reading() as tx:
            [own] = shop.live._rooms.affiliate.lines_of(tx, order.order_key)
        state = accrual.order_state(order, about_it, [own])
        earned[f"{order.occurred_at:%Y-%m}"] += accrual.target(own, state).expense
        left.append((order.occurred_at, order.order_ref, own.base - state.gone["li_1"]))
    bases = [base for _, _, base in sorted(left, key=lambda each: each[:2])]
    steps = ((STEP, Rate.percent(12)),)
    capped = {
        month: min(CAP, earned[month]) if month in months else earned[month] for month in MONTHS
    }
    promised = [
        GuaranteedMonth(month=month, amount=PROMISED, recoupable=True, earned=capped[month])
        for month in months
    ]
    return {
        BONUS: tier_bonus(bases, mode=mode, steps=steps, base=Rate.percent(10)),
        COMMISSION: sum(capped.values()),
        TOP_UP: sum(guarantee_targets(promised).values()),
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_each_step_the_book_is_what_the_rules_say(
    db: Database, clock: ManualClock, mode: str, seed: int
) -> None:
    shop = shop_with(db, clock, all_of(mode))
    steps = history(seed)
    for n, step in enumerate(steps, 1):
        take(shop, step)
        wanted = expected(shop, steps[:n], mode)
        assert {account: of(shop, account) for account in wanted} == wanted
    report = shop.live.ledger.verify()  # floors and netting, entry by entry, and the counts
    assert (report.ok, report.problem) == (True, "")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [10, 11])
def test_any_order_of_the_same_steps_ends_in_the_same_balances(
    db: Database, clock: ManualClock, mode: str, seed: int
) -> None:
    steps = history(seed)
    shop = shop_with(db, clock, all_of(mode))
    for step in steps:
        take(shop, step)
    for again in range(2):
        twin = Database.connect("sqlite://")
        schema.build(twin)
        other = shop_with(twin, ManualClock(START), all_of(mode))
        for step in shuffled(steps, random.Random(again)):
            take(other, step)
        assert other.standing() == shop.standing()
        twin.dispose()


@pytest.mark.parametrize("mode", MODES)
def test_one_batch_and_one_by_one_come_to_the_same(
    db: Database, clock: ManualClock, mode: str
) -> None:
    facts = [step for step in history(20) if isinstance(step, Fact)]
    shop = shop_with(db, clock, all_of(mode))
    true_up(shop, "2026-10")
    shop.record(*facts)
    assert shop.live.ledger.verify().ok
    twin = Database.connect("sqlite://")
    schema.build(twin)
    other = shop_with(twin, ManualClock(START), all_of(mode))
    true_up(other, "2026-10")
    for fact in sorted(facts, key=lambda fact: not isinstance(fact, OrderPaid)):
        other.record(fact)
    assert other.live.ledger.head().root_hash == shop.live.ledger.head().root_hash
    twin.dispose()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("window", ["month", "quarter", "year", "agreement"])
def test_a_simulation_is_what_is_posted(
    db: Database, clock: ManualClock, mode: str, window: str
) -> None:
    terms = all_of(mode, window)
    shop = shop_with(db, clock, terms)
    sales = [step for step in history(30) if isinstance(step, OrderPaid)]
    shop.record(*sales)
    for month in sorted({f"{one.occurred_at:%Y-%m}" for one in sales}):
        true_up(shop, month)
    orders = [
        SimpleOrder(
            order_ref=one.order_ref,
            paid_at=one.occurred_at,
            currency="EUR",
            lines=(SimpleLine(sku="sku_tee", base=one.lines[0].base),),
        )
        for one in sales
    ]
    before = shop.counts()
    totals = shop.live.creators.simulate(terms, orders, handle="ben").proposed.totals()["EUR"]
    assert shop.counts() == before
    assert totals["commission"] + totals["cap_per_month"] == of(shop, COMMISSION)
    assert (totals["tiers"], totals["guarantee"]) == (of(shop, BONUS), of(shop, TOP_UP))
    assert totals["total"] == sum(of(shop, one) for one in (COMMISSION, BONUS, TOP_UP))
