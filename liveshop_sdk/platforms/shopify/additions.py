"""Read what was added to an order after it was paid, once that is paid for."""

from dataclasses import replace

from liveshop_sdk.edits import OrderEdited
from liveshop_sdk.facts import SoldLine
from liveshop_sdk.platforms.shopify.changes import Change, History
from liveshop_sdk.platforms.shopify.edits import Left
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    currency_of,
    decimal,
    flag,
    number,
    objs,
    ref,
    text,
)
from liveshop_sdk.platforms.shopify.reading import PAID, PLATFORM, as_ordered, line_of


def read_additions(raw: Obj, *, account: str) -> tuple[OrderEdited, ...]:
    """Return what was added, by the edit or return that added it.

    Args:
        raw: An order that was asked for; webhooks do not tell when a line came.

    Raises:
        ShapeError: a field is not as documented, or the sums cannot be right.
    """
    currency = currency_of(raw)
    history = History(raw, currency)
    is_paid = text(raw, "financial_status") in PAID
    rows = {ref(row, "id"): row for row in objs(raw, "line_items")}
    added = history.added()
    told = {line_id for line_id in added if added[line_id].quantity < _quantity(rows, line_id)}
    found = []
    for change in history.later:
        lines = _lines(raw, change, rows, told)
        told |= change.lines.keys()
        if change.total and (is_paid or change.settled_at):
            found.append(
                OrderEdited(
                    platform=PLATFORM,
                    account=account,
                    order_ref=str(ref(raw, "id")),
                    occurred_at=change.settled_at or change.at,
                    edit_id=change.edit_id,
                    currency=currency,
                    total=change.total,
                    paid=change.paid,
                    lines=lines,
                )
            )
    return tuple(found)


def _quantity(rows: dict[int, Obj], line_id: int) -> int:
    if line_id not in rows:
        raise ShapeError("an edit names a line that the order does not have")
    return number(rows[line_id], "quantity")


def _lines(raw: Obj, change: Change, rows: dict[int, Obj], told: set[int]) -> tuple[SoldLine, ...]:
    """Return what one change added, by ascending id.

    Args:
        told: Lines that were there before it.
    """
    currency, included = currency_of(raw), flag(raw, "taxes_included")
    tip = decimal(raw, "total_tip_received", currency)
    lines = []
    for line_id, units in sorted(change.lines.items()):
        _, price = as_ordered(rows[line_id], currency)
        discount = price * units.quantity - units.net
        if discount < 0 or units.tax < 0:
            raise ShapeError("an edit added a line for more than its price")
        left = Left(quantity=units.quantity, discount=discount, tax=units.tax)
        line = line_of(rows[line_id], price, left, included=included, tip=tip)
        name = f"{line.ref}+{change.edit_id}" if line_id in told else line.ref
        lines.append(replace(line, ref=name))
    return tuple(lines)
