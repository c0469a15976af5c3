"""Whether the counts of period terms, and what was posted by them, are right.

The counts are made again from facts and commission lines, and what they come to
is held against the book.
"""

from collections.abc import Collection, Iterator, Sequence

from liveshop_sdk.affiliate import accrual, components
from liveshop_sdk.affiliate.accrual import Item
from liveshop_sdk.affiliate.agreed.store import AgreementStore
from liveshop_sdk.affiliate.components import Versions
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.pages import PAGE, reading
from liveshop_sdk.affiliate.ledger.store import LedgerStore
from liveshop_sdk.affiliate.ledger.strays import Fault
from liveshop_sdk.affiliate.standing import Standing
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.affiliate.windows.models import CountedOrder
from liveshop_sdk.affiliate.windows.store import WindowStore
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import OrderKey, OrderPaid

_STORE, _LINES, _AGREED = WindowStore(), AffiliateStore(), AgreementStore()


def rebuilt(
    tx: Transaction, facts: FactLog, brand: str, keys: Sequence[OrderKey]
) -> list[CountedOrder]:
    """Return what orders should be counted as, from their facts and lines alone."""
    every = _LINES.lines_of(tx, keys)
    lines = {
        key: [line for line in found if line.brand == brand and line.month is not None]
        for key, found in every.items()
    }
    creators = {line.creator for found in lines.values() for line in found}
    versions = _versions(tx, brand, creators)
    counted = []
    for key, known in facts.of_orders(tx, keys).items():
        sale = next((fact for fact in known if isinstance(fact, OrderPaid)), None)
        if sale is not None:
            state = accrual.order_state(sale, known, every[key])
            counted += components.counted(sale, lines[key], state, versions)
    return counted


def faults(
    source: Database | Transaction, facts: FactLog, *, brand: str, book: Book
) -> Iterator[Fault]:
    """Yield where counts differ from facts, totals from counts, the book from both."""
    after: OrderKey | None = None
    while True:
        with reading(source) as tx:
            keys = _STORE.countable(tx, brand, after=after, limit=PAGE)
            stored = _STORE.orders(tx, brand, keys) if keys else {}
            expected = rebuilt(tx, facts, brand, keys) if keys else []
        for one in expected:
            if stored.get((one.order_key, one.count.creator)) != one:
                yield None, f"the order {one.order_key[2]} is counted otherwise than its facts"
        if len(keys) < PAGE:
            break
        after = keys[-1]
    with reading(source) as tx:
        creators = _STORE.creators(tx, brand)
        kept = _STORE.totals(tx, brand, creators)
        if kept != _STORE.sums(tx, brand):
            yield None, "the totals of a month are not those of its orders"
        if _STORE.has_strays(tx, brand):
            yield None, "orders are counted whose lines say nothing of it"
        standing = Standing(tx, book, _versions(tx, brand, creators))
        for item in _misplaced(tx, book, standing.all_items()):
            yield None, f"{item.line_ref} does not stand at what it comes to"


def _versions(tx: Transaction, brand: str, creators: Collection[str]) -> Versions:
    found = _AGREED.agreements(tx, creators) if creators else {}
    return {creator: some for (code, creator), some in found.items() if code == brand}


def _misplaced(tx: Transaction, book: Book, items: Sequence[Item]) -> Iterator[Item]:
    posted = LedgerStore(tx).posted(book.id, [item.line_ref for item in items]) if items else {}
    for item in items:
        stands = {
            part: -posted.get(
                (item.line_ref, accrual.account(item.creator, part), item.currency), 0
            )
            for part in accrual.PARTS
        }
        owed = stands["payable"] + stands["clawback_receivable"]
        goal = item.target
        if (stands["pending"], stands["disputed"], owed) != (
            goal.pending,
            goal.disputed,
            goal.owed,
        ):
            yield item
