"""The outbox: what must be sent, stored with what caused it, sent by its key.

The key is made from our own id. Whoever is killed between the other side's
answer and ours sends the same key again, and the other side answers as before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.errors import KeyReusedError
from liveshop_sdk.events import tables as t
from liveshop_sdk.events.backoff import Backoff
from liveshop_sdk.events.leases import Leases
from liveshop_sdk.facts import Json
from liveshop_sdk.ids import Ids
from liveshop_sdk.wire import canonical, loads_canonical

STATES = ("pending", "done", "dead")
_FOR = "account"
"""What a payload says first of a row that is one shop's alone; no key of ours sorts before it."""

_c = t.outbox.c


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Something to send, as it was read.

    Attributes:
        key: The idempotency key to send it with.
        result: What the other side answered, once done.
    """

    id: str
    kind: str
    key: str
    payload: Json = field(repr=False)
    state: str
    attempts: int
    lease_by: str | None
    result: Json = field(repr=False)
    reason: str | None
    created_at: datetime

    @property
    def try_id(self) -> str:
        """Name this very try; counts begin anew, and stop where tries do not."""
        return (self.lease_by or "").rpartition("/")[2]


class Outbox:
    """The outbox's queries; each works inside the caller's transaction."""

    def __init__(self, clock: Clock, ids: Ids, backoff: Backoff | None = None) -> None:
        """Keep time and make ids with these.

        Args:
            backoff: How often sending is tried; twelve times by default.
        """
        self._clock = clock
        self._ids = ids
        self._leases = Leases(
            t.outbox,
            ready="pending",
            arrived="created_at",
            clock=clock,
            ids=ids,
            backoff=backoff or Backoff(),
        )

    def add(
        self,
        tx: Transaction,
        kind: str,
        key: str,
        payload: Mapping[str, object],
        *,
        of: tuple[str, str] | None = None,
        due_at: datetime | None = None,
    ) -> OutboxRow:
        """Plan to send this; the same key and payload again is a repeat.

        Args:
            of: The platform and account it is sent to, kept with the payload;
                None for what any worker may send.
            due_at: Not to be sent before this instant; now by default.

        Raises:
            KeyReusedError: the key stands for something else.
        """
        now = to_micros(self._clock.now())
        text = canonical(payload if of is None else {**payload, _FOR: [*of]})
        row = {
            "id": self._ids.new("out"),
            "kind": kind,
            "key": key,
            "payload": text,
            "state": "pending",
            "attempts": 0,
            "next_at": now if due_at is None else to_micros(due_at),
            "created_at": now,
        }
        add_if_absent(tx, t.outbox, row)
        found = tx.execute(select(t.outbox).where(_c.key == key)).mappings().one()
        if (found["kind"], found["payload"]) != (kind, text):
            raise KeyReusedError(key=key)
        return _row(found)

    def claim(
        self,
        tx: Transaction,
        *,
        limit: int,
        by: str,
        lease_for: timedelta,
        kinds: Iterable[str] | None = None,
        of: tuple[str, str] | None = None,
    ) -> list[OutboxRow]:
        """Lease what is due, oldest first.

        Args:
            kinds: Only these, for a worker that cannot send all.
            of: Nothing for another platform or account than this, for a worker
                that can ask no other.
        """
        where: list[ColumnElement[bool]] = [] if kinds is None else [_c.kind.in_(sorted(kinds))]
        if of is not None:
            where.append(_is_for(of))
        rows = self._leases.claim(tx, *where, limit=limit, by=by, lease_for=lease_for)
        return [_row(row) for row in rows]

    def claim_one(
        self, tx: Transaction, row_id: str, *, by: str, lease_for: timedelta, of: tuple[str, str]
    ) -> OutboxRow | None:
        """Lease this row if it is due and free, and for this platform and account."""
        where = (_c.id == row_id, _is_for(of))
        rows = self._leases.claim(tx, *where, limit=1, by=by, lease_for=lease_for)
        return _row(rows[0]) if rows else None

    def done(self, tx: Transaction, row: OutboxRow, result: object = None) -> None:
        """Store the other side's answer to a claimed row.

        Raises:
            LeaseLostError: another worker has it; roll back.
        """
        self._leases.finish(
            tx,
            [row],
            state="done",
            reason=None,
            result=canonical(result),
            done_at=to_micros(self._clock.now()),
        )

    def retry(
        self,
        tx: Transaction,
        row: OutboxRow,
        reason: str,
        *,
        after: timedelta | None = None,
        is_final: bool = True,
    ) -> bool:
        """Put a claimed row back for later; False when it is dead now."""
        return self._leases.retry(tx, row, reason, after=after, is_final=is_final)

    def release(self, tx: Transaction, row: OutboxRow) -> None:
        """Give a claimed row back untried."""
        self._leases.release(tx, [row])

    def dead(self, tx: Transaction, row: OutboxRow, reason: str) -> None:
        """Give a claimed row up; only `replay` brings it back."""
        self._leases.dead(tx, row, reason)

    def replay(self, tx: Transaction, ids: Iterable[str] | None = None) -> int:
        """Make dead rows due again, all or those named; returns how many."""
        which = update(t.outbox).where(_c.state == "dead")
        if ids is not None:
            which = which.where(_c.id.in_(sorted(set(ids))))
        return self._leases.revive(tx, which, {})

    def get(self, tx: Transaction, key: str) -> OutboxRow | None:
        """Return the row with this key."""
        found = tx.execute(select(t.outbox).where(_c.key == key)).mappings().one_or_none()
        return None if found is None else _row(found)

    def dead_letters(
        self, tx: Transaction, limit: int | None = 100, *, kind: str | None = None
    ) -> list[OutboxRow]:
        """Return what was given up, the newest first; of one kind if asked."""
        query = select(t.outbox).where(_c.state == "dead")
        if kind is not None:
            query = query.where(_c.kind == kind)
        query = query.order_by(_c.created_at.desc(), _c.id.desc()).limit(limit)
        return [_row(row) for row in tx.execute(query).mappings()]

    def counts(self, tx: Transaction) -> dict[str, int]:
        """Return how many rows are pending, done and dead."""
        return self._leases.counts(tx, STATES)

    def due(self, tx: Transaction) -> int:
        """Return how many rows could be claimed now."""
        return self._leases.due(tx)

    def oldest_due(self, tx: Transaction) -> datetime | None:
        """Return since when the longest waiting one has been due; None without any."""
        return self._leases.oldest_due(tx)


def _is_for(of: tuple[str, str]) -> ColumnElement[bool]:
    """Tell rows apart by how their payloads begin: for this account, or for anybody."""
    anybodys, ours = f'{{"{_FOR}":[', canonical({_FOR: [*of]})[:-1]
    return or_(
        func.substr(_c.payload, 1, len(anybodys)) != anybodys,
        func.substr(_c.payload, 1, len(ours)) == ours,
    )


def _row(row: Mapping[Any, Any]) -> OutboxRow:
    result = row["result"]
    return OutboxRow(
        id=row["id"],
        kind=row["kind"],
        key=row["key"],
        payload=loads_canonical(row["payload"]),
        state=row["state"],
        attempts=row["attempts"],
        lease_by=row["lease_by"],
        result=None if result is None else loads_canonical(result),
        reason=row["reason"],
        created_at=from_micros(row["created_at"]),
    )
