"""Rows that one worker holds for a while: claim, fence, give back.

A claim writes a token that no other claim ever has; whoever finishes a row
must still hold its token, so a worker that was thought dead cannot undo or
repeat what its successor did. A lease that ran out can be claimed again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, Update, bindparam, func, or_, select, update

from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import LeaseLostError
from liveshop_sdk.events.backoff import Backoff
from liveshop_sdk.ids import Ids

_LONGEST_REASON = 500
_GAVE_UP = "gave_up: every worker that held this stopped without an answer"


class Leased(Protocol):
    """What a claimed row must know of its lease."""

    @property
    def id(self) -> str:
        """The row's id."""
        ...

    @property
    def state(self) -> str:
        """The state it was read in."""
        ...

    @property
    def lease_by(self) -> str | None:
        """The token of the claim, None for a row that nobody holds."""
        ...

    @property
    def attempts(self) -> int:
        """How often it was claimed, this time included."""
        ...


class Leases:
    """The leases of one table; ``ready`` is the state from which rows are claimed."""

    def __init__(
        self,
        table: Table,
        *,
        ready: str,
        arrived: str,
        clock: Clock,
        ids: Ids,
        backoff: Backoff,
    ) -> None:
        """Lease rows of this table in the order of the column ``arrived``."""
        self._table = table
        self._ready = ready
        self._arrived = table.c[arrived]
        self._clock = clock
        self._ids = ids
        self._backoff = backoff
        c = table.c
        self._rows = update(table).where(c.id.in_(bindparam("ids", expanding=True)))
        # A token is no other claim's, so the state says nothing more; asked for it,
        # SQLite would look through all rows of that state instead of by id.
        self._held = self._rows.where(c.lease_by == bindparam("token"))
        self._unheld = self._rows.where(c.lease_by.is_(None), c.state == bindparam("was"))
        self._claimed = self._rows.values(attempts=c.attempts + 1)

    def claim(
        self,
        tx: Transaction,
        *where: ColumnElement[bool],
        limit: int,
        by: str,
        lease_for: timedelta,
    ) -> list[dict[str, Any]]:
        """Lease rows that are due, oldest first; rows others hold are skipped.

        A row whose every attempt ended without a word, because its worker was
        killed, becomes a dead letter instead of being claimed once more.
        """
        now = self._clock.now()
        rows = self._free_rows(tx, now, *where, limit=limit)
        if not rows:
            return []
        lease = self.lease(by=by, lease_for=lease_for)
        tx.execute(self._claimed, {"ids": [row["id"] for row in rows], **lease})
        return [row | lease | {"attempts": row["attempts"] + 1} for row in rows]

    def lease(self, *, by: str, lease_for: timedelta) -> dict[str, Any]:
        """Return the columns of a lease from now on, under a token of its own."""
        return {
            "lease_by": f"{by[:80]}/{self._ids.new('lse')}",
            "lease_until": to_micros(self._clock.now() + lease_for),
        }

    def _free_rows(
        self, tx: Transaction, now: datetime, *where: ColumnElement[bool], limit: int
    ) -> list[dict[str, Any]]:
        c = self._table.c
        query = (
            select(self._table)
            .where(self._is_due(now), *where)
            .order_by(self._arrived, c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        while True:
            rows = [dict(row) for row in tx.execute(query).mappings()]
            hopeless = [row["id"] for row in rows if self._backoff.is_last(row["attempts"])]
            if not hopeless:
                return rows
            self._set(tx, self._rows, {"ids": hopeless}, state="dead", reason=_GAVE_UP)

    def finish(self, tx: Transaction, rows: Sequence[Leased], **values: Any) -> None:
        """Set columns of rows as they were read, and end their leases.

        Raises:
            LeaseLostError: another worker holds one of them now, or finished it.
        """
        ids: dict[tuple[str, str | None], list[str]] = {}
        for row in rows:
            ids.setdefault((row.state, row.lease_by), []).append(row.id)
        for (state, token), some in ids.items():
            if token:
                found = self._set(tx, self._held, {"ids": some, "token": token}, **values)
            else:
                found = self._set(tx, self._unheld, {"ids": some, "was": state}, **values)
            if found != len(some):
                raise LeaseLostError(table=self._table.name, count=len(some) - found)

    def retry(
        self,
        tx: Transaction,
        row: Leased,
        reason: str,
        *,
        after: timedelta | None = None,
        is_final: bool = True,
    ) -> bool:
        """Put a row back for later; after the last attempt it is dead.

        Args:
            after: The wait, where the other side said how long.
            is_final: False keeps trying for ever, for faults that are not the
                row's own.

        Returns:
            Whether it will be tried again.
        """
        text = reason[:_LONGEST_REASON]
        if self._backoff.is_last(row.attempts) and is_final:
            self.finish(tx, [row], state="dead", reason=text)
            return False
        wait = max(after or timedelta(), self._backoff.delay(row.attempts))
        self.finish(
            tx,
            [row],
            reason=text,
            next_at=to_micros(self._clock.now() + wait),
            attempts=min(row.attempts, self._backoff.attempts - 1),
        )
        return True

    def release(self, tx: Transaction, rows: Sequence[Leased]) -> None:
        """Give rows back untried, due at once."""
        for row in rows:
            self.finish(tx, [row], attempts=row.attempts - 1)

    def dead(self, tx: Transaction, row: Leased, reason: str) -> None:
        """Make a row a dead letter, which only a person brings back."""
        self.finish(tx, [row], state="dead", reason=reason[:_LONGEST_REASON])

    def revive(
        self, tx: Transaction, which: Update, named: Mapping[str, object], **values: Any
    ) -> int:
        """Make rows ready at once, as if never tried; returns how many.

        Args:
            which: An update of these rows that sets nothing yet.
            named: What it has parameters for.
        """
        return self._set(
            tx,
            which,
            named,
            state=self._ready,
            attempts=0,
            reason=None,
            next_at=to_micros(self._clock.now()),
            **values,
        )

    def counts(self, tx: Transaction, states: Sequence[str]) -> dict[str, int]:
        """Return how many rows are in each of the states."""
        c = self._table.c
        query = select(c.state, func.count().label("rows")).group_by(c.state)
        return dict.fromkeys(states, 0) | {row.state: row.rows for row in tx.execute(query)}

    def due(self, tx: Transaction) -> int:
        """Return how many rows could be claimed now."""
        query = select(func.count()).where(self._is_due(self._clock.now()))
        return int(tx.execute(query.select_from(self._table)).scalar_one())

    def oldest_due(self, tx: Transaction) -> datetime | None:
        """Return when the longest waiting of those arrived; None without any."""
        query = select(func.min(self._arrived)).where(self._is_due(self._clock.now()))
        found = tx.execute(query).scalar_one()
        return None if found is None else from_micros(found)

    def _is_due(self, now: datetime) -> ColumnElement[bool]:
        c, at = self._table.c, to_micros(now)
        is_free = or_(c.lease_until.is_(None), c.lease_until <= at)
        return (c.state == self._ready) & (c.next_at <= at) & is_free

    def _set(
        self, tx: Transaction, which: Update, named: Mapping[str, object], **values: Any
    ) -> int:
        ended = {"lease_by": None, "lease_until": None}
        return tx.execute(which, {**named, **values, **ended}).rowcount
