"""A book of sales to post to and to read, and its rows as the raw driver writes them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count

from bench.measure import Result, Size
from bench.rows import Rows
from bench.scene import COMMISSION, NOW, Scene
from bench.stores import Store, settle, stores
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoints
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, PostedEntry, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import ManualClock, to_micros
from liveshop_sdk.db import Database

CREATORS = 200
SIGNER = SigningKey(bytes(range(32)))


class Desk:
    """Posts sales that were never posted before to one book."""

    def __init__(self, db: Database, code: str = "main") -> None:
        self.db, self.ledger = db, Ledger(ManualClock(NOW))
        with db.transaction() as tx:
            self.book: Book = self.ledger.open_book(tx, code, "EUR", "Europe/Berlin")
        self.entries = self.signed_at = 0
        self._numbers = count(1)

    def drafts(self, wanted: int) -> list[EntryDraft]:
        return [_draft(next(self._numbers)) for _ in range(wanted)]

    def post_each(self, drafts: list[EntryDraft]) -> int:
        for draft in drafts:
            with self.db.transaction() as tx:
                self.ledger.post(tx, self.book, draft)
        return len(drafts)

    def post_many(self, drafts: list[EntryDraft]) -> list[PostedEntry]:
        with self.db.transaction() as tx:
            return self.ledger.post_many(tx, self.book, drafts)

    def fill(self, entries: int) -> None:
        """Post so many sales, quickly."""
        while entries > 0:
            some = min(entries, 1_000)
            self.post_many(self.drafts(some))
            entries -= some

    def sign(self) -> None:
        """Sign the book as it stands."""
        signs = Checkpoints(ManualClock(NOW), self.ledger, lambda _tx: SIGNER)
        with self.db.transaction() as tx:
            self.signed_at = signs.sign(tx, self.book).size


def built(store: Store, entries: int, *, sold: int) -> Desk:
    """Return the desk of a book of so many sales; ``sold`` of them stand all over it.

    Those went through the whole shop, to one creator. What stands before the
    last hundredth is signed.
    """
    scene, desk = Scene(store.db), Desk(store.db)
    each = (entries - entries // 100) // sold
    for _ in range(sold):
        desk.fill(each - 1)
        scene.sell()
    desk.sign()
    desk.fill(entries - each * sold)
    desk.entries = entries
    settle(store)
    return desk


Part = Callable[[Store, Desk, Size], list[Result]]
"""Measures something on a book that is there."""


def on_each(size: Size, parts: Mapping[str, Part]) -> list[Result]:
    """Build one book on each engine, and measure the parts on it, in turn."""
    found: list[Result] = []
    with stores() as opened:
        for store in opened:
            told = f"building a book of {2 * size.entries} postings on {store.name} ..."
            print(told, file=sys.stderr)
            desk = built(store, size.entries, sold=sold(size))
            for name, part in parts.items():
                print(f"measuring {name} on {store.name} ...", file=sys.stderr)
                found += part(store, desk, size)
    return found


def sold(size: Size) -> int:
    """Return how many of a book's sales are those of one creator, made by the shop."""
    return size.pick(tiny=2, quick=50, full=500)


def named(store: Store, entries: int) -> str:
    """Return how a line of the table calls a book."""
    return store.name if entries < 500 else f"{store.name}, {entries // 500} k postings"


def _draft(number: int) -> EntryDraft:
    creator = f"creator{number % CREATORS:04d}"
    return EntryDraft(
        kind="sale",
        source="sandbox",
        event_id=f"order:sbo_2{number:025d}",
        occurred_at=NOW + timedelta(seconds=number % 86_400),
        terms_version=f"{creator}:1",
        meta={"account": "sandbox", "order_ref": f"sbo_2{number:025d}"},
        postings=(
            Posting(account="brand:commission_expense", amount=COMMISSION, currency="EUR"),
            Posting(
                account=f"creator:{creator}:pending",
                amount=-COMMISSION,
                currency="EUR",
                line_ref=f"sandbox/sandbox/sbo_2{number:025d}/1/{creator}",
            ),
        ),
    )


def raw_rows(posted: PostedEntry, number: int) -> Rows:
    """Return what the raw driver writes for an entry like this one."""
    entry = {
        "book_id": 1,
        "seq": number,
        "kind": posted.kind,
        "source": posted.source,
        "event_id": f"order:sbo_1{number:025d}",
        "request_hash": posted.request_hash,
        "effective_date": posted.effective_date.isoformat(),
        "period": posted.period,
        "occurred_at": to_micros(posted.occurred_at),
        "recorded_at": to_micros(posted.recorded_at),
        "terms_version": posted.terms_version,
        "line_count": len(posted.postings),
        "meta": '{"account":"sandbox","order_ref":"sbo_' + f'1{number:025d}"' + "}",
        "hash_version": 1,
        "leaf_hash": posted.leaf_hash,
        "prev_hash": posted.chain_hash,
        "chain_hash": posted.chain_hash,
    }
    lines = [
        {
            "book_id": 1,
            "seq": number,
            "line_no": line.line_no,
            "account_id": line.line_no + (number % CREATORS if line.line_no > 1 else 0),
            "currency": line.currency,
            "amount": line.amount,
            "balance_after": line.balance_after,
            "line_ref": line.line_ref or None,
        }
        for line in posted.postings
    ]
    return {"ls_ledger_posting": list(lines), "ls_ledger_entry": [entry]}


def raw_entries(posted: PostedEntry) -> Iterator[Rows]:
    """Yield rows of entries without end."""
    return (raw_rows(posted, number) for number in count(1))
