"""The worker: takes what is due, has it done, and says what became of it.

Platforms are asked outside any transaction; then the effect of a whole batch
and the mark ``done`` are one commit. If the batch fails, each row gets a
transaction of its own, so that a bad one hurts nobody but itself.
"""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from threading import Event
from typing import Generic, Protocol, TypeVar

from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    FactConflictError,
    LeaseLostError,
    LiveShopError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
    UnavailableError,
    WaitingForOrderError,
    WebhookRefusedError,
)
from liveshop_sdk.events.inbox import Arrival, Inbox, InboxRow, Parking, Receipt
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.events.report import WorkerReport
from liveshop_sdk.facts import Json

T = TypeVar("T")
_FINAL = (FactConflictError, WebhookRefusedError)
"""Faults in what was received: trying again reads the same bytes."""

_log = logging.getLogger("liveshop.worker")

Waiting = Mapping[str, str]
"""Inbox row id → the order whose sale it waits for."""


class RowHandler(Protocol[T]):
    """What deliveries mean; the shop implements it."""

    def prepare(self, row: InboxRow) -> T:
        """Read a delivery; may ask the platform, so no transaction is open."""
        ...

    def apply(self, tx: Transaction, batch: Sequence[tuple[InboxRow, T]]) -> Waiting | None:
        """Store the effect of these deliveries, all or nothing.

        Returns:
            Those that wait for a sale and had no effect. Raising
            WaitingForOrderError says the same, but costs the batch a second try.
        """
        ...


def _nothing(_tx: Transaction, _row: OutboxRow, _result: Json) -> None:
    """Store nothing but the result itself."""


