"""Append to a book: read, decide and write under the book's lock.

A `Journal` holds the head row from its first statement to the end of the
transaction, so balances cannot change between reading and posting. Drafts are
staged, which numbers and seals them in memory, then flushed in one go; a
batch and the same drafts one by one give the same bytes.
"""

from collections.abc import Iterable

from liveshop_sdk.affiliate.ledger.accounts import describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.affiliate.ledger.chain import Frontier
from liveshop_sdk.affiliate.ledger.drafting import placed, prepare
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, PostedEntry, Staged
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.records import posted_entry
from liveshop_sdk.affiliate.ledger.sealing import Key, lines_of, seal, touched
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.clock import Clock, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    BookUnknownError,
    IdempotencyConflictError,
    LedgerTamperedError,
)


class Journal:
    """The open end of one book, within one transaction.

    Throw it away when the transaction ends, however it ends.
    """

    def __init__(self, clock: Clock, tx: Transaction, book: Book) -> None:
        """Lock the book's head; nothing else can be posted to it meanwhile."""
        self._clock = clock
        self._tx = tx
        self._store = LedgerStore(tx)
        self.book = book
        head = self._store.head(book.id, lock=True)
        if head is None:
            raise BookUnknownError(book=book.code)
        try:
            self._frontier = Frontier.read(head.seq, head.frontier)
        except ValueError as error:
            raise LedgerTamperedError(book=book.code, seq=head.seq, problem=str(error)) from None
        self._open_from, self._closing = head.open_from, head.closing
        self._stored_seq = head.seq
        self._chain = head.chain_hash
        self._seen: dict[Key, tuple[int, bytes] | None] = {}
        self._balances: dict[Key, int] = {}
        self._account_ids: dict[str, int] = {}
        self._opened: dict[str, int] = {}
        self._staged: list[tuple[EntryDraft, EntryRow, list[LineRow]]] = []

    @property
    def seq(self) -> int:
        """Return the number of the last entry, staged ones included."""
        return self._frontier.size

    @property
    def chain(self) -> bytes:
        """Return the chain hash of the last entry, staged ones included."""
        return self._chain

    # --- reading

    def seen(self, source: str, event_ids: Iterable[str]) -> dict[str, tuple[int, bytes]]:
        """Return number and request hash of the events posted already."""
        keys = [(source, event_id) for event_id in event_ids]
        self._load_seen(keys)
        return {key[1]: found for key in keys if (found := self._seen[key]) is not None}

    def balance(self, account: str, currency: str) -> int:
        """Return what an account stands at now, staged drafts included."""
        return self.balances([(account, currency)])[account, currency]

    def balances(self, keys: Iterable[Key]) -> dict[Key, int]:
        """Return what accounts stand at now, in one statement at most."""
        wanted = list(dict.fromkeys(keys))
        self._load_balances(wanted)
        return {key: self._balances[key] for key in wanted}

    def posted(self, line_refs: Iterable[str]) -> dict[tuple[str, str, str], int]:
        """Return sums by (line ref, account, currency), staged drafts included."""
        wanted = dict.fromkeys(ref for ref in line_refs if ref)
        if not wanted:
            return {}
        sums = self._store.posted(self.book.id, list(wanted))
        for _draft, _row, lines in self._staged:
            for line in lines:
                if line.line_ref in wanted:
                    key = (line.line_ref or "", line.account, line.currency)
                    sums[key] = sums.get(key, 0) + line.amount
        return sums

    def prefetch(self, drafts: Iterable[EntryDraft]) -> None:
        """Read once what staging these drafts needs: two statements for any number."""
        drafts = list(drafts)
        self._load_seen([(draft.source, draft.event_id) for draft in drafts])
        self._load_balances([key for draft in drafts for key in touched(draft.postings)])

    # --- posting

    def stage(self, draft: EntryDraft) -> Staged | PostedEntry:
        """Accept a draft: number and seal it in memory, to be written by `flush`.

        A draft posted before with the same content comes back as it is in the
        book, or as staged in this journal, and nothing is added.

        Raises:
            IdempotencyConflictError: its (source, event id) has other content.
            PeriodClosedError: it asks for a date in a month that is not open.
            LiveShopError: any other refusal; the journal stays as it was.
        """
        prepared = prepare(draft, self.book)
        key = (draft.source, draft.event_id)
        self._load_seen([key])
        known = self._seen[key]
        if known is not None:
            if known[1] != prepared.request_hash:
                raise IdempotencyConflictError(source=key[0], event_id=key[1], seq=known[0])
            return self._existing(known[0])
        draft, prepared = placed(
            draft, prepared, self.book, open_from=self._open_from, closing=self._closing
        )
        self._load_balances(touched(draft.postings))
        seq = self._frontier.size + 1
        lines = lines_of(seq, draft.postings, self._balances)
        entry = seal(
            self.book.code,
            seq=seq,
            draft=draft,
            prepared=prepared,
            recorded_at=to_micros(self._clock.now()),
            lines=lines,
            previous=self._chain,
        )
        self._accept(draft, entry, lines)
        return Staged(seq, draft)

    def flush(self) -> list[PostedEntry]:
        """Write what is staged, as `write` does, and return it."""
        return [posted_entry(self.book.code, entry, group) for _, entry, group in self.write()]

    def write(self) -> list[tuple[EntryDraft, EntryRow, list[LineRow]]]:
        """Write what is staged and return its rows; nothing when nothing is.

        Effects: opens new accounts, inserts postings and entries, moves the
        head; all in the caller's transaction.
        """
        staged, self._staged = self._staged, []
        if not staged:
            return []
        if self._opened:
            opened = [(describe(path), at) for path, at in self._opened.items()]
            self._account_ids |= self._store.open_accounts(self.book.id, opened)
            self._opened = {}
        entries = [entry for _draft, entry, _lines in staged]
        lines = [line for _draft, _entry, group in staged for line in group]
        self._store.append(self.book.id, entries, lines, self._account_ids)
        moved = self._store.move_head(
            self.book.id,
            was=self._stored_seq,
            entry=entries[-1],
            frontier=self._frontier.stored(),
        )
        if not moved:
            problem = "the head moved while it was locked"
            raise LedgerTamperedError(book=self.book.code, seq=self.seq, problem=problem)
        self._stored_seq = self.seq
        return staged

    def _accept(self, draft: EntryDraft, entry: EntryRow, lines: list[LineRow]) -> None:
        self._staged.append((draft, entry, lines))
        self._frontier.append(entry.leaf_hash)
        self._chain = entry.chain_hash
        self._seen[entry.source, entry.event_id] = (entry.seq, entry.request_hash)
        for line in lines:
            self._balances[line.account, line.currency] = line.balance_after
            if line.account not in self._account_ids:
                self._opened.setdefault(line.account, entry.recorded_at)

    def _existing(self, seq: int) -> Staged | PostedEntry:
        if seq > self._stored_seq:
            return Staged(seq, self._staged[seq - self._stored_seq - 1][0])
        pages = BookReader(self._tx, self.book.id).pages(after=seq - 1, up_to=seq)
        entry, lines = next(pages)[0]
        return posted_entry(self.book.code, entry, lines, repeated=True)

    def _load_seen(self, keys: Iterable[Key]) -> None:
        unknown = [key for key in dict.fromkeys(keys) if key not in self._seen]
        if unknown:
            found = self._store.seen(self.book.id, unknown)
            self._seen |= {key: found.get(key) for key in unknown}

    def _load_balances(self, keys: Iterable[Key]) -> None:
        unknown = [key for key in dict.fromkeys(keys) if key not in self._balances]
        if not unknown:
            return
        self._balances |= dict.fromkeys(unknown, 0)
        for path, currency, number, balance in self._store.balances(self.book.id, unknown):
            self._account_ids[path] = number
            self._balances[path, currency] = balance
