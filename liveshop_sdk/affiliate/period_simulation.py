"""What whole periods would add to a simulation, by the rules that post them."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from liveshop_sdk.affiliate.bonus import tier_bonus
from liveshop_sdk.affiliate.earning import DEFAULT, rule_for
from liveshop_sdk.affiliate.minimum import GuaranteedMonth, cap_target, guarantee_targets
from liveshop_sdk.affiliate.months import month_of, months_from, window_of
from liveshop_sdk.affiliate.simulation import (
    OrderPay,
    PeriodPay,
    PeriodRule,
    SimpleOrder,
    units_of,
)
from liveshop_sdk.affiliate.terms import Terms

TIERS, MONTH_CAP, GUARANTEE = "tiers", "cap_per_month", "guarantee"


def in_zone(zone: ZoneInfo) -> PeriodRule:
    """Return the rule for a book whose months begin in this time zone.

    The months of a guarantee go from the first order's to the last one's, those
    between without an order included.
    """

    def pay(
        terms: Terms, orders: Sequence[SimpleOrder], paid: Sequence[OrderPay]
    ) -> Iterator[PeriodPay]:
        known = [(month_of(order.paid_at, zone), order) for order in orders]
        yield from _tiers(terms, known)
        earned: dict[str, int] = {}
        for (month, order), pay in zip(known, paid, strict=True):
            if order.currency == terms.currency:
                earned[month] = earned.get(month, 0) + pay.total
        yield from _months(terms, earned)

    return pay


def _tiers(terms: Terms, orders: Sequence[tuple[str, SimpleOrder]]) -> Iterator[PeriodPay]:
    if terms.tiers is None:
        return
    bases: dict[str, list[int]] = {}
    for month, order in sorted(orders, key=lambda each: (each[1].paid_at, each[1].order_ref)):
        if order.currency == terms.tiers.currency:
            base = sum(
                unit.base for unit in units_of(order) if rule_for(terms, unit).name == DEFAULT
            )
            bases.setdefault(window_of(month, terms.tiers.window), []).append(base)
    for span, some in bases.items():
        amount = tier_bonus(some, mode=terms.tiers.mode, steps=terms.tiers.steps, base=terms.rate)
        yield _period(TIERS, span, terms, amount)


def _months(terms: Terms, earned: dict[str, int]) -> Iterator[PeriodPay]:
    if not earned:
        return
    left = {month: earned.get(month, 0) for month in months_from(min(earned), max(earned))}
    if terms.cap_per_month is not None:
        for month, sum_ in left.items():
            over = cap_target(cap=terms.cap_per_month.amount, earned=sum_, pending=sum_)
            left[month] += over.expense
            yield _period(MONTH_CAP, month, terms, over.expense)
    if terms.guarantee is None:
        return
    months = [
        GuaranteedMonth(
            month=month,
            amount=terms.guarantee.amount.amount,
            recoupable=terms.guarantee.recoupable,
            earned=sum_,
        )
        for month, sum_ in left.items()
    ]
    for month, amount in guarantee_targets(months).items():
        yield _period(GUARANTEE, month, terms, amount)


def _period(component: str, period: str, terms: Terms, amount: int) -> PeriodPay:
    currency = terms.currency or ""
    return PeriodPay(component=component, period=period, currency=currency, amount=amount)
