"""T12, T13: every export of one book, each in a process of its own, time and memory.

Against the raw driver's rows through ``csv.writer`` on one open cursor: the
cheapest thing that could write the same postings down.
"""

import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.books import Desk, named, on_each
from bench.measure import Case, Result, Size, interleave, main, per_item, result
from bench.memory import NOTHING, child, grown, in_child, is_child
from bench.reading import cursor_csv, raw_of
from bench.stores import Store
from liveshop_sdk.affiliate.exports.formats import FORMATS
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.service import ExportRequest, ExportService
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.clock import SystemClock
from liveshop_sdk.db import Database
from liveshop_sdk.ids import Ids

BENCH = "exports"
LIMIT = "csv.writer on the cursor"
_MEMORY = 60.0
_FEW = ("csv", "parquet")  # to find out whether it runs: each is a process of its own


def measure(size: Size) -> list[Result]:
    return on_each(size, {BENCH: on})


def on(store: Store, desk: Desk, size: Size) -> list[Result]:
    entries = desk.entries
    names = _FEW if size.name == "tiny" else tuple(FORMATS)
    memory: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="liveshop-bench-") as made, raw_of(store.db) as raw:
        folder = Path(made)

        def case(name: str) -> Case:
            def run() -> float:
                seconds, used = in_child("bench.exports", store.db, name, str(folder / name))
                memory[name].append(used)
                for file in folder.glob(f"{name}.*"):
                    file.unlink()
                return seconds / (2 * entries)

            return run

        limit = per_item(lambda: cursor_csv(raw, store, folder / "limit.csv"))
        cases = {LIMIT: limit, **{name: case(name) for name in names}}
        is_once = size.name != "quick"
        times = {name: [run()] for name, run in cases.items()} if is_once else interleave(cases, 3)
        _, base = in_child("bench.exports", store.db, NOTHING, "")
    lines = []
    for name in names:
        what = f"{named(store, entries)}: {name}"
        target = 1.5 if name == "csv" else None
        lines += [
            result(times, name, LIMIT, bench=BENCH, sense="cost", what=what, target=target),
            grown(memory[name], base, bench=BENCH, what=what, target=_MEMORY),
        ]
    return lines


def _prepared(db: Database, words: list[str]) -> Callable[[], object]:
    name, out = words
    clock = SystemClock()
    ledger = Ledger(clock)
    service = ExportService(clock, Ids(clock, random.Random(1)), ledger)
    period = "2026" if name == "1099" else None
    numbers = iter(range(1, 1_000_000))
    with db.reading() as tx:
        book = ledger.book(tx, "main")
        head = ledger.head(tx, book)
        wanted = ExportRequest(format="csv" if name == NOTHING else name, period=period)
        plan = service.plan(tx, book, head, wanted)
    if name == NOTHING:
        return partial(int)
    parts = Parts(lambda: Path(f"{out}.{next(numbers)}").open("w+b"))  # noqa: SIM115 - ends with us
    return partial(service.produce, db, plan, parts)


if __name__ == "__main__":
    if is_child():
        child(_prepared)
    else:
        main(measure, __doc__, of_book=True)
