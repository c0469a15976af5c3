"""What checkpoints say of a book, and whether they may be believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liveshop_sdk.affiliate.ledger.chain import Frontier
from liveshop_sdk.affiliate.ledger.checkpoints.notes import Statement, origin_of, read_note
from liveshop_sdk.affiliate.ledger.checkpoints.store import CheckpointRow, CheckpointStore
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.numbers import parse_seq
from liveshop_sdk.affiliate.ledger.pages import reading
from liveshop_sdk.affiliate.ledger.strays import Fault
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    CheckpointInvalidError,
    CheckpointUnknownError,
    LedgerTamperedError,
)

SIGNED = "a checkpoint was signed"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a book is known to have been at some entry, from outside of it.

    Attributes:
        what: How a report calls it: ``a checkpoint was signed``.
        chain: The chain hash there, or None if only the root is known.
    """

    seq: int
    root: bytes
    chain: bytes | None = None
    what: str = "a root was noted"


def frontier_of(row: CheckpointRow) -> Frontier:
    """Return the tree a checkpoint was signed at, if it is the one it says.

    Raises:
        LedgerTamperedError: folded, it gives another root than was signed.
    """
    try:
        frontier = Frontier.read(row.tree_size, row.frontier)
    except ValueError:
        frontier = Frontier()
    if frontier.root() != row.root_hash or frontier.size != row.tree_size:
        problem = "the frontier of its checkpoint was changed"
        raise LedgerTamperedError(book="", seq=row.tree_size, problem=problem)
    return frontier


def read_statement(text: str, book: Book, keys: Sequence[bytes]) -> Statement:
    """Return what a note says of a book, once it is known who signed it.

    Args:
        keys: Public keys, of which one must have signed.

    Raises:
        CheckpointInvalidError: it is of another book, unsigned or unreadable.
    """
    note = read_note(text)
    if note.statement.origin != origin_of(book.code, book.genesis_hash):
        origin = note.statement.origin[:80]
        raise CheckpointInvalidError(problem=f"it is of another book, {origin}")
    if not note.is_signed_by(keys):
        raise CheckpointInvalidError(problem="it is signed with no key that is known here")
    return note.statement


def noted_in(text: str, book: Book, keys: Sequence[bytes]) -> Noted:
    """Return what a note kept outside says of a book, as `read_statement` does."""
    said = read_statement(text, book, keys)
    return Noted(said.size, said.root, said.chain, SIGNED)


def stored(
    source: Database | Transaction, book: Book, keys: Sequence[bytes]
) -> tuple[list[Noted], list[Fault]]:
    """Return what the stored checkpoints say, and which of them were changed.

    Args:
        keys: Public keys; without any, no signature is looked at.
    """
    noted: list[Noted] = []
    faults: list[Fault] = []
    with reading(source) as tx:
        found = CheckpointStore().all(tx, book.id)
    for row in found:
        problem = next(_problems(row, book, keys), "")
        if problem:
            faults.append((_number(row.tree_size), problem))
        else:
            noted.append(Noted(row.tree_size, row.root_hash, row.chain_hash, SIGNED))
    return noted, faults


def _problems(row: CheckpointRow, book: Book, keys: Sequence[bytes]) -> Iterator[str]:
    """Yield what is wrong with a stored checkpoint: its columns must be what it signs."""
    changed = "its checkpoint was changed"
    try:
        note = read_note(row.note)
        said = note.statement
        columns = (row.tree_size, row.root_hash, row.chain_hash, row.anchors, row.created_at)
        if columns != (said.size, said.root, said.chain, said.anchors, said.recorded_at):
            yield changed
        if said.origin != origin_of(book.code, book.genesis_hash):
            yield f"the checkpoint is of another book, {said.origin[:80]}"
        if keys and not note.is_signed_by(keys):
            yield "its checkpoint is signed with a key that is not known here"
        frontier_of(row)
    except (CheckpointInvalidError, LedgerTamperedError) as error:
        yield f"its checkpoint was changed: {error.problem}"
    except (TypeError, ValueError, AttributeError):  # SQLite keeps any type anywhere
        yield changed


def _number(size: object) -> int | None:
    return max(size, 1) if isinstance(size, int) else None


def starting(
    source: Database | Transaction, book: Book, keys: Sequence[bytes], start: int | str | None
) -> Noted | None:
    """Return the checkpoint to begin behind: a note, or the size of a stored one.

    Raises:
        CheckpointInvalidError: the note is of another book, unsigned or unreadable.
        CheckpointUnknownError: there is none of that size.
    """
    if start is None or isinstance(start, str):
        return None if start is None else noted_in(start, book, keys)
    with reading(source) as tx:
        last = CheckpointStore().latest(tx, book.id)
        row = CheckpointStore().latest(tx, book.id, up_to=parse_seq(start))
    if row is None or row.tree_size != start:
        raise CheckpointUnknownError(book=book.code, seq=start, last=last.tree_size if last else 0)
    return noted_in(row.note, book, keys)
