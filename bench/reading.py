"""T12, T13, T15 and verification: reading a whole book, against bare loops; memory.

The limits read the same rows through the raw driver on one open cursor and
keep nothing in step with writers; ours reads in pages by key, each in a short
transaction of its own, so that no writer waits for it.
"""

import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import psycopg

from bench.books import SIGNER, Desk, named, on_each
from bench.measure import Case, Result, Size, interleave, main, per_item, result
from bench.memory import NOTHING, child, grown, in_child, is_child
from bench.stores import Store
from liveshop_sdk.affiliate.exports.csv import export_csv
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import chain_hash, leaf_hash
from liveshop_sdk.affiliate.ledger.checkpoints.reading import Noted, starting
from liveshop_sdk.affiliate.ledger.models import Book
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.clock import SystemClock
from liveshop_sdk.db import Database

BENCH = "reading"
_ENTRIES = (
    f"SELECT {', '.join(EntryRow._fields)} FROM ls_ledger_entry WHERE book_id = 1 ORDER BY seq"
)
_LINES = (
    "SELECT p.seq, p.line_no, a.path, p.currency, p.amount, p.balance_after, p.line_ref,"
    " p.payout_item_id, p.memo FROM ls_ledger_posting p"
    " JOIN ls_ledger_account a ON a.id = p.account_id WHERE p.book_id = 1 ORDER BY p.seq, p.line_no"
)
_TABLE = (
    "SELECT 'main' AS book, p.seq, p.line_no, e.effective_date, e.recorded_at, e.kind, e.source,"
    " e.event_id, a.path, a.party_id, p.currency, p.amount AS amount_minor, p.amount, p.line_ref,"
    " e.period, {chain} AS chain_hash FROM ls_ledger_posting p"
    " JOIN ls_ledger_entry e ON e.book_id = p.book_id AND e.seq = p.seq"
    " JOIN ls_ledger_account a ON a.id = p.account_id WHERE p.book_id = 1 ORDER BY p.seq, p.line_no"
)
_SUMS = (
    "SELECT account_id, currency, sum(amount) FROM ls_ledger_posting WHERE book_id = 1"
    " GROUP BY account_id, currency"
)
BARE_VERIFY, CLI, CURSOR = "bare loop, read and hash", "sqlite3 CLI", "csv.writer on the cursor"
COPY, SUMS = "COPY TO STDOUT", "GROUP BY over the index"
VERIFY, RESUMED = "verify a book", "verify its last hundredth, from a checkpoint"
EXPORT, BALANCES = "export as CSV", "all balances"
_MEMORY = 60.0


def measure(size: Size) -> list[Result]:
    return on_each(size, {BENCH: on})


def on(store: Store, desk: Desk, size: Size) -> list[Result]:
    postings = 2 * desk.entries
    with (
        raw_of(store.db) as raw,
        tempfile.TemporaryDirectory(prefix="liveshop-bench-") as folder,
    ):
        out = Path(folder) / "book.csv"
        cases = {
            VERIFY: per_item(lambda: _verified(store.db, desk.book)),
            BARE_VERIFY: per_item(lambda: _bare_verify(raw)),
            RESUMED: per_item(lambda: _verified(store.db, desk.book, _signed(desk))),
            EXPORT: per_item(lambda: _export(store.db, desk.book, out)),
            CURSOR: per_item(lambda: cursor_csv(raw, store, out)),
            BALANCES: per_item(lambda: _balances(store.db, desk)),
            SUMS: per_item(lambda: len(raw.execute(_SUMS).fetchall())),
        }
        extra = _fastest(store, raw, out, postings)
        times = interleave(cases | extra, size.few)
    lines: list[tuple[str, str, str, float | None]] = [
        ("", RESUMED, VERIFY, None),
        ("T12" if store.name == "SQLite" else "", EXPORT, CURSOR, 1.5),
        *((name, EXPORT, limit, goal) for limit, name, goal in _GOALS if limit in extra),
        ("T15", BALANCES, SUMS, 1.2),
    ]
    of_rows = named(store, desk.entries)
    rate = result(
        times,
        VERIFY,
        BARE_VERIFY,
        bench=BENCH,
        sense="rate",
        what=f"{of_rows}: {VERIFY}",
        target=0.50,
    )
    costs = [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="cost",
            key=key,
            what=f"{of_rows}: {ours}",
            target=goal,
        )
        for key, ours, limit, goal in lines
    ]
    return [rate, *costs, *_memory(store, of_rows)]


