"""What the inbox keeps, and what can become of a row, on both engines."""

from datetime import timedelta
from threading import Barrier

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LeaseLostError
from liveshop_sdk.events import Backoff, FactLog, Inbox, InboxRow, Parking, Receipt, Stored
from liveshop_sdk.events.bodies import Bodies
from liveshop_sdk.events.inbox import CLEARED
from liveshop_sdk.ids import Ids
from tests.contracts.inbox_support import (
    LEASE,
    NOW,
    Came,
    claim,
    counts,
    in_threads,
    inbox_fixture,
    paid,
    store,
)

__all__ = ["inbox_fixture"]


# --- storing


def test_a_delivery_is_kept_once_as_received(db: Database, inbox: Inbox) -> None:
    with db.transaction() as tx:
        first = inbox.store(tx, Came("d1", body=b'{"a": 1}\xff'))
        again = inbox.store(tx, Came("d1", body=b'{"a": 1}\xff'))
    assert first.stored is Stored.NEW
    assert again == Receipt(first.id, Stored.SEEN)
    [row] = claim(db, inbox)
    assert (row.body, row.occurred_at, row.conflicts) == (b'{"a": 1}\xff', NOW, 0)
    assert "xff" not in repr(row)


def test_another_body_under_the_same_id_leaves_the_first(db: Database, inbox: Inbox) -> None:
    with db.transaction() as tx:
        first = inbox.store(tx, Came("d1", body=b"one"))
        assert inbox.store(tx, Came("d1", body=b"two")) == Receipt(first.id, Stored.SEEN)
    [row] = claim(db, inbox)
    assert (row.body, row.conflicts) == (b"one", 1)


def test_the_key_is_platform_account_topic_and_delivery(db: Database, inbox: Inbox) -> None:
    with db.transaction() as tx:
        for other in (
            Came("d1"),
            Came("d1", platform="stripe"),
            Came("d1", account="acct_2"),
            Came("d1", topic="order.refunded"),
        ):
            assert inbox.store(tx, other).stored is Stored.NEW
    assert counts(db, inbox) == {"new": 4, "parked": 0, "done": 0, "dead": 0}


def test_the_same_delivery_in_many_threads_is_stored_once(db: Database, inbox: Inbox) -> None:
    start, receipts = Barrier(8), []

    def receive() -> None:
        start.wait()
        with db.transaction() as tx:
            receipts.append(inbox.store(tx, Came("d1")))

    in_threads([receive] * 8)
    assert len({receipt.id for receipt in receipts}) == 1
    assert [r.stored for r in receipts].count(Stored.NEW) == 1
    assert counts(db, inbox)["new"] == 1


# --- what can become of a row


def test_retries_wait_longer_and_end_dead(db: Database, clock: ManualClock, ids: Ids) -> None:
    backoff = Backoff(first=timedelta(seconds=5), factor=3, cap=timedelta(seconds=30), attempts=4)
    inbox = Inbox(clock, ids, backoff)
    store(db, inbox, "d1")
    for wait in (5, 15, 30):
        [row] = claim(db, inbox)
        with db.transaction() as tx:
            assert inbox.retry(tx, row, "boom")
        clock.advance(timedelta(seconds=wait) - timedelta(microseconds=1))
        assert claim(db, inbox) == []
        clock.advance(timedelta(microseconds=1))
    [row] = claim(db, inbox)
    with db.transaction() as tx:
        assert not inbox.retry(tx, row, "boom" * 1000)
    with db.reading() as tx:
        [dead] = inbox.dead_letters(tx)
    assert (dead.attempts, len(dead.reason or "")) == (4, 500)


def test_faults_that_are_not_the_rows_own_are_retried_for_ever(
    db: Database, clock: ManualClock, ids: Ids
) -> None:
    inbox = Inbox(clock, ids, Backoff(attempts=2))
    store(db, inbox, "d1")
    for _ in range(5):
        [row] = claim(db, inbox)
        with db.transaction() as tx:
            assert inbox.retry(tx, row, "down", is_final=False)
        clock.advance(timedelta(hours=1))
    assert counts(db, inbox)["new"] == 1


def test_parked_rows_wake_with_their_order_and_no_other(db: Database, inbox: Inbox) -> None:
    store(db, inbox, "d1", "d2")
    first, second = claim(db, inbox)
    with db.transaction() as tx:
        assert inbox.park(tx, first, "o1") is Parking.PARKED
        assert inbox.park(tx, second, "o2") is Parking.PARKED
    assert claim(db, inbox) == []
    with db.transaction() as tx:
        assert inbox.wake(tx, "stripe", "acct_1", "o1") == 0
        assert inbox.wake(tx, "sandbox", "acct_2", "o1") == 0
        assert inbox.wake(tx, "sandbox", "acct_1", "o1") == 1
    [row] = claim(db, inbox)
    assert (row.delivery_id, row.attempts, row.waits_for) == ("d1", 1, None)
    assert counts(db, inbox) == {"new": 1, "parked": 1, "done": 0, "dead": 0}


