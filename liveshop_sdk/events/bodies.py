"""The bodies of stored deliveries: found by what is in them, and cleared of it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, literal, or_, select, update

from liveshop_sdk.clock import from_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.events import tables as t

MOST_NEEDLES = 100
"""With more to look for, every body is returned."""

_c = t.inbox.c
_REPLACE = update(t.inbox).where(_c.id == bindparam("of_id")).values(body=bindparam("new"))


class StoredBody(NamedTuple):
    """What was received under an id; it may hold personal data."""

    id: str
    topic: str
    received_at: datetime
    body: bytes

    def __repr__(self) -> str:
        """Name the delivery, not what is in it."""
        return f"StoredBody(id={self.id!r}, topic={self.topic!r})"


class Bodies:
    """Reads and replaces bodies; their digest stays, so repeats are still known."""

    def page(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        *,
        needles: Collection[bytes] | None,
        after: str = "",
        limit: int = 100,
    ) -> list[StoredBody]:
        """Return deliveries of an account by id, from the one behind `after`.

        Args:
            needles: Bytes of which a body holds at least one; all bodies without it.
        """
        query = (
            select(_c.id, _c.topic, _c.received_at, _c.body)
            .where(_c.platform == platform, _c.account == account, _c.id > after)
            .order_by(_c.id)
            .limit(limit)
        )
        if needles is not None and len(needles) <= MOST_NEEDLES:
            holds = [_holds(tx.dialect.name, needle) for needle in sorted(needles)]
            query = query.where(or_(False, *holds))
        return [
            StoredBody(row.id, row.topic, from_micros(row.received_at), bytes(row.body))
            for row in tx.execute(query)
        ]

    def replace(self, tx: Transaction, row_id: str, body: bytes) -> None:
        """Store another body, whoever works on the delivery now."""
        tx.execute(_REPLACE, {"of_id": row_id, "new": body})


def _holds(dialect: str, needle: bytes) -> ColumnElement[bool]:
    """Compare bytes with bytes: LIKE would want text, in one encoding or another."""
    wanted = literal(needle, LargeBinary)
    if dialect == "postgresql":
        return func.position(wanted.op("IN")(_c.body)) > 0
    return func.instr(_c.body, wanted) > 0
