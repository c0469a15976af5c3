"""Who may work on a row of the inbox, and for how long, on both engines."""

from datetime import timedelta
from threading import Barrier

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LeaseLostError
from liveshop_sdk.events import Backoff, FactLog, Inbox, Receipt, Stored
from liveshop_sdk.ids import Ids
from tests.contracts.inbox_support import (
    LEASE,
    Came,
    claim,
    counts,
    in_threads,
    inbox_fixture,
    paid,
    store,
)

__all__ = ["inbox_fixture"]


def test_claims_come_oldest_first_and_never_twice(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    for one in ("d1", "d2", "d3"):
        store(db, inbox, one)
        clock.advance(timedelta(seconds=1))
    assert [row.delivery_id for row in claim(db, inbox, limit=2)] == ["d1", "d2"]
    assert [row.delivery_id for row in claim(db, inbox)] == ["d3"]
    assert claim(db, inbox) == []


def test_two_workers_never_get_the_same_row(db: Database, inbox: Inbox) -> None:
    store(db, inbox, *(f"d{n}" for n in range(60)))
    start = Barrier(4)
    taken: list[str] = []

    def work() -> None:
        start.wait()
        while rows := claim(db, inbox, limit=7):
            taken.extend(row.id for row in rows)
            with db.transaction() as tx:
                inbox.done(tx, rows)

    in_threads([work] * 4)
    assert len(taken) == len(set(taken)) == 60
    assert counts(db, inbox)["done"] == 60


def test_rows_locked_by_a_claim_under_way_are_skipped(db: Database, inbox: Inbox) -> None:
    if db.dialect == "sqlite":
        pytest.skip("one writer at a time there")
    store(db, inbox, "d1", "d2")
    found: list[str] = []
    with db.transaction() as tx:
        inbox.claim(tx, limit=1, by="w1", lease_for=LEASE)
        in_threads([lambda: found.extend(row.delivery_id for row in claim(db, inbox))])
    assert found == ["d2"]


def test_a_lease_that_ran_out_goes_to_the_next_and_fences_the_first(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    store(db, inbox, "d1")
    slow = claim(db, inbox)
    clock.advance(LEASE - timedelta(microseconds=1))
    assert claim(db, inbox) == []
    clock.advance(timedelta(microseconds=1))
    [quick] = claim(db, inbox)  # by the same name, and still another claim
    assert quick.attempts == 2
    for late in (
        lambda tx: inbox.done(tx, slow),
        lambda tx: inbox.retry(tx, slow[0], "x"),
        lambda tx: inbox.park(tx, slow[0], "o1"),
        lambda tx: inbox.dead(tx, slow[0], "x"),
    ):
        with pytest.raises(LeaseLostError), db.transaction() as tx:
            late(tx)
    with db.transaction() as tx:
        inbox.done(tx, [quick])
    with pytest.raises(LeaseLostError), db.transaction() as tx:
        inbox.done(tx, [quick])
    assert counts(db, inbox) == {"new": 0, "parked": 0, "done": 1, "dead": 0}


def test_a_lost_lease_takes_the_effect_back(db: Database, inbox: Inbox, clock: ManualClock) -> None:
    store(db, inbox, "d1", "d2")
    slow = claim(db, inbox)
    clock.advance(LEASE)
    claim(db, inbox, limit=1)

    def finish() -> None:
        with db.transaction() as tx:
            FactLog(clock).add(tx, paid("o1"))
            inbox.done(tx, slow)

    with pytest.raises(LeaseLostError) as refused:
        finish()
    assert refused.value.count == 1
    with db.reading() as tx:
        assert FactLog(clock).all(tx) == []


def test_a_row_can_be_stored_and_leased_in_one(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    with db.transaction() as tx:
        receipt, row = inbox.store_leased(tx, Came("d1"), by="web", lease_for=LEASE)
        again = inbox.store_leased(tx, Came("d1"), by="web", lease_for=LEASE)
    assert row is not None
    assert (receipt.stored, again) == (Stored.NEW, (Receipt(row.id, Stored.SEEN), None))
    with db.reading() as tx:
        assert inbox.get(tx, row.id) == row
    assert claim(db, inbox) == []
    clock.advance(LEASE)
    (other,) = claim(db, inbox)
    assert (other.id, other.attempts) == (row.id, 2)
    with pytest.raises(LeaseLostError), db.transaction() as tx:
        inbox.done(tx, [row])


def test_a_row_that_kills_its_workers_ends_dead(db: Database, clock: ManualClock, ids: Ids) -> None:
    inbox = Inbox(clock, ids, Backoff(attempts=3))
    store(db, inbox, "d1")
    for _ in range(3):
        assert len(claim(db, inbox)) == 1
        clock.advance(LEASE)
    store(db, inbox, "d2")
    assert [row.delivery_id for row in claim(db, inbox, limit=1)] == ["d2"]
    with db.reading() as tx:
        [dead] = inbox.dead_letters(tx)
    assert (dead.delivery_id, dead.reason) == (
        "d1",
        "gave_up: every worker that held this stopped without an answer",
    )
