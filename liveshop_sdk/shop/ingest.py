"""From a webhook's bytes to recorded facts: store first, understand later."""

from collections.abc import Mapping, Sequence

from liveshop_sdk.checkout.ports import CommercePlatform, Delivery
from liveshop_sdk.checkout.privacy.models import Notice
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import PlatformNotConfiguredError
from liveshop_sdk.events import PARKED_FOR
from liveshop_sdk.events.inbox import Inbox, InboxRow, Receipt
from liveshop_sdk.events.worker import Waiting
from liveshop_sdk.facts import Fact, Happening, OrderPaid
from liveshop_sdk.shop.notices import Notices
from liveshop_sdk.shop.recording import Recorder

Understood = tuple[Happening, ...] | Notice
"""What a delivery came to: facts, or something told about the app itself."""


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
        notices: Notices,
        patience: int | None = None,
    ) -> None:
        """Keep where deliveries go.

        Args:
            patience: Seconds that reading one delivery may ask the platform.
        """
        self._patience = patience
        self._db, self._clock, self._inbox = db, clock, inbox
        self._recorder, self._platform, self._notices = recorder, platform, notices

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

    def is_for_worker(self, delivery: Delivery) -> bool:
        """Say whether a delivery may take long, so that its request is answered first."""
        return self._notices.takes(delivery.platform, delivery.topic)

    def prepare(self, row: InboxRow) -> Understood:
        """Read a delivery; may ask the platform.

        One that has waited for its sale too long asks for the whole order.
        """
        if self._notices.takes(row.platform, row.topic):
            return self._notices.prepare(row)
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

    def apply(self, tx: Transaction, batch: Sequence[tuple[InboxRow, Understood]]) -> Waiting:
        """Record a batch; says which deliveries wait for which order.

        Notices come last: what they drop may have come in by the same batch.
        """
        told = [(row, found) for row, found in batch if not isinstance(found, Notice)]
        notices = [(row, found) for row, found in batch if isinstance(found, Notice)]
        for row, found in notices:
            self._notices.forget(tx, row, found)  # rows of orders are locked before books
        recording = self._recorder.record(tx, [item for _, found in told for item in found])
        for row, found in notices:
            self._notices.apply(tx, row, found)
        waiting = set(recording.waiting)
        return {
            row.id: item.order_ref
            for row, found in told
            for item in found
            if isinstance(item, Fact) and item.order_key in waiting
        }
