"""The inbox: every delivery once, as received, until its effect is stored.

A row goes ``new`` → ``done`` in the same transaction as its effect. What
speaks of an order whose sale is unknown is ``parked`` and woken by that sale;
what can never succeed is ``dead`` and waits for a person.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, bindparam, select, update

from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.events import tables as t
from liveshop_sdk.events.backoff import Backoff
from liveshop_sdk.events.leases import Leases
from liveshop_sdk.events.sales import has_sale, lock_orders
from liveshop_sdk.ids import Ids

STATES = ("new", "parked", "done", "dead")
PARKED_FOR = timedelta(days=7)
"""How long a sale is waited for before the platform is asked for it once."""

UNKNOWN_ORDER = "unknown_order: its sale never came, and the platform does not know it"
CLEARED = b"{}"
"""What is left of a body that had to go."""

_RECALLED_AT_ONCE = 1000
_UNSET: dict[str, Any] = {"waits_for": None, "parked_at": None, "reason": None}
_c = t.inbox.c
_SAME = (
    (_c.platform == bindparam("of_platform"))
    & (_c.account == bindparam("of_account"))
    & (_c.topic == bindparam("of_topic"))
    & (_c.delivery_id == bindparam("of_delivery"))
)
_FIRST = select(_c.id, _c.body_sha256).where(_SAME)
_COUNT_CONFLICT = update(t.inbox).where(_SAME).values(conflicts=_c.conflicts + 1)
_WAITING = update(t.inbox).where(
    _c.state == "parked",
    _c.waits_for.in_(bindparam("orders", expanding=True)),
    _c.account == bindparam("of_account"),
    _c.platform == bindparam("of_platform"),
)


class Arrival(Protocol):
    """A verified webhook, as platforms hand it over."""

    @property
    def platform(self) -> str:
        """Which platform sent it."""
        ...

    @property
    def account(self) -> str:
        """The account it is about."""
        ...

    @property
    def topic(self) -> str:
        """The platform's name for its kind."""
        ...

    @property
    def delivery_id(self) -> str:
        """Unique per platform, account and topic."""
        ...

    @property
    def event_id(self) -> str:
        """The platform's id of what happened."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it happened, by the platform's clock."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes as received."""
        ...


class Stored(Enum):
    """Whether a delivery was new to us."""

    NEW = "new"
    SEEN = "seen"


class Parking(Enum):
    """What became of a delivery that was to be parked."""

    PARKED = "parked"
    HERE = "here"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Under which id a delivery is stored, and whether it was new."""

    id: str
    stored: Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A stored delivery as it was read; the body may hold personal data."""

    id: str
    platform: str
    account: str
    topic: str
    delivery_id: str
    event_id: str
    body: bytes = field(repr=False)
    occurred_at: datetime
    received_at: datetime
    state: str
    waits_for: str | None
    parked_at: datetime | None
    attempts: int
    lease_by: str | None
    reason: str | None
    conflicts: int


