"""A gift of products to a creator."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money
from liveshop_sdk.wire import is_storable

MAX_QUANTITY = 1_000_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """So many units of a product, given to a creator; it may be taken back once.

    Attributes:
        cost: What all units together cost the brand.
        fair_value: What a buyer would pay for them: what counts as income.
    """

    id: str
    brand: str
    creator: str
    sku: str
    quantity: int
    cost: Money
    fair_value: Money
    given_at: datetime = field(compare=False)
    taken_back_at: datetime | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name, instants as text."""
        return {
            "id": self.id,
            "brand": self.brand,
            "creator": self.creator,
            "sku": self.sku,
            "quantity": self.quantity,
            "cost": dict(self.cost.as_json()),
            "fair_value": dict(self.fair_value.as_json()),
            "given_at": to_iso(self.given_at),
            "taken_back_at": to_iso(self.taken_back_at) if self.taken_back_at else None,
        }


def check(seeding: Seeding) -> Seeding:
    """Return a gift that can be as described.

    Raises:
        RecordInvalidError: Its id, its quantity or an amount cannot be.
    """
    if not is_storable(seeding.id) or not _ID.fullmatch(seeding.id):
        raise _invalid(f"the id {seeding.id!r:.60}", "1 to 40 letters, digits, _ and -")
    if type(seeding.quantity) is not int or not 1 <= seeding.quantity <= MAX_QUANTITY:
        raise _invalid(f"{str(seeding.quantity)[:20]} units", f"1 to {MAX_QUANTITY}")
    _check_amount(seeding.cost)
    _check_amount(seeding.fair_value)
    return seeding


def _check_amount(money: object) -> None:
    if not isinstance(money, Money) or money.amount < 0:
        raise _invalid(f"{str(money)[:40]} as an amount", "money of zero or more")


def _invalid(problem: str, expected: str) -> RecordInvalidError:
    return RecordInvalidError(kind="seeding", problem=problem, expected=expected)
