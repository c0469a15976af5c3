"""Disputes whose money is taken once more after it was given back, on both engines."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon, Fact
from tests.contracts.edit_support import pending, whole
from tests.contracts.recording_support import coded, shop_fixture
from tests.contracts.shop_support import Shop, about
from tests.contracts.test_reconcile import numbers, tells

__all__ = ["shop_fixture"]


def steps(order_ref: str) -> tuple[Fact, ...]:
    """Taken, lost, won on appeal; taken again and lost."""
    of: dict[str, Any] = {**about(order_ref), "dispute_id": f"dp_{order_ref}"}
    opened = DisputeOpened(**of, amount=2495, currency="EUR")
    again: dict[str, Any] = {**of, "turn": 2}
    return (
        opened,
        DisputeLost(**of),
        DisputeWon(**of),
        replace(opened, turn=2),
        DisputeLost(**again),
        DisputeWon(**again),
    )


def test_each_step_of_a_dispute_that_begins_again(shop: Shop) -> None:
    """Half of a tee of 49.90, which earns 5.99: 2.995 of it, so 3.00 go and 2.99 stay."""
    shop.record(coded())
    frozen = []
    for fact in steps("o1"):
        shop.record(fact)
        shop.record(fact)
        frozen.append((pending(shop), -shop.standing().get("creator:mika:disputed EUR", 0)))
    assert frozen == [(299, 300), (299, 0), (599, 0), (299, 300), (299, 0), (599, 0)]
    whole(shop)


def test_any_order_of_arrival_ends_lost(shop: Shop) -> None:
    for number, arrival in enumerate(permutations(range(5))):
        if number % 7:
            continue
        ref = f"o{number}"
        before = pending(shop)
        shop.record(coded(ref))
        facts = steps(ref)
        for n in arrival:
            shop.record(facts[n])
        assert pending(shop) - before == 299, arrival
        assert "creator:mika:disputed EUR" not in shop.standing()
    whole(shop)


def test_the_last_turn_alone_is_enough(shop: Shop) -> None:
    shop.record(coded(), *steps("o1")[3:5])
    assert pending(shop) == 299
    shop.record(*steps("o1")[:3])
    assert pending(shop) == 299
    whole(shop)


def test_the_last_turn_stands_for_those_before_when_compared(shop: Shop) -> None:
    """Lost, won on appeal, taken again: the platform shows the dispute as it is now."""
    opened, lost, won, again, lost_again, _ = steps("o1")
    shop.record(coded(), opened, lost, won)
    shop.clock.advance(timedelta(hours=2))
    for told in ([again], [again, lost_again]):
        tells(shop, [coded(), *told])
        found = shop.live.reconcile(fix=True)
        assert (found.ok, found.missing, found.extra) == (True, 1, 0)
    tells(shop, [coded(), again, lost_again])
    assert numbers(shop.live.reconcile()) == (3, 0, 0, 0, 0)
    assert pending(shop) == 299
