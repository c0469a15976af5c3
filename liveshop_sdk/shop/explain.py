"""Why each cent of an order went where it went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.attribution import Attribution
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.kinds import MEANINGS
from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.ledger.records import entry_json
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.payouts.models import Item
from liveshop_sdk.affiliate.payouts.store import PayoutStore
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.affiliate.trueups import events_of
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.fees.models import Fee
from liveshop_sdk.checkout.fees.store import FeeStore, Scope
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff, lines_of
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import Fact, SoldLine
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.books import Books
from liveshop_sdk.shop.recording import sale_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An order with its facts, decisions, commission lines and their standing.

    ``waiting`` are lines as the credited creator alone would earn them, which
    hosts share once the air time of their stream is known. ``fees`` are what the
    platform charged, as far as that was read. ``coupons`` come with the verdict on
    their use.
    """

    order: Order
    facts: tuple[Fact, ...]
    decisions: tuple[Attribution, ...]
    lines: tuple[CommissionLine, ...]
    targets: tuple[accrual.Target, ...]
    corrected: Mapping[str, int]
    entries: tuple[PostedEntry, ...]
    payouts: Mapping[str, Item]
    waiting: tuple[CommissionLine, ...] = ()
    fees: tuple[Fee, ...] = ()
    coupons: tuple[tuple[Coupon, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return everything, losing claims included, without buyer data."""
        sale = sale_in(self.facts)
        sold = {line.ref: line for line in lines_of(sale, self.facts)} if sale else {}
        return {
            "order": {
                "id": self.order.id,
                "platform": self.order.platform,
                "order_ref": self.order.order_ref,
                "checkout_id": self.order.checkout_id,
                "paid_at": to_iso(self.order.paid_at) if self.order.paid_at else None,
                "total": Money(sale.total, sale.currency).as_json() if sale else None,
            },
            "facts": [
                {"key": fact.key, "kind": fact.kind, "occurred_at": to_iso(fact.occurred_at)}
                | _changed(fact)
                for fact in self.facts
            ],
            "coupons": [
                {"code": one.code, "creator": one.creator, "offer": one.offer, "verdict": verdict}
                for one, verdict in self.coupons
            ],
            "decisions": [
                {
                    "brand": one.brand,
                    "creator": one.creator,
                    "stream": one.stream,
                    "reason": one.reason,
                    "stream_minute": _minute(one.stream_offset_us),
                    "claim": one.claim,
                    "losing_claims": one.lost,
                    "policy": one.policy,
                }
                for one in self.decisions
            ],
            "lines": [
                _line_json(
                    line, self.corrected.get(line.line_ref), target, sold.get(line.order_line)
                )
                | {"payout": _payout(self.payouts.get(line.line_ref))}
                for line, target in zip(self.lines, self.targets, strict=True)
            ],
            "entries": [entry_json(entry) for entry in self.entries],
            "waiting": [
                {
                    "brand": line.brand,
                    "order_line": line.order_line,
                    "credited": line.credited,
                    "stream": line.stream,
                    "waits_for": "air_time",
                    "earned": Money(line.amount, line.currency).as_json(),
                }
                for line in self.waiting
            ],
            "fees": [one.as_json() for one in self.fees],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryExplanation:
    """One entry of a book: what it says, and what it was posted for.

    ``order`` is there for entries that a fact of an order caused, ``items`` for
    those of payouts.
    """

    entry: PostedEntry
    order: Explanation | None
    items: tuple[Item, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the entry, and of its order only what it moved."""
        entry = self.entry
        refs = {line.line_ref for line in entry.postings if line.line_ref}
        story = self.order.as_json() if self.order else None
        if story is not None:
            story["decisions"] = [d for d in story["decisions"] if d["brand"] == entry.book]
            touched = [line for line in story["lines"] if line["line_ref"] in refs]
            story["lines"] = touched or story["lines"]
        return {
            "entry": entry_json(entry),
            "meaning": MEANINGS.get(entry.kind, ""),
            "meta": dict(entry.meta),
            "order": story,
            "payouts": [item.as_json() for item in self.items],
        }


class Explainer:
    """Gathers why money went where it went, each time in one snapshot."""

    def __init__(
        self,
        db: Database,
        *,
        orders: Orders,
        facts: FactLog,
        affiliate: Affiliate,
        ledger: Ledger,
    ) -> None:
        """Look through these rooms."""
        self._db, self._orders, self._facts = db, orders, facts
        self._affiliate, self._ledger, self._books = affiliate, ledger, Books(ledger)
        self._payouts, self._fees = PayoutStore(), FeeStore()

    def order(self, order_ref: str) -> Explanation:
        """Return all that led to an order's commission."""
        with self._db.reading() as tx:
            return self._order(tx, order_ref)

    def entry(self, seq: int, brand: str | None) -> EntryExplanation:
        """Return what an entry was posted for.

        Raises:
            SeqUnknownError: The book has none of that number.
        """
        with self._db.reading() as tx:
            entry = self._ledger.entry(tx, self._books.open(tx, brand), seq)
            order_ref = entry.meta.get("order_ref")
            paid = dict.fromkeys(p.payout_item_id for p in entry.postings if p.payout_item_id)
            return EntryExplanation(
                entry=entry,
                order=self._order(tx, order_ref) if isinstance(order_ref, str) else None,
                items=tuple(self._payouts.item(tx, item) for item in paid),
            )

    def _order(self, tx: Transaction, order_ref: str) -> Explanation:
        order = self._orders.find(tx, order_ref)
        known = self._facts.of_order(tx, *order.key)
        lines = self._affiliate.lines_of(tx, order.key)
        entries = self._entries(tx, lines, known)
        sale = sale_in(known)
        state = accrual.order_state(sale, known, lines) if sale else None
        here = Scope(platform=order.platform, account=order.account, orders=[order.order_ref])
        return Explanation(
            order=order,
            facts=tuple(sorted(known, key=lambda fact: (fact.occurred_at, fact.key))),
            decisions=tuple(self._affiliate.decisions_of(tx, order.key)),
            lines=tuple(accrual.as_limited(line, state) for line in lines) if state else (),
            targets=tuple(accrual.target(line, state) for line in lines) if state else (),
            corrected=state.corrected if state else {},
            entries=tuple(entries),
            payouts=self._paid(tx, lines, entries),
            waiting=tuple(self._affiliate.waiting_of(tx, order.key)),
            fees=tuple(self._fees.listed(tx, here)),
            coupons=tuple(self._orders.coupons_of(tx, order)),
        )

    def _entries(
        self, tx: Transaction, lines: Sequence[CommissionLine], facts: Sequence[Fact]
    ) -> list[PostedEntry]:
        """Return what moved the lines, and what terms of a period posted beside it."""
        found: list[PostedEntry] = []
        events = [event for fact in facts for event in events_of(fact.key)]
        for brand in sorted({line.brand for line in lines}):
            book = self._ledger.book(tx, brand)
            refs = [line.line_ref for line in lines if line.brand == brand]
            entries = self._ledger.entries_of(tx, book, refs)
            entries += self._ledger.entries_for(tx, book, facts[0].platform, events)
            found += sorted(entries, key=lambda entry: entry.seq)
        return found

    def _paid(
        self, tx: Transaction, lines: Sequence[CommissionLine], entries: Sequence[PostedEntry]
    ) -> dict[str, Item]:
        """Return by line the payout that took what it made payable."""
        released = {
            (entry.book, posting.line_ref): entry.seq
            for entry in reversed(entries)
            for posting in entry.postings
            if posting.account.endswith(":payable") and posting.amount < 0
        }
        found = {}
        for line in lines:
            seq = released.get((line.brand, line.line_ref))
            item = seq and self._payouts.covering(
                tx, brand=line.brand, creator=line.creator, currency=line.currency, seq=seq
            )
            if item:
                found[line.line_ref] = item
        return found


def _changed(fact: Fact) -> dict[str, Any]:
    """Return what an edit of a paid order was worth, which no entry says."""
    if isinstance(fact, OrderEdited):
        return {
            "added": Money(fact.total, fact.currency).as_json(),
            "paid": Money(fact.paid, fact.currency).as_json(),
        }
    if isinstance(fact, UnitsTakenOff):
        return {"taken_off": Money(fact.worth, fact.currency).as_json()}
    return {}


def _line_json(
    line: CommissionLine, corrected: int | None, target: accrual.Target, sold: SoldLine | None
) -> dict[str, Any]:
    earned = line.amount if corrected is None else corrected
    return {
        "line_ref": line.line_ref,
        "brand": line.brand,
        "sku": sold.sku if sold else "",
        "title": sold.title if sold else "",
        "creator": line.creator,
        "terms_of": line.credited,
        "terms_version": line.terms_version,
        "base": Money(line.base, line.currency).as_json(),
        "rule": line.rule,
        "rate": str(Rate.bps(line.rate_bps)),
        "per_unit": _money(line.per_unit or None, line.currency),
        "quantity": line.quantity,
        "uncapped": _money(line.uncapped, line.currency),
        "cap": _money(line.cap, line.currency),
        "share": f"{line.weight}/{line.weight_total}",
        "computed": _computed(line),
        "earned": Money(line.amount, line.currency).as_json(),
        "corrected_to": None if corrected is None else Money(corrected, line.currency).as_json(),
        "taken_back": Money(earned - target.expense, line.currency).as_json(),
        "pending": Money(target.pending, line.currency).as_json(),
        "disputed": Money(target.disputed, line.currency).as_json(),
        "owed": Money(target.owed, line.currency).as_json(),
        "hold_until": to_iso(line.hold_until),
        "withheld": line.withheld,
    }


def _money(amount: int | None, currency: str) -> dict[str, int | str] | None:
    return None if amount is None else Money(amount, currency).as_json()


def _minute(offset_us: int | None) -> int | None:
    return None if offset_us is None else offset_us // 60_000_000


def _payout(item: Item | None) -> dict[str, Any] | None:
    return None if item is None else {"id": item.id, "batch": item.batch, "state": item.state}


def _computed(line: CommissionLine) -> str:
    """Return the sum as people check it, in minor units; the terms name the rounding."""
    whole, rest = divmod(line.base * line.rate_bps, 10_000)
    exact = f"{whole}.{rest:04}".rstrip("0").rstrip(".")
    parts = [f"{line.base} x {Rate.bps(line.rate_bps)} = {exact}"]
    if line.per_unit:
        parts.append(f"+ {line.quantity} x {line.per_unit}")
    if line.uncapped is not None:
        parts.append(f"rounded to {line.uncapped}")
    if line.cap is not None:
        parts.append(f"at most {line.cap} in the order")
    if line.weight != line.weight_total:
        parts.append(f"{line.weight} of {line.weight_total} parts")
    return ", ".join([*parts, f"earned {line.amount}"])
