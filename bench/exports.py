"""T12, T13: every export of one book, each in a process of its own, time and memory.

Against the raw driver's rows through ``csv.writer`` on one open cursor: the
cheapest thing that could write the same postings down.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.books import Desk
from bench.measure import Case, Result, Size, interleave, main, per_item, plain, result
from bench.reading import cursor_csv, peak, raw_of
from bench.stores import Store, stores
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
_NOTHING = "nothing"
_FEW = ("csv", "parquet")  # to find out whether it runs: each is a process of its own


def measure(size: Size) -> list[Result]:
    entries = size.pick(tiny=50, quick=10_000, full=500_000)
    found: list[Result] = []
    with stores() as opened, tempfile.TemporaryDirectory(prefix="liveshop-bench-") as folder:
        for store in opened:
            desk = Desk(store.db)
            desk.fill(entries)
            found += _engine(store, Path(folder), size, 2 * entries)
    return found


def _engine(store: Store, folder: Path, size: Size, postings: int) -> list[Result]:
    names = _FEW if size.name == "tiny" else tuple(FORMATS)
    memory: dict[str, list[float]] = {name: [] for name in names}

    def case(name: str) -> Case:
        def run() -> float:
            seconds, used = _in_child(store.db, name, folder)
            memory[name].append(used)
            return seconds / postings

        return run

    with raw_of(store.db) as raw:
        limit = per_item(lambda: cursor_csv(raw, store, folder / "limit.csv"))
        cases = {LIMIT: limit, **{name: case(name) for name in names}}
        is_once = size.name != "quick"
        times = {name: [run()] for name, run in cases.items()} if is_once else interleave(cases, 3)
    _, base = _in_child(store.db, _NOTHING, folder)
    of_rows = f"{store.name}, {postings // 1000} k postings" if postings >= 1000 else store.name
    lines = []
    for name in names:
        what = f"{of_rows}: {name}"
        target = 1.5 if name == "csv" else None
        lines.append(
            result(times, name, LIMIT, bench=BENCH, sense="cost", what=what, target=target)
        )
        grown = [max(used - base, 0.0) for used in memory[name]]
        lines.append(
            plain(
                grown,
                bench=BENCH,
                what=f"{what}, memory",
                against="a process that only opened the book",
                sense="MiB",
                target=_MEMORY,
            )
        )
    return lines


def _in_child(db: Database, name: str, folder: Path) -> tuple[float, float]:
    """Export in a new process; returns its seconds and its peak memory in MiB."""
    url = db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "bench.exports", "--child", name, url, db.schema or ""]
    command.append(str(folder / name))
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    told = json.loads(done.stdout)
    return told["seconds"], told["peak"] / 1024


def child(name: str, url: str, schema: str, out: str) -> None:
    db = Database.connect(url, schema=schema or None)
    clock = SystemClock()
    ledger = Ledger(clock)
    service = ExportService(clock, Ids(clock, random.Random(1)), ledger)
    period = "2026" if name == "1099" else None
    numbers = iter(range(1, 1_000_000))
    with db.reading() as tx:
        book = ledger.book(tx, "main")
        head = ledger.head(tx, book)
        wanted = ExportRequest(format="csv" if name == _NOTHING else name, period=period)
        plan = service.plan(tx, book, head, wanted)
    parts = Parts(lambda: Path(f"{out}.{next(numbers)}").open("w+b"))  # noqa: SIM115 - closed below
    began = time.perf_counter()
    if name != _NOTHING:
        service.produce(db, plan, parts)
    seconds = time.perf_counter() - began
    for file in parts.files:
        file.close()
        Path(file.name).unlink()
    print(json.dumps({"seconds": seconds, "peak": peak()}))


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*sys.argv[-4:])
    else:
        main(measure, __doc__)
