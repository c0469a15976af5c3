"""What entries were posted for: the facts of an order that were known by then."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.service import Trigger
from liveshop_sdk.db import Transaction
from liveshop_sdk.events.factlog import FactLog, LoggedFact
from liveshop_sdk.facts import Fact, OrderKey, OrderPaid

_BESIDE = 6
"""Of so many facts of one instant that posted nothing, each choice is looked at."""


class Causes:
    """The facts of some orders, and which of them have an entry in a book.

    All are read at once, and each is decoded when it is first asked for: what
    came later is nobody's cause. One that cannot be decoded raises whatever its
    text brings about: a ``LookupError``, ``TypeError``, ``ValueError`` or
    ``InvalidError``.
    """

    def __init__(
        self, tx: Transaction, log: FactLog, book_id: int, orders: Iterable[OrderKey]
    ) -> None:
        """Read the facts of orders, and their entries."""
        self._logged = log.logged(tx, orders)
        self._posted = posted(tx, book_id, [one for some in self._logged.values() for one in some])
        self._decoded: dict[int, Fact] = {}

    def of_entry(self, order: OrderKey, event_id: str, seq: int) -> list[Trigger]:
        """Return what may have triggered an entry; nothing if no fact of its order.

        More than one, where it cannot be told which facts that posted nothing
        were known by then.
        """
        facts = self._logged[order]
        own = next((one for one in facts if one.key[2] == event_id), None)
        before = [one for one in facts if self._posted.get(one.seq, seq + 1) <= seq]
        silent = [one for one in facts if one.seq not in self._posted]
        sale = self._sale([*before, *silent]) or self._sale(facts)
        if own is None or sale is None:
            return []
        return [self._trigger(own, sale, [*before, *some]) for some in _before(own, silent)]

    def of_all(self, fact: LoggedFact) -> Trigger | None:
        """Return a fact as if it came now, with all others of its order known."""
        facts = self._logged[fact.order_key]
        sale = self._sale(facts)
        return self._trigger(fact, sale, facts) if sale else None

    def went_on(self, order: OrderKey, up_to: int) -> bool:
        """Tell whether an order has an entry behind this one."""
        return any(self._posted.get(one.seq, 0) > up_to for one in self._logged[order])

    def _trigger(self, own: LoggedFact, sale: OrderPaid, known: Sequence[LoggedFact]) -> Trigger:
        facts = tuple(self._fact(one) for one in known)
        return Trigger(fact=self._fact(own), order=sale, known=facts)

    def _sale(self, facts: Sequence[LoggedFact]) -> OrderPaid | None:
        found = (self._fact(one) for one in facts)
        return next((fact for fact in found if isinstance(fact, OrderPaid)), None)

    def _fact(self, one: LoggedFact) -> Fact:
        if one.seq not in self._decoded:
            self._decoded[one.seq] = one.fact
        return self._decoded[one.seq]


def posted(tx: Transaction, book_id: int, facts: Sequence[LoggedFact]) -> dict[int, int]:
    """Return the entry of each fact that has one, by the fact's place in the log."""
    if not facts:
        return {}
    keys = {one.seq: (one.key[0], one.key[2]) for one in facts}
    seen = LedgerStore(tx).seen(book_id, list(dict.fromkeys(keys.values())))
    return {place: seen[key][0] for place, key in keys.items() if key in seen}


def _is_sale(one: LoggedFact) -> bool:
    return one.stored.kind == OrderPaid.kind


def _before(own: LoggedFact, silent: Sequence[LoggedFact]) -> list[list[LoggedFact]]:
    """Return which facts that posted nothing may have been known when this one came.

    A sale is an order's first fact. Facts of one commit may share an instant,
    and are numbered by their keys; those of several hosts have several clocks.
    So there can be more than one answer.
    """
    if _is_sale(own):
        return [[]]
    at, answers = own.recorded_at, []
    before = [one for one in silent if one.recorded_at < at or _is_sale(one)]
    beside = [one for one in silent if one.recorded_at == at and not _is_sale(one)][:_BESIDE]
    some_beside = (
        sorted([*before, *some], key=lambda one: one.seq)
        for size in range(1, len(beside))
        for some in combinations(beside, size)
    )
    for some in (
        before,
        [one for one in silent if one.recorded_at <= at or _is_sale(one)],
        [one for one in silent if one.seq < own.seq or _is_sale(one)],
        *some_beside,
    ):
        if some not in answers:
            answers.append(some)
    return answers
