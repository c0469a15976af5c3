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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import leaf_hash
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, PostedEntry, Posting
from liveshop_sdk.affiliate.ledger.pages import BookReader, Page
from liveshop_sdk.affiliate.ledger.records import posted_entry
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.service import Affiliate, Trigger
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.clock import ManualClock, from_micros
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.db.copying import copy_rows
from liveshop_sdk.errors import InvalidError, LiveShopError
from liveshop_sdk.events.factlog import FactLog, LoggedFact
from liveshop_sdk.facts import Json, OrderKey, OrderPaid

RAW = ("ls_fact", "ls_agreement", "ls_attribution", "ls_commission_line")
"""What a book is made from: names of tables begin so."""

_PAGE = 200
_FACTS = 500

Progress = Callable[[int, int], None]


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

        Effects: fills the target; the source is only read.
        """
        book = self._book
        with self._source.reading() as tx:
            head = self._ledger.head(tx, book)
        copy_rows(self._source, self._target, prefixes=RAW, where=("brand", book.code))
        with self._target.transaction() as tx:
            new = self._ledger.open_book(tx, book.code, book.currency, book.timezone)
        bad: tuple[int, str] | None = None
        try:
            if new.genesis_hash != book.genesis_hash:
                raise _DiffersError(1, "the book's own row was changed")
            for page in BookReader(self._source, book.id).pages(
                after=0, up_to=head.seq, size=_PAGE
            ):
                self._page(new, page)
                if progress is not None and page:
                    progress(page[-1][0].seq, head.seq)
            self._compare_balances(new, head.seq)
            self._look_for_missing(new, head.seq)
        except _DiffersError as found:
            bad = (found.seq, found.problem)
        with self._target.reading() as tx:
            made = self._ledger.head(tx, new)
        if bad is None and made != head:
            bad = (made.seq, "the root is another")
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
        entries = [posted_entry(self._book.code, entry, lines) for entry, lines in page]
        triggers = self._triggers(entries)
        with self._target.transaction() as tx:
            journal = self._ledger.journal(tx, book)
            orders = {one.fact.order_key for some in triggers.values() for one in some}
            due = self._store.lines_of(tx, orders)
            for source in {entry.source for entry in entries}:
                journal.seen(source, [one.event_id for one in entries if one.source == source])
            for entry, (row, lines) in zip(entries, page, strict=True):
                self._clock.set(entry.recorded_at)
                try:
                    self._stage(journal, entry, row, lines, triggers.get(entry.seq, ()), due)
                except LiveShopError as error:
                    problem = f"it cannot be posted again ({error.code})"
                    raise _DiffersError(entry.seq, problem) from None
            made = journal.flush()
        for entry, again in zip(entries, made, strict=True):
            if entry.leaf_hash != again.leaf_hash:
                raise _DiffersError(entry.seq, "posted again, it has other content")
            if entry.chain_hash != again.chain_hash:
                raise _DiffersError(entry.seq, "posted again, it has another chain hash")

    def _stage(
        self,
        journal: Journal,
        entry: PostedEntry,
        row: EntryRow,
        lines: Sequence[LineRow],
        triggers: Sequence[Trigger],
        due: Mapping[OrderKey, Sequence[CommissionLine]],
    ) -> None:
        if leaf_hash(entry_bytes(self._book.code, row, lines)) != entry.leaf_hash:
            raise _DiffersError(entry.seq, "its content is not what was sealed")
        draft = _recorded(entry, row, lines)
        if triggers:
            derived = [
                self._affiliate.derive(journal, trigger, due[trigger.fact.order_key])
                for trigger in triggers
            ]
            same = [each for each in derived if each and each.postings == draft.postings]
            if not any(derived):
                raise _DiffersError(entry.seq, "its fact changes nothing")
            if not same:
                raise _DiffersError(entry.seq, "other postings follow from its fact")
            draft = replace(
                same[0],
                effective_date=draft.effective_date,
                applies_to_period=draft.applies_to_period,
            )
        if journal.seq != entry.seq - 1:
            raise _DiffersError(journal.seq + 1, "it is missing")
        journal.stage(draft)
        if journal.seq != entry.seq:
            raise _DiffersError(entry.seq, "its source and event id were posted before")
        if triggers:
            self._derived += 1
        else:
            self._reposted[entry.kind] += 1

    # --- facts

    def _logged(
        self, tx: Transaction, orders: dict[int, OrderKey]
    ) -> dict[OrderKey, list[LoggedFact]]:
        """Return the facts of a page's orders; one that cannot be read was edited."""
        try:
            return self._facts.logged(tx, orders.values())
        except (LookupError, TypeError, ValueError, InvalidError):
            problem = "a fact of its order, or of one posted soon after, cannot be read"
            raise _DiffersError(min(orders), problem) from None

    def _triggers(self, entries: Sequence[PostedEntry]) -> dict[int, list[Trigger]]:
        """Return what may have triggered each entry that was posted for a fact of an order."""
        orders: dict[int, OrderKey] = {}
        for entry in entries:
            account, ref = entry.meta.get("account"), entry.meta.get("order_ref")
            if isinstance(account, str) and isinstance(ref, str):
                orders[entry.seq] = (entry.source, account, ref)
        with self._source.reading() as tx:
            logged = self._logged(tx, orders)
            posted = self._posted(tx, [one for some in logged.values() for one in some])
        found = {}
        for entry in entries:
            facts = logged.get(orders.get(entry.seq, ("", "", "")), [])
            own = next((one for one in facts if one.fact.key == entry.event_id), None)
            sale = _sale(facts)
            if own is not None and sale is not None:
                before = [one for one in facts if posted.get(one.seq, entry.seq + 1) <= entry.seq]
                silent = [one for one in facts if one.seq not in posted]
                found[entry.seq] = [
                    _trigger(own, sale, [*before, *some]) for some in _before(own, silent)
                ]
        return found

    def _posted(self, tx: Transaction, facts: Sequence[LoggedFact]) -> dict[int, int]:
        """Return the entry of each fact that has one, by its place in the log."""
        if not facts:
            return {}
        keys = {one.seq: (one.fact.platform, one.fact.key) for one in facts}
        seen = LedgerStore(tx).seen(self._book.id, list(dict.fromkeys(keys.values())))
        return {place: seen[key][0] for place, key in keys.items() if key in seen}

    def _look_for_missing(self, book: Book, up_to: int) -> None:
        """Look at facts without an entry: they must change nothing."""
        for facts in self._without_entry(up_to):
            with self._source.reading() as tx:
                logged = self._facts.logged(tx, [one.fact.order_key for one in facts])
            with self._target.transaction() as tx:
                journal = self._ledger.journal(tx, book)
                due = self._store.lines_of(tx, logged)
                for one in facts:
                    known = logged[one.fact.order_key]
                    sale, lines = _sale(known), due[one.fact.order_key]
                    if sale and self._affiliate.derive(journal, _trigger(one, sale, known), lines):
                        problem = f"the entry for the fact {one.fact.key} is missing"
                        raise _DiffersError(up_to + 1, problem)

    def _without_entry(self, up_to: int) -> Iterator[list[LoggedFact]]:
        """Yield facts that posted nothing, but for orders that went on meanwhile."""
        after = 0
        while True:
            with self._source.reading() as tx:
                page = self._facts.all(tx, after=after, limit=_FACTS)
                logged = self._facts.logged(tx, {one.fact.order_key for one in page})
                posted = self._posted(tx, [one for some in logged.values() for one in some])
            if not page:
                return
            later = {
                key
                for key, some in logged.items()
                if any(posted.get(one.seq, 0) > up_to for one in some)
            }
            yield [one for one in page if one.seq not in posted and one.fact.order_key not in later]
            after = page[-1].seq

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


