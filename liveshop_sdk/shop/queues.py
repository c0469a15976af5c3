"""What inbox and outbox hold now, for people and dashboards; never a body."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import NotReplayableError
from liveshop_sdk.events.inbox import Inbox, InboxRow
from liveshop_sdk.events.outbox import Outbox, OutboxRow
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.names import key


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What waits, what was given up, and how far workers are behind.

    Attributes:
        inbox: Deliveries by state: ``new``, ``parked``, ``done``, ``dead``.
        outbox: Things to send by state: ``pending``, ``done``, ``dead``.
        due_since: When the longest waiting row became due; None without any.
        parked: Deliveries that wait for the sale of ``waits_for``.
        dead: Deliveries that were given up, each with its ``reason``.
        unsent: Things to send that were given up, each with its ``reason``.
    """

    inbox: Mapping[str, int]
    outbox: Mapping[str, int]
    due_since: datetime | None
    parked: tuple[InboxRow, ...]
    dead: tuple[InboxRow, ...]
    unsent: tuple[OutboxRow, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the same for scripts, as ``liveshop events list --json`` prints it."""
        return {
            "inbox": dict(self.inbox),
            "outbox": dict(self.outbox),
            "due_since": to_iso(self.due_since) if self.due_since else None,
            "parked": [
                {"id": row.id, "topic": row.topic, "waits_for": row.waits_for}
                for row in self.parked
            ],
            "dead": [{"id": row.id, "topic": row.topic, "reason": row.reason} for row in self.dead],
            "unsent": [
                {"id": row.id, "kind": row.kind, "reason": row.reason} for row in self.unsent
            ],
        }


def queue_state(
    tx: Transaction, inbox: Inbox, outbox: Outbox, *, now: datetime, limit: int
) -> QueueState:
    """Look at both queues in one snapshot; at most ``limit`` rows of each list."""
    since = [at for at in (inbox.oldest_due(tx), outbox.oldest_due(tx)) if at is not None]
    return QueueState(
        inbox=inbox.counts(tx),
        outbox=outbox.counts(tx),
        due_since=min(since, default=None),
        parked=tuple(inbox.parked_since(tx, now, limit)),
        dead=tuple(inbox.dead_letters(tx, limit)),
        unsent=tuple(outbox.dead_letters(tx, limit)),
    )


def replay(tx: Transaction, inbox: Inbox, outbox: Outbox, ids: list[str] | None) -> int:
    """Make what was given up due again, all of it or those named; returns how many.

    Raises:
        NotReplayableError: Naming the ids that are unknown or due already.
    """
    if ids is None:
        return inbox.replay(tx) + outbox.replay(tx)
    done = {
        one: inbox.replay(tx, [one]) + outbox.replay(tx, [one])
        for one in dict.fromkeys(key(one, "id") for one in ids)
    }
    if not all(done.values()):
        left = [one[:64] for one, count in done.items() if not count]
        raise NotReplayableError(ids=", ".join(left))
    return sum(done.values())
