"""Replay: a whole book posted once more from its facts, and its memory.

The limit posts the same entries, ready made, a hundred a commit to an empty
database. Ours copies the facts and commission lines there, checks what each
entry was sealed with, computes from its order's facts what it should be, posts
that, and compares; then it looks for facts whose entry is missing.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from bench.books import named
from bench.measure import Case, Result, Size, interleave, main, result
from bench.memory import NOTHING, child, grown, in_child, is_child
from bench.scene import NOW, Scene
from bench.stores import Store, beside, settle, stores
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.records import recorded
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.replay import Replay
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import Fact, OrderPaid, OrderRefunded, SoldLine
from liveshop_sdk.money import Rate

BENCH = "replay"
BATCH, ORDERS_AT_ONCE, CREATORS = 100, 500, 20
STREAM = "replayed"
REPLAY, POST = "replay a book", "post its entries, 100 a commit"
_TARGET = 0.33
_MEMORY = 60.0


def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    with stores() as opened:
        for store in opened:
            sell(Scene(store.db), size.entries // 2)
            settle(store)
            found += _engine(store, size, 2 * (size.entries // 2))
    return found


def sell(scene: Scene, orders: int) -> None:
    """Record orders of many creators: each sold, a tenth given back, the rest released."""
    shop = scene.shop
    recorder = shop._rooms.recorder  # noqa: SLF001 - facts alone, without a webhook for each
    hosts = [f"host{number:02d}" for number in range(CREATORS)]
    for host in hosts:
        shop.creators.add(host, rate=Rate.percent("12"))
    hour = timedelta(hours=1)
    shop.streams.schedule(STREAM, hosts=hosts, opens_at=NOW - hour, closes_at=NOW + hour)
    for host in hosts:
        shop.coupons.create(host.upper(), stream_id=STREAM, creator_id=host, percent_off=20)
    numbers = iter(range(orders))
    while some := list(islice(numbers, ORDERS_AT_ONCE)):
        facts = [fact for number in some for fact in _facts(number, hosts)]
        with shop.transaction() as tx:
            recorder.record(tx, facts)
        scene.clock.advance(timedelta(milliseconds=1))
    scene.clock.advance(timedelta(days=15))
    shop.releases.due()


def _facts(number: int, hosts: list[str]) -> Iterator[Fact]:
    order_ref = f"sbo_2{number:025d}"
    about: dict[str, Any] = {
        "platform": "sandbox",
        "account": "sandbox",
        "order_ref": order_ref,
        "occurred_at": NOW,
    }
    tees = SoldLine(
        ref="1",
        sku="sku_tee",
        item_ref="sku_tee",
        title="Tee",
        quantity=2,
        gross=7980,
        discount=1596,
        tax=0,
        base=6384,
    )
    yield OrderPaid(
        **about,
        currency="EUR",
        total=6384,
        shipping=0,
        tax=0,
        tax_included=True,
        lines=(tees,),
        codes=(hosts[number % len(hosts)].upper(),),
        is_test=True,
    )
    if number % 10 == 0:
        yield OrderRefunded(**about, refund_id=f"re_{number}", amount=6384, currency="EUR")


def _engine(store: Store, size: Size, entries: int) -> list[Result]:
    memory: list[float] = []

    def replayed() -> float:
        with beside(store) as empty:
            url = empty.db.engine.url.render_as_string(hide_password=False)
            schema = empty.db.schema or ""
            seconds, used = in_child("bench.replay", store.db, REPLAY, url, schema)
        memory.append(used)
        return seconds / entries

    cases: dict[str, Case] = {POST: partial(_posted, store, entries), REPLAY: replayed}
    is_once = size.name != "quick"
    times = {name: [run()] for name, run in cases.items()} if is_once else interleave(cases, 3)
    _, base = in_child("bench.replay", store.db, NOTHING)
    what = f"{named(store, entries)}: {REPLAY}"
    return [
        result(times, REPLAY, POST, bench=BENCH, sense="rate", what=what, target=_TARGET),
        grown(memory, base, bench=BENCH, what=what, target=_MEMORY),
    ]


def _posted(store: Store, entries: int) -> float:
    """Post what the book's entries were posted from; reading that is not timed."""
    ledger, seconds = Ledger(ManualClock(NOW)), 0.0
    with store.db.reading() as tx:
        book = ledger.book(tx, "main")
    with beside(store) as empty:
        with empty.db.transaction() as tx:
            new = ledger.open_book(tx, book.code, book.currency, book.timezone)
        for page in BookReader(store.db, book.id).pages(after=0, up_to=entries, size=BATCH):
            drafts = [recorded(entry, lines) for entry, lines in page]
            began = time.perf_counter()
            with empty.db.transaction() as tx:
                ledger.post_many(tx, new, drafts)
            seconds += time.perf_counter() - began
    return seconds / entries


def _prepared(db: Database, words: list[str]) -> Callable[[], object]:
    with db.reading() as tx:
        book = Ledger(ManualClock(NOW)).book(tx, "main")
    if words == [NOTHING]:
        return partial(int)
    _, url, schema = words
    replay = Replay(db, Database.connect(url, schema=schema or None), book)

    def run() -> None:
        report = replay.run()
        if not report.ok or report.derived != report.entries:
            raise RuntimeError(report)

    return run


if __name__ == "__main__":
    if is_child():
        child(_prepared)
    else:
        main(measure, __doc__, of_book=True)
