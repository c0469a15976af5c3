"""Orders that change after their payment: what the tests of them are written with."""

from datetime import timedelta
from typing import Any

from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.facts import (
    OrderPaid,
    SoldLine,
)
from tests.contracts.recording_support import coded
from tests.contracts.shop_support import Shop, about, line

LATER = timedelta(days=3)


def edited(*lines: SoldLine, order_ref: str = "o1", paid: int | None = None, **more: Any) -> Any:
    total = sum(one.base for one in lines)
    fields: dict[str, Any] = {"edit_id": "edit-1", "currency": "EUR", "total": total}
    fields |= {"paid": total if paid is None else paid, **more}
    return OrderEdited(**about(order_ref, LATER), lines=lines, **fields)


def off(worth: int, *lines: tuple[str, int], order_ref: str = "o1", **more: Any) -> UnitsTakenOff:
    fields: dict[str, Any] = {"record_id": "r1", "currency": "EUR", **more}
    return UnitsTakenOff(**about(order_ref, LATER), worth=worth, lines=lines, **fields)


def two_lines() -> OrderPaid:
    """A tee at 49.90 and a mug at 10.00, which earn 5.99 and 1.20."""
    return coded(lines=(line(), line("li_2", "sku_mug", 1000)))


def pending(shop: Shop, creator: str = "mika") -> int:
    return -shop.standing().get(f"creator:{creator}:pending EUR", 0)


def whole(shop: Shop) -> None:
    """The book is whole, and follows from its facts once more."""
    assert shop.live.ledger.verify().ok
    report = shop.live.proofs.replay()
    assert report.ok, report.problem
