"""Compare a platform's own records with our facts, and post what is missing.

Webhooks get lost, and some are never made. The platform's orders, refunds and
disputes are therefore read as facts, the same facts their webhooks tell, and
compared by key and essence. Platforms are asked outside any transaction.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from liveshop_sdk.checkout.ports import CommercePlatform, Finding, Unreadable
from liveshop_sdk.clock import Clock, as_utc, to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.errors import (
    LiveShopError,
    PlatformRefusedError,
    ReconcileWindowError,
    UnavailableError,
)
from liveshop_sdk.events.factlog import FactLog, key_of
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    OrderKey,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.shop.coupon_uses import CouponCount
from liveshop_sdk.shop.reconciliation import Reconciliation, Tally
from liveshop_sdk.shop.recording import Recorder

USUAL_SPAN = timedelta(days=7)
"""How far back a run looks unless told otherwise; no platform repeats a webhook so long."""

_CLOCKS_DIFFER_BY = timedelta(hours=1)
"""A run up to now leaves out nothing because a platform's clock is ahead of ours."""

Progress = Callable[[int], None]

_ENDS = (DisputeWon, DisputeLost)
_EDITS = (OrderEdited, UnitsTakenOff)
_TOLD = frozenset(
    one.kind for one in (OrderPaid, *_EDITS, OrderRefunded, RefundFailed, DisputeOpened, *_ENDS)
)
"""Kinds that a platform tells; the others are made by us."""


def span_asked(
    now: datetime, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime, datetime]:
    """Return from when, until when, and until when to ask the platform.

    The last two differ where its clock may be ahead of ours.

    Raises:
        ReconcileWindowError: It ends before it begins.
    """
    end = now if until is None else as_utc(until)
    start = end - USUAL_SPAN if since is None else as_utc(since)
    last = end + _CLOCKS_DIFFER_BY if until is None else end
    if start >= last:
        raise ReconcileWindowError(since=start, until=end, problem="it ends before it begins")
    return start, end, last


