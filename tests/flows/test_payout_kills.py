"""Two payout runs at once that die anywhere: each item is sent once, and none is lost.

``make payouts-long`` starts 5,000 of them on each engine.
"""

import logging
from datetime import timedelta
from random import Random

from liveshop_sdk.shop.live_shop import LiveShop
from tests import databases
from tests.flows.kill_support import Ground, ground, wait_for_the_dead
from tests.flows.payout_kill_support import TRANSFERS, Play, Stripe, fill, run, stripe
from tests.scale import IS_LONG

ROUNDS = 5_000 if IS_LONG else 16
AT_ONCE = 20
"""So many rounds between two looks; then database and oracle begin anew."""
LOST_ANSWERS = 0.05
LEASES_END = timedelta(minutes=6)

_log = logging.getLogger(__name__)


def test_double_starts_that_die_pay_everybody_once(
    server: databases.Sqlite | databases.Postgres,
) -> None:
    deaths = 0
    with stripe() as oracle, ground(server) as place:
        filled = Play(place.db, oracle)
        fill(filled.heir(1))
        place.save("filled")
        for first in range(0, ROUNDS, AT_ONCE):
            deaths += play(place, oracle, first, min(AT_ONCE, ROUNDS - first))
            _log.info("%s double starts, %s deaths", first + AT_ONCE, deaths)
    assert deaths > ROUNDS // 4


def play(place: Ground, oracle: Stripe, first: int, rounds: int) -> int:
    """Play some rounds on a fresh database, and look at what came of them."""
    place.restore("filled")
    oracle.begin()
    chance = Random(first)
    stage = Play(place.db, oracle)
    heir = stage.heir(10_000_000 + first)
    stage.earn(heir, chance)
    place.db.dispose()
    longest = stage.passed(20_000_000 + first)
    for number in range(first, first + rounds):
        stage.clock.advance(LEASES_END)
        stage.earn(heir, chance)
        if chance.random() < LOST_ANSWERS:
            oracle.tell("fail", **TRANSFERS, drop=True, after=True)
        fuses = (chance.randint(1, longest), chance.randint(1, longest * 2))
        stage.double((2 * number, 2 * number + 1), fuses)
        if chance.random() < 0.5:  # else the dead are left for the next two
            settle(stage, heir)
    settle(stage, heir)
    stage.check(heir)
    return stage.deaths


def settle(stage: Play, heir: LiveShop) -> None:
    """Let the leases of the dead run out, and run once more."""
    wait_for_the_dead(stage.db)
    stage.clock.advance(LEASES_END)
    run(heir)
