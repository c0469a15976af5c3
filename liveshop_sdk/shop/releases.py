"""Release commission whose hold is over: pending becomes payable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.clock import Clock, as_utc
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError, ReleaseTooEarlyError, UnavailableError
from liveshop_sdk.facts import HoldReleased, OrderKey
from liveshop_sdk.shop.recording import Recorder

BATCH = 200

Hold = tuple[OrderKey, datetime]
"""An order, and until when part of its commission is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many holds were released, and how many entries that posted.

    A hold of an order that was wholly refunded posts nothing. ``windows`` are
    those of tiers whose bonus was released.
    """

    holds: int
    entries: int
    windows: int = 0

    def __add__(self, other: "Released") -> "Released":
        """Add up two runs."""
        return Released(
            holds=self.holds + other.holds,
            entries=self.entries + other.entries,
            windows=self.windows + other.windows,
        )

    def as_json(self) -> dict[str, int]:
        """Return the numbers by name."""
        return {"released": self.holds, "entries": self.entries, "windows": self.windows}


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
        is_live: Callable[[], bool],
    ) -> None:
        """Keep what releasing needs; in live mode no hold ends before its time."""
        self._is_live = is_live
        self._db, self._clock = db, clock
        self._affiliate, self._orders, self._recorder = affiliate, orders, recorder

    def due(self, as_of: datetime | None = None) -> Released:
        """Release every hold that is over; a kill in between loses nothing.

        Then every bonus of tiers whose window is over with all of its holds.
        Lines withheld for review stay: release those with ``approve``.

        Args:
            as_of: Holds over by then, instead of by now; in live mode not
                later than now.

        Raises:
            ReleaseTooEarlyError: `as_of` is still to come, in live mode.
            LiveShopError: What the first order that could not be released
                met; all others were released.
        """
        now = self._clock.now()
        until = now if as_of is None else as_utc(as_of)
        if until > now and self._is_live():
            raise ReleaseTooEarlyError(as_of=until, now=now)
        total = Released(holds=0, entries=0)
        stuck: dict[Hold, LiveShopError] = {}
        while True:
            with self._db.reading() as tx:
                found = self._affiliate.due_holds(tx, as_of=until, limit=BATCH + len(stuck))
            due = [hold for hold in found if hold not in stuck]
            if not due:
                break
            done, refused = self._release_each(due)
            total, stuck = total + done, stuck | refused
        total += self._release_windows(until)
        for error in stuck.values():
            raise error
        return total

    def _release_windows(self, until: datetime) -> Released:
        """Release bonuses of tiers whose window is over with all its holds."""
        with self._db.reading() as tx:
            due = self._affiliate.endings.due(tx, as_of=until)
        total = Released(holds=0, entries=0)
        for brand, window in due:
            with self._db.transaction() as tx:
                entries = self._affiliate.endings.release(tx, brand, window, as_of=until)
            total += Released(holds=0, entries=len(entries), windows=1)
        return total

    def _release_each(self, due: Sequence[Hold]) -> tuple[Released, dict[Hold, LiveShopError]]:
        """Release holds in one commit, or one by one so that a bad one holds up no other."""
        try:
            return self._release(due), {}
        except UnavailableError:
            raise
        except LiveShopError as error:
            if len(due) == 1:
                return Released(holds=0, entries=0), {due[0]: error}
        done = Released(holds=0, entries=0)
        refused: dict[Hold, LiveShopError] = {}
        for hold in due:
            each, problem = self._release_each([hold])
            done, refused = done + each, refused | problem
        return done, refused

    def _release(self, due: Sequence[Hold]) -> Released:
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
        with self._db.transaction() as tx:
            recording = self._recorder.record(tx, facts)
            self._affiliate.mark_released(tx, due)
        return Released(holds=recording.new, entries=len(recording.entries))

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
