"""Recompute a whole book and say where it first stops being true.

Reads pages by key and keeps one balance per account, so memory does not grow
with the journal. It trusts nothing but the head it starts from: every leaf,
link, root, sum, running balance, floor and account is made again from the same
columns that reports read.

What that shows, and what only a checkpoint kept elsewhere can, is in
``docs/reference/ledger.md``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from liveshop_sdk.affiliate.ledger.accounts import counterpart, describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, book_bytes, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import Frontier, chain_hash, genesis_hash, leaf_hash
from liveshop_sdk.affiliate.ledger.models import HASH_VERSION, Book
from liveshop_sdk.affiliate.ledger.pages import (
    PAGE,
    BookReader,
    Extent,
    Page,
    StoredAccount,
    reading,
)
from liveshop_sdk.affiliate.ledger.periods.check import MonthsCheck
from liveshop_sdk.affiliate.ledger.periods.months import figures_hash
from liveshop_sdk.affiliate.ledger.periods.store import PeriodStore
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.ledger.strays import Fault, strays
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import AccountUnknownError

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What verification found.

    `root_hash` is the root recomputed over the entries that hold, `entries`
    how many those are; `first_bad_seq` is None when all is well.
    """

    ok: bool
    entries: int
    root_hash: str
    first_bad_seq: int | None
    problem: str

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
    noted: tuple[int, bytes] | None = None,
) -> VerifyReport:
    """Check a book from its first entry to its head, and report the first fault.

    Args:
        source: A database (one short transaction a page, so that writers go
            on meanwhile) or an open transaction.
        book: None for one that nobody opened: nothing of it may be there.
        noted: A number and the root the book had there, kept elsewhere.
    """
    if book is None:
        empty = _Check("", {}, noted)
        report = _report(empty.frontier, *(empty.short_of_noted() or (None, "")))
        return report.and_also(strays(source, None))
    report = _recomputed(source, book, page_size, noted)
    return report.and_also(strays(source, book.id))


def _recomputed(
    source: Database | Transaction, book: Book, page_size: int, noted: tuple[int, bytes] | None
) -> VerifyReport:
    reader = BookReader(source, book.id)
    extent = reader.extent()
    if extent is None:
        return _report(Frontier(), 1, "the book's head is missing")
    accounts = {account.path: account for account in reader.accounts()}
    check = _Check(book.code, accounts, noted)
    problem = check.genesis(reader)
    if problem:
        return _report(check.frontier, 1, problem)
    up_to = max(extent.seq, extent.last_entry)
    bad = None
    for page in reader.pages(after=0, up_to=up_to, size=page_size):
        bad = check.page(page)
        if bad:
            break
    bad = bad or _end_problem(check, extent) or check.short_of_noted()
    if bad is None:
        bad = next(_months_problems(source, check, book, extent), None)
    if bad is None:
        with reading(source) as tx:
            bad = check.balances_problem(LedgerStore(tx).all_balances(book.id, "", extent.seq))
    report = _report(check.frontier, *(bad or (None, "")))
    again = reader.posted_twice(extent.seq)
    twice = "its source and event id were posted before"
    return report if again is None else report.and_also([(again, twice)])


def _report(frontier: Frontier, seq: int | None, problem: str) -> VerifyReport:
    return VerifyReport(
        ok=seq is None,
        entries=frontier.size,
        root_hash=frontier.root().hex(),
        first_bad_seq=seq,
        problem=problem,
    )


def _end_problem(check: "_Check", extent: Extent) -> tuple[int, str] | None:
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
    source: Database | Transaction, check: "_Check", book: Book, extent: Extent
) -> Iterator[tuple[int, str]]:
    """Compare the rows kept of a book's months with what its entries make of them."""
    months, last = check.months, max(extent.seq, 1)
    if (extent.open_from, extent.closing) != (months.open_from, months.closing):
        yield last, "the head says that other periods are open"
    with reading(source) as tx:
        store = PeriodStore(tx)
        for problem in months.differences(store.all(book)):
            yield last, problem
        for (month, number), (seq, expected) in months.kept.items():
            if figures_hash(store.balances(book.id, month, number)) != expected:
                yield seq, f"the balances kept of {month} are not those of its entries"


