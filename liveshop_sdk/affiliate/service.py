"""Credit orders and keep the book in step with their facts."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.additions import UNKNOWN, Additions
from liveshop_sdk.affiliate.agreed.service import Agreements, Policies
from liveshop_sdk.affiliate.agreements import Agreement, in_force
from liveshop_sdk.affiliate.airtime.store import WaitingStore
from liveshop_sdk.affiliate.attribution import (
    Attribution,
    Decision,
    Policy,
    PolicyVersion,
    Unattributed,
    attribute,
    claim_json,
    lost_json,
)
from liveshop_sdk.affiliate.commission import CommissionLine, commission_lines
from liveshop_sdk.affiliate.components import Versions, has_components
from liveshop_sdk.affiliate.endings import Endings
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, PostedEntry, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.months import month_of
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.affiliate.trueups import PeriodTerms, events_of
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import (
    Claim,
    CommissionCorrected,
    Evidence,
    Fact,
    OrderKey,
    OrderPaid,
    SoldLine,
)
from liveshop_sdk.registry.products import Product
from liveshop_sdk.wire import canonical

KINDS = {"order": "sale", "edited": "order_changed", "taken_off": "order_changed"}
"""The kind of an entry by that of its fact, where they differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A fact just recorded, with everything known of its order up to it."""

    fact: Fact
    order: OrderPaid
    known: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """An order to be credited, and what that is decided on.

    Attributes:
        sold: The order's lines by brand; ``""`` for items of no brand here.
        products: The products of the lines that are ours, by the lines' refs.
        earns: False for an order that was paid with no real money in live
            mode: kept, and decided, but without commission.
    """

    order: OrderPaid
    sold: Mapping[str, Sequence[SoldLine]]
    products: Mapping[str, Product]
    evidence: Evidence
    earns: bool


@dataclass(frozen=True, slots=True)
class _Decided:
    """Who is credited with one brand's part of an order, and by which policy."""

    credit: Credit
    brand: str
    policy: PolicyVersion
    decision: Decision

    @property
    def awaits_air(self) -> bool:
        """Tell whether hosts share it by an air time that is not known yet."""
        claim = self.decision.claim
        hosts = self.credit.evidence.awaiting.get(claim.stream or "", ()) if claim else ()
        return claim is not None and claim.creator in hosts