def _nothing_more(_tx: Transaction, _row: OutboxRow) -> None:
    """Store nothing but the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """How one kind of outbox row is sent.

    Attributes:
        send: Talks to the other side with ``row.key``, outside any transaction,
            and returns its answer. It may be called again with the same key.
        sent: Stores what the answer means, in the commit that ends the row.
        refused: Stores that the other side said no for good, in the commit
            that makes the row a dead letter.
    """

    send: Callable[[OutboxRow], Json]
    sent: Callable[[Transaction, OutboxRow, Json], None] = _nothing
    refused: Callable[[Transaction, OutboxRow], None] = _nothing_more


class Worker(Generic[T]):
    """Works through inbox and outbox; any number may run at the same time."""

    def __init__(
        self,
        db: Database,
        *,
        inbox: Inbox,
        outbox: Outbox,
        handler: RowHandler[T],
        senders: Mapping[str, Sender],
        clock: Clock,
        name: str = "worker",
        batch: int = 100,
        lease_for: timedelta = timedelta(minutes=5),
        chores: Sequence[Callable[[], object]] = (),
        of: tuple[str, str] | None = None,
    ) -> None:
        """Work on this database.

        Args:
            senders: By kind of outbox row; other kinds are left alone.
            name: For people who look at leases; need not be unique.
            batch: How many rows are taken at a time.
            lease_for: How long until another worker may take over.
            chores: Called between batches as long as it runs; each decides by
                itself whether it is time.
            of: The platform and account that is worked for here; what came from
                another shop's in the database, or is for it, is left to its own
                workers.
        """
        self._db = db
        self._inbox = inbox
        self._outbox = outbox
        self._handler = handler
        self._senders = dict(senders)
        self._clock = clock
        self._name = name
        self._batch = batch
        self._lease_for = lease_for
        self._chores = tuple(chores)
        self._of = of

    def run_once(self) -> WorkerReport:
        """Take one batch of deliveries and one of things to send."""
        return self._counted(self._receive_batch() + self._send_batch())

    def drain(self) -> WorkerReport:
        """Work until nothing is due now; what is parked or backs off stays."""
        total = WorkerReport()
        while True:
            report = self._receive_batch() + self._send_batch()
            if not report.touched:
                return self._counted(total)
            total += report

    def run(self, stop: Event, poll: timedelta = timedelta(seconds=1)) -> WorkerReport:
        """Work until told to stop; whatever fails meanwhile is waited out.

        A row's own fault is kept with the row; what gets here is a database
        out of reach, or a mistake of ours that must not end all work.
        """
        total = WorkerReport()
        while not stop.is_set():
            try:
                report = self._receive_batch() + self._send_batch()
                for chore in self._chores:
                    chore()
            except Exception as error:
                _log.warning("worker waits: %s", _reason(error))
                report = WorkerReport()
            total += report
            if not report.touched:
                stop.wait(poll.total_seconds())
        return total

    def take_in(self, arrival: Arrival) -> tuple[Receipt, InboxRow | None]:
        """Store a delivery; a new one is leased with it, to be tried by `receive`."""
        with self._db.transaction() as tx:
            return self._inbox.store_leased(tx, arrival, by=self._name, lease_for=self._lease_for)

    def receive(self, row: InboxRow) -> WorkerReport:
        """Try a delivery that `take_in` has leased."""
        return self._receive([row], self._clock.now())

    # --- deliveries

    def _receive_batch(self) -> WorkerReport:
        started = self._clock.now()
        with self._db.transaction() as tx:
            self._inbox.recall(tx)
            rows = self._inbox.claim(
                tx, limit=self._batch, by=self._name, lease_for=self._lease_for, of=self._of
            )
        return self._receive(rows, started)

    def _receive(self, rows: Sequence[InboxRow], started: datetime) -> WorkerReport:
        report = WorkerReport()
        ready: list[tuple[InboxRow, T]] = []
        for n, row in enumerate(rows):
            if n and self._is_late(started):
                self._hand_back(rows[n:])
                break
            try:
                ready.append((row, self._handler.prepare(row)))
            except Exception as error:
                report += self._failed(row, error)
        if not ready:
            return report
        try:
            return report + self._apply(ready)
        except Exception as error:
            if len(ready) == 1:
                return report + self._failed(ready[0][0], error)
            _log.info("a batch of %d is done one by one: %s", len(ready), _reason(error))
        for pair in ready:
            report += self._apply_alone(pair)
        return report

    def _apply(self, batch: Sequence[tuple[InboxRow, T]]) -> WorkerReport:
        with self._db.transaction() as tx:
            waiting = self._handler.apply(tx, batch) or {}
            self._inbox.done(tx, [row for row, _ in batch if row.id not in waiting])
            parkings = [
                self._inbox.park(tx, row, waiting[row.id]) for row, _ in batch if row.id in waiting
            ]
        return sum(map(_parked, parkings), WorkerReport(done=len(batch) - len(parkings)))

    def _apply_alone(self, pair: tuple[InboxRow, T]) -> WorkerReport:
        try:
            return self._apply([pair])
        except Exception as error:
            return self._failed(pair[0], error)

    def _failed(self, row: InboxRow, error: Exception) -> WorkerReport:
        """Decide by the error what becomes of a delivery that had no effect."""
        if isinstance(error, LeaseLostError):
            return WorkerReport(lost=1)
        try:
            with self._db.transaction() as tx:
                if isinstance(error, WaitingForOrderError):
                    return _parked(self._inbox.park(tx, row, error.order_ref))
                if isinstance(error, _FINAL):
                    self._inbox.dead(tx, row, _reason(error))
                    is_kept = False
                else:
                    is_kept = self._inbox.retry(
                        tx,
                        row,
                        _reason(error),
                        after=_after(error),
                        is_final=not isinstance(error, UnavailableError),
                    )
        except LeaseLostError:
            return WorkerReport(lost=1)
        _log.warning("delivery %s of %s failed: %s", row.id, row.platform, _reason(error))
        return WorkerReport(retried=1) if is_kept else WorkerReport(dead=1)

    def _hand_back(self, rows: Sequence[InboxRow]) -> None:
        try:
            with self._db.transaction() as tx:
                self._inbox.release(tx, rows)
        except LeaseLostError:
            _log.warning("leases ran out before their rows were looked at")

    # --- things to send

    def _send_batch(self) -> WorkerReport:
        if not self._senders:
            return WorkerReport()
        report, started = WorkerReport(), self._clock.now()
        with self._db.transaction() as tx:
            rows = self._outbox.claim(
                tx,
                limit=self._batch,
                by=self._name,
                lease_for=self._lease_for,
                kinds=self._senders,
                of=self._of,
            )
        for n, row in enumerate(rows):
            if n and self._is_late(started):
                self._give_back(rows[n:])
                break
            report += self._send(row)
        return report

    def _send(self, row: OutboxRow) -> WorkerReport:
        try:
            sender = self._senders[row.kind]
            result = sender.send(row)
            with self._db.transaction() as tx:
                self._outbox.done(tx, row, result)
                sender.sent(tx, row, result)
            return WorkerReport(sent=1)
        except LeaseLostError:
            return WorkerReport(lost=1)
        except Exception as error:
            return self._not_sent(row, error)

    def _not_sent(self, row: OutboxRow, error: Exception) -> WorkerReport:
        try:
            with self._db.transaction() as tx:
                if isinstance(error, PlatformRefusedError):  # a final no: only a person helps
                    self._outbox.dead(tx, row, _reason(error))
                    self._senders[row.kind].refused(tx, row)
                    is_kept = False
                else:
                    is_kept = self._outbox.retry(
                        tx,
                        row,
                        _reason(error),
                        after=_after(error),
                        is_final=not isinstance(error, UnavailableError),
                    )
        except LeaseLostError:
            return WorkerReport(lost=1)
        _log.warning("%s %s was not sent: %s", row.kind, row.id, _reason(error))
        return WorkerReport(retried=1) if is_kept else WorkerReport(dead=1)

    def _give_back(self, rows: Sequence[OutboxRow]) -> None:
        try:
            with self._db.transaction() as tx:
                for row in rows:
                    self._outbox.release(tx, row)
        except LeaseLostError:
            _log.warning("leases ran out before their rows were sent")

    # --- both

    def _is_late(self, started: datetime) -> bool:
        """Say whether half the lease is over, so that no row is held too long."""
        return self._clock.now() - started >= self._lease_for / 2

    def _counted(self, report: WorkerReport) -> WorkerReport:
        with self._db.reading() as tx:
            inbox, outbox = self._inbox.counts(tx), self._outbox.counts(tx)
        return report + WorkerReport(
            waiting=inbox["new"] + inbox["parked"] + outbox["pending"],
        )


def _parked(parking: Parking) -> WorkerReport:
    if parking is Parking.PARKED:
        return WorkerReport(parked=1)
    return WorkerReport(dead=1) if parking is Parking.DEAD else WorkerReport(retried=1)


def _reason(error: Exception) -> str:
    """Return what may be stored and logged: our own text, or type and place.

    Never the text of a foreign error: a database's quotes what it was given.
    """
    if isinstance(error, LiveShopError):
        return f"{error.code}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _after(error: Exception) -> timedelta | None:
    if isinstance(error, PlatformUnavailableError | PlatformNotReadyError):
        return timedelta(seconds=error.retry_after)
    return None
