"""What buyers asked for by the platform: what ``shop.privacy`` is."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.checkout.privacy.models import (
    DATA,
    NoticeReader,
    PrivacyRequest,
    Subject,
)
from liveshop_sdk.checkout.privacy.store import PrivacyStore
from liveshop_sdk.clock import Clock, from_micros, to_iso
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import DeliveryUnreadableError, InvalidError, PrivacyRequestUnknownError
from liveshop_sdk.events.bodies import Bodies
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.events.inbox import CLEARED, Inbox, InboxRow
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.names import key
from liveshop_sdk.wire import loads, loads_canonical

_DUE = ("open", "problem")


class Privacy:
    """Requests to be told what is held of a customer, or to drop it.

    Those to drop it are done by the worker. One to be told is for a person to
    answer: `show` says what is held, `done` marks that it was answered.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        seals: Seals,
        inbox: Inbox,
        facts: FactLog,
        reader: NoticeReader | None,
    ) -> None:
        """Work on this database."""
        self._db, self._clock, self._seals = db, clock, seals
        self._inbox, self._facts, self._reader = inbox, facts, reader
        self._store, self._bodies = PrivacyStore(), Bodies()

    def requests(self, *, all: bool = False, limit: int = 100) -> list[PrivacyRequest]:  # noqa: A002
        """Return what waits for a person, the oldest first; with `all`, the rest too."""
        states = (*_DUE, "done") if all else _DUE
        with self._db.reading() as tx:
            return self._store.recorded(tx, states=states, limit=limit)

    def show(self, request_id: str) -> dict[str, Json]:
        """Return a request, what it asked, and what is held of its orders and customer.

        The answer holds buyer data: hand it to nobody but the one who asked.

        Raises:
            PrivacyRequestUnknownError: There is none with this id.
        """
        with self._db.reading() as tx:
            found = self._found(tx, request_id)
            row = self._inbox.get(tx, found.inbox_id)
            asked: Json = _read(row.body) if row else None
            shown: dict[str, Json] = {"privacy_request": found.as_json(), "asked": asked}
            if found.kind == DATA and row is not None and self._reader is not None:
                shown |= self._held(tx, row, self._reader)
        return shown

    def done(self, request_id: str) -> PrivacyRequest:
        """Mark a request as answered; repeating it changes nothing.

        Effects: the customer is taken out of the stored request.

        Raises:
            PrivacyRequestUnknownError: There is none with this id.
        """
        with self._db.transaction() as tx:
            found = self._found(tx, request_id)
            if found.state == "done":
                return found
            self._store.settle(tx, found.id, self._clock.now())
            row = self._inbox.get(tx, found.inbox_id)
            if row is not None:
                clear = self._reader.without_buyer if self._reader else _nothing
                self._bodies.replace(tx, row.id, clear(row.topic, row.body))
            return self._found(tx, found.id)

    def _found(self, tx: Transaction, request_id: str) -> PrivacyRequest:
        found = self._store.get(tx, key(request_id, "id"))
        if found is None:
            raise PrivacyRequestUnknownError(request_id=request_id[:64])
        return found

    def _held(self, tx: Transaction, row: InboxRow, reader: NoticeReader) -> dict[str, Json]:
        try:
            subject = reader.read(row.topic, row.body).subject
        except DeliveryUnreadableError:  # the customer was taken out of it since
            subject = Subject()
        email = subject.email.strip()
        customer = self._seals.customer_key(email) if email else None
        refs = subject.orders
        if customer is not None:
            refs |= self._store.orders_of(tx, row.platform, row.account, customer)
        rows = self._store.holdings(tx, row.platform, row.account, refs=refs, customer_key=customer)
        whole = Subject(
            orders=refs, customer=subject.customer, email=subject.email, phone=subject.phone
        )
        return {
            **rows,
            "facts": self._told(tx, row, refs),
            "webhooks": self._webhooks(tx, row, whole, reader),
        }

    def _told(self, tx: Transaction, row: InboxRow, refs: frozenset[str]) -> list[Json]:
        keys = [(row.platform, row.account, ref) for ref in sorted(refs)]
        found = self._facts.logged(tx, keys)
        return [
            {
                "key": one.key[2],
                "order_ref": one.stored.order_ref,
                "occurred_at": to_iso(from_micros(one.stored.occurred_at)),
                "body": loads_canonical(one.stored.body),
            }
            for key in keys
            for one in found.get(key, ())
        ]

    def _webhooks(
        self, tx: Transaction, row: InboxRow, subject: Subject, reader: NoticeReader
    ) -> list[Json]:
        needles, after, shown = reader.needles(subject), "", list[Json]()
        while page := self._bodies.page(
            tx, row.platform, row.account, needles=needles, after=after
        ):
            after = page[-1].id
            shown += [
                {
                    "id": one.id,
                    "topic": one.topic,
                    "received_at": to_iso(one.received_at),
                    "body": _read(one.body),
                }
                for one in page
                if one.id != row.id and reader.concerns(one.topic, one.body, subject)
            ]
        return shown


def _nothing(_topic: str, _body: bytes) -> bytes:
    return CLEARED


def _read(body: bytes) -> Json:
    """Return a body as values, or as text if it is no JSON."""
    try:
        return _plain(loads(body))
    except InvalidError:
        return body.decode("utf-8", "backslashreplace")


def _plain(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value
