"""Act on what a platform tells about the app and its buyers' data."""

import logging
from dataclasses import replace

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.checkout.privacy.models import (
    CUSTOMER,
    DATA,
    LEFT,
    SHOP,
    Notice,
    NoticeReader,
    PrivacyRequest,
    Subject,
)
from liveshop_sdk.checkout.privacy.store import PrivacyStore
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import DeliveryUnreadableError
from liveshop_sdk.events.bodies import Bodies, StoredBody
from liveshop_sdk.events.inbox import InboxRow
from liveshop_sdk.ids import Ids

_log = logging.getLogger("liveshop.shop")


class Notices:
    """The part of the worker's handler that is about no order.

    Bodies are cleared before the request is recorded, in commits of their own:
    there may be very many. Clearing again changes nothing, so a process that
    dies in it leaves the rest to the next.
    """

    def __init__(
        self, db: Database, clock: Clock, ids: Ids, seals: Seals, reader: NoticeReader | None
    ) -> None:
        """Act for a platform that has notices, or for none."""
        self._db, self._clock, self._ids, self._seals = db, clock, ids, seals
        self._reader = reader
        self._store, self._bodies = PrivacyStore(), Bodies()

    def takes(self, platform: str, topic: str) -> bool:
        """Say whether a delivery is a notice."""
        reader = self._reader
        return reader is not None and platform == reader.platform and topic in reader.topics

    def prepare(self, row: InboxRow) -> Notice:
        """Read a notice, and clear the bodies it wants cleared.

        Raises:
            DeliveryUnreadableError: it is about no data, and cannot be read.
        """
        reader = self._given()
        try:
            notice = reader.read(row.topic, row.body)
        except DeliveryUnreadableError as error:
            if reader.kind_of(row.topic) == LEFT:
                raise
            return Notice(kind=reader.kind_of(row.topic), problem=error.problem)
        if notice.kind not in (CUSTOMER, SHOP):
            return notice
        with self._db.reading() as tx:
            found = self._store.by_key(tx, row.platform, row.account, _key(row, notice))
            if found is not None and found.state == "done":
                return notice
            subject = self._whole(tx, row, notice.subject)
        cleared = self._clear(row, None if notice.kind == SHOP else subject)
        return replace(notice, subject=subject, cleared=cleared)

    def forget(self, tx: Transaction, row: InboxRow, notice: Notice) -> None:
        """Take the hash of the address off the orders that a notice is about, if any."""
        if not _is_erasing(notice):
            return
        email = notice.subject.email.strip()
        self._store.forget(
            tx,
            row.platform,
            row.account,
            refs=None if notice.kind == SHOP else notice.subject.orders,
            customer_key=self._seals.customer_key(email) if email else None,
        )

    def apply(self, tx: Transaction, row: InboxRow, notice: Notice) -> None:
        """Record what was done; nothing in the record names a buyer."""
        reader = self._given()
        if notice.kind == LEFT:
            if reader.leave(tx, min(row.occurred_at, row.received_at)):
                _log.warning("the app was uninstalled from %s; its token is dropped", row.account)
            return
        if _is_erasing(notice):
            self.forget(tx, row, notice)
            self._bodies.replace(tx, row.id, reader.without_buyer(row.topic, row.body))
        request = self._request(row, notice)
        self._store.drop_problem(tx, row.id)
        if self._store.add(tx, request, _key(row, notice)):
            _log.info("privacy request %s (%s) is %s", request.id, request.kind, request.state)

    def _given(self) -> NoticeReader:
        assert self._reader is not None  # noqa: S101 - nothing is taken without it
        return self._reader

    def _request(self, row: InboxRow, notice: Notice) -> PrivacyRequest:
        state = "problem" if notice.problem else "open" if notice.kind == DATA else "done"
        return PrivacyRequest(
            id=self._ids.new("prv"),
            platform=row.platform,
            account=row.account,
            kind=notice.kind,
            inbox_id=row.id,
            orders=len(notice.subject.orders),
            state=state,
            problem=notice.problem or None,
            cleared=notice.cleared,
            asked_at=row.occurred_at,
            heard_at=row.received_at,
            done_at=self._clock.now() if state == "done" else None,
        )

    def _whole(self, tx: Transaction, row: InboxRow, subject: Subject) -> Subject:
        """Return a subject with all orders of the customer, as far as the address tells."""
        email = subject.email.strip()
        if not email:
            return subject
        key = self._seals.customer_key(email)
        more = self._store.orders_of(tx, row.platform, row.account, key)
        return replace(subject, orders=subject.orders | more)

    def _clear(self, row: InboxRow, subject: Subject | None) -> int:
        """Clear all bodies, or those about a subject; returns how many changed."""
        reader, after, count = self._given(), "", 0
        needles = None if subject is None else reader.needles(subject)
        while True:
            with self._db.reading() as tx:
                page = self._bodies.page(
                    tx, row.platform, row.account, needles=needles, after=after
                )
            if not page:
                return count
            after = page[-1].id
            changed = {
                one.id: new
                for one in page
                if one.id != row.id and (new := self._cleared(one, subject)) != one.body
            }
            if changed:
                with self._db.transaction() as tx:
                    for row_id, body in sorted(changed.items()):
                        self._bodies.replace(tx, row_id, body)
            count += len(changed)

    def _cleared(self, one: StoredBody, subject: Subject | None) -> bytes:
        reader = self._given()
        if subject is not None and not reader.concerns(one.topic, one.body, subject):
            return one.body
        return reader.without_buyer(one.topic, one.body)


def _is_erasing(notice: Notice) -> bool:
    return notice.kind in (CUSTOMER, SHOP) and not notice.problem


def _key(row: InboxRow, notice: Notice) -> str:
    return notice.key or f"inbox:{row.id}"
