"""What terms of a period come to, each as an item with a target of its own.

A component is stated per creator, version of the terms, currency and month or
window. A sale counts in the month it was paid in and under the version it was
rated with, so nothing is ever rated again; and only for the creator whose own
terms rated it, with the part of the sale that is theirs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.accrual import Item, OrderState, Target
from liveshop_sdk.affiliate.agreements import Agreement, in_force
from liveshop_sdk.affiliate.bonus import tier_bonus
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.earning import DEFAULT
from liveshop_sdk.affiliate.minimum import GuaranteedMonth, cap_target, guarantee_targets
from liveshop_sdk.affiliate.months import WHOLE, end_of, months_of, window_of
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.affiliate.windows.models import Count, CountedOrder, Totals, Window
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import half_up

BONUS_EXPENSE = "brand:tier_bonus_expense"
GUARANTEE_EXPENSE = "brand:guarantee_expense"

_CAP_REF = re.compile(r"cap:([^:]+):v([0-9]+):([A-Z]{3}):([0-9]{4}-[0-9]{2})")

Versions = Mapping[str, Sequence[Agreement]]
"""Every version of one brand's terms, by creator, oldest first."""


def has_components(terms: Terms) -> bool:
    """Tell whether terms hold anything that is counted over a period."""
    return bool(terms.tiers or terms.cap_per_month or terms.guarantee)


def terms_of(versions: Versions, creator: str, version: int) -> Terms:
    """Return the terms of one version; LookupError if nobody agreed on it."""
    for one in versions[creator]:
        if one.version == version:
            return one.terms
    raise LookupError(f"{creator} has no terms of version {version}")


# --- counting


def counted(
    order: OrderPaid, lines: Iterable[CommissionLine], state: OrderState, versions: Versions
) -> list[CountedOrder]:
    """Return what an order's lines come to now, one count for each creator.

    Lines without a month are passed over: their terms count nothing.
    """
    found: dict[Count, CountedOrder] = {}
    for line in lines:
        if line.month is None:
            continue
        count = Count(line.creator, line.terms_version, line.currency, line.month)
        target = accrual.target(line, state)
        terms = terms_of(versions, line.creator, line.terms_version)
        so_far = found.get(count) or CountedOrder(
            count=count,
            order_key=order.order_key,
            paid_at=order.occurred_at,
            base=0,
            earned=0,
            pending=0,
            hold_until=line.hold_until,
        )
        found[count] = replace(
            so_far,
            base=so_far.base + _tier_base(line, state, terms),
            earned=so_far.earned + target.expense,
            pending=so_far.pending + target.pending,
            hold_until=max(so_far.hold_until, line.hold_until),
        )
    return list(found.values())


def _tier_base(line: CommissionLine, state: OrderState, terms: Terms) -> int:
    """Return what tiers count of a line: the creator's part of what is left of it.

    A tier raises the default rate; what was rated by a rule of its own is none
    of its business. What waits for a person counts once it was approved.
    """
    if line.withheld and not accrual.is_released(line, state):
        return 0
    if terms.tiers is None or terms.tiers.currency != line.currency or line.rule != DEFAULT:
        return 0
    left = max(line.base - state.gone.get(line.order_line, 0), 0)
    return half_up(left * line.weight, line.weight_total)


def added(totals: Totals, new: CountedOrder, old: CountedOrder | None) -> Totals:
    """Return a month's totals after one order of it has changed."""
    return Totals(
        base=totals.base + new.base - (old.base if old else 0),
        earned=totals.earned + new.earned - (old.earned if old else 0),
        pending=totals.pending + new.pending - (old.pending if old else 0),
        hold_until=max(new.hold_until, totals.hold_until or new.hold_until),
    )


# --- tiers


def window_for(count: Count, terms: Terms) -> Window | None:
    """Return the window in which a month's sales are counted for tiers."""
    if terms.tiers is None or terms.tiers.currency != count.currency:
        return None
    span = window_of(count.month, terms.tiers.window)
    return Window(count.creator, count.terms_version, count.currency, span)


