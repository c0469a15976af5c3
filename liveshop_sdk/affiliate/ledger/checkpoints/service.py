"""Sign how far a book goes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.ledger.chain import Frontier, chain_hash
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey, Statement, origin_of
from liveshop_sdk.affiliate.ledger.checkpoints.reading import frontier_of
from liveshop_sdk.affiliate.ledger.checkpoints.store import CheckpointRow, CheckpointStore
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import LedgerTamperedError

Keys = Callable[[Transaction], SigningKey]
"""Gives the key that signs; asked only when something is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed statement that a book had `size` entries and this root.

    `note` is the evidence: keep it where nobody who can write to this database
    can write as well. `anchors` names the places it was meant for when signed.
    """

    book: str
    size: int
    root_hash: str
    chain_hash: str
    note: str
    anchors: tuple[str, ...]
    created_at: datetime


class Checkpoints:
    """Signs checkpoints of books; each size of a book is signed once."""

    def __init__(self, clock: Clock, ledger: Ledger, keys: Keys) -> None:
        """Sign with the key that `keys` gives, at the time of `clock`."""
        self._clock, self._ledger, self._keys = clock, ledger, keys
        self._store = CheckpointStore()

    def sign(self, tx: Transaction, book: Book, *, anchors: Sequence[str] = ()) -> Checkpoint:
        """Sign the book as it stands; at the same size, return what was signed.

        The book is first shown to extend what was signed last: leaves and links
        since then are folded into the root, and must give that of the head. A
        log never signs two statements that contradict each other.

        Args:
            anchors: Names of the places outside the note will be taken to.

        Raises:
            LedgerTamperedError: the book does not extend its last checkpoint.
            CheckpointKeyMissingError: there is no key to sign with.

        Effects: at most one row, in the caller's transaction.
        """
        last = self._store.latest(tx, book.id)
        frontier, chain = self._extended(tx, book, last)
        if last is not None and last.tree_size == frontier.size:
            return _checkpoint(book, last)
        key = self._keys(tx)
        statement = Statement(
            origin=origin_of(book.code, book.genesis_hash),
            size=frontier.size,
            root=frontier.root(),
            chain=chain,
            recorded_at=to_micros(self._clock.now()),
            anchors=json.dumps(list(anchors), separators=(",", ":")),
        )
        row = CheckpointRow(
            tree_size=statement.size,
            root_hash=statement.root,
            chain_hash=statement.chain,
            frontier=frontier.stored(),
            note=key.sign(statement),
            anchors=statement.anchors,
            created_at=statement.recorded_at,
        )
        self._store.add(tx, book.id, row)
        stored = self._store.latest(tx, book.id, up_to=row.tree_size)
        return _checkpoint(book, stored or row)  # another one may have signed it just before

    def _extended(
        self, tx: Transaction, book: Book, last: CheckpointRow | None
    ) -> tuple[Frontier, bytes]:
        """Fold what came after the last checkpoint, and compare it with the head."""
        head = self._ledger.head(tx, book)
        frontier, chain = Frontier(), book.genesis_hash
        if last is not None:
            frontier, chain = frontier_of(last), last.chain_hash
        problem = "it is shorter than its last checkpoint" if head.seq < frontier.size else ""
        seals = BookReader(tx, book.id).seals(after=frontier.size, up_to=head.seq)
        for leaf, _link in seals:
            frontier.append(leaf)
            chain = chain_hash(book.code, chain, leaf)
        if not problem and (frontier.root().hex(), chain.hex()) != (
            head.root_hash,
            head.chain_hash,
        ):
            problem = "it does not extend what was signed before"
        if problem:
            raise LedgerTamperedError(book=book.code, seq=head.seq, problem=problem)
        return frontier, chain

    def latest(self, tx: Transaction, book: Book, *, up_to: int | None = None) -> Checkpoint | None:
        """Return the newest checkpoint of a book, or the newest up to a size."""
        row = self._store.latest(tx, book.id, up_to=up_to)
        return None if row is None else _checkpoint(book, row)

    def all(self, tx: Transaction, book: Book) -> list[Checkpoint]:
        """Return every checkpoint of a book, by size."""
        return [_checkpoint(book, row) for row in self._store.all(tx, book.id)]


def _checkpoint(book: Book, row: CheckpointRow) -> Checkpoint:
    return Checkpoint(
        book=book.code,
        size=row.tree_size,
        root_hash=row.root_hash.hex(),
        chain_hash=row.chain_hash.hex(),
        note=row.note,
        anchors=tuple(json.loads(row.anchors)),
        created_at=from_micros(row.created_at),
    )
