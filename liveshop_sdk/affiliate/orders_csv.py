"""Orders to simulate, from a table as spreadsheets save it: one row a line.

Columns, in any order, named in the first row: ``order_ref``, ``paid_at`` (with
an offset), ``currency``, ``sku``, ``quantity``, ``base`` (``49.90``); and, where
known, ``collection`` and ``returning`` (``yes`` or ``no``).
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from liveshop_sdk.affiliate.simulation import SimpleLine, SimpleOrder
from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import InvalidError, OrdersInvalidError
from liveshop_sdk.money import Money

NEEDED = ("order_ref", "paid_at", "currency", "sku", "quantity", "base")
KNOWN = (*NEEDED, "collection", "returning")
MAX_ROWS = 100_000
MAX_QUANTITY = 10**6
_QUANTITY = re.compile(r"[0-9]{1,7}", re.ASCII)
_BUYERS = {"": None, "yes": True, "no": False}


def read_orders(rows: Iterable[str]) -> list[SimpleOrder]:
    """Return the orders in the lines of a file, in the order they begin there.

    Raises:
        OrdersInvalidError: Naming the first line that cannot be read.
    """
    table = csv.DictReader(rows, strict=True)
    found: dict[str, SimpleOrder] = {}
    try:
        _check_heads(table.fieldnames or ())
        for row in table:
            order = _order(row, table.line_num)
            first = found.setdefault(order.order_ref, order)
            if first is not order:
                found[order.order_ref] = _joined(first, order, table.line_num)
            if table.line_num > MAX_ROWS:
                raise _wrong(table.line_num, "one line too many", f"at most {MAX_ROWS}")
    except csv.Error as error:
        raise _wrong(table.line_num + 1, f"no table: {error}", "comma-separated values") from None
    return list(found.values())


def _check_heads(heads: Iterable[str]) -> None:
    given = list(heads)
    missing = [name for name in NEEDED if name not in given]
    odd = [name for name in given if name not in KNOWN]
    if missing or odd or len(set(given)) != len(given):
        problem = f"no column {missing[0]}" if missing else f"the columns {', '.join(given)[:120]}"
        raise _wrong(1, problem, f"{', '.join(NEEDED)}; and collection, returning")


def _order(row: Mapping[str | None, str | None], at: int) -> SimpleOrder:
    if None in row or None in row.values():
        raise _wrong(at, "another number of cells", "one for each column")
    cells = {name: (text or "").strip() for name, text in row.items() if name}
    if not cells["order_ref"]:
        raise _wrong(at, "no order_ref", "what tells the orders apart")
    quantity = cells["quantity"]
    if not _QUANTITY.fullmatch(quantity) or int(quantity) > MAX_QUANTITY:
        raise _wrong(at, f"the quantity {quantity[:20]!r}", f"0 to {MAX_QUANTITY}")
    if cells.get("returning", "") not in _BUYERS:
        raise _wrong(at, f"returning {cells['returning'][:20]!r}", "yes, no or nothing")
    try:
        base = Money.parse(cells["base"], cells["currency"])
        paid_at = parse_iso(cells["paid_at"])
    except InvalidError as error:
        raise _wrong(at, str(error).removesuffix("."), "money and an instant") from None
    if base.amount < 0:
        raise _wrong(at, f"the base {base}", "nothing below 0")
    line = SimpleLine(
        sku=cells["sku"],
        base=base.amount,
        quantity=int(quantity),
        collection=cells.get("collection", ""),
    )
    return SimpleOrder(
        order_ref=cells["order_ref"],
        paid_at=paid_at,
        currency=base.currency,
        lines=(line,),
        is_returning=_BUYERS[cells.get("returning", "")],
    )


def _joined(first: SimpleOrder, more: SimpleOrder, at: int) -> SimpleOrder:
    if replace(first, lines=()) != replace(more, lines=()):
        raise _wrong(
            at, f"another buyer, time or currency of {more.order_ref[:60]!r}", "the same on each"
        )
    return replace(first, lines=first.lines + more.lines)


def _wrong(line: int, problem: str, expected: str) -> OrdersInvalidError:
    return OrdersInvalidError(line=line, problem=problem, expected=expected)
