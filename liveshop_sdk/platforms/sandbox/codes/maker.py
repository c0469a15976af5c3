"""Make personal codes at the sandbox: its own database, so one transaction."""

from collections.abc import Sequence

from liveshop_sdk.checkout.personal.ports import CodeRequest, CodesMade
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.db import Database
from liveshop_sdk.platforms.sandbox.codes.store import CodeStore
from liveshop_sdk.platforms.sandbox.params import refused
from liveshop_sdk.platforms.sandbox.store import SandboxStore


class SandboxCodes:
    """The codes of the sandbox's coupons."""

    portion = 250

    def __init__(self, db: Database) -> None:
        """Work on this database."""
        self._db, self._store, self._coupons = db, CodeStore(), SandboxStore()

    def add(
        self,
        request: CouponRequest,  # noqa: ARG002  # the coupon's own row says all of it
        *,
        ref: str,
        codes: Sequence[CodeRequest],
        job: str | None,  # noqa: ARG002  # nothing is left under way
    ) -> CodesMade:
        """Make codes exist; a key that was used has its code already.

        Raises:
            PlatformRefusedError: the coupon is not there.
        """
        with self._db.transaction() as tx:
            if self._coupons.coupon(tx, ref) is None:
                raise refused("there is no such coupon")
            there, taken = self._store.add(tx, ref, {one.key: one.text for one in codes})
        return CodesMade(
            made={one.id: None for one in codes if one.key in there},
            taken=frozenset(one.id for one in codes if one.key in taken),
        )

    def switch(self, request: CouponRequest, *, wish: str, key: str, after: str) -> str:  # noqa: ARG002
        """Return that all follow: codes have the state of their coupon."""
        return ""
