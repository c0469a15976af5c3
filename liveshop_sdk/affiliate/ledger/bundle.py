"""A whole book in one text, for somebody who has neither database nor package.

JSON Lines, in the order a reader needs them: the book, its checkpoints, every
entry in its canonical form, and what the accounts stand at in the end. The
format and what it proves: ``docs/reference/proof.md``.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from liveshop_sdk.affiliate.ledger.canonical import entry_bytes
from liveshop_sdk.affiliate.ledger.checkpoints.notes import origin_of, verifier_key
from liveshop_sdk.affiliate.ledger.checkpoints.store import CheckpointStore
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import BookReader, reading
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.facts import Json

VERSION = 1


def write_bundle(
    source: Database | Transaction,
    ledger: Ledger,
    book: Book,
    out: TextIO,
    *,
    keys: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a book as it stands now, and return how many entries that are.

    The same book with the same checkpoints gives the same bytes. Nothing is
    judged here: what is stored is written, and whoever reads it verifies.

    Args:
        out: Opened with ``newline=""`` and UTF-8.
        keys: Public keys that sign its checkpoints.
    """
    with reading(source) as tx:
        head = ledger.head(tx, book)
        checkpoints = CheckpointStore().all(tx, book.id)
        balances = LedgerStore(tx).all_balances(book.id, "", head.seq)
    origin = origin_of(book.code, book.genesis_hash)
    _line(
        out,
        bundle="liveshop-ledger",
        version=VERSION,
        book={
            "code": book.code,
            "created_at": str(to_micros(book.created_at)),
            "functional_currency": book.currency,
            "hash_version": str(book.hash_version),
            "timezone": book.timezone,
        },
        genesis_hash=book.genesis_hash.hex(),
        size=head.seq,
        root_hash=head.root_hash,
        chain_hash=head.chain_hash,
        keys=[verifier_key(origin, key) for key in keys],
    )
    for row in checkpoints:
        if row.tree_size <= head.seq:
            _line(out, checkpoint=row.note)
    done = 0
    for entry, chain in _entries(source, book, head.seq):
        _line(out, entry=entry, chain_hash=chain)
        done += 1
        if progress is not None and (done % 1000 == 0 or done == head.seq):
            progress(done, head.seq)
    rows: list[Json] = [
        {"account": path, "currency": currency, "amount": amount}
        for path, currency, amount in balances
    ]
    _line(out, end=done, balances=rows)
    return done


def _entries(source: Database | Transaction, book: Book, up_to: int) -> Iterator[tuple[str, str]]:
    for page in BookReader(source, book.id).pages(after=0, up_to=up_to):
        for entry, lines in page:
            yield entry_bytes(book.code, entry, lines).decode(), entry.chain_hash.hex()


def _line(out: TextIO, **fields: Json) -> None:
    out.write(json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n")
