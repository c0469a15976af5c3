"""Post a whole book once more, from its facts, and compare it with the first.

What an order's facts come to is computed again by the code that computed it
then, from the decisions and commission lines as they were taken. What follows
from no fact of an order (payouts, adjustments, the steps of a month) is posted
from the entry that recorded it, and counted as such. Both books must end with
the same root: every entry the same, in the same place, at the same instant.

Booking dates are taken as recorded, since they depend on which months were
open, and that is no fact of an order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.affiliate.causes import Causes, posted
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT, leaf_hash
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, Head
from liveshop_sdk.affiliate.ledger.pages import BookReader, Page
from liveshop_sdk.affiliate.ledger.records import recorded
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.posting import Poster
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.clock import ManualClock, from_micros
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.db.copying import copy_rows
from liveshop_sdk.errors import InvalidError, LiveShopError
from liveshop_sdk.events.factlog import FactLog, LoggedFact
from liveshop_sdk.facts import Json, OrderKey

RAW = ("ls_fact", "ls_agreement", "ls_attribution", "ls_commission_line")
"""What a book is made from: names of tables begin so."""

_PAGE = 500
_ROW_CHANGED = "the book's own row was changed"
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, InvalidError)
"""What comes of reading a row that somebody else wrote."""

Progress = Callable[[int, int], None]
Due = Mapping[OrderKey, Sequence[CommissionLine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What came of a replay.

    Attributes:
        entries: How many came out the same.
        derived: How many of those were computed from facts.
        reposted: How many were taken from their record, by kind.
        root_hash: The root of the new book; that of the old one is `expected`.
        first_bad_seq: The first entry that came out different, or that is
            missing in the old book; None if both are the same.
    """

    ok: bool
    entries: int
    derived: int
    reposted: Mapping[str, int]
    root_hash: str
    expected: str
    first_bad_seq: int | None
    problem: str

    def as_json(self) -> dict[str, Json]:
        """Return the shape scripts rely on."""
        return {
            "ok": self.ok,
            "entries": self.entries,
            "derived": self.derived,
            "reposted": dict(self.reposted),
            "root_hash": self.root_hash,
            "expected_root_hash": self.expected,
            "first_bad_seq": self.first_bad_seq,
            "problem": self.problem or None,
        }


class _DiffersError(Exception):
    """An entry that came out another way."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq, self.problem = seq, problem


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as it was recorded, with the order it names, if it does."""

    seq: int
    recorded_at: datetime
    chain_hash: bytes
    draft: EntryDraft
    order: OrderKey | None