def tier_item(window: Window, terms: Terms, bases: Sequence[int], *, released: bool) -> Item:
    """Return the bonus of a window; it is pending until the window is released.

    Args:
        bases: As `tier_bonus` takes them.
    """
    tiers = terms.tiers
    bonus = tier_bonus(bases, mode=tiers.mode, steps=tiers.steps, base=terms.rate) if tiers else 0
    target = Target(pending=0 if released else bonus, disputed=0, owed=bonus if released else 0)
    return Item(
        line_ref=window.line_ref,
        creator=window.creator,
        currency=window.currency,
        expense=BONUS_EXPENSE,
        target=target,
    )


def totals_in(window: Window, totals: Mapping[Count, Totals]) -> list[Totals]:
    """Return the totals of a window's months."""
    first, last = months_of(window.span)
    key = (window.creator, window.terms_version, window.currency)
    return [
        total
        for count, total in totals.items()
        if (count.creator, count.terms_version, count.currency) == key
        and first <= count.month <= last
    ]


def due_from(
    window: Window,
    versions: Sequence[Agreement],
    totals: Mapping[Count, Totals],
    *,
    zone: ZoneInfo,
) -> datetime | None:
    """Return when a window is over with all of its holds, None while that is open.

    One that lasts as long as its version ends with the next version.
    """
    if window.span == WHOLE:
        later = (one.effective_from for one in versions if one.version > window.terms_version)
        end = min(later, default=None)
    else:
        end = end_of(months_of(window.span)[1], zone)
    holds = [total.hold_until for total in totals_in(window, totals) if total.hold_until]
    return None if end is None else max([end, *holds])


# --- caps and guarantees


def cap_item(count: Count, terms: Terms, totals: Totals) -> Item | None:
    """Return what a month's cap takes, None where there is no cap."""
    cap = terms.cap_per_month
    if cap is None or cap.currency != count.currency:
        return None
    return Item(
        line_ref=_cap_ref(count),
        creator=count.creator,
        currency=count.currency,
        expense=accrual.EXPENSE,
        target=cap_target(cap=cap.amount, earned=totals.earned, pending=totals.pending),
    )


def _cap_ref(count: Count) -> str:
    """Name a month's cap on its postings."""
    return f"cap:{count.creator}:v{count.terms_version}:{count.currency}:{count.month}"


def capped(line_ref: str) -> Count | None:
    """Return what a month's cap counts, by its name on postings; None of others."""
    found = _CAP_REF.fullmatch(line_ref)
    if found is None:
        return None
    creator, version, currency, month = found.groups()
    return Count(creator, int(version), currency, month)


def guarantee_items(
    creator: str,
    versions: Sequence[Agreement],
    totals: Mapping[Count, Totals],
    *,
    months: Iterable[str],
    zone: ZoneInfo,
) -> list[Item]:
    """Return what guarantees add to each month, of those that are over.

    A month has the guarantee in force at its end. Commission under any version
    that holds a guarantee counts against it, after that version's cap.
    """
    by_currency: dict[str, list[GuaranteedMonth]] = {}
    for month in months:
        found = _guarantor(versions, end_of(month, zone))
        if found is None or found.terms.guarantee is None:
            continue
        amount = found.terms.guarantee.amount
        by_currency.setdefault(amount.currency, []).append(
            GuaranteedMonth(
                month=month,
                amount=amount.amount,
                recoupable=found.terms.guarantee.recoupable,
                earned=_earned(creator, versions, totals, month, amount.currency),
            )
        )
    return [
        Item(
            line_ref=guarantee_ref(creator, currency, month),
            creator=creator,
            currency=currency,
            expense=GUARANTEE_EXPENSE,
            target=Target(pending=0, disputed=0, owed=amount),
        )
        for currency, some in by_currency.items()
        for month, amount in guarantee_targets(some).items()
    ]


def guarantee_ref(creator: str, currency: str, month: str) -> str:
    """Name a month's guarantee on its postings."""
    return f"guarantee:{creator}:{currency}:{month}"


def _guarantor(versions: Sequence[Agreement], end: datetime) -> Agreement | None:
    begun = tuple(version for version in versions if version.effective_from < end)
    return in_force(begun, end)


def _earned(
    creator: str,
    versions: Sequence[Agreement],
    totals: Mapping[Count, Totals],
    month: str,
    currency: str,
) -> int:
    earned = 0
    for version in versions:
        own = totals.get(Count(creator, version.version, currency, month))
        if own is None or version.terms.guarantee is None:
            continue
        cap = version.terms.cap_per_month
        earned += own.earned if cap is None else min(own.earned, cap.amount)
    return earned
