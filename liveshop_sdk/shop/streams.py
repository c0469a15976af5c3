"""Streams and who was on air: what ``shop.streams`` is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.airtime.service import AirTime
from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.service import Trigger
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BoundShopError
from liveshop_sdk.facts import Fact, Json, OrderKey, OrderPaid
from liveshop_sdk.registry.air.store import AirStore
from liveshop_sdk.registry.service import Streams as StreamRecords
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.ending import EXPIRE, StreamEnd, StreamEnder
from liveshop_sdk.shop.rooms import Rooms

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AirReport:
    """What reporting a stream's air time did.

    Attributes:
        shared: Orders whose commission waited for it.
        entries: Entries posted, for fees and for those orders.
    """

    stream: Stream
    shared: int
    entries: int

    def as_json(self) -> dict[str, Json]:
        """Return minutes by host, and the numbers by name."""
        return {
            "stream": self.stream.code,
            "minutes": dict(self.stream.air or {}),
            "shared": self.shared,
            "entries": self.entries,
        }


class Streams(StreamRecords):
    """Schedules streams, and pays for time on air."""

    def __init__(self, db: Database, clock: Clock, rooms: Rooms, ender: StreamEnder) -> None:
        """Work on this database, by this clock."""
        super().__init__(db, clock)
        self._ender = ender
        self._orders, self._facts, self._air = rooms.orders, rooms.facts, AirStore()
        self._pay = AirTime(clock=clock, ledger=rooms.ledger, affiliate=rooms.affiliate)

    def end(self, code: str, *, open_checkouts: str = EXPIRE) -> StreamEnd:
        """End a stream now, with its coupons; one that never opened is cancelled.

        Its coupons end for good, those as well that were to outlive it. Links
        without a coupon live on after an end, and are refused after a cancellation.
        A repeat changes nothing that is so already, and asks the platform again
        for what was given up.

        Args:
            open_checkouts: ``"expire"`` also ends open checkouts with these
                coupons where the platform can: their price has ended, and what
                they reserved is free again. ``"keep"`` lets them run to their
                own end, 31 minutes at most; whether the platform still grants
                the coupon there is for it to say. Shopify's carts cannot be
                ended: the code is off at the checkout.

        Effects: one transaction. Then the platform is told, with no call begun
        after 8 seconds; the worker goes on.

        Raises:
            RecordInvalidError: Neither of the two.
            StreamNotFoundError: There is none of that code.
        """
        return self._ender.end(code, open_checkouts=open_checkouts)

    def attempt(self, code: str) -> None:
        """Tell the platform once of coupons that ended with a stream.

        For a stream ended inside a transaction of your own, once it is committed;
        without this the worker does it. No call begins after 8 seconds.
        """
        if self._db.is_bound:
            raise BoundShopError(call="streams.attempt")
        self._ender.attempt(code)

    def report_air(self, code: str, minutes: Mapping[str, int]) -> AirReport:
        """Tell how many minutes each host was on air; once per stream.

        Appearance fees that were agreed become payable. If the stream's sales
        are shared by air time, commission that waited for it is shared now,
        with the entries it would have had from the start.

        Args:
            minutes: Of every host; zero for one who did not appear.

        Effects: one row per host with the fees, in one commit; then the
        waiting orders, some at a time. A repeat goes on where that stopped.

        Raises:
            AlreadyExistsError: Other minutes were told before.
            RecordInvalidError: A host is missing, or the stream has not begun.
        """
        with self._db.transaction() as tx:
            stream = self._air.add(tx, code, minutes, now=self._clock.now())
            entries = len(self._pay.appear(tx, stream))
        shared = 0
        while True:
            with self._db.transaction() as tx:
                keys = self._pay.waiting(tx, stream.code, limit=BATCH)
                if not keys:
                    return AirReport(stream=stream, shared=shared, entries=entries)
                entries += len(self._share_out(tx, stream, keys))
                shared += len(keys)

    def _share_out(
        self, tx: Transaction, stream: Stream, keys: Sequence[OrderKey]
    ) -> list[PostedEntry]:
        self._orders.lock(tx, keys)
        facts = self._facts.in_order(tx, keys)
        return self._pay.share_out(tx, stream, keys, _one_by_one(facts))


def _one_by_one(facts: Sequence[Fact]) -> list[Trigger]:
    """Return facts in their order, each with all that was known of its order up to it."""
    sales = {fact.order_key: fact for fact in facts if isinstance(fact, OrderPaid)}
    known: dict[OrderKey, tuple[Fact, ...]] = {}
    triggers = []
    for fact in facts:
        known[fact.order_key] = (*known.get(fact.order_key, ()), fact)
        triggers.append(
            Trigger(fact=fact, order=sales[fact.order_key], known=known[fact.order_key])
        )
    return triggers
