"""16 workers renew one shop's token, and some die in it: one at a time, nobody locked out.

``make tokens-long`` plays 2,000 rounds.
"""

import logging
from random import Random

import pytest

from tests import databases
from tests.flows.kill_support import ground
from tests.flows.token_support import Crew, issuing
from tests.scale import IS_LONG

WORKERS = 16
ROUNDS = 500 if IS_LONG else 2
"""On each engine, installed or by credentials."""
_log = logging.getLogger(__name__)


@pytest.mark.parametrize("is_installed", [True, False], ids=["installed", "credentials"])
def test_workers_that_die_while_renewing_lock_nobody_out(
    server: databases.Sqlite | databases.Postgres, is_installed: bool
) -> None:
    chance, deaths, renewals = Random(26), 0, 0
    with issuing() as issuer, ground(server) as place:
        crew = Crew(place, issuer, is_installed)
        if is_installed:
            crew.install()
        longest = max(told.all("boundaries")[0] for told in crew.ask([0]))
        for number in range(1, ROUNDS + 1):
            before = issuer.asked
            crew.age(chance)
            mortal = chance.randint(0, WORKERS)
            fuses = [chance.randint(1, longest) if n < mortal else 0 for n in range(WORKERS)]
            told = crew.ask(fuses)
            died = sum(one.was_killed for one in told)
            served = sum(one.all("served") == [True] for one in told)
            put_off = [problem for one in told for problem in one.all("put off")]
            assert died + served + len(put_off) == WORKERS
            unheard = sum("another process" not in problem for problem in put_off)
            if not mortal:
                assert (served, issuer.asked - before) == (WORKERS, 1)
            crew.recover()
            # Whoever asked and heard nothing in time gives the lease back, to be asked with again.
            asked = issuer.asked - before
            assert 1 <= asked <= 2 + unheard, "nobody asks while another's lease runs"
            deaths += died
            renewals += issuer.asked - before
            if number % 50 == 0:
                _log.info("%s rounds, %s renewals, %s deaths", number, renewals, deaths)
            issuer.tell("next")
        told = issuer.tell("look")
    assert (told["most_at_once"], told["locked_out"]) == (1, [])
    assert deaths > ROUNDS // 2
