"""From a webhook's bytes to recorded facts: store first, understand later."""

from collections.abc import Mapping, Sequence

from liveshop_sdk.checkout.ports import CommercePlatform, Delivery
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import PlatformNotConfiguredError
from liveshop_sdk.events import PARKED_FOR
from liveshop_sdk.events.inbox import Inbox, InboxRow, Receipt
from liveshop_sdk.events.worker import Waiting
from liveshop_sdk.facts import Fact, Happening, OrderPaid
from liveshop_sdk.shop.recording import Recorder


class Ingest:
    """Turns deliveries of one platform account into recorded facts.

    It is the worker's handler: ``prepare`` reads, outside any transaction,
    ``apply`` writes, a whole batch in one.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        inbox: Inbox,
        recorder: Recorder,
        platform: CommercePlatform,
        patience: int | None = None,
    ) -> None:
        """Keep where deliveries go.

        Args:
            patience: Seconds that reading one delivery may ask the platform.
        """
        self._patience = patience
        self._db, self._clock, self._inbox = db, clock, inbox
        self._recorder, self._platform = recorder, platform

    def verify(self, platform: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Return a webhook as a delivery, if the platform sent it.

        Raises:
            PlatformNotConfiguredError: Not the platform this shop uses.
            WebhookRefusedError: Not from the platform, or unreadable.
        """
        if platform != self._platform.name:
            raise PlatformNotConfiguredError(platform=platform[:20])
        return self._platform.receive(headers, body, now=self._clock.now())

    def store(self, delivery: Delivery) -> Receipt:
        """Store a verified delivery; nothing in it is acted on yet.

        Effects: one inbox row, committed; a delivery seen before changes
        nothing.
        """
        with self._db.transaction() as tx:
            return self._inbox.store(tx, delivery)

    def prepare(self, row: InboxRow) -> tuple[Happening, ...]:
        """Read a delivery; may ask the platform.

        One that has waited for its sale too long asks for the whole order.
        """
        happenings = self._platform.read(
            Delivery(
                platform=row.platform,
                account=row.account,
                topic=row.topic,
                delivery_id=row.delivery_id,
                event_id=row.event_id,
                occurred_at=row.occurred_at,
                body=row.body,
            ),
            patience=self._patience,
        )
        is_old = row.parked_at is not None and self._clock.now() - row.parked_at >= PARKED_FOR
        if is_old:
            refs = sorted({item.order_ref for item in happenings if isinstance(item, Fact)})
            found = [fact for ref in refs for fact in self._platform.find_order(ref)]
            happenings = (*found, *(item for item in happenings if item not in found))
        if any(isinstance(item, OrderPaid) and item.is_test for item in happenings):
            self._know_mode()
        return happenings

    def _know_mode(self) -> None:
        """Learn the platform's mode now: it may ask, and recording must not."""
        _ = self._platform.mode

    def apply(
        self, tx: Transaction, batch: Sequence[tuple[InboxRow, tuple[Happening, ...]]]
    ) -> Waiting:
        """Record a batch; says which deliveries wait for which order."""
        recording = self._recorder.record(tx, [item for _, found in batch for item in found])
        waiting = set(recording.waiting)
        return {
            row.id: item.order_ref
            for row, found in batch
            for item in found
            if isinstance(item, Fact) and item.order_key in waiting
        }