class Affiliate:
    """Agreements, decisions, and postings; the ledger is kept through here."""

    def __init__(self, *, clock: Clock, ledger: Ledger, policy: Policy) -> None:
        """Keep the policy of brands that have none of their own."""
        self._clock, self._ledger = clock, ledger
        self._store, self._waiting = AffiliateStore(), WaitingStore()
        self.agreed = Agreements(clock=clock, ledger=ledger)
        self.endings = Endings(clock=clock, ledger=ledger, agreed=self.agreed)
        self.policies = Policies(clock=clock, default=policy)
        self.additions = Additions(clock=clock, agreed=self.agreed)

    def agreements(
        self, tx: Transaction, creators: Iterable[str]
    ) -> dict[tuple[str, str], tuple[Agreement, ...]]:
        """Return all versions by (brand, creator), oldest first."""
        return self.agreed.versions(tx, creators)

    def credit(
        self,
        tx: Transaction,
        orders: Sequence[Credit],
        *,
        brands_of: Mapping[str, Sequence[str]],
    ) -> dict[OrderKey, list[CommissionLine]]:
        """Decide who is credited for orders and freeze their commission lines.

        Called once per order, with its row locked. Effects: one attribution
        per brand, the commission lines and their hold. Lines that hosts share
        by an air time not known yet are kept apart until it is.

        Args:
            brands_of: Per stream code, the brands that sell on it.

        Returns:
            The commission lines of each order, for `accrue`.
        """
        decided = self._decide(tx, orders)
        creators = {one.decision.claim.creator for one in decided if one.decision.claim}
        agreements = self.agreements(tx, creators) if creators else {}
        now = self._clock.now()
        rows: list[Attribution] = []
        waiting: list[CommissionLine] = []
        lines: dict[OrderKey, list[CommissionLine]] = {each.order.order_key: [] for each in orders}
        for one in decided:
            each, brand, claim = one.credit, one.brand, one.decision.claim
            versions = agreements.get((brand, claim.creator), ()) if claim else ()
            terms = in_force(versions, each.order.occurred_at)
            refusal = _refusal(brand, claim, terms, brands_of, earns=each.earns)
            rows.append(_row(one, refusal, now))
            if terms is None or refusal:
                continue
            # While the air time is not known there are no shares: they are whole then.
            own = waiting if one.awaits_air else lines[each.order.order_key]
            own += self._lines(tx, one, terms)
        self._store.add_attributions(tx, rows)
        self._store.add_lines(tx, [line for own in lines.values() for line in own], at=now)
        self._waiting.add(tx, waiting, at=now)
        return lines

    def _lines(
        self, tx: Transaction, decided: _Decided, agreed: Agreement
    ) -> tuple[CommissionLine, ...]:
        each, brand = decided.credit, decided.brand
        month = None
        if has_components(agreed.terms):
            month = month_of(each.order.occurred_at, zone(self._ledger.book(tx, brand).timezone))
        return commission_lines(
            each.order,
            each.sold[brand],
            brand=brand,
            decision=decided.decision,
            agreement=agreed,
            withheld=each.evidence.review,
            products=each.products,
            is_returning=each.evidence.is_returning,
            month=month,
        )

    def _decide(self, tx: Transaction, orders: Sequence[Credit]) -> list[_Decided]:
        """Decide each brand's part of each order by the policy at its payment."""
        policies = self.policies.versions(tx, {brand for each in orders for brand in each.sold})
        decided = []
        for each in orders:
            for brand in sorted(each.sold):
                policy = self.policies.at(policies, brand, each.order.occurred_at)
                decision = attribute(each.evidence, policy.policy)
                decided.append(_Decided(each, brand, policy, decision))
        return decided

    def accrue(
        self,
        tx: Transaction,
        triggers: Sequence[Trigger],
        credited: Mapping[OrderKey, Sequence[CommissionLine]],
    ) -> list[PostedEntry]:
        """Post what each trigger changes: the target of its facts less what is posted.

        One entry per book and trigger, or none. Books are locked in the order
        of their ids; whatever an order's rows need is read before that lock.

        Args:
            credited: What `credit` returned in this transaction: all lines these
                orders have, with nothing posted yet.
        """
        older = {trigger.fact.order_key for trigger in triggers} - credited.keys()
        found = {**self._store.lines_of(tx, older), **credited}
        # In one order on both engines, whatever a database's collation says.
        lines = {
            key: sorted(some, key=lambda line: (line.order_line, line.line_ref))
            for key, some in found.items()
        }
        codes = {line.brand for found in lines.values() for line in found}
        books = sorted((self._ledger.book(tx, code) for code in codes), key=lambda book: book.id)
        agreed = self._agreed_for_periods(tx, lines.values())
        posted: list[PostedEntry] = []
        for book in books:
            own = {
                key: [line for line in found if line.brand == book.code]
                for key, found in lines.items()
            }
            posted += self._accrue_in(tx, book, triggers, own, older, agreed.get(book.code))
        return posted

    def derive(
        self, poster: Poster, trigger: Trigger, found: Iterable[CommissionLine]
    ) -> EntryDraft | None:
        """Return what a fact comes to in one book, as `accrue` would post it there.

        None where it changes nothing.

        Args:
            poster: Has read what these lines and their accounts stand at.
            found: The commission lines of its order in that book.
        """
        lines = sorted(found, key=lambda line: (line.order_line, line.line_ref))
        state = accrual.order_state(trigger.order, trigger.known, lines)
        postings = poster.due(accrual.items_of(lines, state))
        return _draft(trigger, lines, postings) if postings else None

    def _accrue_in(
        self,
        tx: Transaction,
        book: Book,
        triggers: Sequence[Trigger],
        lines: Mapping[OrderKey, Sequence[CommissionLine]],
        older: Collection[OrderKey],
        agreed: Versions | None,
    ) -> list[PostedEntry]:
        journal = self._ledger.journal(tx, book)
        poster = Poster(journal)
        poster.read(
            [line.line_ref for key in older for line in lines[key]],
            accrual.accounts_of(line for found in lines.values() for line in found),
        )
        keys = [trigger.fact.key for trigger in triggers]
        events = keys + [event for key in keys for event in events_of(key)] if agreed else keys
        for source in {trigger.fact.platform for trigger in triggers}:
            journal.seen(source, events)
        period = PeriodTerms(tx, book, poster, agreed) if agreed else None
        if period:
            period.expect(lines)
        for trigger in triggers:
            own = lines[trigger.fact.order_key]
            state = accrual.order_state(trigger.order, trigger.known, own)
            if period:
                period.count(trigger.order, own, state)
                period.before(trigger.fact)
            poster.post(accrual.items_of(own, state), _draft(trigger, own))
            if period:
                period.after(trigger.fact)
        posted = journal.flush()
        if period:
            period.save()
        return posted

    def _agreed_for_periods(
        self, tx: Transaction, lines: Iterable[Sequence[CommissionLine]]
    ) -> dict[str, Versions]:
        """Return by brand the versions of those whose terms count over a period."""
        counted = {
            (line.brand, line.creator) for some in lines for line in some if line.month is not None
        }
        if not counted:
            return {}
        found = self.agreements(tx, {creator for _, creator in counted})
        agreed: dict[str, dict[str, Sequence[Agreement]]] = {}
        for brand, creator in sorted(counted):
            agreed.setdefault(brand, {})[creator] = found[brand, creator]
        return dict(agreed)

    def true_up(self, tx: Transaction, book: Book, period: str) -> list[PostedEntry]:
        """Post the caps and guarantees of a month; see `Endings.true_up`."""
        return self.endings.true_up(tx, book, period)

    def lines_of(self, tx: Transaction, key: OrderKey) -> list[CommissionLine]:
        """Return the commission lines of one order."""
        return self._store.lines_of(tx, [key])[key]

    def waiting_of(self, tx: Transaction, key: OrderKey) -> list[CommissionLine]:
        """Return lines of one order that wait for their stream's air time."""
        return self._waiting.lines_of(tx, [key]).get(key, [])

    def decisions_of(self, tx: Transaction, key: OrderKey) -> list[Attribution]:
        """Return the stored decisions of one order, one per brand."""
        return self._store.attributions(tx, key)

    def credited(self, tx: Transaction, *, brand: str, creator: str) -> list[OrderKey]:
        """Return the orders of a brand that are credited to a creator."""
        return self._store.credited(tx, brand=brand, creator=creator)

    def unattributed(self, tx: Transaction, limit: int) -> list[Unattributed]:
        """Return the newest orders that credit nobody."""
        return self._store.unattributed(tx, limit)

    def due_holds(
        self, tx: Transaction, *, as_of: datetime, limit: int
    ) -> list[tuple[OrderKey, datetime]]:
        """Return holds that are over and may be released without a person."""
        return self._store.due_holds(tx, as_of=as_of, limit=limit)

    def open_holds(self, tx: Transaction, key: OrderKey) -> list[datetime]:
        """Return until when each unreleased hold of one order lasts, withheld or not."""
        return self._store.open_holds(tx, key)

    def mark_released(self, tx: Transaction, holds: Iterable[tuple[OrderKey, datetime]]) -> None:
        """Note that holds were released."""
        self._store.mark_released(tx, holds, at=self._clock.now())


