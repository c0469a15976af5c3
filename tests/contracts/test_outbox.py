"""The outbox and the worker that sends it, on both engines."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    BodyInvalidError,
    KeyReusedError,
    LeaseLostError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.events import (
    Backoff,
    Inbox,
    InboxRow,
    Outbox,
    OutboxRow,
    Sender,
    Worker,
    WorkerReport,
)
from liveshop_sdk.facts import Json
from liveshop_sdk.ids import Ids

LEASE = timedelta(minutes=5)


@pytest.fixture
def outbox(clock: ManualClock, ids: Ids) -> Outbox:
    return Outbox(clock, ids)


def add(db: Database, outbox: Outbox, *keys: str, kind: str = "coupon") -> list[OutboxRow]:
    with db.transaction() as tx:
        return [outbox.add(tx, kind, key, {"code": key}) for key in keys]


def claim(db: Database, outbox: Outbox, limit: int = 100) -> list[OutboxRow]:
    with db.transaction() as tx:
        return outbox.claim(tx, limit=limit, by="w1", lease_for=LEASE)


# --- rows


def test_the_same_key_and_payload_is_the_same_row(db: Database, outbox: Outbox) -> None:
    [first] = add(db, outbox, "cpn_1")
    [again] = add(db, outbox, "cpn_1")
    assert again == first
    assert (first.key, first.payload, first.state, first.result) == (
        "cpn_1",
        {"code": "cpn_1"},
        "pending",
        None,
    )
    assert first.id.startswith("out_")


def test_a_key_with_other_content_is_refused(db: Database, outbox: Outbox) -> None:
    [first] = add(db, outbox, "cpn_1")
    for kind, payload in (("coupon", {"code": "x"}), ("order", {"code": "cpn_1"})):
        with pytest.raises(KeyReusedError), db.transaction() as tx:
            outbox.add(tx, kind, "cpn_1", payload)
    with db.reading() as tx:
        assert outbox.get(tx, "cpn_1") == first
        assert outbox.counts(tx) == {"pending": 1, "done": 0, "dead": 0}


def test_what_cannot_be_written_is_not_stored(db: Database, outbox: Outbox) -> None:
    with pytest.raises(BodyInvalidError), db.transaction() as tx:
        outbox.add(tx, "coupon", "cpn_1", {"code": "\0"})
    with db.reading() as tx:
        assert outbox.get(tx, "cpn_1") is None


def test_rows_come_in_the_order_of_their_making(
    db: Database, outbox: Outbox, clock: ManualClock
) -> None:
    add(db, outbox, "c", "b")
    clock.advance(timedelta(seconds=1))
    add(db, outbox, "a")
    with db.reading() as tx:
        assert outbox.due(tx) == 3
    assert [row.key for row in claim(db, outbox)] == ["c", "b", "a"]
    with db.reading() as tx:
        assert outbox.due(tx) == 0


def test_what_is_due_later_waits(db: Database, outbox: Outbox, clock: ManualClock) -> None:
    with db.transaction() as tx:
        outbox.add(tx, "coupon", "late", {}, due_at=clock.now() + timedelta(minutes=1))
    assert claim(db, outbox) == []
    clock.advance(timedelta(minutes=1))
    assert [row.key for row in claim(db, outbox)] == ["late"]


def test_only_the_kinds_asked_for_are_claimed(db: Database, outbox: Outbox) -> None:
    add(db, outbox, "a", kind="coupon")
    add(db, outbox, "b", kind="delivery")
    with db.transaction() as tx:
        rows = outbox.claim(tx, limit=9, by="w1", lease_for=LEASE, kinds=["delivery"])
    assert [row.key for row in rows] == ["b"]


def test_what_is_for_one_account_is_claimed_by_no_other(db: Database, outbox: Outbox) -> None:
    """Each letter stands for itself, and what a payload says inside for nothing."""
    here, there, like = ("stripe", "acct_1"), ("stripe", "ACCT_1"), ("stripe", "acctx1")
    with db.transaction() as tx:
        for of in (here, there, like):
            outbox.add(tx, "coupon", of[1], {"zone": '{"account":["stripe","acct_1"]'}, of=of)
        outbox.add(tx, "coupon", "anybody", {"account": "acct_1"})
    claimed = {}
    for of in (here, ("shopify", "acct_1")):
        with db.transaction() as tx:
            rows = outbox.claim(tx, limit=9, by="w1", lease_for=LEASE, of=of)
        claimed[of[0]] = [row.key for row in rows]
    assert claimed == {"stripe": ["acct_1", "anybody"], "shopify": []}
    assert [row.key for row in claim(db, outbox)] == ["ACCT_1", "acctx1"]


def test_a_finished_row_keeps_the_answer(db: Database, outbox: Outbox) -> None:
    add(db, outbox, "cpn_1")
    [row] = claim(db, outbox)
    with db.transaction() as tx:
        outbox.done(tx, row, {"id": "promo_1"})
    with db.reading() as tx:
        stored = outbox.get(tx, "cpn_1")
    assert stored is not None
    assert (stored.state, stored.result) == ("done", {"id": "promo_1"})
    with pytest.raises(LeaseLostError), db.transaction() as tx:
        outbox.done(tx, row, {"id": "promo_2"})


def test_dead_rows_come_back_when_replayed(db: Database, outbox: Outbox) -> None:
    add(db, outbox, "a", "b")
    first, second = claim(db, outbox)
    with db.transaction() as tx:
        outbox.dead(tx, first, "no")
        outbox.dead(tx, second, "no")
        assert [row.key for row in outbox.dead_letters(tx)] == ["b", "a"]
        assert outbox.replay(tx, [second.id]) == 1
        assert outbox.replay(tx) == 1
    assert [row.attempts for row in claim(db, outbox)] == [1, 1]


# --- sending


@dataclass
class Peer:
    """A platform that answers the same key with the same thing, once made."""

    made: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    late_faults: list[BaseException] = field(default_factory=list)

    def send(self, row: OutboxRow) -> Json:
        self.calls.append(row.key)
        if self.faults:
            raise self.faults.pop()
        answer = self.made.setdefault(row.key, f"promo_{len(self.made) + 1}")
        if self.late_faults:  # it is done there, and we never hear of it
            raise self.late_faults.pop()
        return {"id": answer}


class NoRows:
    def prepare(self, row: InboxRow) -> None:
        raise AssertionError

    def apply(self, tx: Transaction, batch: object) -> None:
        raise AssertionError


def make_worker(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids, **senders: Sender
) -> Worker[None]:
    return Worker(
        db,
        inbox=Inbox(clock, ids),
        outbox=outbox,
        handler=NoRows(),
        senders=senders,
        clock=clock,
    )


class KilledError(BaseException):
    """Stands for SIGKILL: nothing below the test catches it."""


def test_sent_rows_are_done_with_what_they_mean(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids
) -> None:
    peer = Peer()

    def sent(tx: Transaction, row: OutboxRow, result: Json) -> None:
        outbox.add(tx, "note", f"note:{row.key}", {"of": result})

    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=peer.send, sent=sent))
    add(db, outbox, "a", "b")
    assert worker.drain() == WorkerReport(sent=2, waiting=2)  # nobody sends notes
    with db.reading() as tx:
        note = outbox.get(tx, "note:b")
    assert note is not None
    assert note.payload == {"of": {"id": "promo_2"}}
    assert peer.calls == ["a", "b"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_the_call_has_one_effect(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids, when: str
) -> None:
    killed: list[BaseException] = [KilledError()]
    peer = Peer(faults=killed) if when == "before" else Peer(late_faults=killed)
    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=peer.send))
    add(db, outbox, "cpn_1")
    with pytest.raises(KilledError):
        worker.drain()
    assert worker.drain() == WorkerReport(waiting=1)
    clock.advance(LEASE)
    assert worker.drain() == WorkerReport(sent=1)
    assert peer.calls == ["cpn_1", "cpn_1"]
    assert peer.made == {"cpn_1": "promo_1"}
    with db.reading() as tx:
        row = outbox.get(tx, "cpn_1")
    assert row is not None
    assert row.result == {"id": "promo_1"}


def test_an_answer_that_could_not_be_stored_is_asked_for_again(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids
) -> None:
    peer, faults = Peer(), [ValueError("full")]

    def sent(tx: Transaction, row: OutboxRow, result: Json) -> None:
        if faults:
            raise faults.pop()

    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=peer.send, sent=sent))
    add(db, outbox, "cpn_1")
    assert worker.drain() == WorkerReport(retried=1, waiting=1)
    clock.advance(timedelta(seconds=5))
    assert worker.drain() == WorkerReport(sent=1)
    assert peer.made == {"cpn_1": "promo_1"}


def test_no_answer_is_retried_for_ever_and_a_refusal_is_dead_at_once(
    db: Database, clock: ManualClock, ids: Ids
) -> None:
    outbox = Outbox(clock, ids, Backoff(attempts=2))
    refused = PlatformRefusedError(platform="sandbox", problem="code taken")
    silent = PlatformUnavailableError(platform="sandbox", problem="timeout")
    peer = Peer(faults=[refused, silent, silent, silent])
    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=peer.send))
    add(db, outbox, "cpn_1")
    reports = []
    for _ in range(5):
        reports.append(worker.drain())
        clock.advance(timedelta(hours=1))
    assert [(report.retried, report.dead) for report in reports] == [
        (1, 0),
        (1, 0),
        (1, 0),
        (0, 1),
        (0, 0),
    ]
    with db.reading() as tx:
        [dead] = outbox.dead_letters(tx)
    assert (dead.reason or "").startswith("platform_refused: sandbox refused: code taken")
    assert peer.made == {}


def test_one_row_is_claimed_by_name(db: Database, outbox: Outbox) -> None:
    _, second = add(db, outbox, "a", "b")
    with db.transaction() as tx:
        [claimed, again] = [
            outbox.claim_one(tx, second.id, by="w", lease_for=LEASE, of=("any", "one"))
            for _ in range(2)
        ]
    assert claimed is not None
    assert (claimed.id, claimed.attempts, again) == (second.id, 1, None)


def test_a_slow_peer_does_not_let_leases_run_out(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids
) -> None:
    peer, seen = Peer(), []

    def slow(row: OutboxRow) -> Json:
        clock.advance(timedelta(seconds=80))
        seen.append(row.attempts)
        return peer.send(row)

    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=slow))
    add(db, outbox, "a", "b", "c")
    assert worker.run_once() == WorkerReport(sent=2, waiting=1)
    assert worker.run_once() == WorkerReport(sent=1)
    assert seen == [1, 1, 1]


def test_a_row_another_worker_took_over_is_lost(
    db: Database, outbox: Outbox, clock: ManualClock, ids: Ids
) -> None:
    peer = Peer()

    def overtaken(row: OutboxRow) -> Json:
        clock.advance(LEASE)
        claim(db, outbox)
        return peer.send(row)

    worker = make_worker(db, outbox, clock, ids, coupon=Sender(send=overtaken))
    add(db, outbox, "a")
    assert worker.run_once() == WorkerReport(lost=1, waiting=1)


def test_made_at_is_our_clock(db: Database, outbox: Outbox, clock: ManualClock) -> None:
    [row] = add(db, outbox, "a")
    assert row.created_at == clock.now()
    assert isinstance(row.created_at, datetime)