class Inbox:
    """The inbox's queries; each works inside the caller's transaction."""

    def __init__(self, clock: Clock, ids: Ids, backoff: Backoff | None = None) -> None:
        """Keep time and make ids with these.

        Args:
            backoff: How often a delivery is tried; twelve times by default.
        """
        self._clock = clock
        self._ids = ids
        self._leases = Leases(
            t.inbox,
            ready="new",
            arrived="received_at",
            clock=clock,
            ids=ids,
            backoff=backoff or Backoff(),
        )

    def store(self, tx: Transaction, arrival: Arrival) -> Receipt:
        """Keep a delivery; one seen before is answered with the first one's id.

        The first body stands: when the same delivery id comes with another
        body, the row's ``conflicts`` is counted up and nothing else changes.
        """
        return self._keep(tx, arrival, self._new_row(arrival))

    def store_leased(
        self, tx: Transaction, arrival: Arrival, *, by: str, lease_for: timedelta
    ) -> tuple[Receipt, InboxRow | None]:
        """Keep a delivery as `store` does, and lease it if it is new.

        Who means to try it at once needs no second commit to claim it then.
        """
        lease = self._leases.lease(by=by, lease_for=lease_for)
        row = self._new_row(arrival) | lease | {"attempts": 1}
        receipt = self._keep(tx, arrival, row)
        return receipt, _row(_UNSET | row) if receipt.stored is Stored.NEW else None

    def _keep(self, tx: Transaction, arrival: Arrival, row: dict[str, Any]) -> Receipt:
        if add_if_absent(tx, t.inbox, row):
            return Receipt(row["id"], Stored.NEW)
        it = {
            "of_platform": arrival.platform,
            "of_account": arrival.account,
            "of_topic": arrival.topic,
            "of_delivery": arrival.delivery_id,
        }
        first = tx.execute(_FIRST, it).one()
        if first.body_sha256 != row["body_sha256"]:
            tx.execute(_COUNT_CONFLICT, it)
        return Receipt(first.id, Stored.SEEN)

    def claim(
        self,
        tx: Transaction,
        *,
        limit: int,
        by: str,
        lease_for: timedelta,
        of: tuple[str, str] | None = None,
    ) -> list[InboxRow]:
        """Lease deliveries that are due, oldest first.

        Args:
            of: Only those to this platform and account, for a worker that
                can ask no other.
        """
        where = [] if of is None else [_c.platform == of[0], _c.account == of[1]]
        rows = self._leases.claim(tx, *where, limit=limit, by=by, lease_for=lease_for)
        return [_row(row) for row in rows]

    def done(self, tx: Transaction, rows: Sequence[InboxRow]) -> None:
        """Mark claimed deliveries as done; call it where their effect is stored.

        Raises:
            LeaseLostError: another worker has one of them; roll back.
        """
        self._leases.finish(
            tx, rows, state="done", reason=None, done_at=to_micros(self._clock.now())
        )

    def park(self, tx: Transaction, row: InboxRow, waits_for: str) -> Parking:
        """Set a claimed delivery aside until this order's sale is recorded.

        `park` and `wake` of one order exclude each other, so a sale never
        commits between the look and the parking.

        Returns:
            HERE if the sale arrived in the meantime: then the delivery stays
            due. DEAD if it has waited for seven days already.
        """
        lock_orders(tx, row.platform, row.account, [waits_for])
        if has_sale(tx, row.platform, row.account, waits_for):
            self._leases.finish(tx, [row], next_at=to_micros(self._clock.now()))
            return Parking.HERE
        parked_at = row.parked_at or self._clock.now()
        if self._clock.now() - parked_at >= PARKED_FOR:
            self.dead(tx, row, UNKNOWN_ORDER)
            return Parking.DEAD
        self._leases.finish(
            tx, [row], state="parked", waits_for=waits_for, parked_at=to_micros(parked_at)
        )
        return Parking.PARKED

    def wake(self, tx: Transaction, platform: str, account: str, *order_refs: str) -> int:
        """Make due what waits for these orders; call it where their sales are recorded.

        Returns:
            How many deliveries were woken.
        """
        if not order_refs:
            return 0
        lock_orders(tx, platform, account, order_refs)
        orders = {"orders": order_refs, "of_account": account, "of_platform": platform}
        return self._leases.revive(tx, _WAITING, orders, waits_for=None)

    def recall(self, tx: Transaction) -> int:
        """Make due what has been parked for seven days; returns how many.

        They keep ``parked_at``, by which their handler knows to ask the
        platform for the order; parked once more, they are dead.
        """
        old = to_micros(self._clock.now() - PARKED_FOR)
        query = (
            select(_c.id)
            .where(_c.state == "parked", _c.parked_at <= old)
            .limit(_RECALLED_AT_ONCE)
            .with_for_update(skip_locked=True)  # one that is being woken is no business of ours
        )
        ids = list(tx.execute(query).scalars())
        old_ones = update(t.inbox).where(_c.id.in_(ids))
        return self._leases.revive(tx, old_ones, {}, waits_for=None) if ids else 0

    def retry(
        self,
        tx: Transaction,
        row: InboxRow,
        reason: str,
        *,
        after: timedelta | None = None,
        is_final: bool = True,
    ) -> bool:
        """Put a claimed delivery back for later; False when it is dead now."""
        return self._leases.retry(tx, row, reason, after=after, is_final=is_final)

    def release(self, tx: Transaction, rows: Sequence[InboxRow]) -> None:
        """Give claimed deliveries back untried."""
        self._leases.release(tx, rows)

    def dead(self, tx: Transaction, row: InboxRow, reason: str) -> None:
        """Give a claimed or parked delivery up; its body is kept."""
        self._leases.dead(tx, row, reason)

    def replay(self, tx: Transaction, ids: Iterable[str] | None = None) -> int:
        """Make finished deliveries due again; returns how many.

        Args:
            ids: Which ones, whether dead, parked or done; without it, all that
                are dead.
        """
        which = _c.state == "dead"
        if ids is not None:
            which = _c.id.in_(sorted(set(ids))) & (_c.state != "new")
        return self._again(tx, which)

    def replay_since(self, tx: Transaction, since: datetime) -> int:
        """Make what was received from then on due again, done or dead; returns how many.

        A body that was cleared has nothing left to say, and stays as it is.
        """
        finished = _c.state.in_(("done", "dead")) & (_c.body != CLEARED)
        return self._again(tx, finished & (_c.received_at >= to_micros(since)))

    def _again(self, tx: Transaction, which: ColumnElement[bool]) -> int:
        chosen = update(t.inbox).where(which)
        return self._leases.revive(tx, chosen, {}, waits_for=None, parked_at=None, done_at=None)

    def get(self, tx: Transaction, row_id: str) -> InboxRow | None:
        """Return a delivery by its id."""
        found = tx.execute(select(t.inbox).where(_c.id == row_id)).mappings().one_or_none()
        return None if found is None else _row(found)

    def parked_since(self, tx: Transaction, before: datetime, limit: int = 1000) -> list[InboxRow]:
        """Return what was parked at this instant or earlier, oldest first."""
        query = (
            select(t.inbox)
            .where(_c.state == "parked", _c.parked_at <= to_micros(before))
            .order_by(_c.parked_at, _c.id)
            .limit(limit)
        )
        return [_row(row) for row in tx.execute(query).mappings()]

    def dead_letters(self, tx: Transaction, limit: int = 100) -> list[InboxRow]:
        """Return what was given up, the newest first."""
        query = select(t.inbox).where(_c.state == "dead")
        query = query.order_by(_c.received_at.desc(), _c.id.desc()).limit(limit)
        return [_row(row) for row in tx.execute(query).mappings()]

    def counts(self, tx: Transaction) -> dict[str, int]:
        """Return how many deliveries are new, parked, done and dead."""
        return self._leases.counts(tx, STATES)

    def due(self, tx: Transaction) -> int:
        """Return how many deliveries could be claimed now."""
        return self._leases.due(tx)

    def oldest_due(self, tx: Transaction) -> datetime | None:
        """Return since when the longest waiting one has been due; None without any."""
        return self._leases.oldest_due(tx)

    def _new_row(self, arrival: Arrival) -> dict[str, Any]:
        now = to_micros(self._clock.now())
        return {
            "id": self._ids.new("inb"),
            "platform": arrival.platform,
            "account": arrival.account,
            "topic": arrival.topic,
            "delivery_id": arrival.delivery_id,
            "event_id": arrival.event_id,
            "body": arrival.body,
            "body_sha256": hashlib.sha256(arrival.body).hexdigest(),
            "occurred_at": to_micros(arrival.occurred_at),
            "received_at": now,
            "state": "new",
            "attempts": 0,
            "next_at": now,
            "conflicts": 0,
        }


def _row(row: Mapping[Any, Any]) -> InboxRow:
    parked_at = row["parked_at"]
    return InboxRow(
        id=row["id"],
        platform=row["platform"],
        account=row["account"],
        topic=row["topic"],
        delivery_id=row["delivery_id"],
        event_id=row["event_id"],
        body=bytes(row["body"]),
        occurred_at=from_micros(row["occurred_at"]),
        received_at=from_micros(row["received_at"]),
        state=row["state"],
        waits_for=row["waits_for"],
        parked_at=None if parked_at is None else from_micros(parked_at),
        attempts=row["attempts"],
        lease_by=row["lease_by"],
        reason=row["reason"],
        conflicts=row["conflicts"],
    )
