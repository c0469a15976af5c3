"""The queries on the sandbox's codes for one use."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select, update

from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import insert_if_absent
from liveshop_sdk.platforms.sandbox.codes import tables as t
from liveshop_sdk.platforms.sandbox.models import SandboxCoupon
from liveshop_sdk.platforms.sandbox.store import SandboxStore

_c = t.code.c


class CodeStore:
    """Reads and writes codes; the coupon that each is of has terms and state."""

    def __init__(self) -> None:
        """Know where coupons are."""
        self._coupons = SandboxStore()

    def add(
        self, tx: Transaction, coupon_ref: str, codes: Mapping[str, str]
    ) -> tuple[set[str], set[str]]:
        """Add codes by their keys; return the keys that exist, and those not.

        A key that is there already has its code; another's code is taken.
        """
        absent = insert_if_absent(t.code, tx.dialect.name)
        for key, code in codes.items():
            if self._coupons.coupon_by_code(tx, code) is None:
                row = {"code": code, "coupon_ref": coupon_ref, "key": key, "used": 0}
                tx.execute(absent, row)
        there = self._keys(tx, codes.keys())
        return there, set(codes) - there

    def _keys(self, tx: Transaction, keys: Collection[str]) -> set[str]:
        return set(tx.execute(select(_c.key).where(_c.key.in_(sorted(keys)))).scalars())

    def coupon_by_code(self, tx: Transaction, code: str) -> SandboxCoupon | None:
        """Return the coupon that a code applies, under the code's own text."""
        found = self._coupons.coupon_by_code(tx, code)
        if found is not None:
            return found
        row = tx.execute(select(t.code).where(_c.code == code)).one_or_none()
        coupon = None if row is None else self._coupons.coupon(tx, row.coupon_ref)
        if row is None or coupon is None:
            return None
        return replace(coupon, code=code, is_spent=row.used > 0)

    def use(self, tx: Transaction, code: str | None, *, is_strict: bool) -> bool:
        """Count one use of a code for one use; False if that is to be kept and is over."""
        change = update(t.code).where(_c.code == code).values(used=_c.used + 1)
        if is_strict:
            change = change.where(_c.used == 0)
        is_done = bool(tx.execute(change).rowcount)
        return is_done or tx.execute(select(_c.code).where(_c.code == code)).first() is None

    def free(self, tx: Transaction, code: str | None) -> None:
        """Take one use back: the payment it was counted for failed."""
        is_used = (_c.code == code) & (_c.used > 0)
        tx.execute(update(t.code).where(is_used).values(used=_c.used - 1))
