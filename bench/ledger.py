"""T10 and the ledger's own targets: posting sealed entries, against raw inserts.

The limit writes the same entry, its two postings and the head in one
transaction through the raw driver, without lock, look-up, balance, hash,
trigger or foreign key.
"""

from collections.abc import Iterator
from itertools import islice
from unittest.mock import patch

import sqlalchemy as sa

from bench.books import Desk, raw_entries
from bench.measure import Case, Result, Size, interleave, main, per_item, plain, result
from bench.rows import Rows, joined
from bench.stores import Bare, Store, stores
from liveshop_sdk.affiliate.ledger import chain, sealing

BENCH = "ledger"
BATCH = 100
RAW, RAW_BATCH = "same rows raw, a commit each", "same rows raw, 100 a commit"
SINGLE, MANY, UNSEALED = "post, a commit each", "post, 100 a commit", "the same without hashes"
REPEAT = "post what is posted"
_SINGLE_TARGET = {"SQLite TRUNCATE": 0.48, "SQLite WAL": 0.25, "PostgreSQL": 0.28}
_MANY_TARGET = {"SQLite": 0.40, "PostgreSQL": 0.60}


def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    with stores() as opened:
        for store in opened:
            found += _engine(store, size)
    return found


def _engine(store: Store, size: Size) -> list[Result]:
    desk, plain_desk = Desk(store.db), Desk(store.db, "unsealed")
    sample = desk.post_many(desk.drafts(1))[0]
    raw = raw_entries(sample)
    _plant(store.bare)
    singles = size.pick(tiny=2, quick=40, full=100)
    batches = size.pick(tiny=1, quick=5, full=10)
    posted = desk.drafts(singles)
    desk.post_each(posted)
    cases: dict[str, Case] = {
        RAW: _raw(store.bare, raw, singles, 1),
        SINGLE: _posting(desk, singles, 1),
        REPEAT: per_item(lambda: desk.post_each(posted)),
        RAW_BATCH: _raw(store.bare, raw, batches, BATCH),
        MANY: _posting(desk, batches, BATCH),
        UNSEALED: _unsealed(plain_desk, batches),
    }
    times = interleave(cases, size.rounds)
    lines: list[tuple[str, str, str, float | None]] = [
        ("T10", SINGLE, RAW, _SINGLE_TARGET[_engine_name(store)]),
        ("", MANY, RAW_BATCH, _MANY_TARGET[store.name]),
        ("", MANY, UNSEALED, 0.85),
        ("", REPEAT, SINGLE, None),
    ]
    timed = [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="rate",
            key=key,
            what=f"{store.name}: {ours}",
            target=target,
        )
        for key, ours, limit, target in lines
    ]
    return [*timed, _statements(store, desk)]


def _engine_name(store: Store) -> str:
    if store.db.dialect == "postgresql":
        return store.name
    with store.db.reading() as tx:
        return f"SQLite {str(tx.scalar(sa.text('PRAGMA journal_mode'))).upper()}"


def _posting(desk: Desk, times: int, size: int) -> Case:
    def run() -> float:
        batches = [desk.drafts(size) for _ in range(times)]
        if size == 1:
            return per_item(lambda: desk.post_each([draft for (draft,) in batches]))()
        return per_item(lambda: sum(len(desk.post_many(batch)) for batch in batches))()

    return run


def _unsealed(desk: Desk, times: int) -> Case:
    """Post as ever, with the leaf, the chain and the tree left out."""

    run = _posting(desk, times, BATCH)
    names = vars(sealing)

    def without() -> float:
        with (
            patch.dict(names, entry_bytes=lambda *_: b"", leaf_hash=lambda _: bytes(32)),
            patch.dict(names, chain_hash=lambda _book, previous, _leaf: previous),
            patch.object(chain, "node_hash", lambda left, _right: left),
        ):
            return run()

    return without


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


def _plant(bare: Bare) -> None:
    head = {"book_id": 1, "seq": 0, "chain_hash": bytes(32), "frontier": b"", "recorded_at": 0}
    bare.begin()
    bare.insert("ls_ledger_head", [head])
    bare.commit()


def _move_head(bare: Bare, rows: Rows) -> None:
    entry = rows["ls_ledger_entry"][-1]
    bare.execute(
        "UPDATE ls_ledger_head SET seq = ?, chain_hash = ?, frontier = ?, recorded_at = ?"
        " WHERE book_id = ?",
        (entry["seq"], entry["chain_hash"], bytes(256), entry["recorded_at"], 1),
    )


def _statements(store: Store, desk: Desk) -> Result:
    """Count what one post sends beside BEGIN and COMMIT."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = store.db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    desk.post_each(desk.drafts(1))
    sa.event.remove(engine, "before_cursor_execute", note)
    count = [text for text in seen if not text.startswith("BEGIN")]
    return plain(
        [len(count)],
        bench=BENCH,
        what=f"{store.name}: statements of a post",
        against="-",
        sense="count",
        target=6,
    )


if __name__ == "__main__":
    main(measure, __doc__)
