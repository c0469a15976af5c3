"""Orders: locked first, found by whatever a person has, filled in once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import OrderUnknownError
from tests.contracts.shop_support import START, Shop, refund, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def test_an_order_is_found_by_any_of_its_names(shop: Shop) -> None:
    checkout = shop.visit("MIKA20")
    shop.record(sale("o1", checkout_id=checkout), sale("o2"))
    (order,) = [order for order in shop.live.orders() if order.order_ref == "o1"]
    for name in ("o1", order.id, checkout):
        assert shop.live.explain(name).order == order
    with pytest.raises(OrderUnknownError):
        shop.live.explain("o3")


def test_an_order_known_by_its_refund_alone_is_not_there_yet(shop: Shop) -> None:
    shop.record(refund("o1"))
    assert shop.live.orders() == []
    with pytest.raises(OrderUnknownError):
        shop.live.explain("o1")
    with pytest.raises(OrderUnknownError):
        shop.live.releases.approve("o1")


def test_what_cannot_be_added_later_is_kept(shop: Shop, clock: ManualClock) -> None:
    clock.advance(timedelta(minutes=2))
    checkout = shop.visit()
    paid_at = START + timedelta(minutes=4)
    shop.record(sale(checkout_id=checkout, occurred_at=paid_at, market="DE", customer_key="k"))
    (order,) = shop.live.orders()
    assert (order.touch_offset_us, order.paid_offset_us) == (120_000_000, 240_000_000)
    assert (order.market, order.tax_included, order.is_test) == ("DE", True, True)
    assert (order.customer_key, order.is_returning, order.paid_at) == ("k", False, paid_at)


def test_a_coupon_alone_tells_the_minute_of_the_payment(shop: Shop) -> None:
    shop.record(sale(codes=("MIKA20",)))
    (order,) = shop.live.orders()
    assert (order.touch_offset_us, order.paid_offset_us) == (None, 300_000_000)


def test_the_newest_orders_come_first(shop: Shop) -> None:
    for minute in (3, 1, 2):
        shop.record(sale(f"o{minute}", occurred_at=START + timedelta(minutes=minute)))
    assert [order.order_ref for order in shop.live.orders()] == ["o3", "o2", "o1"]
    assert [order.order_ref for order in shop.live.orders(limit=1)] == ["o3"]


def test_locking_the_same_orders_in_any_order_makes_each_once(shop: Shop) -> None:
    keys = [("sandbox", "sandbox", f"o{number}") for number in range(20)]
    start = Barrier(6)

    def lock(seed: int) -> set[str]:
        mine = random.Random(seed).sample(keys, 15)
        start.wait()
        with shop.db.transaction() as tx:
            found = shop.live._rooms.orders.lock(tx, mine)
        assert set(found) == set(mine)
        return {order.id for order in found.values()}

    with ThreadPoolExecutor(6) as pool:
        ids = set().union(*pool.map(lock, range(6)))
    assert len(ids) == len(shop.rows(t.order)) <= 20