class Replay:
    """One replay of one book into an empty, migrated database."""

    def __init__(self, source: Database, target: Database, book: Book) -> None:
        """Read from one database and write into the other."""
        self._source, self._target, self._book = source, target, book
        self._clock = ManualClock(book.created_at)
        self._ledger = Ledger(self._clock)
        self._facts = FactLog(self._clock)
        self._affiliate = Affiliate(clock=self._clock, ledger=self._ledger, policy=Policy())
        self._store = AffiliateStore()
        self._derived = 0
        self._reposted: Counter[str] = Counter()

    def run(self, progress: Progress | None = None) -> ReplayReport:
        """Post every entry again, up to the first that differs.

        Effects: fills the target; the source is only read. Memory is that of a
        page and of the accounts, however long the book is.
        """
        book = self._book
        with self._source.reading() as tx:
            head = self._ledger.head(tx, book)
        try:
            with self._target.transaction() as tx:
                new = self._ledger.open_book(tx, book.code, book.currency, book.timezone)
        except InvalidError:  # no book can have such a currency or time zone
            return self._report(head, Head(0, EMPTY_ROOT.hex(), ""), (1, _ROW_CHANGED))
        bad: tuple[int, str] | None = None
        try:
            if new.genesis_hash != book.genesis_hash:
                raise _DiffersError(1, _ROW_CHANGED)
            copy_rows(self._source, self._target, prefixes=RAW, where=("brand", book.code))
            pages = BookReader(self._source, book.id).pages(after=0, up_to=head.seq, size=_PAGE)
            for page in filter(None, pages):
                self._page(new, page)
                if progress is not None:
                    progress(page[-1][0].seq, head.seq)
            self._compare_balances(new, head.seq)
            self._look_for_missing(new, head.seq)
        except _DiffersError as found:
            bad = (found.seq, found.problem)
        with self._target.reading() as tx:
            made = self._ledger.head(tx, new)
        if bad is None and made != head:
            bad = (made.seq, "the root is another")
        return self._report(head, made, bad)

    def _report(self, head: Head, made: Head, bad: tuple[int, str] | None) -> ReplayReport:
        return ReplayReport(
            ok=bad is None,
            entries=bad[0] - 1 if bad else made.seq,
            derived=self._derived,
            reposted=dict(sorted(self._reposted.items())),
            root_hash=made.root_hash,
            expected=head.root_hash,
            first_bad_seq=bad[0] if bad else None,
            problem=bad[1] if bad else "",
        )

    # --- posting again

    def _page(self, book: Book, page: Page) -> None:
        """Post the entries of a page again, up to the first that cannot be read."""
        entries, unreadable = self._entries(page)
        orders = {entry.order for entry in entries if entry.order}
        with self._source.reading() as tx:
            causes = Causes(tx, self._facts, self._book.id, orders)
        with self._target.transaction() as tx:
            due = self._lines_of(tx, orders, first=page[0][0].seq)
            journal, poster = self._open(tx, book, due)
            with suppress(LiveShopError):  # staging names the entry
                journal.prefetch(entry.draft for entry in entries)
            for entry in entries:
                try:
                    self._stage(journal, poster, entry, self._draft(poster, causes, entry, due))
                except LiveShopError as error:
                    problem = f"it cannot be posted again ({error.code})"
                    raise _DiffersError(entry.seq, problem) from None
            journal.write()
        if unreadable:
            raise unreadable

    def _entries(self, page: Page) -> tuple[list[_Entry], _DiffersError | None]:
        """Read a page up to the first entry that is not as it was sealed, and name that."""
        entries: list[_Entry] = []
        for row, lines in page:
            try:
                if leaf_hash(entry_bytes(self._book.code, row, lines)) != row.leaf_hash:
                    return entries, _DiffersError(row.seq, "its content is not what was sealed")
                entries.append(_entry(row, lines))
            except _UNREADABLE:
                return entries, _DiffersError(row.seq, "it cannot be read")
        return entries, None

    def _draft(self, poster: Poster, causes: Causes, entry: _Entry, due: Due) -> EntryDraft:
        """Return what an entry comes to now: from its fact, or else as it was recorded."""
        found = self._derive(poster, causes, entry, due)
        if not found:
            self._reposted[entry.draft.kind] += 1
            return entry.draft
        if not any(found):
            raise _DiffersError(entry.seq, "its fact changes nothing")
        same = [each for each in found if each and each.postings == entry.draft.postings]
        if not same:
            raise _DiffersError(entry.seq, "other postings follow from its fact")
        self._derived += 1
        return replace(
            same[0],
            effective_date=entry.draft.effective_date,
            applies_to_period=entry.draft.applies_to_period,
        )

    def _derive(
        self, poster: Poster, causes: Causes, entry: _Entry, due: Due
    ) -> list[EntryDraft | None]:
        """Return what may follow from an entry's fact; nothing if it was posted for none."""
        if entry.order is None:
            return []
        try:
            triggers = causes.of_entry(entry.order, entry.draft.event_id, entry.seq)
            lines = due[entry.order]
            return [self._affiliate.derive(poster, trigger, lines) for trigger in triggers]
        except _UNREADABLE:
            raise _DiffersError(entry.seq, "a fact of its order cannot be read") from None

    def _stage(self, journal: Journal, poster: Poster, entry: _Entry, draft: EntryDraft) -> None:
        if journal.seq != entry.seq - 1:
            raise _DiffersError(journal.seq + 1, "it is missing")
        self._clock.set(entry.recorded_at)
        poster.stage(draft)
        if journal.seq != entry.seq:
            raise _DiffersError(entry.seq, "its source and event id were posted before")
        if journal.chain != entry.chain_hash:
            raise _DiffersError(entry.seq, "posted again, it is another entry")

    def _open(self, tx: Transaction, book: Book, due: Due) -> tuple[Journal, Poster]:
        """Open the end of the new book, with what these lines stand at there."""
        journal = self._ledger.journal(tx, book)
        poster = Poster(journal)
        lines = [line for some in due.values() for line in some]
        poster.read([line.line_ref for line in lines], accrual.accounts_of(lines))
        return journal, poster

    def _lines_of(self, tx: Transaction, orders: Iterable[OrderKey], *, first: int) -> Due:
        try:
            return self._store.lines_of(tx, orders)
        except _UNREADABLE:
            problem = "a commission line of its order, or of one posted soon after, cannot be read"
            raise _DiffersError(first, problem) from None

    # --- what is missing, or shown otherwise

    def _look_for_missing(self, book: Book, up_to: int) -> None:
        """Look at facts without an entry: they must change nothing."""
        after = 0
        while True:
            with self._source.reading() as tx:
                page = self._facts.all(tx, after=after, limit=_PAGE)
                known = posted(tx, self._book.id, page)
            if not page:
                return
            silent = [one for one in page if one.seq not in known]
            with self._target.reading() as tx:
                orders = {one.order_key for one in silent}
                found = self._lines_of(tx, orders, first=up_to + 1)
            # An order without a line in this book changes nothing in it.
            due = {key: lines for key, lines in found.items() if lines}
            if due:
                self._must_change_nothing(
                    book, [one for one in silent if one.order_key in due], due, up_to
                )
            after = page[-1].seq

    def _must_change_nothing(
        self, book: Book, facts: Sequence[LoggedFact], due: Due, up_to: int
    ) -> None:
        """Refuse facts that change something, but of orders that went on meanwhile."""
        with self._source.reading() as tx:
            causes = Causes(tx, self._facts, self._book.id, due)
        with self._target.transaction() as tx:
            _journal, poster = self._open(tx, book, due)
            for one in facts:
                if causes.went_on(one.order_key, up_to):
                    continue
                try:
                    trigger = causes.of_all(one)
                    lines = due[one.order_key]
                    changed = trigger and self._affiliate.derive(poster, trigger, lines)
                except _UNREADABLE:
                    problem = f"the fact {one.key[2]}, or another of its order, cannot be read"
                    raise _DiffersError(up_to + 1, problem) from None
                if changed:
                    problem = f"the entry for the fact {one.key[2]} is missing"
                    raise _DiffersError(up_to + 1, problem)

    def _compare_balances(self, book: Book, up_to: int) -> None:
        with self._source.reading() as tx:
            was = LedgerStore(tx).all_balances(self._book.id, "", up_to)
        with self._target.reading() as tx:
            now = LedgerStore(tx).all_balances(book.id, "", up_to)
        if was != now:
            path, currency, _ = min(set(was) ^ set(now))
            raise _DiffersError(
                max(up_to, 1), f"the balance of {path} in {currency} is shown as another"
            )


def _entry(row: EntryRow, lines: Sequence[LineRow]) -> _Entry:
    draft = recorded(row, lines)
    account, ref = draft.meta.get("account"), draft.meta.get("order_ref")
    order = None
    if isinstance(account, str) and isinstance(ref, str):
        order = (row.source, account, ref)
    return _Entry(row.seq, from_micros(row.recorded_at), row.chain_hash, draft, order)