class Reconciler:
    """Compares one platform account with the log of facts."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        platform: CommercePlatform,
        facts: FactLog,
        recorder: Recorder,
        coupons: CouponCount,
        endpoints: Callable[[], tuple[Finding, ...]],
    ) -> None:
        """Keep what comparing needs; nothing is asked yet.

        Args:
            endpoints: Returns what is wrong with the platform's webhooks.
        """
        self.db, self.platform, self.facts, self.recorder = db, platform, facts, recorder
        self._clock, self._coupons, self._endpoints = clock, coupons, endpoints

    def run(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        fix: bool = False,
        progress: Progress | None = None,
    ) -> Reconciliation:
        """Compare what happened from `since` and before `until`, and fix it if asked.

        What is a little older may be found as well. A second run changes
        nothing; one that was interrupted may simply be run again.

        Args:
            since: 7 days before `until` unless given.
            until: Now unless given; what happens during the run then counts.
            fix: Record and post what is missing, as its webhook would have.
            progress: Called with the number of facts compared so far.

        Raises:
            ReconcileWindowError: The platform does not show that time.
            PlatformRefusedError, UnavailableError: It could not be asked to the
                end; what was posted until then stays.
        """
        now = self._clock.now()
        start, end, last = span_asked(now, since, until)
        shown_since = self.platform.sees_since(now)
        if shown_since is not None and start < shown_since:
            shown = to_iso(shown_since)
            problem = f"{self.platform.name} shows no order from before {shown} to us"
            raise ReconcileWindowError(since=start, until=end, problem=problem)
        _ = self.platform.mode  # it may ask, and recording must not
        run = _Run(self, start, last, fix=fix)
        tally = run.done(shown_since, progress)
        coupons = self._coupons.differing(start, end)
        return tally.report(start, end, coupons, self._endpoints())


class _Run:
    """One comparison; it keeps a digest of each fact it has seen, and no fact."""

    def __init__(self, parts: Reconciler, since: datetime, until: datetime, *, fix: bool) -> None:
        self._db, self._platform = parts.db, parts.platform
        self._facts, self._recorder = parts.facts, parts.recorder
        self._since, self._until, self._fix = since, until, fix
        self._tally = Tally()
        self._seen: set[bytes] = set()
        self._unsold: set[OrderKey] = set()
        self._foreign: set[OrderKey] = set()

    def done(self, shown_since: datetime | None, progress: Progress | None) -> Tally:
        for page in self._platform.walk(self._since, self._until):
            self._compare(page)
            if progress is not None:
                progress(self._tally.checked)
        self._look_for_extra(shown_since)
        return self._tally

    # --- what the platform tells

    def _compare(self, told: Iterable[Fact | Unreadable]) -> None:
        told = list(self._unseen(told))
        facts = [one for one in told if isinstance(one, Fact)]
        with self._db.reading() as tx:
            known = self._facts.known(tx, [self._key(one) for one in told])
            absent = [one for one in told if self._key(one) not in known]
            sold = set(self._facts.sales(tx, [self._order(one) for one in absent]))
        for fact in facts:
            ours = known.get(key_of(fact))
            if ours is not None:
                self._tally.agree_or_not(ours, fact)
        missing = list(self._ours(absent, sold))
        why_not = self._post([one for one in missing if isinstance(one, Fact)])
        self._unsold |= {
            self._order(one)
            for one in missing
            if _is_sale(one) and (not self._fix or one.key in why_not)
        }
        for one in missing:
            self._tally.missing(one, is_fixed=self._fix, problem=why_not.get(one.key, ""))

    def _unseen(self, told: Iterable[Fact | Unreadable]) -> Iterator[Fact | Unreadable]:
        for one in told:
            is_later = isinstance(one, Fact) and one.occurred_at >= self._until
            is_seen = self._is_seen(one.key)
            self._seen.update(map(_digest, (one.key, *_explained(one))))
            if not is_later and not is_seen:
                yield one

    def _ours(
        self, absent: Sequence[Fact | Unreadable], sold: set[OrderKey]
    ) -> Iterator[Fact | Unreadable]:
        """Yield what belongs to orders of ours; sales are asked for where none is known."""
        sold = sold | self._unsold | {self._order(one) for one in absent if _is_sale(one)}
        for one in absent:
            key = self._order(one)
            if key not in sold and key not in self._foreign:
                found = self._find(key)
                yield from self._unseen(found)
                (sold if found else self._foreign).add(key)
            if key not in self._foreign:
                yield one

    def _find(self, key: OrderKey) -> Sequence[Fact | Unreadable]:
        try:
            return patiently(lambda: self._platform.find_order(key[2]))
        except PlatformRefusedError as error:
            sale = f"{OrderPaid.kind}:{key[2]}"
            return [Unreadable(key=sale, order_ref=key[2], problem=error.problem)]

    # --- what only we know

    def _look_for_extra(self, shown_since: datetime | None) -> None:
        """Ask for every order of which we know something that the walk did not tell."""
        place = (self._platform.name, self._platform.account)
        after = 0
        while True:
            with self._db.reading() as tx:
                page = self._facts.happened(tx, *place, self._since, self._until, after=after)
                untold = [
                    one.fact
                    for one in page
                    if one.stored.kind in _TOLD and not self._is_seen(one.key[2])
                ]
                sales = self._facts.sales(tx, [fact.order_key for fact in untold])
            if not page:
                return
            after = page[-1].seq
            for key in dict.fromkeys(fact.order_key for fact in untold):
                found = self._find(key)
                self._compare(found)
                sale = sales.get(key)
                is_hidden = bool(shown_since and sale and sale.occurred_at < shown_since)
                if is_hidden or any(isinstance(one, Unreadable) for one in found):
                    continue
                for fact in untold:
                    if fact.order_key == key and not self._is_seen(fact.key):
                        self._tally.only_ours(fact)

    # --- posting

    def _post(self, facts: Sequence[Fact]) -> dict[str, str]:
        """Record facts as their webhooks would; returns by key why one was not.

        A page is one commit. If it fails each order is one of its own, and
        then each fact, so that a bad one hurts nobody but itself.
        """
        if not self._fix or not facts:
            return {}
        try:
            with self._db.transaction() as tx:
                waiting = self._recorder.record(tx, facts).waiting
        except UnavailableError:
            raise
        except LiveShopError as error:
            parts = _parts(facts)
            if len(parts) == 1:
                return {facts[0].key: f"{error.code}: {error}"}
            return {key: why for part in parts for key, why in self._post(part).items()}
        return {fact.key: "its sale is missing" for fact in facts if fact.order_key in waiting}

    def _is_seen(self, key: str) -> bool:
        return _digest(key) in self._seen

    def _key(self, one: Fact | Unreadable) -> tuple[str, str, str]:
        return (self._platform.name, self._platform.account, one.key)

    def _order(self, one: Fact | Unreadable) -> OrderKey:
        return (self._platform.name, self._platform.account, one.order_ref)


def _is_sale(one: Fact | Unreadable) -> bool:
    return one.key == f"{OrderPaid.kind}:{one.order_ref}"


def _digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=8).digest()


def _explained(one: Fact | Unreadable) -> list[str]:
    """Return keys that a later state of the same object stands for.

    A platform shows a refund that failed only as failed, a dispute that was
    lost and won after all only as won, and of several turns only the last.
    """
    if isinstance(one, RefundFailed):
        return [f"{OrderRefunded.kind}:{one.refund_id}"]
    if isinstance(one, DisputeOpened | DisputeWon | DisputeLost):
        turns = range(1, one.turn + isinstance(one, _ENDS))
        steps = [replace(one, turn=turn).key.partition(":")[2] for turn in turns]
        return [f"{kind.kind}:{step}" for kind in (DisputeOpened, *_ENDS) for step in steps]
    return []


def _parts(facts: Sequence[Fact]) -> list[list[Fact]]:
    """Return facts by order; those of one order one by one, the sale first."""
    by_order: dict[OrderKey, list[Fact]] = {}
    for fact in facts:
        by_order.setdefault(fact.order_key, []).append(fact)
    if len(by_order) > 1:
        return list(by_order.values())
    return [[fact] for fact in sorted(facts, key=lambda one: not isinstance(one, OrderPaid))]
