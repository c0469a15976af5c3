"""Whatever a caller hands to payouts: our own error or a result, and nothing half done."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.affiliate.fx import tables as fx_tables
from liveshop_sdk.affiliate.ledger import tables as ledger_tables
from liveshop_sdk.affiliate.payouts import tables
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError
from tests.contracts.payout_support import Till, till
from tests.contracts.test_wrong_types import ODD

TABLES = (tables.payee, tables.batch, tables.item, fx_tables.rate, ledger_tables.entry)
Calls = dict[str, tuple[Callable[..., object], dict[str, Any]]]


def calls(desk: Till) -> Calls:
    """Every call that takes something, with arguments that are right, or refused in the end."""
    p, fx = desk.payouts, desk.shop.live.fx
    account = {"account": "acct_1"}
    return {
        "set_payee": (
            p.set_payee,
            {
                "creator": "ben",
                "rail": "stripe",
                "fields": account,
                "withholding_bps": 0,
                "allows_offset": True,
            },
        ),
        "hold": (p.hold, {"creator": "ana", "rail": "stripe", "reason": ""}),
        "payees": (p.payees, {"creator": "ana"}),
        "plan": (
            p.plan,
            {
                "rail": "stripe",
                "by": "u1",
                "brand": "main",
                "currency": "USD",
                "minimum": 10**9,
                "amounts": {"ana": 1},
            },
        ),
        "approve": (p.approve, {"batch_id": "bat_x", "by": "u2"}),
        "reject": (p.reject, {"batch_id": "bat_x", "by": "u2", "reason": "r"}),
        "send": (p.send, {"batch_id": "bat_x", "by": "u2", "pay_in": "EUR", "fee": 0}),
        "file": (p.file, {"batch_id": "bat_x", "rail": "paypal", "pay_in": "EUR", "fee": 0}),
        "confirm": (p.confirm, {"item_id": "pay_x", "by": "u2"}),
        "fail": (p.fail, {"item_id": "pay_x", "by": "u2", "reason": "r"}),
        "returned": (p.returned, {"item_id": "pay_x", "by": "u2", "reason": "r", "amount": 1}),
        "batch": (p.batch, {"batch_id": "bat_x"}),
        "item": (p.item, {"item_id": "pay_x"}),
        "batches": (p.batches, {"brand": "main"}),
        "reconcile": (p.reconcile, {"brand": "main"}),
        "fx.set": (
            fx.set,
            {
                "base": "EUR",
                "quote": "USD",
                "num": 1,
                "den": 1,
                "source": "s",
                "as_of": desk.clock.now(),
            },
        ),
    }


def rows(desk: Till) -> list[int]:
    with desk.shop.db.reading() as tx:
        counted = [sa.select(sa.func.count()).select_from(table) for table in TABLES]
        return [int(tx.scalar(query) or 0) for query in counted]


def test_odd_arguments(db: Database, clock: ManualClock) -> None:
    desk = till(db, clock)
    desk.earn("ana", 1200)
    desk.pay("ana")
    foreign: list[str] = []
    for name, (call, right) in calls(desk).items():
        for argument in right:
            for odd in ODD:
                before = rows(desk)
                try:
                    call(**{**right, argument: odd})
                except (LiveShopError, TypeError, AttributeError):
                    assert rows(desk) == before, (name, argument, odd)
                except Exception as error:
                    told = f"{type(error).__name__}: {error!s:.90}"
                    foreign.append(f"{name} {argument}={odd!r:.60}: {told}")
    assert not foreign, "\n".join(foreign)
