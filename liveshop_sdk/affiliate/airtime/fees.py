"""What being live on a stream pays."""

from liveshop_sdk.affiliate.terms import Appearance
from liveshop_sdk.money import half_up


def appearance_fee(appearance: Appearance, minutes: int) -> int:
    """Return the fee for so many minutes on air, in minor units.

    Whole from the agreed minutes on; below them nothing, or where agreed the
    part of the minutes, half up. Who was not on air is paid nothing.
    """
    if minutes >= appearance.min_minutes:
        return appearance.amount.amount
    if appearance.short != "pro_rata":
        return 0
    return half_up(appearance.amount.amount * minutes, appearance.min_minutes)
