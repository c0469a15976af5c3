"""T14: one creator's statement of a month, against the SQL one would write by hand; memory.

The creator's sales stand all over a book that is mostly other people's. The
limit reads their postings with what each entry says, by the index of the
account, through the raw driver. The same statement from a small book, where
the creator has as many sales, tells what the size of a book costs.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.books import Desk, built, named, on_each, sold
from bench.measure import Case, Result, Size, interleave, main, per_item, result
from bench.memory import NOTHING, child, grown, in_child, is_child
from bench.reading import raw_of
from bench.scene import NOW, shop_on
from bench.stores import Store, beside
from liveshop_sdk.affiliate.statements.service import PAGE
from liveshop_sdk.affiliate.statements.store import StatementStore
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.statements import FORMATS

BENCH = "statement"
CREATOR, MONTH = "mika", "2026-10"
_MEMORY = 60.0
_BY_HAND = (
    "SELECT p.seq, e.effective_date, e.kind, e.source, e.reason, p.account_id, p.amount,"
    " p.line_ref, p.payout_item_id FROM ls_ledger_account a"
    " JOIN ls_ledger_posting p ON p.account_id = a.id"
    " JOIN ls_ledger_entry e ON e.book_id = p.book_id AND e.seq = p.seq"
    f" WHERE a.book_id = 1 AND a.path = 'creator:{CREATOR}:pending' AND p.currency = 'EUR'"
    f" AND e.period = '{MONTH}' ORDER BY p.seq, p.line_no"
)
HAND, POSTINGS, SUMS = "SQL by hand", "the month's postings", "a statement's sums"
SMALL = "the same from a small book"


def measure(size: Size) -> list[Result]:
    return on_each(size, {BENCH: on})


def on(store: Store, desk: Desk, size: Size) -> list[Result]:
    sales = sold(size)
    formats = FORMATS[:1] if size.name == "tiny" else FORMATS
    with beside(store) as other, raw_of(store.db) as raw:
        small = built(other, 2 * sales, sold=sales)
        cases: dict[str, Case] = {
            HAND: per_item(lambda: _one(len(raw.execute(_BY_HAND).fetchall()), sales)),
            POSTINGS: per_item(lambda: _one(_postings(desk), sales)),
        }
        for what in (SUMS, *formats):
            for name, db in ((what, store.db), (f"{what}, small", small.db)):
                cases[name] = _case(shop_on(db, ManualClock(NOW)), what)
        times = interleave(cases, size.few)
    of_rows = named(store, desk.entries)
    lines: list[tuple[str, str, str, str, float | None]] = [
        ("T14", POSTINGS, HAND, "", 1.5),
        *(("", what, HAND, "", None) for what in (SUMS, *formats)),
        *(("", what, f"{what}, small", SMALL, None) for what in (SUMS, *formats)),
    ]
    timed = [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="cost",
            key=key,
            what=f"{of_rows}: {_told(ours, sales)}",
            against=against,
            target=goal,
        )
        for key, ours, limit, against, goal in lines
    ]
    _, base = in_child("bench.statement", store.db, NOTHING)
    memory = [_memory(store, what, base, f"{of_rows}: {_told(what, sales)}") for what in formats]
    return [*timed, *memory]


def _memory(store: Store, what: str, base: float, told: str) -> Result:
    _, used = in_child("bench.statement", store.db, what)
    return grown([used], base, bench=BENCH, what=told, target=_MEMORY)


def _told(what: str, sales: int) -> str:
    return f"statement of {sales} sales, {what}" if what in FORMATS else what


def _postings(desk: Desk) -> int:
    with desk.db.reading() as tx:
        store = StatementStore(tx)
        scope = store.scope(desk.book.id, CREATOR, desk.ledger.head(tx, desk.book).seq)
        seqs = store.seqs(scope, MONTH, "EUR")
        pages = [
            store.moved(scope, "EUR", seqs[at : at + PAGE]) for at in range(0, len(seqs), PAGE)
        ]
    return sum(len(page) for page in pages)


def _one(found: int, sales: int) -> int:
    """Count one list, if everything is in it."""
    if found != sales:
        raise RuntimeError(f"{found} postings of {sales}")
    return 1


def _case(shop: LiveShop, what: str) -> Case:
    return per_item(lambda: _written(shop, what))


def _written(shop: LiveShop, what: str) -> int:
    found = shop.statements.of(CREATOR, period=MONTH)
    if what in FORMATS:
        with Path(os.devnull).open("wb") as out:
            found.write(out, format=what)
    return 1


def _prepared(db: Database, words: list[str]) -> Callable[[], object]:
    shop = shop_on(db, ManualClock(NOW))
    return partial(int) if words == [NOTHING] else partial(_written, shop, words[0])


if __name__ == "__main__":
    if is_child():
        child(_prepared)
    else:
        main(measure, __doc__, of_book=True)
