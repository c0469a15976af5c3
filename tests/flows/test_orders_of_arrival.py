"""The order in which facts arrive never matters: 5,040 orders of a story of seven facts.

All of them through the pure rules; some through recorder and ledger as well.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import (
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.kill_flows import offer
from tests.flows.kill_support import NOW, open_shop
from tests.flows.standing import standing

HOLD = timedelta(days=14)
Standing = dict[tuple[str, str], int]


def sold(ref: str, base: int, discount: int) -> SoldLine:
    return SoldLine(
        ref=ref,
        sku="sku_tee",
        item_ref="",
        title="Tee",
        quantity=1,
        gross=base + discount,
        discount=discount,
        tax=0,
        base=base,
    )


def story(order_ref: str) -> tuple[Fact, ...]:
    """A sale, a refund that names no line, one that names a line, and what follows."""
    about: dict[str, Any] = {
        "platform": "sandbox",
        "account": "sandbox",
        "order_ref": order_ref,
        "occurred_at": NOW,
    }
    return (
        OrderPaid(
            **about,
            currency="EUR",
            total=4482,
            shipping=490,
            tax=0,
            tax_included=True,
            lines=(sold("1", 2993, 998), sold("2", 999, 0)),
            codes=("MIKA20",),
        ),
        OrderRefunded(**about, refund_id=f"{order_ref}-a", amount=1000, currency="EUR"),
        OrderRefunded(
            **about,
            refund_id=f"{order_ref}-b",
            amount=999,
            named_amount=999,
            currency="EUR",
            lines=(("2", 999),),
        ),
        RefundFailed(**about, refund_id=f"{order_ref}-a"),
        DisputeOpened(**about, dispute_id=f"{order_ref}-d", amount=4482, currency="EUR"),
        DisputeWon(**about, dispute_id=f"{order_ref}-d"),
        HoldReleased(**about, hold_until=NOW + HOLD),
    )


# Two hosts share 12 % of line 1 (359) 60:40; line 2 went back whole, all else was undone.
ENDS: Standing = {("1/mika", "owed"): -215, ("1/juno", "owed"): -144}


def lines_of(order: OrderPaid) -> list[CommissionLine]:
    return [
        CommissionLine(
            line_ref=f"{ref}/{creator}",
            brand="main",
            platform=order.platform,
            account=order.account,
            order_ref=order.order_ref,
            order_line=ref,
            creator=creator,
            credited="mika",
            stream="friday-drop",
            currency="EUR",
            base=base,
            rate_bps=1200,
            weight=weight,
            weight_total=100,
            amount=amount,
            terms_version=1,
            hold_until=NOW + HOLD,
            withheld="",
        )
        for ref, base, creator, weight, amount in (
            ("1", 2993, "mika", 60, 215),
            ("1", 2993, "juno", 40, 144),
            ("2", 999, "mika", 60, 72),
            ("2", 999, "juno", 40, 48),
        )
    ]


def played(facts: Sequence[Fact], order: OrderPaid, lines: list[CommissionLine]) -> Standing:
    """Post what each fact changes, as the recorder does: nothing before the sale is known."""
    posted: dict[tuple[str, str, str], int] = {}
    balances: dict[tuple[str, str], int] = {}
    at = facts.index(order)
    arrival = [order, *facts[:at], *facts[at + 1 :]]
    for known in range(1, len(arrival) + 1):
        state = accrual.order_state(order, arrival[:known], lines)
        postings = accrual.difference(lines, state, posted=posted, balances=balances)
        assert sum(posting.amount for posting in postings) == 0
        for posting in postings:
            key = (posting.account, posting.currency)
            balances[key] = balances.get(key, 0) + posting.amount
            if posting.line_ref:
                line = (posting.line_ref, *key)
                posted[line] = posted.get(line, 0) + posting.amount
        for creator in ("mika", "juno"):
            owed = balances.get((f"creator:{creator}:payable", "EUR"), 0)
            back = balances.get((f"creator:{creator}:clawback_receivable", "EUR"), 0)
            assert owed <= 0 <= back
            assert not (owed and back)
    found: Standing = {}
    for (line_ref, account, _currency), amount in posted.items():
        part = account.rpartition(":")[2]
        key = (line_ref, "owed" if part in ("payable", "clawback_receivable") else part)
        found[key] = found.get(key, 0) + amount
    return {key: amount for key, amount in found.items() if amount}


def test_all_5040_orders_end_in_the_same_balances() -> None:
    facts = story("sbo_1")
    order = facts[0]
    assert isinstance(order, OrderPaid)
    lines = lines_of(order)
    count = 0
    for arrival in permutations(facts):
        assert played(arrival, order, lines) == ENDS, [fact.key for fact in arrival]
        count += 1
    assert count == 5_040


@pytest.fixture
def shop(db: Database) -> LiveShop:
    """A shop whose stream is shared 60:40, with a coupon of the first host."""
    made, post = open_shop(db, ManualClock(NOW), 3)
    offer(made, post)
    made.streams.schedule(
        "duo",
        hosts=["mika:60", "juno:40"],
        opens_at=NOW,
        closes_at=NOW + timedelta(hours=2),
    )
    made.coupons.create("MIKA20", stream_id="duo", creator_id="mika", percent_off=20)
    return made


def shuffled(count: int) -> Iterator[tuple[Fact, ...]]:
    """Yield stories of as many orders, each in an order of its own; the first as it was."""
    chance = Random(5_040)
    for number in range(count):
        facts = list(story(f"sbo_{number}"))
        if number:
            chance.shuffle(facts)
        yield tuple(facts)


def record(shop: LiveShop, facts: Sequence[Fact]) -> list[Fact]:
    """Record in one transaction; returns what waits for its sale."""
    with shop.transaction() as tx:
        recording = shop._rooms.recorder.record(tx, facts)
    waiting = set(recording.waiting)
    return [fact for fact in facts if (fact.platform, fact.account, fact.order_ref) in waiting]


def assert_ends(shop: LiveShop, order_ref: str) -> None:
    found = standing(shop, order_ref)
    assert {(line.partition("/")[2], part): n for (line, part), n in found.items()} == ENDS


def test_orders_recorded_one_fact_at_a_time(shop: LiveShop) -> None:
    for arrival in shuffled(8):
        waiting: list[Fact] = []
        for fact in arrival:
            waiting = record(shop, [*waiting, fact])
        assert waiting == []
        assert_ends(shop, arrival[0].order_ref)
    assert shop.ledger.verify().ok


def test_orders_recorded_side_by_side(shop: LiveShop) -> None:
    """Fifty-two orders, seven commits: each takes the next fact of every order."""
    arrivals = list(shuffled(52))
    waiting: list[Fact] = []
    for facts in zip(*arrivals, strict=True):
        waiting = record(shop, [*waiting, *facts])
    assert waiting == []
    for arrival in arrivals:
        assert_ends(shop, arrival[0].order_ref)
    balances = {row.account: row.amount for row in shop.ledger.balance().balances if row.amount}
    assert balances == {
        "brand:commission_expense": 52 * 359,
        "creator:mika:payable": 52 * -215,
        "creator:juno:payable": 52 * -144,
    }
    assert shop.ledger.verify().ok