def _trigger(own: LoggedFact, sale: OrderPaid, known: Sequence[LoggedFact]) -> Trigger:
    return Trigger(fact=own.fact, order=sale, known=tuple(one.fact for one in known))


def _sale(facts: Sequence[LoggedFact]) -> OrderPaid | None:
    return next((one.fact for one in facts if isinstance(one.fact, OrderPaid)), None)


def _before(own: LoggedFact, silent: Sequence[LoggedFact]) -> list[list[LoggedFact]]:
    """Return which facts that posted nothing may have been known when this one came.

    A sale is an order's first fact. Facts of one commit may share an instant,
    and are numbered by their keys; those of several hosts have several clocks.
    So there can be more than one answer.
    """
    if isinstance(own.fact, OrderPaid):
        return [[]]
    at, answers = own.recorded_at, []
    for some in (
        [one for one in silent if one.recorded_at < at or isinstance(one.fact, OrderPaid)],
        [one for one in silent if one.recorded_at <= at],
        [one for one in silent if one.seq < own.seq or isinstance(one.fact, OrderPaid)],
    ):
        if some not in answers:
            answers.append(some)
    return answers


def _recorded(entry: PostedEntry, row: EntryRow, lines: Sequence[LineRow]) -> EntryDraft:
    """Return the draft that an entry was posted from."""
    return EntryDraft(
        kind=entry.kind,
        source=entry.source,
        event_id=entry.event_id,
        occurred_at=from_micros(row.occurred_at),
        postings=tuple(
            Posting(
                account=line.account,
                amount=line.amount,
                currency=line.currency,
                line_ref=line.line_ref or "",
                memo=line.memo or "",
                payout_item_id=line.payout_item_id or "",
            )
            for line in lines
        ),
        effective_date=entry.effective_date,
        created_by=entry.created_by,
        approved_by=entry.approved_by,
        reason=entry.reason,
        reverses_seq=entry.reverses_seq,
        corrects_seq=entry.corrects_seq,
        applies_to_period=entry.applies_to_period,
        terms_version=entry.terms_version,
        meta=entry.meta,
        request_hash=entry.request_hash,
    )
