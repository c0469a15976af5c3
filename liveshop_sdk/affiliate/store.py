"""The queries of the affiliate room, named by what they are for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping, bindparam, select, update

from liveshop_sdk import wire
from liveshop_sdk.affiliate import tables as t
from liveshop_sdk.affiliate.attribution import Attribution, Unattributed
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.earning import DEFAULT
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_absent, add_new
from liveshop_sdk.facts import OrderKey

_JSON = ("claim", "lost", "policy")
_LINES = (
    select(t.commission_line)
    .where(t.commission_line.c.order_ref.in_(bindparam("refs", expanding=True)))
    .order_by(
        t.commission_line.c.order_ref,
        t.commission_line.c.order_line,
        t.commission_line.c.line_ref,
    )
)
_NAMED = select(t.commission_line).where(
    t.commission_line.c.line_ref.in_(bindparam("refs", expanding=True))
)
_REASONS = select(t.attribution.c.order_ref, t.attribution.c.reason).where(
    t.attribution.c.platform == bindparam("of_platform"),
    t.attribution.c.account == bindparam("of_account"),
    t.attribution.c.order_ref.in_(bindparam("refs", expanding=True)),
    t.attribution.c.brand == bindparam("of_brand"),
)
_MARK_RELEASED = update(t.hold).where(
    t.hold.c.platform == bindparam("of_platform"),
    t.hold.c.account == bindparam("of_account"),
    t.hold.c.order_ref == bindparam("of_order"),
    t.hold.c.hold_until == bindparam("until"),
)


class AffiliateStore:
    """Reads and writes attributions, commission lines and holds."""

    def add_attributions(self, tx: Transaction, decided: Sequence[Attribution]) -> None:
        """Append decisions; JSON values become canonical text."""
        add_new(tx, t.attribution, [_attribution_row(one) for one in decided])

    def attributions(self, tx: Transaction, key: OrderKey) -> list[Attribution]:
        """Return the stored decisions of one order, one per brand."""
        query = (
            select(t.attribution)
            .where(
                t.attribution.c.platform == key[0],
                t.attribution.c.account == key[1],
                t.attribution.c.order_ref == key[2],
            )
            .order_by(t.attribution.c.brand)
        )
        return [_attribution(row) for row in tx.execute(query).mappings()]

    def decisions(
        self, tx: Transaction, keys: Iterable[OrderKey]
    ) -> dict[OrderKey, list[Attribution]]:
        """Return the stored decisions of several orders, each with one per brand."""
        found: dict[OrderKey, list[Attribution]] = {key: [] for key in keys}
        query = (
            select(t.attribution)
            .where(t.attribution.c.order_ref.in_(sorted({key[2] for key in found})))
            .order_by(t.attribution.c.brand)
        )
        for row in tx.execute(query).mappings() if found else ():
            key = (row["platform"], row["account"], row["order_ref"])
            if key in found:
                found[key].append(_attribution(row))
        return found

    def credited(self, tx: Transaction, *, brand: str, creator: str) -> list[OrderKey]:
        """Return the orders of a brand that are credited to a creator."""
        decided = t.attribution.c
        query = (
            select(decided.platform, decided.account, decided.order_ref)
            .where(decided.creator == creator, decided.brand == brand)
            .order_by(decided.order_ref, decided.account, decided.platform)
        )
        return [(row.platform, row.account, row.order_ref) for row in tx.execute(query)]

    def credited_to(self, tx: Transaction, stream: str) -> list[OrderKey]:
        """Return the orders of which any brand's part is credited to a stream."""
        decided = t.attribution.c
        query = select(decided.platform, decided.account, decided.order_ref).distinct()
        rows = tx.execute(query.where(decided.stream == stream))
        return sorted((row.platform, row.account, row.order_ref) for row in rows)

    def unattributed(self, tx: Transaction, limit: int) -> list[Unattributed]:
        """Return the newest orders that credit nobody, with the reason."""
        query = (
            select(
                t.attribution.c.platform,
                t.attribution.c.account,
                t.attribution.c.order_ref,
                t.attribution.c.brand,
                t.attribution.c.reason,
                t.attribution.c.decided_at,
            )
            .where(t.attribution.c.creator.is_(None))
            .order_by(t.attribution.c.decided_at.desc(), t.attribution.c.order_ref)
            .limit(limit)
        )
        return [
            Unattributed(
                platform=row.platform,
                account=row.account,
                order_ref=row.order_ref,
                brand=row.brand,
                reason=row.reason,
                decided_at=from_micros(row.decided_at),
            )
            for row in tx.execute(query)
        ]

    def add_lines(self, tx: Transaction, lines: Sequence[CommissionLine], *, at: datetime) -> None:
        """Append commission lines and the holds they wait for.

        A hold may be there: another brand's lines of the order wait until the
        same instant, and were shared at another time.
        """
        if not lines:
            return
        now = to_micros(at)
        add_new(tx, t.commission_line, [_line_row(line) | {"created_at": now} for line in lines])
        holds: dict[tuple[OrderKey, datetime], str] = {}
        for line in lines:
            key = (line.platform, line.account, line.order_ref)
            holds.setdefault((key, line.hold_until), line.withheld)
        rows = [
            {
                "platform": key[0],
                "account": key[1],
                "order_ref": key[2],
                "hold_until": to_micros(until),
                "withheld": withheld,
                "released_at": None,
            }
            for (key, until), withheld in holds.items()
        ]
        add_absent(tx, t.hold, rows, key=[column.name for column in t.hold.primary_key.columns])

    def lines_of(
        self, tx: Transaction, keys: Iterable[OrderKey]
    ) -> dict[OrderKey, list[CommissionLine]]:
        """Return the commission lines of several orders in one statement."""
        wanted = set(keys)
        if not wanted:
            return {}
        found: dict[OrderKey, list[CommissionLine]] = {key: [] for key in wanted}
        refs = sorted({key[2] for key in wanted})
        for row in tx.execute(_LINES, {"refs": refs}).mappings():
            key = (row["platform"], row["account"], row["order_ref"])
            if key in wanted:
                found[key].append(_line(row))
        return found

    def lines_named(self, tx: Transaction, refs: Iterable[str]) -> dict[str, CommissionLine]:
        """Return commission lines by their refs; nothing for a ref that names none."""
        wanted = {"refs": sorted(set(refs))}
        found = (_line(row) for row in tx.execute(_NAMED, wanted).mappings())
        return {line.line_ref: line for line in found}

    def reasons(self, tx: Transaction, brand: str, keys: Iterable[OrderKey]) -> dict[OrderKey, str]:
        """Return why orders are credited as they are, for one brand's part of them."""
        found: dict[OrderKey, str] = {}
        for source, some in groupby(sorted(set(keys)), lambda key: key[:2]):
            wanted = {
                "of_platform": source[0],
                "of_account": source[1],
                "refs": [key[2] for key in some],
                "of_brand": brand,
            }
            found |= {(*source, row[0]): row[1] for row in tx.execute(_REASONS, wanted)}
        return found

    def due_holds(
        self, tx: Transaction, *, as_of: datetime, limit: int
    ) -> list[tuple[OrderKey, datetime]]:
        """Return holds that are over, not yet released and not withheld."""
        query = (
            select(t.hold)
            .where(
                t.hold.c.released_at.is_(None),
                t.hold.c.hold_until <= to_micros(as_of),
                t.hold.c.withheld == "",
            )
            .order_by(t.hold.c.hold_until, t.hold.c.order_ref)
            .limit(limit)
        )
        return [
            ((row.platform, row.account, row.order_ref), from_micros(row.hold_until))
            for row in tx.execute(query)
        ]

    def open_holds(self, tx: Transaction, key: OrderKey) -> list[datetime]:
        """Return until when each unreleased hold of one order lasts, withheld or not."""
        query = select(t.hold.c.hold_until).where(
            t.hold.c.platform == key[0],
            t.hold.c.account == key[1],
            t.hold.c.order_ref == key[2],
            t.hold.c.released_at.is_(None),
        )
        return [from_micros(until) for until in tx.execute(query).scalars()]

    def mark_released(
        self, tx: Transaction, holds: Iterable[tuple[OrderKey, datetime]], *, at: datetime
    ) -> None:
        """Note that holds were released, so that they are not due again."""
        rows = [
            {
                "of_platform": platform,
                "of_account": account,
                "of_order": order_ref,
                "until": to_micros(hold_until),
                "released_at": to_micros(at),
            }
            for (platform, account, order_ref), hold_until in holds
        ]
        if rows:
            tx.execute(_MARK_RELEASED, rows)


def _text(value: object) -> str | None:
    return None if value is None else wire.canonical(value)


def _attribution_row(decided: Attribution) -> dict[str, Any]:
    columns = {column.name: getattr(decided, column.name) for column in t.attribution.columns}
    texts = {name: _text(columns[name]) for name in _JSON}
    return columns | texts | {"decided_at": to_micros(decided.decided_at)}


def _attribution(row: RowMapping) -> Attribution:
    read = {name: None if row[name] is None else wire.loads_canonical(row[name]) for name in _JSON}
    values: dict[str, Any] = dict(row) | read | {"decided_at": from_micros(row["decided_at"])}
    return Attribution(**values)


def _line_row(line: CommissionLine) -> dict[str, Any]:
    return {
        column.name: getattr(line, column.name)
        for column in t.commission_line.columns
        if column.name not in ("hold_until", "created_at")
    } | {"hold_until": to_micros(line.hold_until)}


def _line(row: RowMapping) -> CommissionLine:
    values = dict(row)
    del values["created_at"]
    values["hold_until"] = from_micros(values["hold_until"])
    values["rule"] = values["rule"] or DEFAULT
    values["per_unit"] = values["per_unit"] or 0
    return CommissionLine(**values)
