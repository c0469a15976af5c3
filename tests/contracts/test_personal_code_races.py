"""Many who come with one personal code at the same time: one has it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PersonalCodeUsedError
from tests.contracts.code_support import adding, one_code, small, texts, there, verdicts
from tests.contracts.coupon_support import LATER, drained, outbox
from tests.contracts.shop_support import Shop, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_many_orders_with_one_code_one_is_within(shop: Shop) -> None:
    for n in range(3):
        code = one_code(shop)
        facts = [sale(f"o{n}-{m}", codes=(code.text,)) for m in range(6)]
        together([partial(shop.record, fact) for fact in facts])
    assert Counter(verdicts(shop)) == {"within": 3, "over_code_limit": 15}
    assert [one.uses for one in shop.live.coupons.codes("MIKA20")] == [6, 6, 6]
    assert shop.live.coupons.get("MIKA20").used == 18
    paid = {row["id"] for row in shop.rows(t.order)}
    assert {one.order_id for one in shop.live.coupons.codes("MIKA20")} <= paid


def test_of_many_visits_with_one_code_one_is_begun(shop: Shop, clock: ManualClock) -> None:
    token = shop.link()
    for n in range(3):
        code = one_code(shop)

        def open_it(text: str = code.text) -> str:
            try:
                return shop.live.links.open(token, code=text).checkout_id
            except PersonalCodeUsedError as error:
                return error.code

        found = together([open_it] * 8)
        assert Counter(found)["personal_code_used"] == 7
        assert shop.live.coupons.get("MIKA20").reserved == n + 1
        clock.advance(timedelta(minutes=32))  # it lapses, for the next round


def test_a_visit_and_orders_meet_over_one_code(shop: Shop) -> None:
    """Whoever pays first has it; a visit that holds it and pays later is one too many."""
    code, token = one_code(shop), shop.link()
    opening = shop.live.links.open(token, code=code.text)
    shop.record(sale("o1", codes=(code.text,)))
    shop.live.sandbox.pay(opening.checkout_id)
    shop.deliver()
    assert verdicts(shop) == ["over_code_limit", "within"]
    coupon = shop.live.coupons.get("MIKA20")
    assert (coupon.used, coupon.reserved) == (2, 0)


def test_many_workers_make_each_code_once(shop: Shop, clock: ManualClock) -> None:
    small(shop, 3)
    batches = [shop.live.coupons.issue_codes("MIKA20", count=10) for _ in range(3)]
    clock.advance(LATER)
    for _ in range(3):
        together([lambda: shop.live.worker().drain()] * 4)
        drained(shop, clock)
    assert {one.status for one in shop.live.coupons.batches("MIKA20")} == {"ready"}
    assert sorted(texts(shop)) == there(shop)
    assert len(there(shop)) == 10 * len(batches)
    assert outbox(shop)["pending"] == 0


def test_pauses_and_resumptions_meet_a_batch_under_way(shop: Shop, clock: ManualClock) -> None:
    small(shop, 2)
    shop.live.coupons.issue_codes("MIKA20", count=20)

    def wishes() -> None:
        for _ in range(4):
            shop.live.coupons.pause("MIKA20")
            shop.live.coupons.resume("MIKA20")

    together([wishes, *([lambda: shop.live.worker().drain()] * 2)])
    for _ in range(3):
        drained(shop, clock)
    (batch,) = shop.live.coupons.batches("MIKA20")
    assert (batch.status, batch.made) == ("ready", 20)
    assert sorted(texts(shop)) == there(shop)
    assert (shop.live.coupons.get("MIKA20").waiting, outbox(shop)["pending"]) == (None, 0)


def test_a_worker_that_was_thought_dead_makes_nothing_twice(shop: Shop, clock: ManualClock) -> None:
    """It hangs in a call; another goes on; then its call goes through after all."""
    small(shop, 2)
    late: list[Callable[[], Any]] = []

    def hanging(real: Any, *given: Any, **named: Any) -> Any:
        late.append(lambda: real(*given, **named))
        raise KeyboardInterrupt

    with adding(shop, hanging), pytest.raises(KeyboardInterrupt):
        shop.live.coupons.issue_codes("MIKA20", count=5)
    clock.advance(timedelta(minutes=6))
    drained(shop, clock)
    made = there(shop)
    late[0]()
    assert there(shop) == made == sorted(texts(shop))
