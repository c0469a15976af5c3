"""T10 and the ledger's own targets: posting sealed entries, against raw inserts.

The limit writes the same entry, its two postings and the head in one
transaction through the raw driver, without lock, look-up, balance, hash,
trigger or foreign key; its tables hold as much as the book does. The same post
onto a small book tells what the size of a book costs.
"""

from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa

from bench.books import Desk, built, named, on_each, raw_entries
from bench.measure import Case, Result, Size, interleave, main, per_item, plain, result
from bench.rows import Rows, joined
from bench.stores import Bare, Store, beside, settle

BENCH = "ledger"
BATCH = 100
SMALL_BOOK = 500
RAW, RAW_BATCH = "same rows raw, a commit each", "same rows raw, 100 a commit"
SINGLE, MANY = "post, a commit each", "post, 100 a commit"
SINGLE_SMALL, MANY_SMALL = f"{SINGLE}, to a small book", f"{MANY}, to a small book"
REPEAT = "post what is posted"
_SINGLE_TARGET = {"SQLite TRUNCATE": 0.48, "SQLite WAL": 0.25, "PostgreSQL": 0.28}
_MANY_TARGET = {"SQLite": 0.40, "PostgreSQL": 0.60}


def measure(size: Size) -> list[Result]:
    return on_each(size, {BENCH: on})


def on(store: Store, desk: Desk, size: Size) -> list[Result]:
    with beside(store) as other:
        small = built(other, size.pick(tiny=10, quick=SMALL_BOOK, full=SMALL_BOOK), sold=1)
        times = interleave(_cases(store, desk, small, size), size.rounds)
    lines: list[tuple[str, str, str, float | None]] = [
        ("T10", SINGLE, RAW, _SINGLE_TARGET[_engine_name(store)]),
        ("", MANY, RAW_BATCH, _MANY_TARGET[store.name]),
        ("", SINGLE, SINGLE_SMALL, None),
        ("", MANY, MANY_SMALL, None),
        ("", REPEAT, SINGLE, None),
    ]
    of_rows = named(store, desk.entries)
    timed = [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="rate",
            key=key,
            what=f"{of_rows}: {ours}",
            target=target,
        )
        for key, ours, limit, target in lines
    ]
    return [*timed, _statements(store, desk)]


def _cases(store: Store, desk: Desk, small: Desk, size: Size) -> dict[str, Case]:
    raw = raw_entries(desk.post_many(desk.drafts(1))[0])
    _plant(store.bare, raw, desk.entries)
    settle(store)
    singles = size.pick(tiny=2, quick=40, full=100)
    batches = size.pick(tiny=1, quick=5, full=10)
    posted = desk.drafts(singles)
    desk.post_each(posted)
    return {
        RAW: _raw(store.bare, raw, singles, 1),
        SINGLE: posting(desk, singles, 1),
        # Few, or it would not stay small: some 2,000 entries in a full run.
        SINGLE_SMALL: posting(small, size.pick(tiny=1, quick=10, full=20), 1),
        REPEAT: per_item(lambda: desk.post_each(posted)),
        RAW_BATCH: _raw(store.bare, raw, batches, BATCH),
        MANY: posting(desk, batches, BATCH),
        MANY_SMALL: posting(small, 1, BATCH),
    }


def _engine_name(store: Store) -> str:
    if store.db.dialect == "postgresql":
        return store.name
    with store.db.reading() as tx:
        return f"SQLite {str(tx.scalar(sa.text('PRAGMA journal_mode'))).upper()}"


def posting(desk: Desk, times: int, size: int) -> Case:
    def run() -> float:
        batches = [desk.drafts(size) for _ in range(times)]
        if size == 1:
            return per_item(lambda: desk.post_each([draft for (draft,) in batches]))()
        return per_item(lambda: sum(len(desk.post_many(batch)) for batch in batches))()

    return run


def _raw(bare: Bare, rows: Iterator[Rows], times: int, size: int) -> Case:
    def run() -> float:
        batches = [joined(list(islice(rows, size))) for _ in range(times)]

        def write() -> int:
            for batch in batches:
                bare.begin()
                for name, some in batch.items():
                    (bare.load if size > 1 else bare.insert)(name, some)
                _move_head(bare, batch)
                bare.commit()
            return times * size

        return per_item(write)()

    return run


def _plant(bare: Bare, raw: Iterator[Rows], entries: int) -> None:
    """Give the bare tables a head and as many entries as the book has."""
    head = {"book_id": 1, "seq": 0, "chain_hash": bytes(32), "frontier": b"", "recorded_at": 0}
    bare.begin()
    bare.insert("ls_ledger_head", [head])
    bare.commit()
    while entries > 0:
        batch = list(islice(raw, min(entries, 1_000)))
        bare.begin()
        for name, some in joined(batch).items():
            bare.load(name, some)
        bare.commit()
        entries -= len(batch)


def _move_head(bare: Bare, rows: Rows) -> None:
    entry = rows["ls_ledger_entry"][-1]
    bare.execute(
        "UPDATE ls_ledger_head SET seq = ?, chain_hash = ?, frontier = ?, recorded_at = ?"
        " WHERE book_id = ?",
        (entry["seq"], entry["chain_hash"], bytes(256), entry["recorded_at"], 1),
    )


def _statements(store: Store, desk: Desk) -> Result:
    """Count what one post sends beside BEGIN and COMMIT."""
    count = [text for text in sent(desk) if not text.startswith("BEGIN")]
    return plain(
        [len(count)],
        bench=BENCH,
        what=f"{store.name}: statements of a post",
        against="-",
        sense="count",
        target=6,
    )


def sent(desk: Desk) -> list[str]:
    """Return the statements of one post."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = desk.db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    desk.post_each(desk.drafts(1))
    sa.event.remove(engine, "before_cursor_execute", note)
    return seen


if __name__ == "__main__":
    main(measure, __doc__, of_book=True)
