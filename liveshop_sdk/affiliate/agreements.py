"""The terms a creator sells under: versioned, and frozen once used."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from liveshop_sdk import wire
from liveshop_sdk.errors import AgreementInvalidError
from liveshop_sdk.money import Rate

DEFAULT_HOLD = timedelta(days=14)
LONGEST_HOLD = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of what a brand pays a creator; never changed, only followed.

    Attributes:
        rate: Of net: after discounts, without tax and shipping.
        hold: From payment until commission becomes payable.
        rounding: ``half_up``, the only mode so far; stored because it is a term.
        effective_from: First sale it applies to; version 1 applies to all before
            version 2, so a clock a little behind never finds no terms.
    """

    brand: str
    creator: str
    version: int
    rate: Rate
    hold: timedelta
    effective_from: datetime
    base: str = "net"
    rounding: str = "half_up"

    @property
    def terms_hash(self) -> str:
        """Return the SHA-256 of the terms, in hex; what a creator accepts."""
        terms = {
            "base": self.base,
            "brand": self.brand,
            "creator": self.creator,
            "hold_us": self.hold // timedelta(microseconds=1),
            "rate_bps": self.rate.basis_points,
            "rounding": self.rounding,
            "version": self.version,
        }
        return hashlib.sha256(wire.canonical(terms).encode()).hexdigest()

    def covers(self, rate: Rate, hold: timedelta, start: datetime) -> bool:
        """Tell whether agreeing on these terms from then on would add nothing."""
        is_in_force = self.version == 1 or self.effective_from <= start
        return is_in_force and (self.rate, self.hold) == (rate, hold)


def check_hold(hold: object) -> timedelta:
    """Return the hold if it is zero to 366 days.

    Raises:
        AgreementInvalidError: It is negative or longer.
    """
    if not isinstance(hold, timedelta) or not timedelta(0) <= hold <= LONGEST_HOLD:
        raise AgreementInvalidError(
            problem=f"a hold of {str(hold)[:60]}", expected="a timedelta from 0 to 366 days"
        )
    return hold


def in_force(versions: tuple[Agreement, ...], at: datetime) -> Agreement | None:
    """Pick the version a sale at ``at`` falls under, None without any."""
    if not versions:
        return None
    ordered = sorted(versions, key=lambda version: version.version)
    current = ordered[0]
    for version in ordered[1:]:
        if version.effective_from <= at:
            current = version
    return current