def test_parking_looks_once_more_for_the_sale(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    store(db, inbox, "d1")
    [row] = claim(db, inbox)
    with db.transaction() as tx:  # the sale arrives between the look and the parking
        FactLog(clock).add(tx, paid("o1"))
        assert inbox.wake(tx, "sandbox", "acct_1", "o1") == 0
    with db.transaction() as tx:
        assert inbox.park(tx, row, "o1") is Parking.HERE
    assert [row.delivery_id for row in claim(db, inbox)] == ["d1"]


def test_wake_and_park_at_the_same_moment_leave_nothing_parked(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    log = FactLog(clock)
    for n in range(25):
        order, start = f"o{n}", Barrier(2)
        store(db, inbox, f"d{n}")
        [row] = claim(db, inbox)

        def sell(order: str = order, start: Barrier = start) -> None:
            start.wait()
            with db.transaction() as tx:
                log.add(tx, paid(order))
                inbox.wake(tx, "sandbox", "acct_1", order)

        def park(order: str = order, start: Barrier = start, row: InboxRow = row) -> None:
            start.wait()
            with db.transaction() as tx:
                inbox.park(tx, row, order)

        in_threads([sell, park])
        assert counts(db, inbox)["parked"] == 0
        with db.transaction() as tx:
            inbox.done(tx, inbox.claim(tx, limit=10, by="w1", lease_for=LEASE))


def test_what_is_parked_too_long_is_found_and_given_up(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    store(db, inbox, "d1")
    [row] = claim(db, inbox)
    with db.transaction() as tx:
        inbox.park(tx, row, "o1")
    clock.advance(timedelta(days=7))
    with db.reading() as tx:
        assert inbox.parked_since(tx, NOW - timedelta(microseconds=1)) == []
        [old] = inbox.parked_since(tx, clock.now() - timedelta(days=7))
    assert (old.waits_for, old.parked_at) == ("o1", NOW)
    with db.transaction() as tx:
        inbox.dead(tx, old, "unknown_order")
    with pytest.raises(LeaseLostError), db.transaction() as tx:
        inbox.dead(tx, old, "unknown_order")
    assert counts(db, inbox) == {"new": 0, "parked": 0, "done": 0, "dead": 1}


def test_what_was_received_since_then_is_due_again(
    db: Database, inbox: Inbox, clock: ManualClock
) -> None:
    store(db, inbox, "early")
    with db.transaction() as tx:
        inbox.done(tx, inbox.claim(tx, limit=1, by="wrk_1", lease_for=timedelta(minutes=1)))
    clock.advance(timedelta(hours=1))
    then = clock.now()
    store(db, inbox, "done", "dead", "parked", "cleared", "new")
    rows = {row.delivery_id: row for row in claim(db, inbox)}
    with db.transaction() as tx:
        inbox.done(tx, [rows["done"], rows["cleared"]])
        inbox.dead(tx, rows["dead"], "x")
        inbox.park(tx, rows["parked"], "o1")
        Bodies().replace(tx, rows["cleared"].id, CLEARED)
        assert inbox.replay_since(tx, then) == 2
        assert inbox.replay_since(tx, then) == 0
        assert inbox.replay_since(tx, clock.now() + timedelta(microseconds=1)) == 0
    assert counts(db, inbox) == {"new": 3, "parked": 1, "done": 2, "dead": 0}


def test_dead_letters_can_be_replayed(db: Database, inbox: Inbox) -> None:
    store(db, inbox, "d1", "d2", "d3")
    first, second, third = claim(db, inbox)
    with db.transaction() as tx:
        inbox.dead(tx, first, "x")
        inbox.dead(tx, second, "y")
        inbox.done(tx, [third])
        assert [row.reason for row in inbox.dead_letters(tx)] == ["y", "x"]
        assert inbox.replay(tx, [second.id]) == 1
        assert inbox.replay(tx) == 1
        assert inbox.replay(tx) == 0
    assert [row.attempts for row in claim(db, inbox)] == [1, 1]
    with db.transaction() as tx:
        assert inbox.replay(tx, [third.id, "inb_unknown"]) == 1
    assert [row.delivery_id for row in claim(db, inbox)] == ["d3"]
