"""Find out what an event means: ask Stripe where the event alone is no proof.

An event shows its object as it was then, deliveries come in any order, and
the payload has neither lines nor payment. So a sale is always fetched anew;
refunds and disputes are read as sent, since facts about them never depend on
which arrives first. What Stripe does not show, or does not show yet, is never
taken for nothing: the delivery is tried again and at last waits for a person.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.facts import DisputeOpened, Fact, Happening, OrderPaid, OrderRefunded
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.event import Event
from liveshop_sdk.platforms.stripe.faults import not_shown
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, instant, obj, objs, ref, text
from liveshop_sdk.platforms.stripe.reading import Reader

_DAY = 24 * 60 * 60
_PAYMENT_TAKES = 15 * _DAY
"""A session lives for a day, and a bank's payment in it up to 14 days more."""

_REFUND_FAILS = 35 * _DAY
_DISPUTE_LASTS = 180 * _DAY
OF_ONE = ("resource_missing", "answer_unreadable")
"""Refusals that say something of one object, and nothing of the account."""


class Happenings:
    """Turns events and order references of one account into facts."""

    def __init__(self, *, calls: StripeCalls, reader: Reader) -> None:
        self._calls = calls
        self._reader = reader
        refund, dispute = self._refund, self._dispute_told
        self._topics: Mapping[str, tuple[str, Callable[[Obj, Event], tuple[Happening, ...]]]] = {
            "checkout.session.completed": ("checkout.session", self._completed),
            "checkout.session.async_payment_succeeded": ("checkout.session", self._completed),
            "checkout.session.async_payment_failed": ("checkout.session", self._failed),
            "checkout.session.expired": ("checkout.session", self._expired),
            "refund.created": ("refund", refund),
            "refund.updated": ("refund", refund),
            "refund.failed": ("refund", refund),
            "charge.refund.updated": ("refund", refund),
            "charge.dispute.created": ("dispute", dispute),
            "charge.dispute.funds_withdrawn": ("dispute", dispute),
            "charge.dispute.closed": ("dispute", dispute),
            "charge.dispute.funds_reinstated": ("dispute", dispute),
        }

    @property
    def event_types(self) -> frozenset[str]:
        """The types of event that mean something here."""
        return frozenset(self._topics)

    def of_event(self, event: Event) -> tuple[Happening, ...]:
        """Return what an event says happened; ``()`` for all other types."""
        kind, tell = self._topics.get(event.type, ("", None))
        if tell is None:
            return ()
        subject = event.subject if event.subject is not None else self._fetched(kind, event)
        if text(subject, "object") != kind:
            raise ShapeError(f"{event.type} is not about a {kind}")
        return tell(subject, event)

    def of_order(self, order_ref: str) -> tuple[Fact, ...]:
        """Return the sale, its refunds and its disputes, as Stripe has them now."""
        is_session = order_ref.startswith("cs_")
        session_id = order_ref if is_session else self._calls.session_of_payment(order_ref)
        session = self._calls.session(session_id) if session_id else None
        if session is None or not self._reader.is_paid(session):
            return ()
        facts: list[Fact] = [self._reader.order(session)]
        payment = ref(session, "payment_intent")
        if not payment:
            return tuple(facts)
        for one in self._calls.refunds_of(payment):
            facts += self._reader.refund(one, payment, failed_at=self._failed_at(one))
        for one in self._calls.disputes_of(payment):
            facts += self._dispute(one, payment, closed_at=_last_movement(one))
        return tuple(facts)

    def walk(self, since: int, until: int) -> Iterator[list[Fact | Unreadable]]:
        """Yield sales, then refunds, then disputes of these seconds, page by page.

        Stripe lists by when a thing was made: each list begins as much earlier
        as the thing may still change. What is older than that and moved money
        all the same is found by its balance transactions.
        """
        calls = self._calls
        for page in calls.sessions_made(since - _PAYMENT_TAKES, until):
            yield _readable(page, OrderPaid.kind, self._sale)
        for page in calls.refunds_made(since - _REFUND_FAILS, until):
            yield _readable(page, OrderRefunded.kind, self._refunded)
        for page in calls.disputes_made(since - _DISPUTE_LASTS, until):
            yield _readable(page, DisputeOpened.kind, self._disputed)
        for page in calls.movements_made("refund_failure", since, until):
            yield _readable(_older(page, since - _REFUND_FAILS), OrderRefunded.kind, self._refunded)
        for page in calls.movements_made("adjustment", since, until):
            disputes = [one for one in _older(page, since - _DISPUTE_LASTS) if _is_dispute(one)]
            yield _readable(disputes, DisputeOpened.kind, self._disputed)

    def _sale(self, session: Obj) -> Sequence[Fact]:
        if not self._reader.is_paid(session):
            return ()
        return (self._reader.order(self._calls.with_all_lines(session)),)

    def _refunded(self, refund: Obj) -> tuple[Fact, ...]:
        order_ref = self.order_of(refund)
        if not order_ref:
            return ()
        return self._reader.refund(refund, order_ref, failed_at=self._failed_at(refund))

    def _disputed(self, dispute: Obj) -> Sequence[Fact]:
        order_ref = self.order_of(dispute)
        if not order_ref:
            return ()
        return self._dispute(dispute, order_ref, closed_at=_last_movement(dispute))

    def _fetched(self, kind: str, event: Event) -> Obj:
        """Fetch the object that a thin event only names."""
        named, object_id = event.related
        if named != kind or not object_id:
            raise ShapeError(f"{event.type} does not name a {kind}")
        fetch = {
            "checkout.session": self._calls.session,
            "refund": self._calls.refund,
            "dispute": self._calls.dispute,
        }[kind]
        return _shown(fetch(object_id), kind, object_id)

    def _completed(self, session: Obj, event: Event) -> tuple[Happening, ...]:
        if event.subject is not None:
            if not self._reader.is_paid(session):
                return ()  # a delayed payment: its success is an event of its own
            session_id = text(session, "id")
            session = _shown(self._calls.session(session_id), "checkout.session", session_id)
        return (self._reader.order(session),) if self._reader.is_paid(session) else ()

    def _failed(self, session: Obj, event: Event) -> tuple[Happening, ...]:
        closed = self._reader.closed(session, reason="failed", at=event.created)
        return (closed,) if closed is not None else ()

    def _expired(self, session: Obj, event: Event) -> tuple[Happening, ...]:
        closed = self._reader.closed(session, reason="expired", at=event.created)
        return (closed,) if closed is not None else ()

    def _refund(self, refund: Obj, _event: Event) -> tuple[Happening, ...]:
        return self._refunded(refund)

    def _failed_at(self, refund: Obj) -> datetime | None:
        """Return when a refund was undone; every event about it must say the same."""
        undone = ref(refund, "failure_balance_transaction")
        movement = self._calls.balance_transaction(undone) if undone else None
        return instant(movement, "created") if movement is not None else None

    def _dispute_told(self, dispute: Obj, event: Event) -> tuple[Happening, ...]:
        """Tell the beginning, and the end if there is one: other events may never come."""
        order_ref = self.order_of(dispute)
        if not order_ref:
            return ()
        return self._dispute(dispute, order_ref, closed_at=event.created)

    def _dispute(self, dispute: Obj, order_ref: str, *, closed_at: datetime) -> tuple[Fact, ...]:
        opened = self._reader.dispute_opened(dispute, order_ref)
        closed = self._reader.dispute_closed(dispute, order_ref, at=closed_at)
        return tuple(fact for fact in (opened, closed) if fact is not None)

    def order_of(self, holder: Obj) -> str:
        """Return the payment intent of a charge, refund or dispute; may ask for it."""
        payment = ref(holder, "payment_intent")
        charge_id = ref(holder, "charge")
        if payment or not charge_id:
            return payment
        return ref(_shown(self._calls.charge(charge_id), "charge", charge_id), "payment_intent")


