"""Recompute entry after entry: what must be carried from one to the next.

Nothing stored is trusted but where it begins; memory does not grow with the
journal, since only one balance per account and currency is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from liveshop_sdk.affiliate.ledger.accounts import counterpart, describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, book_bytes, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import Frontier, chain_hash, genesis_hash, leaf_hash
from liveshop_sdk.affiliate.ledger.checkpoints.reading import Noted
from liveshop_sdk.affiliate.ledger.models import HASH_VERSION
from liveshop_sdk.affiliate.ledger.pages import BookReader, Page, StoredAccount
from liveshop_sdk.errors import AccountUnknownError

Key = tuple[str, str]
Bad = tuple[int, str]
"""The first number that does not hold, and what is wrong there."""


class EntryCheck:
    """Checks the entries of one book in order.

    Attributes:
        frontier: The tree over the entries that held so far.
        chain: The chain hash of the last of them.
        recorded_at: When that one was recorded, microseconds.
    """

    def __init__(
        self, book: str, accounts: dict[str, StoredAccount], noted: Iterable[Noted] = ()
    ) -> None:
        """Begin before the first entry.

        Args:
            noted: What the book is known to have been at some entries.
        """
        self.frontier = Frontier()
        self._noted = sorted(noted, key=lambda one: one.seq)
        self._opened_before: set[str] = set()
        self.chain = b""
        self.recorded_at = 0
        self._book = book
        self._accounts = accounts
        self._balances: dict[Key, int] = {}
        self._known: set[str] = set()

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

    def resume(
        self,
        frontier: Frontier,
        last: EntryRow,
        balances: Iterable[tuple[str, str, int]],
    ) -> None:
        """Go on behind an entry: its tree, itself, and the balances after it."""
        self.frontier, self.chain, self.recorded_at = frontier, last.chain_hash, last.recorded_at
        self._balances = {(path, currency): balance for path, currency, balance in balances}
        self._opened_before = {path for path, _currency in self._balances}

    def page(self, page: Page) -> Bad | None:
        """Check the next entries; returns the first bad number and its problem."""
        for entry, lines in page:
            expected = self.frontier.size + 1
            if entry.seq != expected:
                return expected, "it is missing"
            try:
                problem = self._entry_problem(entry, lines) or self._lines_problem(entry, lines)
            except (TypeError, ValueError, AttributeError):  # SQLite keeps any type anywhere
                problem = "it holds a value of another type"
            if problem:
                return entry.seq, problem
            self.frontier.append(entry.leaf_hash)
            self.chain = entry.chain_hash
            self.recorded_at = entry.recorded_at
            bad = self.noted_here()
            if bad:
                return bad
        return None

    def noted_here(self) -> Bad | None:
        """Compare the book up to here with what is known of it at this size."""
        while self._noted and self._noted[0].seq <= self.frontier.size:
            noted = self._noted.pop(0)
            if noted.seq < self.frontier.size:
                continue  # before the entry that was begun behind
            if noted.root != self.frontier.root() or noted.chain not in {None, self.chain}:
                problem = f"the book up to it is not the one of which {noted.what}"
                return max(noted.seq, 1), problem
        return None

    def short_of_noted(self) -> Bad | None:
        """Say that the book once went further than it does now, if it did."""
        further = [noted for noted in self._noted if noted.seq > self.frontier.size]
        if not further:
            return None
        what, seq = further[-1].what, further[-1].seq
        return self.frontier.size + 1, f"it is missing: {what} at {seq}"

    def balances_problem(self, shown: Iterable[tuple[str, str, int]]) -> Bad | None:
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
        is_old = line.account in self._opened_before
        if stored != StoredAccount(
            path=said.path,
            account_class=said.account_class,
            party_type=said.party_type,
            party_id=said.party_id,
            floor=said.floor,
            opened_at=stored.opened_at if stored and is_old else entry.recorded_at,
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
