"""Credit orders and keep the book in step with their facts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.agreements import Agreement, check_hold, in_force
from liveshop_sdk.affiliate.attribution import (
    Attribution,
    Decision,
    LostClaim,
    Policy,
    Unattributed,
    attribute,
)
from liveshop_sdk.affiliate.commission import CommissionLine, commission_lines
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import EntryDraft, PostedEntry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.clock import Clock, as_utc, to_iso
from liveshop_sdk.db import Transaction
from liveshop_sdk.facts import Claim, Evidence, Fact, Json, OrderKey, OrderPaid, SoldLine
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.wire import canonical

KINDS = {"order": "sale"}
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
        earns: False for an order that was paid with no real money in live
            mode: kept, and decided, but without commission.
    """

    order: OrderPaid
    sold: Mapping[str, Sequence[SoldLine]]
    evidence: Evidence
    earns: bool


class Affiliate:
    """Agreements, decisions, and postings; the ledger is kept through here."""

    def __init__(self, *, clock: Clock, ledger: Ledger, policy: Policy) -> None:
        """Keep the policy that new orders are decided with."""
        self._clock, self._ledger, self._policy = clock, ledger, policy
        self._store = AffiliateStore()

    def agree(
        self,
        tx: Transaction,
        *,
        brand: Brand,
        creator: str,
        rate: Rate,
        hold: timedelta,
        effective_from: datetime | None = None,
    ) -> Agreement:
        """Append a version of the terms; the same terms again are a repeat.

        Effects: one version, and the brand's book with its first agreement.

        Version 1 covers every sale before version 2, so that an order paid a
        moment before it was written down still has terms. Sales already posted
        keep theirs for ever.
        """
        now = self._clock.now()
        start = now if effective_from is None else as_utc(effective_from)
        hold = check_hold(hold)
        self._ledger.open_book(tx, brand.code, brand.currency, brand.timezone)
        while True:
            versions = self.agreements(tx, [creator]).get((brand.code, creator), ())
            latest = versions[-1] if versions else None
            if latest is not None and latest.covers(rate, hold, start):
                return latest
            agreement = Agreement(
                brand=brand.code,
                creator=creator,
                version=latest.version + 1 if latest else 1,
                rate=rate,
                hold=hold,
                effective_from=start,
            )
            if self._store.add_agreement(tx, agreement, at=now):
                return agreement

    def agreements(
        self, tx: Transaction, creators: Iterable[str]
    ) -> dict[tuple[str, str], tuple[Agreement, ...]]:
        """Return all versions by (brand, creator), oldest first."""
        return self._store.agreements(tx, creators)

    def credit(
        self,
        tx: Transaction,
        orders: Sequence[Credit],
        *,
        brands_of: Mapping[str, Sequence[str]],
    ) -> dict[OrderKey, list[CommissionLine]]:
        """Decide who is credited for orders and freeze their commission lines.

        Called once per order, with its row locked. Effects: one attribution
        per brand, the commission lines and their hold.

        Args:
            brands_of: Per stream code, the brands that sell on it.

        Returns:
            The commission lines of each order, for `accrue`.
        """
        decisions = [attribute(each.evidence, self._policy) for each in orders]
        creators = {decision.claim.creator for decision in decisions if decision.claim}
        agreements = self.agreements(tx, creators) if creators else {}
        now = self._clock.now()
        rows: list[Attribution] = []
        lines: dict[OrderKey, list[CommissionLine]] = {}
        for each, decision in zip(orders, decisions, strict=True):
            claim = decision.claim
            own = lines.setdefault(each.order.order_key, [])
            for brand in sorted(each.sold):
                versions = agreements.get((brand, claim.creator), ()) if claim else ()
                terms = in_force(versions, each.order.occurred_at)
                refusal = _refusal(brand, claim, terms, brands_of, earns=each.earns)
                rows.append(self._row(each.order, brand, decision, refusal, now))
                if terms is not None and not refusal:
                    own += commission_lines(
                        each.order,
                        each.sold[brand],
                        brand=brand,
                        decision=decision,
                        agreement=terms,
                        withheld=each.evidence.review,
                    )
        self._store.add_attributions(tx, rows)
        self._store.add_lines(tx, [line for own in lines.values() for line in own], at=now)
        return lines

    def _row(
        self, order: OrderPaid, brand: str, decision: Decision, refusal: str, now: datetime
    ) -> Attribution:
        claim = decision.claim
        credited = claim if claim and not refusal else None
        return Attribution(
            platform=order.platform,
            account=order.account,
            order_ref=order.order_ref,
            brand=brand,
            creator=credited.creator if credited else None,
            stream=credited.stream if credited else None,
            reason=refusal or decision.reason,
            stream_offset_us=claim.stream_offset_us if claim else None,
            channel=claim.channel if claim else "",
            placement=claim.placement if claim else "",
            claim=_claim_json(claim) if claim else None,
            lost=[_lost_json(item) for item in decision.lost],
            policy=self._policy.as_json(),
            decided_at=now,
        )

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
        posted: list[PostedEntry] = []
        for book in books:
            own = {
                key: [line for line in found if line.brand == book.code]
                for key, found in lines.items()
            }
            journal = self._ledger.journal(tx, book)
            involved = [line for found in own.values() for line in found]
            sums = journal.posted([line.line_ref for key in older for line in own[key]])
            balances = journal.balances(accrual.accounts_of(involved))
            for source in {trigger.fact.platform for trigger in triggers}:
                journal.seen(source, [trigger.fact.key for trigger in triggers])
            for trigger in triggers:
                draft = _draft(trigger, own[trigger.fact.order_key], sums, balances)
                if draft is not None:
                    journal.stage(draft)
                    _apply(draft, sums, balances)
            posted += journal.flush()
        return posted

    def derive(
        self, journal: Journal, trigger: Trigger, found: Iterable[CommissionLine]
    ) -> EntryDraft | None:
        """Return what a fact comes to in one book, as `accrue` would post it there.

        None where it changes nothing. Effects: none but the journal's reading.

        Args:
            found: The commission lines of its order.
        """
        lines = sorted(
            (line for line in found if line.brand == journal.book.code),
            key=lambda line: (line.order_line, line.line_ref),
        )
        sums = journal.posted([line.line_ref for line in lines])
        return _draft(trigger, lines, sums, journal.balances(accrual.accounts_of(lines)))

    def lines_of(self, tx: Transaction, key: OrderKey) -> list[CommissionLine]:
        """Return the commission lines of one order."""
        return self._store.lines_of(tx, [key])[key]

    def decisions_of(self, tx: Transaction, key: OrderKey) -> list[Attribution]:
        """Return the stored decisions of one order, one per brand."""
        return self._store.attributions(tx, key)

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
        return "product_unknown"
    if not earns:
        return "test_order"
    if claim.stream is not None and brand not in brands_of.get(claim.stream, ()):
        return "brand_not_on_stream"
    return "" if terms is not None else "no_agreement"


