"""Coupons that take no percentage or amount off the cart. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from liveshop_sdk.errors import CouponInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Rate
from liveshop_sdk.wire import canonical, loads_canonical

PERCENT, AMOUNT, FREE_SHIPPING, BUY_GET = "percent", "amount", "free_shipping", "buy_get"
ALL_KINDS = frozenset((PERCENT, AMOUNT, FREE_SHIPPING, BUY_GET))
WHOLE = 10_000
"""All of a price, in basis points."""


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

    @property
    def skus(self) -> tuple[str, ...]:
        """The products it names."""
        return ()

    def fits(self, items: Mapping[str, int]) -> bool:  # noqa: ARG002 - any cart is shipped
        """Tell whether a cart has what it asks for."""
        return True

    def as_text(self) -> str:
        """Return the canonical text that stands for it in a row."""
        return canonical({"kind": self.kind})


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyGet:
    """Buy some units of a product, and get some of it or of another for less.

    Units that were bought to get others are not among those that are got: of one
    product, *buy 2, get 1* asks for three in the cart.

    Attributes:
        get_bps: What comes off each unit got, in basis points; 10,000 is all.
        per_order: How often in one order; None for as often as the cart has it.
    """

    kind: ClassVar[str] = BUY_GET

    buy_sku: str
    buy_units: int
    get_sku: str
    get_units: int
    get_bps: int = WHOLE
    per_order: int | None = None

    @property
    def words(self) -> str:
        """Say what a buyer gets, such as ``buy 2 MUG, get 1 MUG free``."""
        price = "free" if self.get_bps == WHOLE else f"at {Rate.bps(self.get_bps)} off"
        often = {None: "", 1: ", once an order"}
        most = often.get(self.per_order, f", at most {self.per_order} times an order")
        bought, got = f"{self.buy_units} {self.buy_sku}", f"{self.get_units} {self.get_sku}"
        return f"buy {bought}, get {got} {price}{most}"

    @property
    def percent_bps(self) -> int:
        """What comes off the goods it is for."""
        return self.get_bps

    @property
    def skus(self) -> tuple[str, ...]:
        """The products it names."""
        return tuple(self.needs)

    @property
    def needs(self) -> dict[str, int]:
        """What a cart must hold at least, by SKU."""
        needs = {self.buy_sku: self.buy_units}
        needs[self.get_sku] = needs.get(self.get_sku, 0) + self.get_units
        return needs

    def fits(self, items: Mapping[str, int]) -> bool:
        """Tell whether a cart has what it asks for."""
        return self.times(items) > 0

    def times(self, items: Mapping[str, int]) -> int:
        """Return how often a cart has all that it asks for, as far as that counts."""
        found = min(items.get(sku, 0) // units for sku, units in self.needs.items())
        return found if self.per_order is None else min(found, self.per_order)

    def as_text(self) -> str:
        """Return the canonical text that stands for it in a row."""
        return canonical(
            {
                "kind": self.kind,
                "buy": [self.buy_sku, self.buy_units],
                "get": [self.get_sku, self.get_units, self.get_bps],
                "per_order": self.per_order,
            }
        )


Gives = FreeShipping | BuyGet
"""What a coupon gives that is neither a percentage nor an amount off the cart."""


def gives_from(text: str | None) -> Gives | None:
    """Return what `as_text` wrote; None for a percentage or an amount.

    Raises:
        CouponInvalidError: It did not write this.
    """
    if text is None:
        return None
    match loads_canonical(text):
        case {"kind": "free_shipping"}:
            return FreeShipping()
        case {
            "kind": "buy_get",
            "buy": [str(buy), int(units)],
            "get": [str(got), int(get_units), int(bps)],
            "per_order": int() | None as often,
        }:
            return BuyGet(
                buy_sku=buy,
                buy_units=units,
                get_sku=got,
                get_units=get_units,
                get_bps=bps,
                per_order=often,
            )
    raise CouponInvalidError(problem="a kind that is not known", expected="one of this version")


def gives_json(gives: Gives | None) -> dict[str, Json]:
    """Return what commands and the API show of it."""
    buy: Json = None
    get: Json = None
    if isinstance(gives, BuyGet):
        buy = {"sku": gives.buy_sku, "units": gives.buy_units}
        get = {"sku": gives.get_sku, "units": gives.get_units, "percent_off_bps": gives.get_bps}
    return {
        "free_shipping": isinstance(gives, FreeShipping),
        "buy": buy,
        "get": get,
        "per_order": gives.per_order if isinstance(gives, BuyGet) else None,
    }
