"""What each safety feature of a post costs alone: a post beside one without it.

Nothing in the package switches a feature off. Here the database is told to, or
one method is replaced, for as long as a round takes; what is taken away is
exactly what stands in ``FEATURES``, and the rest stays as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

from bench.books import Desk, named, on_each
from bench.ledger import BATCH, posting
from bench.measure import Case, Result, Size, interleave, main, result
from bench.stores import Store
from liveshop_sdk.affiliate.ledger import chain, sealing
from liveshop_sdk.affiliate.ledger.store import LedgerStore

BENCH = "safety"
TABLES = ("ls_ledger_posting", "ls_ledger_entry", "ls_ledger_head")
SINGLE, MANY = "post, a commit each", "post, 100 a commit"
_UNSEEN = " NOT VALID"
FULL, ALL = "with everything", "without any of these"
Without = Callable[[Desk], AbstractContextManager[object]]


def measure(size: Size) -> list[Result]:
    return on_each(size, {BENCH: on})


def on(store: Store, desk: Desk, size: Size) -> list[Result]:
    wanted = {f"without {name}": FEATURES[name] for name in features(store)}
    variants = {FULL: nullcontext, **wanted, ALL: _without_all}
    posts = {
        SINGLE: (size.pick(tiny=2, quick=20, full=60), 1),
        MANY: (size.pick(tiny=1, quick=3, full=6), BATCH),
    }
    cases = {
        f"{post}, {name}": _case(desk, without, *posts[post])
        for post in posts
        for name, without in variants.items()
    }
    times = interleave(cases, size.rounds)
    return [
        result(
            times,
            f"{post}, {FULL}",
            f"{post}, {name}",
            bench=BENCH,
            sense="rate",
            what=f"{named(store, desk.entries)}: {post}",
            against=f"the same {name}",
            target=0.85 if (post, name) == (MANY, "without hashes") else None,
        )
        for post in posts
        for name in (*wanted, ALL)
    ]


def features(store: Store) -> list[str]:
    """Name what can be taken away: SQLite locks no row, it has one writer."""
    return [name for name in FEATURES if store.name == "PostgreSQL" or name != HEAD_LOCK]


def _case(desk: Desk, without: Without, times: int, size: int) -> Case:
    run = posting(desk, times, size)

    def case() -> float:
        with without(desk):
            desk.post_many(desk.drafts(size))  # plans are made anew after a change of schema
            return run()

    return case


# --- what can be taken away


@contextmanager
def _no_hashes(_desk: Desk) -> Iterator[None]:
    """Neither spell nor hash an entry, nor link it, nor fold it into the tree."""
    names = vars(sealing)
    with (
        patch.dict(names, entry_bytes=lambda *_: b"", leaf_hash=lambda _: bytes(32)),
        patch.dict(names, chain_hash=lambda _book, previous, _leaf: previous),
        patch.object(chain, "node_hash", lambda left, _right: left),
    ):
        yield


@contextmanager
def _no_triggers(desk: Desk) -> Iterator[None]:
    """Drop the ledger's triggers in SQLite, switch them off in PostgreSQL."""
    if desk.db.dialect == "postgresql":
        _run(desk, [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES])
        back = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES]
    else:
        tables = ", ".join(f"'{table}'" for table in TABLES)
        of_tables = f"SELECT name, sql FROM sqlite_master WHERE tbl_name IN ({tables})"
        made = _run(desk, [f"{of_tables} AND type = 'trigger'"])
        _run(desk, [f"DROP TRIGGER {name}" for name, _sql in made])
        back = [sql for _name, sql in made]
    try:
        yield
    finally:
        _run(desk, back)


@contextmanager
def _no_foreign_keys(desk: Desk) -> Iterator[None]:
    """Drop the one key that a post meets in PostgreSQL, look at none in SQLite."""
    if desk.db.dialect == "sqlite":
        _pragma(desk, "foreign_keys = OFF")
        try:
            yield
        finally:
            _pragma(desk, "foreign_keys = ON")
        return
    of_postings = "conrelid = 'ls_ledger_posting'::regclass AND contype = 'f'"
    keys = f"SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE {of_postings}"
    ((name, definition),) = _run(desk, [keys])
    _run(desk, [f"ALTER TABLE ls_ledger_posting DROP CONSTRAINT {name}"])
    try:
        yield
    finally:
        # Rows that are there are not looked at again; new ones are.
        again = f"CONSTRAINT {name} {definition.removesuffix(_UNSEEN)}{_UNSEEN}"
        _run(desk, [f"ALTER TABLE ls_ledger_posting ADD {again}"])


def _no_look_up(_desk: Desk) -> AbstractContextManager[object]:
    """Do not ask whether an event was posted before; the unique key stays."""
    return patch.object(LedgerStore, "seen", lambda *_: {})


def _no_balances(desk: Desk) -> AbstractContextManager[object]:
    """Do not read balances, nor the accounts' numbers, which the same statement reads."""
    numbers = dict(
        _run(desk, [f"SELECT path, id FROM ls_ledger_account WHERE book_id = {desk.book.id}"])
    )

    def known(
        _store: LedgerStore, _book: int, keys: list[tuple[str, str]]
    ) -> list[tuple[str, str, int, int]]:
        return [(path, currency, numbers[path], 0) for path, currency in keys if path in numbers]

    return patch.object(LedgerStore, "balances", known)


def _no_head_lock(_desk: Desk) -> AbstractContextManager[object]:
    """Read the head without FOR UPDATE; the seal of the postings still locks it."""
    head = LedgerStore.head
    return patch.object(LedgerStore, "head", lambda self, book, **_: head(self, book))


@contextmanager
def _without_all(desk: Desk) -> Iterator[None]:
    with ExitStack() as stack:
        for without in FEATURES.values():
            stack.enter_context(without(desk))
        yield


HEAD_LOCK = "FOR UPDATE on the head"
FEATURES: dict[str, Without] = {
    "hashes": _no_hashes,
    "triggers": _no_triggers,
    "foreign keys": _no_foreign_keys,
    "the idempotency look-up": _no_look_up,
    "reading balances": _no_balances,
    HEAD_LOCK: _no_head_lock,
}


def _run(desk: Desk, statements: list[str]) -> list[Any]:
    with desk.db.transaction() as tx:
        done = [tx.exec_driver_sql(text) for text in statements]
        return list(done[-1]) if done and done[-1].returns_rows else []


def _pragma(desk: Desk, text: str) -> None:
    """Set a pragma on the one connection that writes; it takes none in a transaction."""
    raw = desk.db.engine.raw_connection()
    raw.cursor().execute(f"PRAGMA {text}")
    raw.close()


if __name__ == "__main__":
    main(measure, __doc__, of_book=True)
