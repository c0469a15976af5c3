"""The queries of sales that wait for air time, named by what they are for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, select

from liveshop_sdk import wire
from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_new
from liveshop_sdk.facts import OrderKey

_w, _c = t.waiting_line.c, t.commission_line.c
_SHARED = exists().where(
    and_(
        _c.order_ref == _w.order_ref,
        _c.account == _w.account,
        _c.platform == _w.platform,
        _c.brand == _w.brand,
    )
)
_WAITING = select(t.waiting_line).where(~_SHARED)


class WaitingStore:
    """Keeps whole lines until they can be shared; once they are, they wait no more."""

    def add(self, tx: Transaction, lines: Sequence[CommissionLine], *, at: datetime) -> None:
        """Note lines that wait for the air time of their stream."""
        add_new(tx, t.waiting_line, [_row(line) | {"created_at": to_micros(at)} for line in lines])

    def orders(self, tx: Transaction, stream: str, *, limit: int) -> list[OrderKey]:
        """Return orders that wait for a stream's air time."""
        query = (
            select(_w.platform, _w.account, _w.order_ref)
            .where(_w.stream == stream, ~_SHARED)
            .distinct()
            .order_by(_w.order_ref, _w.account, _w.platform)
            .limit(limit)
        )
        return [(row.platform, row.account, row.order_ref) for row in tx.execute(query)]

    def credited_to(self, tx: Transaction, brand: str, creator: str) -> Iterator[CommissionLine]:
        """Yield the lines that wait, of a brand's sales credited to a creator."""
        decided = t.attribution.c
        query = _WAITING.where(
            decided.creator == creator,
            decided.brand == brand,
            _w.order_ref == decided.order_ref,
            _w.account == decided.account,
            _w.platform == decided.platform,
            _w.brand == decided.brand,
        )
        return (_line(row.line) for row in tx.execute(query))

    def lines_of(
        self, tx: Transaction, keys: Iterable[OrderKey]
    ) -> dict[OrderKey, list[CommissionLine]]:
        """Return the lines of orders that wait still."""
        wanted = set(keys)
        refs = sorted({key[2] for key in wanted})
        query = _WAITING.where(_w.order_ref.in_(refs)).order_by(_w.line_ref)
        found: dict[OrderKey, list[CommissionLine]] = {}
        for row in tx.execute(query):
            key = (row.platform, row.account, row.order_ref)
            if key in wanted:
                found.setdefault(key, []).append(_line(row.line))
        return found


def _row(line: CommissionLine) -> dict[str, Any]:
    values = {field.name: getattr(line, field.name) for field in fields(line)}
    text = wire.canonical(values | {"hold_until": to_micros(line.hold_until)})
    names = ("line_ref", "stream", "brand", "platform", "account", "order_ref")
    return {**{name: values[name] for name in names}, "line": text}


def _line(text: str) -> CommissionLine:
    values: Any = wire.loads_canonical(text)
    return CommissionLine(**values | {"hold_until": from_micros(values["hold_until"])})
