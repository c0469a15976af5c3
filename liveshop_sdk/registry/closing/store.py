"""The queries that end a stream; each works inside the caller's transaction."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.registry import tables as t
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.store import StreamStore
from liveshop_sdk.registry.streams import Stream

_TICK = timedelta(microseconds=1)


class ClosingStore:
    """Ends streams, and keeps them from ending while something is added to one."""

    def __init__(self) -> None:
        """Look streams up through their own store."""
        self._streams = StreamStore()

    def keep_open(self, tx: Transaction, code: str) -> Stream:
        """Return a stream that nobody ends until the transaction does."""
        query = select(t.stream.c.code).where(t.stream.c.code == key(code, "stream code"))
        tx.execute(query.with_for_update(read=True)).all()
        return self._streams.get(tx, code)

    def end(self, tx: Transaction, code: str, *, now: datetime) -> tuple[Stream, Stream]:
        """Close a stream now; returns it as it was and as it is.

        One that has not opened is cancelled and keeps its window; one that is
        over already keeps its end. A repeat changes nothing.
        """
        query = select(t.stream.c.code).where(t.stream.c.code == key(code, "stream code"))
        tx.execute(query.with_for_update()).all()
        was = self._streams.get(tx, code)
        if was.ended_at is None:
            closes_at = was.closes_at
            if was.opens_at <= now < closes_at:
                closes_at = max(now, was.opens_at + _TICK)
            row = update(t.stream).where(t.stream.c.code == code)
            tx.execute(row.values(closes_at=to_micros(closes_at), ended_at=to_micros(now)))
        return was, self._streams.get(tx, code)
