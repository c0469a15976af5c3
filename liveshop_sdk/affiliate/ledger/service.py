"""Open books, post to them and read them: what the rest of the package calls."""

from collections.abc import Iterator, Sequence

from liveshop_sdk.affiliate.ledger.canonical import book_bytes
from liveshop_sdk.affiliate.ledger.chain import Frontier, genesis_hash
from liveshop_sdk.affiliate.ledger.drafting import zone
from liveshop_sdk.affiliate.ledger.journal import Journal
from liveshop_sdk.affiliate.ledger.models import (
    HASH_VERSION,
    Balance,
    Book,
    EntryDraft,
    Head,
    PostedEntry,
)
from liveshop_sdk.affiliate.ledger.numbers import parse_seq
from liveshop_sdk.affiliate.ledger.pages import PAGE, BookReader
from liveshop_sdk.affiliate.ledger.records import posted_entry
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.clock import Clock, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import (
    BookDiffersError,
    BookUnknownError,
    IdempotencyConflictError,
    LedgerTamperedError,
    SeqUnknownError,
)
from liveshop_sdk.money import exponent_of


class Ledger:
    """The journal of every book; keeps no state but its clock."""

    def __init__(self, clock: Clock) -> None:
        """Take the time entries are recorded at from `clock`."""
        self._clock = clock

    # --- books

    def open_book(self, tx: Transaction, code: str, currency: str, timezone: str) -> Book:
        """Return the book of a brand, opened now unless it is there.

        Raises:
            BookDiffersError: it has another currency or time zone.
            CurrencyUnknownError, EntryInvalidError: neither may be made up.

        Effects: inserts the book and its empty head; a repeat changes nothing.
        """
        exponent_of(currency)
        zone(timezone)
        store = LedgerStore(tx)
        found = store.find_book(code)
        if found is None:
            store.add_book(self._new_book(code, currency, timezone))
            found = self.book(tx, code)
        if found.currency != currency:
            raise BookDiffersError(
                book=code, field="currency", found=found.currency, asked=currency
            )
        if found.timezone != timezone:
            raise BookDiffersError(
                book=code, field="time zone", found=found.timezone, asked=timezone
            )
        return found

    def book(self, tx: Transaction, code: str) -> Book:
        """Return the book of a brand.

        Raises:
            BookUnknownError: nobody opened it.
        """
        found = LedgerStore(tx).find_book(code)
        if found is None:
            raise BookUnknownError(book=code)
        return found

    def books(self, tx: Transaction) -> list[str]:
        """Return the codes of all books, in order."""
        return LedgerStore(tx).book_codes()

    def _new_book(self, code: str, currency: str, timezone: str) -> Book:
        now = self._clock.now()
        genesis = genesis_hash(
            book_bytes(
                code=code,
                currency=currency,
                timezone=timezone,
                created_at=to_micros(now),
                hash_version=HASH_VERSION,
            )
        )
        return Book(0, code, currency, timezone, HASH_VERSION, genesis, now)

    # --- posting

    def journal(self, tx: Transaction, book: Book) -> Journal:
        """Lock a book and return its open end, for callers that decide by balances."""
        return Journal(self._clock, tx, book)

    def post(self, tx: Transaction, book: Book, draft: EntryDraft) -> PostedEntry:
        """Post one entry, or return it as it was posted before.

        Raises:
            LiveShopError: as `Journal.stage` says; nothing is written then.

        Effects: one entry in the caller's transaction; a repeat adds nothing.
        """
        return self.post_many(tx, book, [draft])[0]

    def post_many(
        self, tx: Transaction, book: Book, drafts: Sequence[EntryDraft]
    ) -> list[PostedEntry]:
        """Post entries in order, all or none, and return one for each draft.

        The result and every hash are the same as from posting them one by one.
        """
        journal = self.journal(tx, book)
        journal.prefetch(drafts)
        staged = [journal.stage(draft) for draft in drafts]
        written = {entry.seq: entry for entry in journal.flush()}
        return [entry if isinstance(entry, PostedEntry) else written[entry.seq] for entry in staged]

    # --- reading

    def head(self, tx: Transaction, book: Book) -> Head:
        """Return how far a book goes, with the tree root over all its entries."""
        row = LedgerStore(tx).head(book.id)
        if row is None:
            raise BookUnknownError(book=book.code)
        try:
            root = Frontier.read(row.seq, row.frontier).root()
        except ValueError as error:
            raise LedgerTamperedError(book=book.code, seq=row.seq, problem=str(error)) from None
        return Head(row.seq, root.hex(), row.chain_hash.hex())

    def head_at(self, tx: Transaction, book: Book, seq: int) -> Head:
        """Return what `head` was when a book went up to this entry.

        Reads one leaf hash an entry; `verify` tells whether they are right.

        Raises:
            SeqUnknownError: the book does not go that far.
            RecordInvalidError: it is no number.
        """
        now = self.head(tx, book)
        if parse_seq(seq) == now.seq:
            return now
        if not 0 <= seq < now.seq:
            raise SeqUnknownError(book=book.code, seq=seq, last=now.seq)
        frontier, chain = Frontier(), book.genesis_hash
        for leaf, link in BookReader(tx, book.id).seals(up_to=seq):
            frontier.append(leaf)
            chain = link
        if frontier.size != seq:
            problem = "an entry before it is missing"
            raise LedgerTamperedError(book=book.code, seq=seq, problem=problem)
        return Head(seq, frontier.root().hex(), chain.hex())

    def balances(
        self,
        tx: Transaction,
        book: Book,
        account_prefix: str | None = None,
        as_of_seq: int | None = None,
    ) -> list[Balance]:
        """Return every account that ever moved, by path and currency.

        Args:
            account_prefix: Such as ``creator:mika:``, its last colon included.
            as_of_seq: The balances after that entry instead of now.
        """
        up_to = 2**62 if as_of_seq is None else as_of_seq
        rows = LedgerStore(tx).all_balances(book.id, account_prefix or "", up_to)
        return [Balance(*row) for row in rows]

    def entries(
        self,
        tx: Transaction,
        book: Book,
        *,
        after_seq: int = 0,
        to_seq: int | None = None,
        limit: int = PAGE,
    ) -> Iterator[list[PostedEntry]]:
        """Return entries in order, in pages of at most `limit`."""
        last = self.head(tx, book).seq
        up_to = last if to_seq is None else min(to_seq, last)
        for page in BookReader(tx, book.id).pages(after=after_seq, up_to=up_to, size=limit):
            if page:
                yield [posted_entry(book.code, row, lines) for row, lines in page]

    def entry(self, tx: Transaction, book: Book, seq: int) -> PostedEntry:
        """Return one entry.

        Raises:
            SeqUnknownError: the book has none of that number.
            RecordInvalidError: it is no number.
        """
        page = next(self.entries(tx, book, after_seq=parse_seq(seq) - 1, to_seq=seq), [])
        if seq < 1 or not page:
            raise SeqUnknownError(book=book.code, seq=seq, last=self.head(tx, book).seq)
        return page[0]

    def check_source(self, tx: Transaction, book: Book, source: str, event_id: str) -> None:
        """Refuse an event id that stands for an entry of another source.

        Raises:
            IdempotencyConflictError: It does.
        """
        for other, seq in LedgerStore(tx).sources(book.id, event_id):
            if other != source:
                raise IdempotencyConflictError(source=other, event_id=event_id, seq=seq)

    def entries_of(
        self, tx: Transaction, book: Book, line_refs: Sequence[str]
    ) -> list[PostedEntry]:
        """Return every entry that moved one of these commission lines, in order."""
        if not line_refs:
            return []
        found = LedgerStore(tx).entries_of(book.id, line_refs)
        return [self.entry(tx, book, seq) for seq in found]

    def entries_for(
        self, tx: Transaction, book: Book, source: str, event_ids: Sequence[str]
    ) -> list[PostedEntry]:
        """Return the entries that were posted for these events, in order."""
        if not event_ids:
            return []
        found = LedgerStore(tx).seen(book.id, [(source, event_id) for event_id in event_ids])
        return [self.entry(tx, book, seq) for seq in sorted(seq for seq, _hash in found.values())]
