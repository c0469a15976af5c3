"""The worker that empties the inbox, on both engines."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    FactConflictError,
    PlatformUnavailableError,
    StorageUnavailableError,
    WaitingForOrderError,
)
from liveshop_sdk.events import FactLog, Inbox, InboxRow, Outbox, Recorded, Worker, WorkerReport
from liveshop_sdk.facts import Fact, RefundFailed
from liveshop_sdk.ids import Ids
from tests.contracts.inbox_support import (
    LEASE,
    NOW,
    Came,
    counts,
    in_threads,
    inbox_fixture,
    paid,
    store,
)

__all__ = ["inbox_fixture"]


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


def tried(worker: Worker[str], delivery_id: str) -> WorkerReport:
    _, row = worker.take_in(Came(delivery_id, body=delivery_id.encode()))
    return worker.receive(row) if row else WorkerReport()


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
    assert re.fullmatch(r"ValueError at test_worker\.py:\d+", row.reason)


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


def test_a_running_worker_does_its_chores_until_it_stops(
    db: Database, inbox: Inbox, shop: Shop, clock: ManualClock, ids: Ids
) -> None:
    stop, done = Event(), []

    def chore() -> None:
        done.append(len(shop.batches))
        if len(done) == 2:
            stop.set()
        raise StorageUnavailableError(problem="gone")  # work goes on all the same

    worker = Worker(
        db,
        inbox=inbox,
        outbox=Outbox(clock, ids),
        handler=shop,
        senders={},
        clock=clock,
        chores=[chore],
    )
    store(db, inbox, "sale:o1")
    worker.run(stop, poll=timedelta(0))
    assert (done, shop.batches) == ([1, 1], [1])


def test_a_running_worker_stops_when_told_and_survives_an_outage(
    db: Database, inbox: Inbox, worker: Worker[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(db, inbox, "sale:o1")
    stop, claim_rows = Event(), inbox.claim
    outages: list[Exception] = [StorageUnavailableError(problem="gone"), ValueError("ours")]

    def shaky(tx: Transaction, **how: object) -> list[InboxRow]:
        if outages:
            raise outages.pop()
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

    in_threads([work] * 4)
    for _ in range(5):  # what lost a race backs off; nothing may be left behind
        clock.advance(timedelta(hours=1))
        work()
    assert counts(db, inbox) == {"new": 0, "parked": 0, "done": 30, "dead": 0}
    assert len(facts(db, shop)) == 30