def _shown(found: Obj | None, kind: str, object_id: str) -> Obj:
    """Return what was asked for; a signed event spoke of it, so it must be there."""
    if found is None:
        raise not_shown(kind, object_id)
    return found


def _readable(
    page: Sequence[Obj], kind: str, read: Callable[[Obj], Sequence[Fact]]
) -> list[Fact | Unreadable]:
    """Return the facts of objects; one that cannot be read holds up no other."""
    facts: list[Fact | Unreadable] = []
    for one in page:
        try:
            facts += patiently(partial(read, one))
        except ShapeError as error:
            facts.append(_unreadable(one, kind, str(error)))
        except PlatformRefusedError as error:
            if error.vendor_code not in OF_ONE:
                raise
            facts.append(_unreadable(one, kind, error.problem))
    return facts


def _older(movements: Sequence[Obj], than: int) -> list[Obj]:
    """Return what moved money, where it was made before that second."""
    moved = [obj(one, "source") for one in movements]
    return [one for one in moved if one and to_seconds(instant(one, "created")) < than]


def _is_dispute(found: Obj) -> bool:
    return text(found, "object") == "dispute"


def _unreadable(found: Obj, kind: str, problem: str) -> Unreadable:
    object_id, payment = text(found, "id"), found.get("payment_intent")
    named = payment.get("id") if isinstance(payment, Mapping) else payment
    order_ref = named if isinstance(named, str) and named else object_id
    key = f"{kind}:{order_ref if kind == OrderPaid.kind else object_id}"
    return Unreadable(key=key, order_ref=order_ref, problem=problem)


def _last_movement(dispute: Obj) -> datetime:
    """Return when money last moved: a closed dispute does not say when it closed."""
    moved = [instant(one, "created") for one in objs(dispute, "balance_transactions")]
    return max(moved, default=instant(dispute, "created"))
