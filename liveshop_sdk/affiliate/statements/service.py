"""Gather a creator's month from the book, the decisions and the facts."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from liveshop_sdk.affiliate.accrual import account, as_limited, order_state
from liveshop_sdk.affiliate.agreed.store import AgreementStore
from liveshop_sdk.affiliate.causes import posted
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.components import capped
from liveshop_sdk.affiliate.ledger.checkpoints.store import CheckpointStore
from liveshop_sdk.affiliate.ledger.models import Book, Head
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.periods.store import PeriodStore
from liveshop_sdk.affiliate.ledger.proofs import prove
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.statements.model import (
    PARTS,
    BrandPart,
    Held,
    Line,
    MonthCap,
    Payout,
    Proof,
    held_back,
    section,
    standing,
)
from liveshop_sdk.affiliate.statements.payouts import payouts_of
from liveshop_sdk.affiliate.statements.store import Moved, Scope, StatementStore
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import LedgerTamperedError
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import OrderKey, OrderPaid, SoldLine

PAGE = 500
"""Entries that are in memory at a time."""

PROVED_AT_ONCE = 5_000
"""Proofs made in one pass over the leaves: more at once are faster and hold more."""


class StatementReader:
    """Reads one creator's month in one book, as it was after one entry.

    Entries never change, so what is bounded by an entry's number is one
    picture, however many transactions it was read in.
    """

    def __init__(
        self,
        db: Database,
        *,
        ledger: Ledger,
        facts: FactLog,
        book: Book,
        creator: str,
        period: str,
        head: Head,
    ) -> None:
        """Read from this database; nothing is read yet."""
        self._db, self._ledger, self._facts = db, ledger, facts
        self._book, self._creator, self._period, self._head = book, creator, period, head
        self._store, self._zone = AffiliateStore(), ZoneInfo(book.timezone)

    def part(self) -> BrandPart:
        """Return what the month adds up to, and what is held or on its way.

        Raises:
            LedgerTamperedError: The postings do not add up to the balances.
        """
        with self._db.reading() as tx:
            store = StatementStore(tx)
            scope = self._scope(tx)
            sums = store.sums(scope, self._period)
            self._check(tx, sums)
            sections = (
                section(
                    currency,
                    sums[currency],
                    held=self._held(tx, scope, currency),
                    payouts=self._payouts(tx, scope, currency),
                )
                for currency in sorted(sums)
            )
            signed = CheckpointStore().latest(tx, self._book.id, up_to=self._head.seq)
            return BrandPart(
                brand=self._book.code,
                timezone=self._book.timezone,
                as_of_seq=self._head.seq,
                root_hash=self._head.root_hash,
                period_status=PeriodStore(tx).status(
                    self._book, self._period, at_seq=self._head.seq
                ),
                sections=tuple(one for one in sections if one.says_something),
                checkpoint=signed.note if signed and signed.tree_size == self._head.seq else None,
            )

    def lines(self, currency: str) -> Iterator[Line]:
        """Yield the movements of the month in order; one short transaction a page."""
        with self._db.reading() as tx:
            seqs = StatementStore(tx).seqs(self._scope(tx), self._period, currency)
        for at in range(0, len(seqs), PAGE):
            with self._db.reading() as tx:
                scope = self._scope(tx)
                page = StatementStore(tx).moved(scope, currency, seqs[at : at + PAGE])
                lines = self._told(tx, scope, page)
            yield from lines

    def proofs(self) -> Iterator[Proof]:
        """Yield the proof of every entry of the month; few passes over the book's leaves.

        Raises:
            LedgerTamperedError: The leaves do not make the statement's root.
        """
        with self._db.reading() as tx:
            seqs = StatementStore(tx).seqs(self._scope(tx), self._period)
        for at in range(0, len(seqs), PROVED_AT_ONCE):
            yield from self._proved(seqs[at : at + PROVED_AT_ONCE])

    def _proved(self, seqs: list[int]) -> Iterator[Proof]:
        size = self._head.seq
        leaves = (leaf for leaf, _ in BookReader(self._db, self._book.id).seals(up_to=size))
        made = prove(leaves, size, seqs=seqs)
        if made.root.hex() != self._head.root_hash:
            problem = "its leaves do not make its root"
            raise LedgerTamperedError(book=self._book.code, seq=size, problem=problem)
        for seq in seqs:
            path = tuple(step.hex() for step in made.inclusion[seq])
            yield Proof(seq=seq, leaf_hash=made.leaves[seq].hex(), path=path)

    def _scope(self, tx: Transaction) -> Scope:
        return StatementStore(tx).scope(self._book.id, self._creator, self._head.seq)

    def _check(self, tx: Transaction, sums: dict[str, list[tuple[int, str, str, int]]]) -> None:
        """Compare with the balances that the ledger keeps beside its postings."""
        ours: dict[tuple[str, str], int] = {}
        for currency, rows in sums.items():
            for _when, _kind, part, amount in rows:
                key = (account(self._creator, part), currency)
                ours[key] = ours.get(key, 0) + amount
        prefix = account(self._creator, "")
        kept = self._ledger.balances(tx, self._book, prefix, self._head.seq)
        theirs = {(row.account, row.currency): row.amount for row in kept}
        wrong = sorted(
            key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)
        )
        if wrong:
            problem = f"the postings of {wrong[0][0]} do not add up to its balance"
            raise LedgerTamperedError(book=self._book.code, seq=self._head.seq, problem=problem)

    def _told(self, tx: Transaction, scope: Scope, page: list[Moved]) -> list[Line]:
        """Join postings to lines, each with what it is about."""
        refs = sorted({row.line_ref for row in page if row.line_ref})
        lines, cuts = self._limited(tx, self._store.lines_named(tx, refs))
        keys = {_order(line) for line in lines.values()}
        reasons = self._store.reasons(tx, self._book.code, keys)
        sold = _sold(self._facts, tx, keys)
        stand = StatementStore(tx).of_lines(scope, refs)
        caps = self._month_caps(tx, refs)
        told = []
        for (seq, ref), rows in groupby(_in_place(page), lambda row: (row.seq, row.line_ref)):
            moved = list(rows)
            line, first = lines.get(ref), moved[0]
            status, kept = standing(line, stand[ref]) if line else ("", 0)
            item = sold.get((*_order(line), line.order_line)) if line else None
            told.append(
                Line(
                    seq=seq,
                    on=date.fromisoformat(first.on),
                    kind=first.kind,
                    changes=_changes(moved),
                    sale=line,
                    sku=item.sku if item else "",
                    title=item.title if item else "",
                    why=reasons.get(_order(line), "") if line else "",
                    status=status,
                    kept=kept,
                    cut=cuts.get(ref, 0),
                    month_cap=caps.get(ref),
                    note=first.reason,
                    payout_item=first.payout_item,
                )
            )
        return told

    def _limited(
        self, tx: Transaction, named: dict[str, CommissionLine]
    ) -> tuple[dict[str, CommissionLine], dict[str, int]]:
        """Return lines with what their orders' caps left them, and what those took.

        A line that hosts share is cut as a whole, so it takes the parts of all of them.
        """
        lines, cuts = dict(named), dict[str, int]()
        keys = {_order(line) for line in named.values() if line.cap is not None}
        whole, logged = self._store.lines_of(tx, keys), self._facts.logged(tx, keys)
        entries = posted(tx, self._book.id, [one for some in logged.values() for one in some])
        for key in keys:
            known = [one.fact for one in logged[key] if entries.get(one.seq, 0) <= self._head.seq]
            sale = next(fact for fact in known if isinstance(fact, OrderPaid))
            own = [line for line in whole[key] if line.brand == self._book.code]
            state = order_state(sale, known, own)
            left = [as_limited(line, state) for line in own]
            for line in left:
                if line.line_ref in named and line.cap is not None and line.uncapped is not None:
                    parts = [one.amount for one in left if one.order_line == line.order_line]
                    lines[line.line_ref] = line
                    cuts[line.line_ref] = line.uncapped - sum(parts)
        return lines, cuts

    def _month_caps(self, tx: Transaction, refs: Iterable[str]) -> dict[str, MonthCap]:
        """Return the caps of months that some of these refs name."""
        named = {ref: count for ref in refs if (count := capped(ref)) is not None}
        if not named:
            return {}
        versions = AgreementStore().agreements(tx, [self._creator])
        own = versions.get((self._book.code, self._creator), ())
        caps = {one.version: one.terms.cap_per_month for one in own}
        return {
            ref: MonthCap(period=count.month, amount=cap.amount)
            for ref, count in named.items()
            if (cap := caps.get(count.terms_version)) is not None
        }

    def _held(self, tx: Transaction, scope: Scope, currency: str) -> tuple[Held, ...]:
        store = StatementStore(tx)
        pending = store.standing(scope, "pending", currency)
        found: dict[tuple[str, date | None], tuple[int, int]] = {}
        for at in range(0, len(pending), PAGE):
            some = pending[at : at + PAGE]
            lines = self._store.lines_named(tx, [ref for ref, _ in some if ref])
            for key, (count, amount) in held_back(some, lines, day_of=self._day).items():
                before = found.get(key, (0, 0))
                found[key] = (before[0] + count, before[1] + amount)
        disputed = store.standing(scope, "disputed", currency)
        if disputed:
            found["dispute", None] = (len(disputed), -sum(amount for _, amount in disputed))
        return tuple(
            Held(why=why, until=until, lines=count, amount=amount)
            for (why, until), (count, amount) in sorted(
                found.items(), key=lambda one: (one[0][0], one[0][1] or date.min)
            )
        )

    def _payouts(self, tx: Transaction, scope: Scope, currency: str) -> tuple[Payout, ...]:
        store = StatementStore(tx)
        seqs = store.seqs_of_payouts(scope, currency)
        pages = (
            store.moved(scope, currency, seqs[at : at + PAGE]) for at in range(0, len(seqs), PAGE)
        )
        moved = [row for page in pages for row in page if row.payout_item]
        arrived = store.arrived(scope, {row.payout_item for row in moved}) if moved else {}
        return payouts_of(moved, arrived, period=self._period)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()


def _in_place(page: Iterable[Moved]) -> list[Moved]:
    """Return postings so that those of one line stand together."""
    return sorted(page, key=lambda row: (row.seq, row.line_ref, PARTS.index(row.part)))


def _changes(moved: Iterable[Moved]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in moved:
        found[row.part] = found.get(row.part, 0) - row.amount
    return {part: amount for part, amount in found.items() if amount}


def _order(line: CommissionLine) -> OrderKey:
    return (line.platform, line.account, line.order_ref)


def _sold(
    facts: FactLog, tx: Transaction, keys: Iterable[OrderKey]
) -> dict[tuple[str, str, str, str], SoldLine]:
    """Return the lines of orders as they were sold, by order and line."""
    sales = facts.sales(tx, keys)
    return {(*key, item.ref): item for key, sale in sales.items() for item in sale.lines}
