"""The terms a creator sells under: versioned, and frozen once used."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from liveshop_sdk import wire
from liveshop_sdk.affiliate import terms_json
from liveshop_sdk.affiliate.cuts import loses_progress, worse_in
from liveshop_sdk.affiliate.months import next_window
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.errors import AgreementInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One version of what a brand pays a creator; never changed, only followed.

    Attributes:
        rate: Of net: after discounts, without tax and shipping.
        hold: From payment until commission becomes payable.
        rounding: Of each order line; stored because it is a term.
        effective_from: First sale it applies to; version 1 applies to all before
            version 2, so a clock a little behind never finds no terms.
        more: The whole terms, where more than rate and hold is agreed; use
            `terms`, which is never None.
    """

    brand: str
    creator: str
    version: int
    rate: Rate
    hold: timedelta
    effective_from: datetime
    base: str = "net"
    rounding: str = "half_up"
    more: Terms | None = None

    def __post_init__(self) -> None:
        """Refuse a rate beside terms that say another."""
        if self.more is not None:
            own = (self.rate, self.hold, self.base, self.rounding)
            if own != (self.more.rate, self.more.hold, self.more.base, self.more.rounding):
                raise AgreementInvalidError(
                    problem="a rate or hold beside other terms", expected="the same in both"
                )

    @classmethod
    def on(
        cls, terms: Terms, *, brand: str, creator: str, version: int, effective_from: datetime
    ) -> "Agreement":
        """Return a version of an agreement on these terms."""
        return cls(
            brand=brand,
            creator=creator,
            version=version,
            rate=terms.rate,
            hold=terms.hold,
            effective_from=effective_from,
            base=terms.base,
            rounding=terms.rounding,
            more=None if terms.is_plain else terms,
        )

    @property
    def terms(self) -> Terms:
        """Return all that is agreed."""
        if self.more is not None:
            return self.more
        return Terms(rate=self.rate, hold=self.hold, base=self.base, rounding=self.rounding)

    @property
    def terms_hash(self) -> str:
        """Return the SHA-256 of the terms, in hex; what a creator accepts.

        Of an agreement on a rate and a hold alone it covers what it always
        did, so what was accepted once stays accepted.
        """
        terms: dict[str, Json] = {
            "base": self.base,
            "brand": self.brand,
            "creator": self.creator,
            "hold_us": self.hold // timedelta(microseconds=1),
            "rate_bps": self.rate.basis_points,
            "rounding": self.rounding,
            "version": self.version,
        }
        if self.more is not None:
            terms["terms"] = terms_json.to_json(self.more)
        return hashlib.sha256(wire.canonical(terms).encode()).hexdigest()

    def covers(self, terms: Terms, start: datetime) -> bool:
        """Tell whether agreeing on these terms from then on would add nothing."""
        is_in_force = self.version == 1 or self.effective_from <= start
        return is_in_force and self.terms == terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who accepted which terms, and when; never changed.

    Attributes:
        terms_hash: What was accepted: that of the version, in hex.
        accepted_by: How the shop knows the person; no address.
    """

    brand: str
    creator: str
    version: int
    terms_hash: str
    accepted_by: str
    accepted_at: datetime


def in_force(versions: Sequence[Agreement], at: datetime) -> Agreement | None:
    """Pick the version a sale at ``at`` falls under, None without any."""
    if not versions:
        return None
    ordered = sorted(versions, key=lambda version: version.version)
    current = ordered[0]
    for version in ordered[1:]:
        if version.effective_from <= at:
            current = version
    return current


def first_possible(
    versions: Sequence[Agreement], terms: Terms, *, asked: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return when terms may begin: as asked, or once the notice of a cut is over.

    A cut is measured against the terms in force and against all agreed for
    later, so that no detour over other terms shortens the notice. What is none
    waits for the next window of the tiers it replaces, at most for the notice.

    Args:
        zone: The brand's, in which windows begin.
    """
    current = in_force(versions, now)
    standing = [one for one in versions if current and one.version >= current.version]
    cut = [one.terms.notice for one in standing if worse_in(one.terms, terms)]
    start = max(asked, now + max(cut)) if cut else asked
    while (later := _without_loss(in_force(versions, start), terms, start, now, zone)) > start:
        start = later
    return start


def _without_loss(
    replaced: Agreement | None, terms: Terms, start: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return when terms may begin that would end a window of tiers before its time."""
    if replaced is None or start <= replaced.effective_from:
        return start
    tiers, noticed = replaced.terms.tiers, now + replaced.terms.notice
    if tiers is None or start >= noticed or not loses_progress(replaced.terms, terms):
        return start
    return min(noticed, next_window(start, tiers.window, zone) or noticed)
