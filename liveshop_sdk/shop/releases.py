"""Release commission whose hold is over: pending becomes payable."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import HoldReleased
from liveshop_sdk.shop.recording import Recorder

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many holds were released, and how many entries that posted.

    A hold of an order that was wholly refunded posts nothing.
    """

    holds: int
    entries: int

    def as_json(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {"released": self.holds, "entries": self.entries}


class Releases:
    """Turns holds that are over into facts, in batches of one commit each."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        affiliate: Affiliate,
        orders: Orders,
        recorder: Recorder,
    ) -> None:
        """Keep what releasing needs."""
        self._db, self._clock = db, clock
        self._affiliate, self._orders, self._recorder = affiliate, orders, recorder

    def due(self, as_of: datetime | None = None) -> Released:
        """Release every hold that is over; a kill in between loses nothing.

        Lines withheld for review stay: release those with ``approve``.
        """
        until = as_of or self._clock.now()
        holds = entries = 0
        while True:
            with self._db.transaction() as tx:
                due = self._affiliate.due_holds(tx, as_of=until, limit=BATCH)
                if not due:
                    return Released(holds=holds, entries=entries)
                facts = [
                    HoldReleased(
                        platform=platform,
                        account=account,
                        order_ref=order_ref,
                        occurred_at=hold_until,
                        hold_until=hold_until,
                    )
                    for (platform, account, order_ref), hold_until in due
                ]
                entries += len(self._recorder.record(tx, facts).entries)
                self._affiliate.mark_released(tx, due)
                holds += len(due)

    def approve(self, order_ref: str) -> Released:
        """Release an order's holds now, lines withheld for review included.

        For a person who has looked at it; before the hold is over as well.
        """
        with self._db.transaction() as tx:
            order = self._orders.find(tx, order_ref)
            open_holds = self._affiliate.open_holds(tx, order.key)
            facts = [
                HoldReleased(
                    platform=order.platform,
                    account=order.account,
                    order_ref=order.order_ref,
                    occurred_at=self._clock.now(),
                    hold_until=hold_until,
                    approved=True,
                )
                for hold_until in open_holds
            ]
            entries = len(self._recorder.record(tx, facts).entries) if facts else 0
            self._affiliate.mark_released(tx, [(order.key, until) for until in open_holds])
            return Released(holds=len(open_holds), entries=entries)
