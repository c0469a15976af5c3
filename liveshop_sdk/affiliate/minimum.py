"""What a cap takes away and a guarantee adds, month by month."""

from collections.abc import Iterable
from dataclasses import dataclass

from liveshop_sdk.affiliate.accrual import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteedMonth:
    """One month of a guarantee: what was promised, and what was earned."""

    month: str
    amount: int
    recoupable: bool
    earned: int


def cap_target(*, cap: int, earned: int, pending: int) -> Target:
    """Return what a month's cap takes, as amounts of zero or less.

    It comes out of what is still pending first, and only then out of what was
    released: so the pending of a creator never falls below nothing.

    Args:
        earned: The month's commission after refunds and lost disputes.
        pending: What of it is still held.
    """
    over = max(earned - cap, 0)
    held = min(over, max(pending, 0))
    return Target(pending=-held, disputed=0, owed=held - over)


def guarantee_targets(months: Iterable[GuaranteedMonth]) -> dict[str, int]:
    """Return what the guarantee adds to each month, or takes back in it.

    A month that earned less is filled up. A recoupable guarantee remembers
    what it added and takes it from what later months earn beyond it, never
    more than that; without it the sum stays with the creator.
    """
    found: dict[str, int] = {}
    open_balance = 0
    for each in sorted(months, key=lambda month: month.month):
        added = max(each.amount - each.earned, 0)
        if each.recoupable:
            taken = min(open_balance, max(each.earned - each.amount, 0))
            open_balance += added - taken
            found[each.month] = added - taken
        else:
            found[each.month] = added
    return found
