"""Orders that change, under caps of the order and the month and with tiers, on both engines.

Each order is told twice, under two names and in two orders of arrival: what its lines
stand at must be the same, and the book must follow from its facts after every round.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    RefundFailed,
)
from tests.contracts.period_support import eur, shop_with, ten, tiers
from tests.contracts.shop_support import START, Shop, about, line, refund, sale
from tests.scale import IS_LONG

IDS = ("edit_id", "record_id", "refund_id", "dispute_id")
Story = tuple[OrderPaid, list[Fact]]


def life(ref: str, chance: Random) -> Story:
    """Return a sale, and whatever may happen to it."""
    lines = [line(f"li_{n}", base=chance.randint(1, 9_000)) for n in range(chance.randint(1, 3))]
    total = sum(one.base for one in lines) + chance.randint(0, 500)
    left = {one.ref: one.base for one in lines}
    found: list[Fact] = []
    for number in range(chance.randint(0, 3)):
        added = edited(ref, number, chance)
        left |= {one.ref: one.base for one in added.lines}
        found.append(added)
    for number in range(chance.randint(0, 5)):
        at = chance.choice(sorted(left))
        base = chance.randint(0, left[at])
        left[at] -= base
        found += went(ref, number, (at, base), chance)
    for number in range(chance.randint(0, 2)):
        found += disputed(ref, number, chance)
    if chance.random() < 0.4:
        until = START + timedelta(days=chance.choice((15, 18, 30)))
        found.append(HoldReleased(**about(ref, timedelta(days=20)), hold_until=until))
    return sale(ref, *lines, codes=("BEN",), total=total), found


def edited(ref: str, number: int, chance: Random) -> OrderEdited:
    count = chance.randint(0, 2)
    lines = [line(f"ad_{number}_{n}", base=chance.randint(0, 5_000)) for n in range(count)]
    total = sum(one.base for one in lines) + chance.randint(0, 50)
    return OrderEdited(
        **about(ref, timedelta(days=chance.randint(1, 3))),
        edit_id=f"{ref}-{number}",
        currency="EUR",
        total=total,
        paid=chance.randint(0, total),
        lines=tuple(lines),
    )


def went(ref: str, number: int, what: tuple[str, int], chance: Random) -> list[Fact]:
    """Take units off, or pay them back, with more or without; that may fail."""
    name, loose = f"{ref}_{number}", chance.choice((0, chance.randint(1, 4_000)))
    if chance.random() < 0.4:
        worth = what[1] + chance.randint(0, 20)
        where = about(ref, timedelta(days=2))
        return [UnitsTakenOff(**where, record_id=name, currency="EUR", worth=worth, lines=(what,))]
    back = refund(ref, name, what[1] + loose, lines=(what,), named_amount=what[1])
    failed = RefundFailed(**about(ref, timedelta(days=4)), refund_id=name)
    return [back, failed] if chance.random() < 0.4 else [back]


def disputed(ref: str, number: int, chance: Random) -> list[Fact]:
    of: dict[str, Any] = {**about(ref, timedelta(days=1)), "dispute_id": f"{ref}_{number}"}
    opened = DisputeOpened(**of, amount=chance.randint(1, 6_000), currency="EUR")
    kinds = chance.sample((DisputeWon, DisputeLost), chance.randint(0, 2))
    found: list[Fact] = [opened, *(kind(**of) for kind in kinds)]
    if chance.random() < 0.4:
        found.append(replace(opened, turn=2, amount=chance.randint(1, 6_000)))
        found += [kind(**of, turn=2) for kind in kinds[:1]]
    return found


def renamed(fact: Fact) -> Any:
    """Return the same of another order."""
    ids: dict[str, Any] = {n: f"x{getattr(fact, n)}" for n in IDS if hasattr(fact, n)}
    return replace(fact, order_ref=f"x{fact.order_ref}", **ids)


def told(shop: Shop, stories: list[Story], chance: Random) -> list[Any]:
    """Record sales, then all else in any order; returns what each line stands at."""
    later: list[Fact] = []
    for sold, facts in stories:
        shop.record(sold)
        later += facts
    chance.shuffle(later)
    while later:
        some = [later.pop() for _ in range(min(len(later), chance.randint(1, 3)))]
        shop.record(*some)
    assert shop.live.ledger.verify().ok
    found = []
    for sold, _ in stories:
        story = shop.live.explain(sold.order_ref)
        assert sum(one.expense for one in story.targets) <= (story.lines[0].cap or 0)
        pairs = zip(story.lines, story.targets, strict=True)
        found.append([(one.order_line, one.amount, target) for one, target in pairs])
    return found


@pytest.mark.parametrize("seed", range(20 if IS_LONG else 2))
def test_in_whatever_order_it_is_told_all_stands_the_same(
    db: Database, clock: ManualClock, seed: int
) -> None:
    chance = Random(seed)
    caps = {"cap_per_order": eur(700), "cap_per_month": eur(chance.choice((3_000, 20_000)))}
    shop = shop_with(db, clock, ten(tiers=tiers(start=50_000), **caps))
    stories = [life(f"o{number}", chance) for number in range(8)]
    again = [(renamed(sold), [renamed(one) for one in facts]) for sold, facts in stories]
    assert told(shop, stories, chance) == told(shop, again, chance)
    report = shop.live.proofs.replay()
    assert report.ok, report.problem
