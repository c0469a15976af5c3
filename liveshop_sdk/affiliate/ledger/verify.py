"""Recompute a book and say where it first stops being true.

Reads pages by key and keeps one balance per account, so memory does not grow
with the journal. It trusts nothing but the head it starts from: every leaf,
link, root, sum, running balance, floor and account is made again from the same
columns that reports read, and compared with every checkpoint there is.

What that shows, and what only a checkpoint kept elsewhere can, is in
``docs/reference/proof.md``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from liveshop_sdk.affiliate.ledger.chain import Frontier
from liveshop_sdk.affiliate.ledger.checking import Bad, EntryCheck
from liveshop_sdk.affiliate.ledger.checkpoints import reading as checkpoints
from liveshop_sdk.affiliate.ledger.checkpoints.reading import Noted
from liveshop_sdk.affiliate.ledger.checkpoints.store import CheckpointStore
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import PAGE, BookReader, Extent, reading
from liveshop_sdk.affiliate.ledger.periods.months import Period, figures_hash
from liveshop_sdk.affiliate.ledger.periods.store import PeriodStore
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.ledger.strays import Fault, strays
from liveshop_sdk.db import Database, Transaction

Progress = Callable[[int, int], None]
"""Told how many entries are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What verification found.

    `root_hash` is the root recomputed over the entries that hold, `entries`
    how many those are; `first_bad_seq` is None when all is well. `after` is the
    entry it began behind: the content of those up to it was not looked at.
    `checkpoints` is how many the book was compared with.
    """

    ok: bool
    entries: int
    root_hash: str
    first_bad_seq: int | None
    problem: str
    after: int = 0
    checkpoints: int = 0

    def and_also(self, faults: Iterable[Fault]) -> "VerifyReport":
        """Return the report that names the first of these faults and its own.

        A fault without a number is one of what is missing after the last entry.
        """
        report = self
        for number, problem in faults:
            seq = self.entries + 1 if number is None else number
            if report.first_bad_seq is None or seq < report.first_bad_seq:
                report = replace(report, ok=False, first_bad_seq=seq, problem=problem)
        return report


def verify(
    source: Database | Transaction,
    book: Book | None,
    *,
    page_size: int = PAGE,
    noted: Sequence[Noted] = (),
    keys: Sequence[bytes] = (),
    start: Noted | None = None,
    progress: Progress | None = None,
) -> VerifyReport:
    """Check a book from its first entry to its head, and report the first fault.

    Args:
        source: A database (one short transaction a page, so that writers go
            on meanwhile) or an open transaction.
        book: None for one that nobody opened: nothing of it may be there.
        noted: What the book is known to have been, kept elsewhere.
        keys: Public keys that sign the stored checkpoints; without any, their
            signatures are not looked at.
        start: A checkpoint that was verified, to begin behind. The entries up
            to it are not read: neither their content nor their lines, running
            balances and floors; that the balances after it are right is taken
            from what is stored. Months are not compared either.
        progress: Called after every page.
    """
    if book is None:
        empty = EntryCheck("", {}, noted)
        report = _report(empty, empty.short_of_noted())
        return report.and_also(strays(source, None))
    said, faults = checkpoints.stored(source, book, keys)
    checked = replace(
        _recomputed(source, book, page_size, noted, said, start, progress),
        after=start.seq if start else 0,
        checkpoints=len({one.seq for one in (*noted, *said) if not start or one.seq >= start.seq}),
    )
    return checked.and_also(faults).and_also(strays(source, book.id))


def _recomputed(
    source: Database | Transaction,
    book: Book,
    page_size: int,
    outside: Sequence[Noted],
    stored: Sequence[Noted],
    start: Noted | None,
    progress: Progress | None,
) -> VerifyReport:
    with reading(source) as tx:  # seen at one moment
        extent = BookReader(tx, book.id).extent()
        periods = PeriodStore(tx).all(book)
    reader = BookReader(source, book.id)
    accounts = {account.path: account for account in reader.accounts()}
    check = EntryCheck(book.code, accounts, [*outside, *stored])
    if extent is None:
        return _report(check, (1, "the book's head is missing"))
    problem = check.genesis(reader)
    if problem:
        return _report(check, (1, problem))
    bad = check.noted_here() or (start and _resumed(source, book, check, start, outside, stored))
    up_to = max(extent.seq, extent.last_entry)
    if not bad:
        for page in reader.pages(after=check.frontier.size, up_to=up_to, size=page_size):
            bad = check.page(page)
            if progress is not None:
                progress(check.frontier.size, up_to)
            if bad:
                break
    bad = bad or _end_problem(check, extent) or check.short_of_noted()
    if bad is None:
        bad = next(_months_problems(source, check, book, extent, periods), None)
    if bad is None:
        with reading(source) as tx:
            bad = check.balances_problem(LedgerStore(tx).all_balances(book.id, "", extent.seq))
    report = _report(check, bad)
    again = reader.posted_twice(extent.seq)
    twice = "its source and event id were posted before"
    return report if again is None else report.and_also([(again, twice)])


def _resumed(
    source: Database | Transaction,
    book: Book,
    check: EntryCheck,
    start: Noted,
    outside: Sequence[Noted],
    stored: Sequence[Noted],
) -> Bad | None:
    """Put a check behind a checkpoint, if the book still goes through it.

    With the frontier that was stored with it, unless that one was changed, or
    something outside was noted before it: then the stored leaves are folded
    once more, and compared on the way.
    """
    if start.seq == 0:
        return None
    reader = BookReader(source, book.id)
    last = next(reader.pages(after=start.seq - 1, up_to=start.seq), [])
    if not last:
        return start.seq, "it is missing: a checkpoint was signed there"
    with reading(source) as tx:
        row = CheckpointStore().latest(tx, book.id, up_to=start.seq)
        balances = LedgerStore(tx).all_balances(book.id, "", start.seq)
    is_kept = any((one.seq, one.root) == (start.seq, start.root) for one in stored)
    if row is not None and is_kept and all(one.seq >= start.seq for one in outside):
        frontier = checkpoints.frontier_of(row)
    else:
        frontier = Frontier()
        for leaf, link in reader.seals(up_to=start.seq):
            frontier.append(leaf)
            check.frontier, check.chain = frontier, link
            if bad := check.noted_here():
                return bad
    entry = last[0][0]
    if (frontier.size, frontier.root(), entry.chain_hash) != (start.seq, start.root, start.chain):
        return start.seq, "the book up to it is not the one of which a checkpoint was signed"
    check.resume(frontier, entry, balances)
    return check.noted_here()


def _report(check: EntryCheck, bad: Bad | None) -> VerifyReport:
    return VerifyReport(
        ok=bad is None,
        entries=check.frontier.size,
        root_hash=check.frontier.root().hex(),
        first_bad_seq=bad[0] if bad else None,
        problem=bad[1] if bad else "",
    )


def _end_problem(check: EntryCheck, extent: Extent) -> Bad | None:
    """Compare what the entries came to with the head, seen at one moment."""
    size = check.frontier.size
    if size < extent.seq:
        return size + 1, "it is missing"
    if extent.last_entry > extent.seq:
        return extent.seq + 1, "it stands beyond the head"
    if extent.last_posting > extent.seq:
        return extent.seq + 1, "there are postings beyond the head"
    last = max(extent.seq, 1)
    if extent.chain_hash != check.chain:
        return last, "the head's chain hash is another"
    if extent.frontier != check.frontier.stored():
        return last, "the head's frontier is another"
    if extent.recorded_at != check.recorded_at:
        return last, "the head was recorded at another instant"
    return None


def _months_problems(
    source: Database | Transaction,
    check: EntryCheck,
    book: Book,
    extent: Extent,
    periods: Sequence[Period],
) -> Iterator[Bad]:
    """Compare the rows kept of a book's months with what its entries make of them."""
    months, last = check.months, max(extent.seq, 1)
    if months is None:  # begun behind a checkpoint
        return
    if (extent.open_from, extent.closing) != (months.open_from, months.closing):
        yield last, "the head says that other periods are open"
    for problem in months.differences(periods):
        yield last, problem
    with reading(source) as tx:
        store = PeriodStore(tx)
        for (month, number), (seq, expected) in months.kept.items():
            if figures_hash(store.balances(book.id, month, number)) != expected:
                yield seq, f"the balances kept of {month} are not those of its entries"