def _draft(
    trigger: Trigger,
    lines: Sequence[CommissionLine],
    sums: Mapping[tuple[str, str, str], int],
    balances: Mapping[tuple[str, str], int],
) -> EntryDraft | None:
    state = accrual.order_state(trigger.order, trigger.known)
    postings = accrual.difference(lines, state, posted=sums, balances=balances)
    if not postings:
        return None
    fact = trigger.fact
    return EntryDraft(
        kind=KINDS.get(fact.kind, fact.kind),
        source=fact.platform,
        event_id=fact.key,
        occurred_at=fact.occurred_at,
        postings=tuple(postings),
        terms_version=",".join(sorted({f"{x.credited}:{x.terms_version}" for x in lines})),
        meta={"account": fact.account, "order_ref": fact.order_ref},
        request_hash=hashlib.sha256(canonical(fact.body()).encode()).digest(),
    )


def _apply(
    draft: EntryDraft,
    sums: dict[tuple[str, str, str], int],
    balances: dict[tuple[str, str], int],
) -> None:
    for posting in draft.postings:
        if posting.line_ref:
            key = (posting.line_ref, posting.account, posting.currency)
            sums[key] = sums.get(key, 0) + posting.amount
        account = (posting.account, posting.currency)
        if account in balances:
            balances[account] += posting.amount


def _claim_json(claim: Claim) -> dict[str, Json]:
    return {
        "source": claim.source,
        "creator": claim.creator,
        "stream": claim.stream,
        "touched_at": to_iso(claim.touched_at),
        "code": claim.code,
        "checkout_id": claim.checkout_id,
        "link_id": claim.link_id,
        "channel": claim.channel,
        "placement": claim.placement,
        "stream_offset_us": claim.stream_offset_us,
    }


def _lost_json(item: LostClaim) -> dict[str, Json]:
    return _claim_json(item.claim) | {"why": item.why}
