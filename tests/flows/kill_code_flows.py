"""The flow of personal codes that is killed, and what must be true after."""

from typing import Any

import sqlalchemy as sa

from liveshop_sdk.platforms.sandbox.codes import tables as codes
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.kill_flows import Flow, last_unit
from tests.flows.kill_support import Memo, Told


def issue_codes(shop: LiveShop, memo: Memo) -> None:
    """Seven codes in three portions, of which the worker makes the last two."""
    maker: Any = shop._connected.codes
    maker.portion = 3
    shop.coupons.issue_codes("MIKA20", count=7)
    shop.worker().drain()


def every_number_has_one_code(shop: LiveShop, memo: Memo, told: Told) -> None:
    """Each batch that was stored is whole, and the sandbox has its codes and no other."""
    batches = shop.coupons.batches("MIKA20")
    assert len(batches) in (1, 2)
    assert {(one.size, one.made, one.status) for one in batches} == {(7, 7, "ready")}
    listed = [one.text for one in shop.coupons.codes("MIKA20")]
    with shop.db.reading() as tx:
        there = list(tx.execute(sa.select(codes.code.c.code)).scalars())
    assert len(set(listed)) == 7 * len(batches)
    assert sorted(there) == sorted(listed)


CODE_FLOWS = (Flow(name="codes", fill=last_unit, act=issue_codes, check=every_number_has_one_code),)