def _row(decided: _Decided, refusal: str, now: datetime) -> Attribution:
    order, decision = decided.credit.order, decided.decision
    claim = decision.claim
    credited = claim if claim and not refusal else None
    return Attribution(
        platform=order.platform,
        account=order.account,
        order_ref=order.order_ref,
        brand=decided.brand,
        creator=credited.creator if credited else None,
        stream=credited.stream if credited else None,
        reason=refusal or decision.reason,
        stream_offset_us=claim.stream_offset_us if claim else None,
        channel=claim.channel if claim else "",
        placement=claim.placement if claim else "",
        claim=claim_json(claim) if claim else None,
        lost=[lost_json(item) for item in decision.lost],
        policy=decided.policy.as_json(),
        decided_at=now,
    )


def _refusal(
    brand: str,
    claim: Claim | None,
    terms: Agreement | None,
    brands_of: Mapping[str, Sequence[str]],
    *,
    earns: bool,
) -> str:
    if claim is None:
        return ""
    if not brand:
        return UNKNOWN
    if not earns:
        return "test_order"
    if claim.stream is not None and brand not in brands_of.get(claim.stream, ()):
        return "brand_not_on_stream"
    return "" if terms is not None else "no_agreement"


def _draft(
    trigger: Trigger, lines: Sequence[CommissionLine], postings: Iterable[Posting] = ()
) -> EntryDraft:
    fact = trigger.fact
    by_hand: dict[str, Any] = {}
    if isinstance(fact, CommissionCorrected):
        by_hand = {
            "created_by": fact.created_by,
            "approved_by": fact.approved_by,
            "reason": fact.reason,
            "corrects_seq": fact.corrects_seq,
            "applies_to_period": fact.period,
        }
    return EntryDraft(
        kind=KINDS.get(fact.kind, fact.kind),
        source=fact.platform,
        event_id=fact.key,
        occurred_at=fact.occurred_at,
        postings=tuple(postings),
        terms_version=",".join(sorted({f"{x.credited}:{x.terms_version}" for x in lines})),
        meta={"account": fact.account, "order_ref": fact.order_ref},
        request_hash=hashlib.sha256(canonical(fact.body()).encode()).digest(),
        **by_hand,
    )
