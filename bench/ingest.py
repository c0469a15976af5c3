"""T6-T9, T11: from a webhook to a sealed entry, against the raw driver's inserts.

The limit writes exactly the rows our path leaves behind (inbox, order, fact,
attribution, commission line, hold, entry, two postings, the head) in one
transaction, and nothing else. Ours also verifies and parses the webhook,
commits it before looking at it, locks the order, reads the visit, the touch,
the stream and the agreements, decides who is credited, locks the book, and
seals the entry; triggers and foreign keys check what it wrote.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.measure import Case, Result, Size, Times, interleave, main, per_item, result
from bench.rows import Template, joined
from bench.scene import Delivery, Scene
from bench.stores import Store, stores

BENCH = "ingest"
BATCH = 100
RAW, RAW_BATCH = "same rows raw, a commit each", "same rows raw, 100 a commit"
INLINE, THREADS, WORKER = "ours, one by one", "ours, four threads", "ours, 100 a commit"
KNOWN = "ours, known already"
_TARGETS = {
    "SQLite": (("T6", 0.30), ("T7", 0.60)),
    "PostgreSQL": (("T8", 0.85), ("T9", 0.50)),
}


def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    with stores() as opened:
        for store in opened:
            found += _compared(store, _times(store, size))
    return found


def _times(store: Store, size: Size) -> Times:
    scene = Scene(store.db)
    template = Template(store, scene)
    template.plant(store.bare)
    singles = size.pick(tiny=2, quick=40, full=100)
    seen = scene.sales(singles)
    _received(scene, seen)
    cases: dict[str, Case] = {
        RAW: _raw_singles(store, template, singles),
        INLINE: _fresh(scene, singles, lambda new: _received(scene, new)),
        THREADS: _fresh(scene, singles, lambda new: _received_at_once(scene, new)),
        KNOWN: per_item(lambda: _received(scene, seen)),
        RAW_BATCH: _raw_batch(store, template),
        WORKER: _stored(scene),
    }
    return interleave(cases, size.rounds)


def _compared(store: Store, times: Times) -> list[Result]:
    single, at_once = _TARGETS[store.name]
    lines: list[tuple[str, str, str, str, float | None]] = [
        (single[0], "receive and record a sale", INLINE, RAW, single[1]),
        ("", "the same in 4 threads", THREADS, RAW, None),
        (at_once[0], "record 100 sales a commit", WORKER, RAW_BATCH, at_once[1]),
        ("", "record 100 sales a commit", WORKER, INLINE, 2.0),
        ("T11", "a delivery known already", KNOWN, INLINE, 1.5),
    ]
    return [
        result(
            times,
            ours,
            limit,
            bench=BENCH,
            sense="rate",
            key=key,
            what=f"{store.name}: {what}",
            against=limit,
            target=target,
        )
        for key, what, ours, limit, target in lines
    ]


def _received(scene: Scene, deliveries: list[Delivery]) -> int:
    for delivery in deliveries:
        scene.shop.receive("sandbox", delivery.headers, delivery.body)
    return len(deliveries)


def _received_at_once(scene: Scene, deliveries: list[Delivery]) -> int:
    parts = [deliveries[at::4] for at in range(4)]
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(lambda part: _received(scene, part), parts))


def _fresh(scene: Scene, wanted: int, work: Callable[[list[Delivery]], int]) -> Case:
    """Make new sales first, which is not timed, then do the work."""

    def run() -> float:
        new = scene.sales(wanted)
        return per_item(lambda: work(new))()

    return run


def _stored(scene: Scene) -> Case:
    """Let the worker record what the webhook route has stored."""
    worker = scene.shop.worker(batch=BATCH)

    def run() -> float:
        scene.store(scene.sales(BATCH))
        return per_item(lambda: worker.run_once().done)()

    return run


def _raw_singles(store: Store, template: Template, wanted: int) -> Case:
    bare = store.bare

    def run() -> float:
        sales = list(template.copies(wanted))

        def write() -> int:
            for rows in sales:
                bare.begin()
                for name in template.tables:
                    bare.insert(name, rows[name])
                template.move_head(bare, rows)
                bare.commit()
            return len(sales)

        return per_item(write)()

    return run


def _raw_batch(store: Store, template: Template) -> Case:
    bare = store.bare
    tables = [name for name in template.tables if name != "ls_inbox"]

    def run() -> float:
        rows = joined(list(template.copies(BATCH)))

        def write() -> int:
            bare.begin()
            for name in tables:
                bare.load(name, rows[name])
            template.move_head(bare, rows)
            bare.commit()
            return BATCH

        return per_item(write)()

    return run


if __name__ == "__main__":
    main(measure, __doc__)
