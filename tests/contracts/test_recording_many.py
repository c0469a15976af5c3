"""Many facts: in any order, by many threads, and what they cost, on both engines."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import CommissionCorrected, Fact, OrderPaid, RefundFailed
from liveshop_sdk.money import Rate
from tests.contracts.shop_support import Shop, about, line, refund, sale
from tests.properties.test_accrual_rules import Story, model, stories


@pytest.fixture
def trio(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    for number in range(4):
        shop.live.products.add(f"sku_{number}", title="Thing", amount=1, currency="EUR")
    for handle in ("ana", "ben", "mika"):
        shop.live.creators.add(handle, rate=Rate.bps(1234))
    shop.stream("trio", "ana:3", "ben:2", "mika:1")
    shop.coupon("TRIO", "ana", stream="trio")
    return shop


# --- any order


_numbers = count(1)


def renamed(fact: Fact, order_ref: str) -> Fact:
    changes: dict[str, Any] = {
        name: f"{order_ref}/{getattr(fact, name)}"
        for name in ("refund_id", "dispute_id", "correction_id")
        if hasattr(fact, name)
    }
    if isinstance(fact, CommissionCorrected):
        changes["line_ref"] = fact.line_ref.replace(fact.order_ref, order_ref)
    if isinstance(fact, OrderPaid):
        changes["codes"] = ("TRIO",)
    return replace(fact, order_ref=order_ref, **changes)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(stories(bps=1234, weights=(3, 2, 1)), min_size=1, max_size=3), st.randoms())
def test_any_order_of_arrival_gives_the_models_balances(
    trio: Shop, found: list[Story], chance: random.Random
) -> None:
    expected = Counter(trio.standing())
    facts: list[Fact] = []
    for story in found:
        order_ref = f"order {next(_numbers)}"
        facts += [renamed(fact, order_ref) for fact in story.facts]
        for account, amount in model(story).items():
            expected[f"{account} {story.order.currency}"] += amount
    arriving = facts + chance.choices(facts, k=4)
    chance.shuffle(arriving)
    while arriving:
        batch, arriving = arriving[:4], arriving[4:]
        waiting = set(trio.record(*batch).waiting)
        late = [f for f in batch if (f.platform, f.account, f.order_ref) in waiting]
        arriving += late
    assert trio.standing() == {name: amount for name, amount in expected.items() if amount}
    assert trio.live.ledger.verify().ok


def test_eight_threads_record_overlapping_batches(trio: Shop) -> None:
    facts: list[Fact] = []
    for number in range(24):
        ref = f"o{number}"
        facts.append(sale(ref, line(sku="sku_0", base=1000), codes=("TRIO",)))
        facts.append(refund(ref, f"re_{number}", 100))
        facts.append(refund(ref, f"rf_{number}", 900))
        facts.append(RefundFailed(**about(ref), refund_id=f"rf_{number}"))
    start = Barrier(8)

    def work(seed: int) -> int:
        chance = random.Random(seed)
        mine = chance.sample(facts, len(facts))
        start.wait()
        added = 0
        while mine:
            batch, mine = mine[:12], mine[12:]
            done = trio.record(*batch)
            added += done.new
            mine += [f for f in batch if (f.platform, f.account, f.order_ref) in done.waiting]
        return added

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == len(facts)
    # 12.34 % of 10.00 is 1.23: 62, 41 and 20; a tenth of each goes back
    assert trio.standing() == {
        "brand:commission_expense EUR": 24 * 111,
        "creator:ana:pending EUR": -24 * 56,
        "creator:ben:pending EUR": -24 * 37,
        "creator:mika:pending EUR": -24 * 18,
    }
    posted = [entry.event_id for entry in trio.live.ledger.entries()]
    assert len(posted) == len(set(posted))
    assert trio.live.ledger.verify().ok


# --- what it costs


def test_statements_grow_with_coupons_only(trio: Shop) -> None:
    statements: list[str] = []

    @sa.event.listens_for(trio.db.engine, "before_cursor_execute")
    def note(*args: Any) -> None:
        statements.append(args[2])

    def cost(*facts: Fact) -> int:
        before = len(statements)
        trio.record(*facts)
        return len(statements) - before

    thing = line(sku="sku_0")
    checkouts = [trio.visit(creator="ana", stream_id=None, items={"sku_0": 1}) for _ in range(30)]
    visited = [sale(chk, thing, checkout_id=chk) for chk in checkouts]
    assert cost(*visited[:1]) <= 35
    assert cost(*visited[1:]) <= 35
    coded = [sale(f"o{n}", thing, codes=("TRIO",)) for n in range(101)]
    assert cost(*coded[:1]) <= 35
    assert cost(*coded[1:]) <= 35 + 2 * 100  # the cap's update and the redemption of each
    assert cost(*(refund(order.order_ref, f"re_{order.order_ref}", 100) for order in coded)) <= 20