_GOALS = ((CLI, "T12", 4.5), (COPY, "T13", 3.8))


def _fastest(store: Store, raw: Any, out: Path, postings: int) -> dict[str, Case]:
    """Return the engine's own way to write CSV, where there is one."""
    if store.db.dialect == "postgresql":
        chain = "encode(e.chain_hash, 'hex')"
        text = f"COPY ({_TABLE.format(chain=chain)}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"

        def copied() -> int:
            with out.open("wb") as file, raw.cursor() as cursor, cursor.copy(text) as copy:
                for block in copy:
                    file.write(block)
            return postings

        return {COPY: per_item(copied)}
    tool = shutil.which("sqlite3")
    if tool is None:
        return {}
    command = [tool, "-readonly", "-csv", _path(store.db), _TABLE.format(chain=_HEX)]

    def printed() -> int:
        with out.open("wb") as file:
            subprocess.run(command, stdout=file, check=True)
        return postings

    return {CLI: per_item(printed)}


_HEX = "lower(hex(e.chain_hash))"


def raw_of(db: Database) -> Any:
    if db.dialect == "sqlite":
        return _Closing(db.engine.dialect.loaded_dbapi.connect(_path(db)))
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True, options=f"-csearch_path={db.schema}")


class _Closing:
    """A sqlite3 connection that closes at the end of ``with``, as psycopg's does."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __enter__(self) -> Any:
        return self._raw

    def __exit__(self, *_: object) -> None:
        self._raw.close()


def _path(db: Database) -> str:
    return str(db.engine.url.database)


def _signed(desk: Desk) -> Noted | None:
    return starting(desk.db, desk.book, [SIGNER.public], desk.signed_at)


def _verified(db: Database, book: Book, start: Noted | None = None) -> int:
    report = verify(db, book, start=start, keys=[SIGNER.public])
    if not report.ok:
        raise RuntimeError(f"entry {report.first_bad_seq}: {report.problem}")
    return report.entries


def _bare_verify(raw: Any) -> int:
    """Read entries with their lines, hash each and chain them; nothing more."""
    lines = groupby(raw.execute(_LINES), itemgetter(0))
    chain, count = b"", 0
    for row in raw.cursor().execute(_ENTRIES):
        entry = EntryRow._make(row)
        own = [LineRow._make(line) for line in next(lines)[1]]
        leaf = leaf_hash(entry_bytes("main", entry, own))
        chain = chain_hash("main", entry.prev_hash, leaf)
        count += 1
    sha256(chain)
    return count


def _export(db: Database, book: Book, out: Path) -> int:
    with out.open("w", encoding="utf-8", newline="") as file:
        return export_csv(db, book, file)


def cursor_csv(raw: Any, store: Store, out: Path) -> int:
    is_pg = store.db.dialect == "postgresql"
    chain = "encode(e.chain_hash, 'hex')" if is_pg else _HEX
    counted = _Counter(raw.execute(_TABLE.format(chain=chain)))
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(counted)
    return counted.count


class _Counter:
    """Passes rows on and counts them."""

    def __init__(self, rows: Any) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def _balances(db: Database, desk: Desk) -> int:
    with db.reading() as tx:
        return len(desk.ledger.balances(tx, desk.book))


# --- memory, in a process of its own


def _memory(store: Store, of_rows: str) -> list[Result]:
    works = (NOTHING, EXPORT, VERIFY)
    used = {work: in_child("bench.reading", store.db, work)[1] for work in works}
    return [
        grown(
            [used[work]],
            used[NOTHING],
            bench=BENCH,
            key=key,
            what=f"{of_rows}: {work}",
            target=_MEMORY,
        )
        for key, work in (("T12", EXPORT), ("", VERIFY))
    ]


def _prepared(db: Database, words: list[str]) -> Callable[[], object]:
    with db.reading() as tx:
        book = Ledger(SystemClock()).book(tx, "main")
    works: dict[str, Callable[[], object]] = {
        NOTHING: partial(int),
        EXPORT: partial(_export, db, book, Path(os.devnull)),
        VERIFY: partial(_verified, db, book),
    }
    return works[words[0]]


if __name__ == "__main__":
    if is_child():
        child(_prepared)
    else:
        main(measure, __doc__, of_book=True)
