"""A stocked shop and a sale with its coupon, for the tests of recording."""

from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.facts import OrderPaid
from tests.contracts.shop_support import Shop, sale

SALE_EUR = {"brand:commission_expense EUR": 599, "creator:mika:pending EUR": -599}


@pytest.fixture(name="shop")
def shop_fixture(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def coded(order_ref: str = "o1", **more: Any) -> OrderPaid:
    return sale(order_ref, codes=("MIKA20",), **more)