class _Check:
    """What must be carried from entry to entry."""

    def __init__(
        self,
        book: str,
        accounts: dict[str, StoredAccount],
        noted: tuple[int, bytes] | None,
    ) -> None:
        self.frontier = Frontier()
        self._noted = noted
        self.chain = b""
        self.recorded_at = 0
        self._book = book
        self._accounts = accounts
        self._balances: dict[Key, int] = {}
        self._known: set[str] = set()
        self.months = MonthsCheck(book)

    def genesis(self, reader: BookReader) -> str:
        """Start the chain from the book's own row; returns what is wrong with it."""
        row = reader.book()
        if row is None:
            return "the book's own row is missing"
        self.chain = row.genesis_hash
        self.recorded_at = row.created_at
        made = genesis_hash(
            book_bytes(
                code=row.code,
                currency=row.currency,
                timezone=row.timezone,
                created_at=row.created_at,
                hash_version=row.hash_version,
            )
        )
        if made != row.genesis_hash or row.code != self._book:
            return "the book's own row was changed"
        return ""

    def page(self, page: Page) -> tuple[int, str] | None:
        """Check the next entries; returns the first bad number and its problem."""
        for entry, lines in page:
            expected = self.frontier.size + 1
            if entry.seq != expected:
                return expected, "it is missing"
            try:
                problem = (
                    self._entry_problem(entry, lines)
                    or self._lines_problem(entry, lines)
                    or self.months.entry(entry, lines)
                )
            except (TypeError, ValueError, AttributeError):  # SQLite keeps any type anywhere
                problem = "it holds a value of another type"
            if problem:
                return entry.seq, problem
            self.frontier.append(entry.leaf_hash)
            self.chain = entry.chain_hash
            self.recorded_at = entry.recorded_at
            if self._noted is not None and entry.seq == self._noted[0]:
                problem = self._noted_problem(self._noted[1])
                if problem:
                    return entry.seq, problem
        return None

    def short_of_noted(self) -> tuple[int, str] | None:
        """Say that the book once went further than it does now, if it did."""
        if self._noted is None or self.frontier.size >= self._noted[0]:
            return None
        return self.frontier.size + 1, f"it is missing: a root was noted at {self._noted[0]}"

    def balances_problem(self, shown: Iterable[tuple[str, str, int]]) -> tuple[int, str] | None:
        """Compare what a reader of the book is shown with what its entries come to."""
        found = {(path, currency): balance for path, currency, balance in shown}
        wrong = [
            key
            for key in found.keys() | self._balances
            if found.get(key) != self._balances.get(key)
        ]
        if not wrong:
            return None
        path, currency = min(wrong)
        return max(
            self.frontier.size, 1
        ), f"the balance of {path} in {currency} is shown as another"

    def _noted_problem(self, root: bytes) -> str:
        if self.frontier.root() == root:
            return ""
        return "the book up to it is not the one whose root was noted"

    def _entry_problem(self, entry: EntryRow, lines: Sequence[LineRow]) -> str:
        if entry.hash_version != HASH_VERSION:
            return f"hash version {entry.hash_version} is unknown"
        if entry.prev_hash != self.chain:
            return "it does not link to the entry before it"
        if entry.line_count != len(lines):
            return f"it has {len(lines)} lines instead of {entry.line_count}"
        if leaf_hash(entry_bytes(self._book, entry, lines)) != entry.leaf_hash:
            return "its content is not what was sealed"
        if chain_hash(self._book, entry.prev_hash, entry.leaf_hash) != entry.chain_hash:
            return "its chain hash is another"
        if entry.period != entry.effective_date[:7]:
            return "its period is not that of its date"
        return ""

    def _lines_problem(self, entry: EntryRow, lines: Sequence[LineRow]) -> str:
        if any(later.line_no != earlier.line_no + 1 for earlier, later in pairwise(lines)):
            return "its lines are not numbered one by one"
        totals: dict[tuple[str, bool], int] = defaultdict(int)
        for line in lines:
            totals[line.currency, line.account.startswith("memo:")] += line.amount
            key = (line.account, line.currency)
            balance = self._balances.get(key, 0) + line.amount
            if balance != line.balance_after:
                return f"the balance of {line.account} after it is not {line.balance_after}"
            self._balances[key] = balance
            problem = "" if line.account in self._known else self._account_problem(entry, line)
            if problem:
                return problem
        if any(totals.values()):
            return "it does not balance"
        return next(filter(None, (self._floor_problem(line) for line in lines)), "")

    def _account_problem(self, entry: EntryRow, line: LineRow) -> str:
        """Compare a stored account with its path, on its first posting."""
        stored = self._accounts.get(line.account)
        try:
            said = describe(line.account)
        except AccountUnknownError:
            return f"{line.account!r} is no account"
        self._known.add(line.account)
        if stored != StoredAccount(
            path=said.path,
            account_class=said.account_class,
            party_type=said.party_type,
            party_id=said.party_id,
            floor=said.floor,
            opened_at=entry.recorded_at,
        ):
            return f"the account {line.account} was changed"
        return ""

    def _floor_problem(self, line: LineRow) -> str:
        account = describe(line.account)
        balance = self._balances[line.account, line.currency]
        if not account.allows(balance):
            return f"{line.account} stands at {balance}, but is {account.floor}"
        other = counterpart(account)
        if other and balance and self._balances.get((other, line.currency), 0):
            return f"{line.account} and {other} are both non-zero"
        return ""
