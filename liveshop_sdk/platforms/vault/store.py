"""The queries on what platforms granted us."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select, update

from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.platforms.vault.tables import access as t

Key = Mapping[str, str]
"""Platform, account and app."""


class AccessStore:
    """Reads and changes rows, each by its key and the version it was read in."""

    def row(self, tx: Transaction, key: Key) -> Mapping[Any, Any] | None:
        """Return a row, None if there never was one."""
        return tx.execute(select(t).filter_by(**key)).mappings().one_or_none()

    def add(self, tx: Transaction, key: Key, now: int) -> None:
        """Add an empty row unless there is one."""
        empty = {"state": "none", "state_at": now, "reason": "", "scopes": "", "version": 0}
        add_if_absent(tx, t, {**key, **empty})

    def lease(self, tx: Transaction, key: Key, version: int, *, now: int, until: int) -> bool:
        """Take the lease, if the row is as it was read and nobody holds it."""
        free = or_(t.c.lease_until.is_(None), t.c.lease_until <= now)
        taken = update(t).filter_by(**key, version=version).where(free)
        values = {"version": version + 1, "lease_until": until}
        return tx.execute(taken.values(**values)).rowcount == 1

    def end(self, tx: Transaction, key: Key, version: int, *, at: int) -> None:
        """Set when the token is over, if the row is as it was read; keeps any lease."""
        tx.execute(update(t).filter_by(**key, version=version).values(ends_at=at))

    def change(self, tx: Transaction, key: Key, version: int | None, **values: Any) -> bool:
        """Set columns and end any lease; None changes the row whatever its version."""
        which = update(t).filter_by(**key)
        if version is not None:
            which = which.where(t.c.version == version)
        after = which.values(version=t.c.version + 1, lease_until=None, **values)
        return tx.execute(after).rowcount == 1

    def drop(self, tx: Transaction, key: Key, until: int, **values: Any) -> bool:
        """Set columns and end any lease, unless something was granted after that."""
        is_older = or_(t.c.granted_at.is_(None), t.c.granted_at <= until)
        which = update(t).filter_by(**key).where(is_older)
        after = which.values(version=t.c.version + 1, lease_until=None, **values)
        return tx.execute(after).rowcount == 1
