"""Coupons that take no percentage or amount off the cart. Pure values."""

from dataclasses import dataclass
from typing import ClassVar

from liveshop_sdk.errors import CouponInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.wire import canonical, loads_canonical

PERCENT, AMOUNT, FREE_SHIPPING = "percent", "amount", "free_shipping"
ALL_KINDS = frozenset((PERCENT, AMOUNT, FREE_SHIPPING))


@dataclass(frozen=True, slots=True)
class FreeShipping:
    """Ships for nothing, and takes nothing off the goods."""

    kind: ClassVar[str] = FREE_SHIPPING

    @property
    def words(self) -> str:
        """Say what a buyer gets."""
        return "free shipping"

    @property
    def percent_bps(self) -> int:
        """What comes off the goods it is for."""
        return 0

    def as_text(self) -> str:
        """Return the canonical text that stands for it in a row."""
        return canonical({"kind": self.kind})


Gives = FreeShipping
"""What a coupon gives that is neither a percentage nor an amount off the cart."""


def gives_from(text: str | None) -> Gives | None:
    """Return what `as_text` wrote; None for a percentage or an amount.

    Raises:
        CouponInvalidError: It did not write this.
    """
    if text is None:
        return None
    found = loads_canonical(text)
    if found == {"kind": FREE_SHIPPING}:
        return FreeShipping()
    raise CouponInvalidError(problem="a kind that is not known", expected="one of this version")


def gives_json(gives: Gives | None) -> dict[str, Json]:
    """Return what commands and the API show of it."""
    return {"free_shipping": isinstance(gives, FreeShipping)}
