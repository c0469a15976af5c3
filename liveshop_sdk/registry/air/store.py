"""The queries of air time; each works inside the caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select

from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import AlreadyExistsError, RecordInvalidError
from liveshop_sdk.registry import tables as t
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.store import StreamStore
from liveshop_sdk.registry.streams import Stream, check_air

_CODES = select(t.stream.c.code).order_by(t.stream.c.code)


class AirStore:
    """Notes air time, and finds streams as they stand with it."""

    def __init__(self) -> None:
        """Look streams up through their own store."""
        self._streams = StreamStore()

    def settled(self, tx: Transaction, codes: Iterable[str]) -> dict[str, Stream]:
        """Return streams by code; those that wait for air time go on waiting.

        Nobody can report it until the transaction ends: what the transaction
        leaves waiting is found by whoever reports it then.
        """
        found = self._streams.get_many(tx, codes)
        if not any(stream.awaits_air for stream in found.values()):
            return found
        query = _CODES.where(t.stream.c.code.in_(sorted(found))).with_for_update(read=True)
        tx.execute(query).all()
        return self._streams.get_many(tx, found)

    def add(
        self, tx: Transaction, code: str, minutes: Mapping[str, int], *, now: datetime
    ) -> Stream:
        """Note how long each host was on air; the same again is a repeat.

        Effects: keeps the stream's row locked until the transaction ends.

        Raises:
            AlreadyExistsError: Other minutes were reported.
            RecordInvalidError: The stream has not begun, or a host is missing.
        """
        query = _CODES.where(t.stream.c.code == key(code, "stream code")).with_for_update()
        tx.execute(query).all()
        stream = self._streams.get(tx, code)
        told = check_air(stream, minutes)
        if stream.air is not None:
            if stream.air != told:
                raise AlreadyExistsError(
                    kind="air time of the stream",
                    key=stream.code,
                    differs="minutes",
                    remedy="It is told once and never changes.",
                )
            return stream
        if now < stream.opens_at:
            raise RecordInvalidError(
                kind="stream", problem="air time before its start", expected="to report it after"
            )
        tx.execute(
            insert(t.stream_air),
            [
                {
                    "stream": stream.code,
                    "creator": creator,
                    "minutes": count,
                    "reported_at": to_micros(now),
                }
                for creator, count in told.items()
            ],
        )
        return replace(stream, air=told)
