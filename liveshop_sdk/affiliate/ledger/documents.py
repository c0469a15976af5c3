"""Proofs as documents that stand alone: for an auditor, a creator, a statement."""

from collections.abc import Iterable, Iterator, Sequence

from liveshop_sdk.affiliate.ledger import proofs
from liveshop_sdk.affiliate.ledger.canonical import entry_bytes
from liveshop_sdk.affiliate.ledger.chain import leaf_hash
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import LedgerTamperedError, SeqUnknownError
from liveshop_sdk.facts import Json


def inclusion(
    source: Database | Transaction,
    book: Book,
    seqs: Sequence[int],
    *,
    size: int,
    checkpoint: str | None = None,
) -> list[dict[str, Json]]:
    """Return the proof that each of these entries is in the book at a size.

    All of them come from one pass over the leaf hashes up to `size`, so that a
    statement with many lines costs as much as one with a single line.

    Args:
        checkpoint: The signed note of that size, to stand in each document.

    Raises:
        SeqUnknownError: an entry is not among the first `size`, or these are
            not all there.
        LedgerTamperedError: an entry is not what its leaf says.
    """
    made = _proved(source, book, size, seqs=seqs)
    documents: list[dict[str, Json]] = []
    for seq, spelled in _spelled(source, book, seqs):
        documents.append(
            {
                "proof": "inclusion",
                "book": book.code,
                "seq": seq,
                "size": size,
                "entry": spelled,
                "leaf_hash": made.leaves[seq].hex(),
                "path": [step.hex() for step in made.inclusion[seq]],
                "root_hash": made.root.hex(),
                "checkpoint": checkpoint,
            }
        )
        if leaf_hash(spelled.encode()) != made.leaves[seq]:
            problem = "its content is not what was sealed"
            raise LedgerTamperedError(book=book.code, seq=seq, problem=problem)
    return documents


def consistency(
    source: Database | Transaction,
    book: Book,
    *,
    old: int,
    size: int,
    old_checkpoint: str | None = None,
    checkpoint: str | None = None,
) -> dict[str, Json]:
    """Return the proof that the book at `size` extends the book at `old`.

    Raises:
        SeqUnknownError: the book does not go that far, or `old` is beyond `size`.
    """
    if old > size:
        raise SeqUnknownError(book=book.code, seq=old, last=size)
    made = _proved(source, book, size, olds=[old])
    return {
        "proof": "consistency",
        "book": book.code,
        "from": old,
        "to": size,
        "from_root_hash": made.roots[old].hex(),
        "root_hash": made.root.hex(),
        "path": [step.hex() for step in made.consistency[old]],
        "from_checkpoint": old_checkpoint,
        "checkpoint": checkpoint,
    }


def _proved(
    source: Database | Transaction,
    book: Book,
    size: int,
    *,
    seqs: Sequence[int] = (),
    olds: Sequence[int] = (),
) -> proofs.Proofs:
    last = _last(source, book)
    beyond = [seq for seq in (size, *seqs) if seq > last] or [
        seq for seq in seqs if not 1 <= seq <= size
    ]
    if beyond:
        raise SeqUnknownError(book=book.code, seq=beyond[0], last=min(size, last))
    leaves = (leaf for leaf, _chain in BookReader(source, book.id).seals(up_to=size))
    try:
        return proofs.prove(leaves, size, seqs=seqs, olds=olds)
    except ValueError:
        problem = "an entry before it is missing"
        raise LedgerTamperedError(book=book.code, seq=size, problem=problem) from None


def _last(source: Database | Transaction, book: Book) -> int:
    extent = BookReader(source, book.id).extent()
    return extent.seq if extent else 0


def _spelled(
    source: Database | Transaction, book: Book, seqs: Iterable[int]
) -> Iterator[tuple[int, str]]:
    """Yield entries in their canonical form, by number."""
    reader = BookReader(source, book.id)
    for seq in sorted(set(seqs)):
        for page in reader.pages(after=seq - 1, up_to=seq):
            for entry, lines in page:
                yield seq, entry_bytes(book.code, entry, lines).decode()
