"""Whether a book and what it was made from still tell the same story.

The ledger proves that its entries are the ones that were sealed. Here they are
held against the rooms around it: brands, facts and commission lines.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice

from liveshop_sdk.affiliate import accrual, period_check
from liveshop_sdk.affiliate.ledger.kinds import OF_ORDERS
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import PAGE, reading, rows
from liveshop_sdk.affiliate.ledger.strays import Fault
from liveshop_sdk.affiliate.service import KINDS
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import OrderPaid

_NO_BRANDS = (
    "SELECT b.code FROM ls_ledger_book b WHERE NOT EXISTS"
    " (SELECT 1 FROM ls_brand r WHERE r.code = b.code) ORDER BY b.code"
)
_OTHER_TERMS = (
    "SELECT b.code FROM ls_ledger_book b JOIN ls_brand r ON r.code = b.code WHERE b.id = ?"
    " AND (r.currency <> b.functional_currency OR r.timezone <> b.timezone)"
)
# One look a line: an EXISTS could be turned into a scan of all postings a page.
_LINES = (
    "SELECT l.line_ref, (SELECT p.seq FROM ls_ledger_posting p WHERE p.line_ref = l.line_ref"
    " AND +p.book_id = ? AND p.seq >= 1 LIMIT 1) FROM ls_commission_line l"
    " WHERE l.line_ref > ? AND l.brand = ? AND l.amount <> 0 ORDER BY l.line_ref LIMIT ?"
)
_ENTRIES = (
    "SELECT seq, kind, source, event_id, request_hash, occurred_at, meta FROM ls_ledger_entry"
    " WHERE book_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
)
_NO_BOOK = -1


def faults(
    source: Database | Transaction,
    facts: FactLog,
    *,
    brand: str,
    book: Book | None,
    entries: int,
    after: int = 0,
) -> Iterator[Fault]:
    """Yield where a brand's book and what it was made from differ.

    Args:
        source: A database (one short transaction a page) or an open transaction.
        book: None when the brand has none: then nothing may be due to it.
        entries: How many entries hold; later ones are not held against facts.
        after: The entry to begin behind; earlier ones are not held against facts.
    """
    book_id = _NO_BOOK if book is None else book.id
    with reading(source) as tx:
        for (code,) in rows(tx, _NO_BRANDS):
            yield None, f"the book {code} is no brand's"
        for (code,) in rows(tx, _OTHER_TERMS, book_id):
            yield None, f"the brand {code} has another currency or time zone than its book"
    missing = _lines_without_entry(source, facts, brand, book_id)
    if missing:
        yield None, f"{missing} commission lines have no entry"
    yield from islice(_fact_faults(source, facts, book_id, after, entries), 1)
    if book is not None:
        yield from _count_faults(source, facts, brand, book)


def _count_faults(
    source: Database | Transaction, facts: FactLog, brand: str, book: Book
) -> Iterator[Fault]:
    """Yield the first fault of the counts; rows that cannot be read are one as well.

    We wrote every one of them so that it reads, so somebody else wrote this one.
    """
    try:
        yield from islice(period_check.faults(source, facts, brand=brand, book=book), 1)
    except (LookupError, TypeError, ValueError, InvalidError) as error:
        yield None, f"facts, lines or terms cannot be read ({type(error).__name__})"


def _lines_without_entry(
    source: Database | Transaction, facts: FactLog, brand: str, book_id: int
) -> int:
    """Count the commission lines of a brand that were never posted, and should be.

    A line and its entry are written in one transaction, so one look at both is
    enough, however many are written meanwhile. One that was added to an order
    may have gone back before we heard of it; then there is nothing to post.
    """
    after, missing = "", 0
    while True:
        with reading(source) as tx:
            page = rows(tx, _LINES, book_id, after, brand, PAGE)
            missing += _due(tx, facts, [ref for ref, seq in page if seq is None])
        if len(page) < PAGE:
            return missing
        after = page[-1][0]


def _due(tx: Transaction, facts: FactLog, refs: Sequence[str]) -> int:
    """Count all but the lines that were added to a sale and are gone by its facts.

    Those that cannot be read count: we wrote every one so that it reads.
    """
    due = 0
    for ref in refs:
        try:
            line = AffiliateStore().lines_named(tx, [ref])[ref]
            key = (line.platform, line.account, line.order_ref)
            known, lines = facts.of_order(tx, *key), AffiliateStore().lines_of(tx, [key])[key]
            sale = next(fact for fact in known if isinstance(fact, OrderPaid))
            target = accrual.target(line, accrual.order_state(sale, known, lines))
            was_sold = line.order_line in {one.ref for one in sale.lines}
            due += was_sold or target != accrual.Target(0, 0, 0)
        except (LookupError, StopIteration, TypeError, ValueError, InvalidError):
            due += 1
    return due


def _fact_faults(
    source: Database | Transaction, facts: FactLog, book_id: int, after: int, entries: int
) -> Iterator[Fault]:
    while after < entries:
        with reading(source) as tx:
            found = rows(tx, _ENTRIES, book_id, after, entries, PAGE)
            page = [row for row in found if row.kind in OF_ORDERS]
            metas = [_object(row.meta) for row in page]
            keys = [
                (row.source, str(meta.get("account", "")), row.event_id)
                for row, meta in zip(page, metas, strict=True)
            ]
            stored = facts.stored(tx, keys)
        for row, meta, key in zip(page, metas, keys, strict=True):
            fact = stored.get(key)
            if fact is None:
                yield row.seq, f"the fact it was posted for, {row.event_id}, is gone"
                continue
            was = (row.kind, meta.get("order_ref"), row.occurred_at)
            now = (KINDS.get(fact.kind, fact.kind), fact.order_ref, fact.occurred_at)
            if was != now or sha256(str(fact.body).encode()).digest() != row.request_hash:
                yield row.seq, f"the fact it was posted for, {row.event_id}, was changed"
        if len(found) < PAGE:
            return
        after = found[-1].seq


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
