"""The queries on batches and personal codes; no code stands in a row."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from liveshop_sdk.checkout import tables as room
from liveshop_sdk.checkout.personal import tables as t
from liveshop_sdk.checkout.personal.models import CodeBatch
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_new

_AT_ONCE = 500
_b, _c, _visit = t.batch.c, t.code.c, room.checkout.c
_ADD_BATCH = t.batch.insert()
_OF_COUPON = select(t.batch).where(_b.coupon_id == bindparam("coupon")).order_by(_b.id)
_HAS = select(_b.id).where(_b.coupon_id == bindparam("coupon")).limit(1)
_UNMADE = (
    select(t.code)
    .where(_c.batch_id == bindparam("batch"), _c.made_at.is_(None))
    .order_by(_c.n)
    .limit(bindparam("most"))
)
_MADE = (
    update(t.code)
    .where(_c.id == bindparam("code"), _c.made_at.is_(None))
    .values(platform_ref=bindparam("ref"), made_at=bindparam("at"))
)
_RENEW = (
    update(t.code)
    .where(_c.id == bindparam("code"), _c.made_at.is_(None))
    .values(turn=bindparam("next_turn"), lookup=bindparam("found_by"))
)
_COUNT = select(func.count()).where(_c.batch_id == bindparam("batch"), _c.made_at.is_not(None))
_FIRST_USE = (
    update(t.code)
    .where(_c.id == bindparam("code"), _c.uses == 0)
    .values(uses=1, order_id=bindparam("by_order"), used_at=bindparam("at"))
)
_ONE_MORE = update(t.code).where(_c.id == bindparam("code")).values(uses=_c.uses + 1)
_HELD = (
    select(_visit.id)
    .where(
        _visit.coupon_id == bindparam("coupon"),
        _visit.reservation == "held",
        _visit.reserved_until > bindparam("now"),
        _visit.code_id == bindparam("code"),
    )
    .limit(1)
)


class PersonalStore:
    """Reads and writes batches of codes and what became of each number."""

    # --- batches

    def add(self, tx: Transaction, batch: CodeBatch, rows: Iterable[tuple[int, int, str]]) -> None:
        """Append a batch with its numbers.

        Args:
            rows: Number, turn and lookup of each.
        """
        tx.execute(
            _ADD_BATCH,
            {
                "id": batch.id,
                "coupon_id": batch.coupon_id,
                "prefix": batch.prefix,
                "seed": batch.seed,
                "size": batch.size,
                "made": 0,
                "step": 0,
                "created_at": to_micros(batch.created_at),
            },
        )
        add_new(
            tx,
            t.code,
            [
                {
                    "id": f"{batch.id}:{n}",
                    "batch_id": batch.id,
                    "coupon_id": batch.coupon_id,
                    "n": n,
                    "turn": turn,
                    "lookup": lookup,
                    "uses": 0,
                }
                for n, turn, lookup in rows
            ],
        )

    def batch(self, tx: Transaction, batch_id: str) -> CodeBatch | None:
        """Return a batch by its id."""
        row = tx.execute(select(t.batch).where(_b.id == batch_id)).one_or_none()
        return None if row is None else _batch(row)

    def of_coupon(self, tx: Transaction, coupon_id: str) -> list[CodeBatch]:
        """Return a coupon's batches, the oldest first."""
        return [_batch(row) for row in tx.execute(_OF_COUPON, {"coupon": coupon_id})]

    def has_any(self, tx: Transaction, coupon_id: str) -> bool:
        """Tell whether a coupon has a batch."""
        return tx.execute(_HAS, {"coupon": coupon_id}).first() is not None

    def seeds(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        prefixes: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Return the seeds of coupons whose codes begin so, by the coupons' ids."""
        at = room.coupon.c
        query = (
            select(_b.coupon_id, _b.seed)
            .join(room.coupon, at.id == _b.coupon_id)
            .where(at.platform == platform, at.account == account)
            .order_by(_b.id)
        )
        if prefixes is not None:
            query = query.where(_b.prefix.in_(sorted(prefixes)))
        is_any = prefixes is None or len(prefixes) > 0
        return {row.coupon_id: row.seed for row in tx.execute(query)} if is_any else {}

    def set_batch(self, tx: Transaction, batch_id: str, **values: object) -> None:
        """Change columns of a batch."""
        tx.execute(update(t.batch).where(_b.id == batch_id).values(**values))

    # --- codes

    def unmade(self, tx: Transaction, batch_id: str, most: int) -> list[Row[Any]]:
        """Return the first numbers of a batch that have no code at the platform."""
        return list(tx.execute(_UNMADE, {"batch": batch_id, "most": most}))

    def count_made(self, tx: Transaction, batch_id: str) -> int:
        """Count the numbers of a batch whose code exists at the platform."""
        return int(tx.execute(_COUNT, {"batch": batch_id}).scalar_one())

    def set_made(self, tx: Transaction, made: Mapping[str, str | None], at: datetime) -> None:
        """Note which codes exist at the platform, with its ids."""
        rows = [{"code": one, "ref": ref, "at": to_micros(at)} for one, ref in made.items()]
        if rows:
            tx.execute(_MADE, rows)

    def renew(self, tx: Transaction, code_id: str, turn: int, lookup: str) -> None:
        """Give a number another code."""
        tx.execute(_RENEW, {"code": code_id, "next_turn": turn, "found_by": lookup})

    def by_lookups(
        self, tx: Transaction, coupon_id: str, lookups: Collection[str]
    ) -> list[Row[Any]]:
        """Return the rows of a coupon that are found by these."""
        wanted = sorted(lookups)
        found: list[Row[Any]] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = _c.lookup.in_(wanted[start : start + _AT_ONCE])
            found += tx.execute(select(t.code).where(_c.coupon_id == coupon_id, some))
        return found

    def by_refs(
        self, tx: Transaction, platform: str, account: str, refs: Collection[str]
    ) -> list[Row[Any]]:
        """Return the rows of an account that the platform knows by these ids."""
        at = room.coupon.c
        query = (
            select(t.code)
            .join(room.coupon, at.id == _c.coupon_id)
            .where(_c.platform_ref.in_(sorted(refs)))
            .where(at.platform == platform, at.account == account)
        )
        return list(tx.execute(query)) if refs else []

    def by_id(self, tx: Transaction, code_id: str) -> Row[Any] | None:
        """Return the row of a code by its batch and number."""
        return tx.execute(select(t.code).where(_c.id == code_id)).one_or_none()

    def page(
        self, tx: Transaction, coupon_id: str, *, after: tuple[str, int], limit: int
    ) -> list[Row[Any]]:
        """Return a coupon's codes that exist, by batch and number, behind one."""
        batch, n = after
        query = (
            select(t.code)
            .where(_c.coupon_id == coupon_id, _c.made_at.is_not(None))
            .where((_c.batch_id > batch) | ((_c.batch_id == batch) & (_c.n > n)))
            .order_by(_c.batch_id, _c.n)
            .limit(limit)
        )
        return list(tx.execute(query))

    def use(self, tx: Transaction, code_id: str, order_id: str, at: datetime) -> bool:
        """Count a use by an order; False if another order was first."""
        first = {"code": code_id, "by_order": order_id, "at": to_micros(at)}
        if tx.execute(_FIRST_USE, first).rowcount:
            return True
        tx.execute(_ONE_MORE, {"code": code_id})
        return False

    def is_held(self, tx: Transaction, coupon_id: str, code_id: str, now: datetime) -> bool:
        """Tell whether a visit that may still be paid was opened with a code."""
        named = {"coupon": coupon_id, "code": code_id, "now": to_micros(now)}
        return tx.execute(_HELD, named).first() is not None


def _batch(row: Row[Any]) -> CodeBatch:
    return CodeBatch(
        id=row.id,
        coupon_id=row.coupon_id,
        prefix=row.prefix,
        seed=row.seed,
        size=row.size,
        made=row.made,
        step=row.step,
        problem=row.problem,
        created_at=from_micros(row.created_at),
        done_at=None if row.done_at is None else from_micros(row.done_at),
    )
