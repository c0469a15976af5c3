"""The inbox and the worker that empties it, on both engines."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    FactConflictError,
    LeaseLostError,
    PlatformUnavailableError,
    StorageUnavailableError,
    WaitingForOrderError,
)
from liveshop_sdk.events import (
    Backoff,
    FactLog,
    Inbox,
    InboxRow,
    Outbox,
    Parking,
    Receipt,
    Recorded,
    Stored,
    Worker,
    WorkerReport,
)
from liveshop_sdk.facts import Fact, OrderPaid, RefundFailed
from liveshop_sdk.ids import Ids

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Came:
    delivery_id: str
    body: bytes = b"{}"
    platform: str = "sandbox"
    account: str = "acct_1"
    topic: str = "order.paid"
    event_id: str = "evt_1"
    occurred_at: datetime = NOW


@pytest.fixture
def inbox(clock: ManualClock, ids: Ids) -> Inbox:
    return Inbox(clock, ids)


def store(db: Database, inbox: Inbox, *ids: str) -> list[str]:
    with db.transaction() as tx:
        return [inbox.store(tx, Came(one, body=one.encode())).id for one in ids]


def claim(db: Database, inbox: Inbox, limit: int = 100, by: str = "w1") -> list[InboxRow]:
    with db.transaction() as tx:
        return inbox.claim(tx, limit=limit, by=by, lease_for=LEASE)


def tried(worker: Worker[str], delivery_id: str) -> WorkerReport:
    _, row = worker.take_in(Came(delivery_id, body=delivery_id.encode()))
    return worker.receive(row) if row else WorkerReport()


def counts(db: Database, inbox: Inbox) -> dict[str, int]:
    with db.reading() as tx:
        return inbox.counts(tx)


def paid(order_ref: str) -> OrderPaid:
    return OrderPaid(
        platform="sandbox",
        account="acct_1",
        order_ref=order_ref,
        occurred_at=NOW,
        currency="EUR",
        total=100,
        shipping=0,
        tax=0,
        tax_included=True,
        lines=(),
    )


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

    _in_threads([receive] * 8)
    assert len({receipt.id for receipt in receipts}) == 1
    assert [r.stored for r in receipts].count(Stored.NEW) == 1
    assert counts(db, inbox)["new"] == 1


# --- leases


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

    _in_threads([work] * 4)
    assert len(taken) == len(set(taken)) == 60
    assert counts(db, inbox)["done"] == 60


def test_rows_locked_by_a_claim_under_way_are_skipped(db: Database, inbox: Inbox) -> None:
    if db.dialect == "sqlite":
        pytest.skip("one writer at a time there")
    store(db, inbox, "d1", "d2")
    found: list[str] = []
    with db.transaction() as tx:
        inbox.claim(tx, limit=1, by="w1", lease_for=LEASE)
        _in_threads([lambda: found.extend(row.delivery_id for row in claim(db, inbox))])
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

        _in_threads([sell, park])
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


# --- the worker


@dataclass
class Shop:
    """Understands ``sale:<ref>``, ``refund:<ref>``, ``down``, ``bad``, ``clash``, ``garbage``."""

    log: FactLog
    inbox: Inbox
    batches: list[int] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def prepare(self, row: InboxRow) -> str:
        self.before()
        word = row.body.decode()
        if word.startswith("down"):
            raise PlatformUnavailableError(platform="sandbox", problem="timeout", retry_after=60)
        if word.startswith("garbage"):
            raise DeliveryUnreadableError(platform="sandbox", problem="no amount")
        return word

    def apply(self, tx: Transaction, batch: Sequence[tuple[InboxRow, str]]) -> None:
        self.batches.append(len(batch))
        for row, word in batch:
            kind, _, ref = word.partition(":")
            if kind == "bad":
                raise ValueError("buyer@example.com")
            if kind == "clash":
                raise FactConflictError(platform="sandbox", account="acct_1", key="order:o1")
            fact: Fact = paid(ref)
            if kind == "refund":
                if not self.log.of_order(tx, row.platform, row.account, ref):
                    raise WaitingForOrderError(order_ref=ref)
                fact = _refund(ref)
            if self.log.add(tx, fact) is Recorded.NEW and kind == "sale":
                self.inbox.wake(tx, row.platform, row.account, ref)


def _refund(ref: str) -> Fact:
    return RefundFailed(
        platform="sandbox", account="acct_1", order_ref=ref, occurred_at=NOW, refund_id=f"r_{ref}"
    )


@pytest.fixture
def shop(inbox: Inbox, clock: ManualClock) -> Shop:
    return Shop(FactLog(clock), inbox)


@pytest.fixture
def worker(db: Database, inbox: Inbox, shop: Shop, clock: ManualClock, ids: Ids) -> Worker[str]:
    return Worker(db, inbox=inbox, outbox=Outbox(clock, ids), handler=shop, senders={}, clock=clock)


def facts(db: Database, shop: Shop) -> list[str]:
    with db.reading() as tx:
        return sorted(logged.fact.key for logged in shop.log.all(tx))


def test_a_batch_is_one_transaction(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop
) -> None:
    store(db, inbox, "sale:o1", "sale:o2", "sale:o3")
    assert worker.drain() == WorkerReport(done=3)
    assert shop.batches == [3]
    assert facts(db, shop) == ["order:o1", "order:o2", "order:o3"]
    assert worker.drain() == WorkerReport()


def test_what_cannot_be_read_is_dead_at_once_with_its_reason(
    db: Database, inbox: Inbox, shop: Shop, worker: Worker[str]
) -> None:
    store(db, inbox, "garbage", "sale:o1")
    report = worker.drain()
    assert (report.done, report.retried, report.dead) == (1, 0, 1)
    with db.reading() as tx:
        [dead] = inbox.dead_letters(tx)
    assert (dead.attempts, dead.reason) == (
        1,
        "delivery_unreadable: The sandbox delivery cannot be read (no amount).",
    )
    assert facts(db, shop) == ["order:o1"]


def test_one_bad_row_hurts_only_itself(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop
) -> None:
    store(db, inbox, "sale:o1", "bad", "sale:o2", "clash", "down", "refund:o9")
    assert worker.run_once() == WorkerReport(done=2, retried=2, dead=1, parked=1, waiting=3)
    assert shop.batches == [5, 1, 1, 1, 1, 1]
    assert facts(db, shop) == ["order:o1", "order:o2"]
    with db.reading() as tx:
        [dead] = inbox.dead_letters(tx)
    assert (dead.reason or "").startswith("fact_conflict: order:o1 of sandbox acct_1")


def test_reasons_carry_no_foreign_text(
    db: Database, inbox: Inbox, worker: Worker[str], clock: ManualClock
) -> None:
    [row_id] = store(db, inbox, "bad")
    worker.run_once()
    with db.reading() as tx:
        row = inbox.get(tx, row_id)
    assert row is not None
    assert row.reason is not None
    assert re.fullmatch(r"ValueError at test_inbox\.py:\d+", row.reason)


def test_a_platform_says_how_long_to_wait(
    db: Database, inbox: Inbox, worker: Worker[str], clock: ManualClock
) -> None:
    store(db, inbox, "down")
    assert worker.drain() == WorkerReport(retried=1, waiting=1)
    clock.advance(timedelta(seconds=59))
    assert worker.drain() == WorkerReport(waiting=1)
    clock.advance(timedelta(seconds=1))
    assert worker.drain() == WorkerReport(retried=1, waiting=1)


@pytest.mark.parametrize(
    "story", [("refund:o1", "sale:o1", "sale:o1 "), ("sale:o1", "refund:o1"), ("refund:o1",)]
)
def test_a_refund_before_its_sale_waits_for_it(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, story: tuple[str, ...]
) -> None:
    for word in story:
        store(db, inbox, word.strip())
        worker.drain()
    has_sale = "sale:o1" in story
    assert facts(db, shop) == (["order:o1", "refund_failed:r_o1"] if has_sale else [])
    assert counts(db, inbox)["parked"] == (0 if has_sale else 1)


def test_reordered_rows_of_one_batch_all_arrive(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop
) -> None:
    store(db, inbox, "refund:o1", "sale:o1")
    assert worker.drain() == WorkerReport(done=2, parked=1)
    assert facts(db, shop) == ["order:o1", "refund_failed:r_o1"]


def test_after_seven_days_the_platform_is_asked_once(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, clock: ManualClock
) -> None:
    [row_id] = store(db, inbox, "refund:o1")
    assert worker.drain() == WorkerReport(parked=1, waiting=1)
    clock.advance(timedelta(days=7) - timedelta(microseconds=1))
    assert worker.drain() == WorkerReport(waiting=1)
    clock.advance(timedelta(microseconds=1))
    assert worker.drain() == WorkerReport(dead=1)
    with db.reading() as tx:
        row = inbox.get(tx, row_id)
    assert row is not None
    assert (row.state, (row.reason or "").partition(":")[0]) == ("dead", "unknown_order")
    with db.transaction() as tx:
        inbox.replay(tx)
    assert worker.drain() == WorkerReport(parked=1, waiting=1)


def test_a_late_sale_ends_the_wait_of_what_was_recalled(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, clock: ManualClock
) -> None:
    store(db, inbox, "refund:o1")
    worker.drain()
    clock.advance(timedelta(days=8))
    assert tried(worker, "sale:o1") == WorkerReport(done=1)
    assert worker.drain() == WorkerReport(done=1)
    assert facts(db, shop) == ["order:o1", "refund_failed:r_o1"]


class ParkingShop(Shop):
    """Says what waits instead of raising."""

    def apply(  # type: ignore[override]
        self, tx: Transaction, batch: Sequence[tuple[InboxRow, str]]
    ) -> dict[str, str]:
        self.batches.append(len(batch))
        return {row.id: word[7:] for row, word in batch if word.startswith("refund:")}


def test_what_waits_can_be_said_without_a_second_try(
    db: Database, inbox: Inbox, clock: ManualClock, ids: Ids
) -> None:
    shop = ParkingShop(FactLog(clock), inbox)
    worker = Worker(
        db, inbox=inbox, outbox=Outbox(clock, ids), handler=shop, senders={}, clock=clock
    )
    store(db, inbox, "sale:o1", "refund:o2")
    assert worker.drain() == WorkerReport(done=1, parked=1, waiting=1)
    assert shop.batches == [2]


def test_a_handler_that_waits_for_what_is_there_ends(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, clock: ManualClock
) -> None:
    store(db, inbox, "sale:o1")
    worker.drain()
    shop.log = _Blind(clock)
    store(db, inbox, "refund:o1")
    worker.drain()
    assert counts(db, inbox) == {"new": 0, "parked": 0, "done": 1, "dead": 1}


class _Blind(FactLog):
    def of_order(self, *_: object) -> list[Fact]:
        return []


def test_a_delivery_is_tried_as_it_comes_in(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop
) -> None:
    store(db, inbox, "sale:o1")
    assert tried(worker, "sale:o2") == WorkerReport(done=1)
    assert tried(worker, "sale:o2") == WorkerReport()
    assert facts(db, shop) == ["order:o2"]


def test_a_worker_killed_before_the_commit_leaves_the_row_to_the_next(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, clock: ManualClock
) -> None:
    store(db, inbox, "sale:o1")

    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    shop.before = kill
    with pytest.raises(KilledError):
        worker.run_once()
    shop.before = lambda: None
    assert worker.drain() == WorkerReport(waiting=1)
    clock.advance(LEASE)
    assert worker.drain() == WorkerReport(done=1)
    assert facts(db, shop) == ["order:o1"]


def test_rows_are_handed_back_before_their_lease_is_over(
    db: Database, inbox: Inbox, worker: Worker[str], shop: Shop, clock: ManualClock
) -> None:
    store(db, inbox, "sale:o1", "sale:o2", "sale:o3")
    shop.before = lambda: clock.advance(timedelta(seconds=80))
    assert worker.run_once() == WorkerReport(done=2, waiting=1)
    assert worker.run_once() == WorkerReport(done=1)
    assert shop.batches == [2, 1]


def test_a_running_worker_stops_when_told_and_survives_an_outage(
    db: Database, inbox: Inbox, worker: Worker[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(db, inbox, "sale:o1")
    stop, outages, claim_rows = Event(), [1], inbox.claim

    def shaky(tx: Transaction, **how: object) -> list[InboxRow]:
        if outages:
            outages.pop()
            raise StorageUnavailableError(problem="gone")
        rows = claim_rows(tx, **how)  # type: ignore[arg-type]
        if not rows:
            stop.set()
        return rows

    monkeypatch.setattr(inbox, "claim", shaky)
    assert worker.run(stop, poll=timedelta(milliseconds=1)) == WorkerReport(done=1)


def test_many_workers_record_each_fact_once(
    db: Database, inbox: Inbox, shop: Shop, clock: ManualClock, ids: Ids
) -> None:
    words = [f"{kind}:o{n}" for n in range(15) for kind in ("refund", "sale")]
    store(db, inbox, *words)

    def work() -> None:
        Worker(
            db,
            inbox=inbox,
            outbox=Outbox(clock, ids),
            handler=shop,
            senders={},
            clock=clock,
            batch=4,
        ).drain()

    _in_threads([work] * 4)
    for _ in range(5):  # what lost a race backs off; nothing may be left behind
        clock.advance(timedelta(hours=1))
        work()
    assert counts(db, inbox) == {"new": 0, "parked": 0, "done": 30, "dead": 0}
    assert len(facts(db, shop)) == 30


def _in_threads(jobs: Sequence[Callable[[], None]]) -> None:
    faults: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            faults.append(error)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
