"""From a stored fact back to its class; one table knows them all."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.facts import (
    CommissionCorrected,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)
from liveshop_sdk.wire import canonical, loads_canonical

_CLASSES: dict[str, type[Fact]] = {
    cls.kind: cls
    for cls in (
        OrderPaid,
        OrderRefunded,
        RefundFailed,
        OrderEdited,
        UnitsTakenOff,
        DisputeOpened,
        DisputeWon,
        DisputeLost,
        HoldReleased,
        CommissionCorrected,
    )
}


def encode(fact: Fact) -> str:
    """Return the canonical text of a fact's body."""
    return canonical(fact.body())


def decode(
    kind: str, *, platform: str, account: str, order_ref: str, occurred_at: datetime, body: str
) -> Fact:
    """Return the fact that `encode` wrote."""
    fields: Any = loads_canonical(body)
    for name, read in _READERS.get(kind, {}).items():
        fields[name] = read(fields[name])
    return _CLASSES[kind](
        platform=platform,
        account=account,
        order_ref=order_ref,
        occurred_at=occurred_at,
        **fields,
    )


def _sold_lines(lines: list[dict[str, Any]]) -> tuple[SoldLine, ...]:
    return tuple(SoldLine(**line) for line in lines)


def _pairs(lines: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((ref, base) for ref, base in lines)


# Only what JSON has no type for.
_READERS: Mapping[str, Mapping[str, Callable[[Any], object]]] = {
    OrderPaid.kind: {"lines": _sold_lines, "codes": tuple, "coupon_refs": tuple},
    OrderRefunded.kind: {"lines": _pairs},
    OrderEdited.kind: {"lines": _sold_lines},
    UnitsTakenOff.kind: {"lines": _pairs},
    HoldReleased.kind: {"hold_until": datetime.fromisoformat},
}
