"""What terms would pay for orders: before they are signed, and without writing.

The same functions compute it as compute what is posted, so a simulation over
orders that were sold is what was booked for them, before anything was refunded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.earning import Unit, earned
from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money

COMMISSION, ORDER_CAP, TOTAL = "commission", "cap_per_order", "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleLine:
    """One line of an order: a product, how many, and its commission base.

    Attributes:
        base: Minor units after discounts, without tax, for all units.
        collection: Left out, it is that of our product with this SKU.
    """

    sku: str
    base: int
    quantity: int = 1
    collection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleOrder:
    """As much of one brand's part of an order as terms look at."""

    order_ref: str
    paid_at: datetime
    currency: str
    lines: tuple[SimpleLine, ...]
    is_returning: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPay:
    """What one order would pay, in minor units of its currency.

    Attributes:
        commission: Of all lines, without the cap.
        capped: What the cap on the order takes away; 0 or less.
    """

    order_ref: str
    currency: str
    commission: int
    capped: int

    @property
    def total(self) -> int:
        """Return what the order would pay in the end."""
        return self.commission + self.capped


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPay:
    """What a whole period would add to its orders' commission, or take from it.

    Attributes:
        component: The part of the terms: ``tiers``, ``cap_per_month`` …
        period: Which period, such as ``2026-10``.
    """

    component: str
    period: str
    currency: str
    amount: int


PeriodRule = Callable[[Terms, Sequence[SimpleOrder], Sequence[OrderPay]], Iterable[PeriodPay]]


def no_period_pay(
    _terms: Terms, _orders: Sequence[SimpleOrder], _paid: Sequence[OrderPay]
) -> Iterable[PeriodPay]:
    """Add nothing: what single orders pay is all."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What terms would pay: per order, per period, and in total per component."""

    orders: tuple[OrderPay, ...]
    periods: tuple[PeriodPay, ...]

    def totals(self) -> dict[str, dict[str, int]]:
        """Return minor units by currency and component, ``total`` among them."""
        found: dict[str, dict[str, int]] = {}
        for order in self.orders:
            _add(found, order.currency, COMMISSION, order.commission)
            _add(found, order.currency, ORDER_CAP, order.capped)
        for period in self.periods:
            _add(found, period.currency, period.component, period.amount)
        return {currency: found[currency] for currency in sorted(found)}


def simulate(
    terms: Terms, orders: Iterable[SimpleOrder], *, periods: PeriodRule = no_period_pay
) -> Simulation:
    """Compute what terms would pay for orders.

    Args:
        periods: Adds what whole periods pay, given what each order does.
    """
    known = list(orders)
    paid = [order_pay(terms, order) for order in known]
    return Simulation(orders=tuple(paid), periods=tuple(periods(terms, known, paid)))


def order_pay(terms: Terms, order: SimpleOrder) -> OrderPay:
    """Compute what terms would pay for one order."""
    lines = earned(terms, units_of(order), order.currency)
    commission = sum(line.uncapped for line in lines)
    return OrderPay(
        order_ref=order.order_ref,
        currency=order.currency,
        commission=commission,
        capped=sum(line.amount for line in lines) - commission,
    )


def units_of(order: SimpleOrder) -> list[Unit]:
    """Return what terms look at in an order's lines."""
    return [
        Unit(
            sku=line.sku,
            collection=line.collection,
            is_returning=order.is_returning,
            quantity=line.quantity,
            base=line.base,
        )
        for line in order.lines
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What proposed terms would pay, next to those in force (None without any)."""

    proposed: Simulation
    current: Simulation | None

    def as_json(self) -> dict[str, Json]:
        """Return both per order, per period and in total, money nested."""
        before = self.current.orders if self.current else (None,) * len(self.proposed.orders)
        orders: list[Json] = [
            {
                "order_ref": new.order_ref,
                "proposed": _order_json(new),
                "current": None if old is None else _order_json(old),
            }
            for new, old in zip(self.proposed.orders, before, strict=True)
        ]
        return {
            "orders": orders,
            "proposed": _simulation_json(self.proposed),
            "current": None if self.current is None else _simulation_json(self.current),
        }


def _add(found: dict[str, dict[str, int]], currency: str, component: str, amount: int) -> None:
    sums = found.setdefault(currency, {COMMISSION: 0, ORDER_CAP: 0, TOTAL: 0})
    sums[component] = sums.get(component, 0) + amount
    sums[TOTAL] += amount


def _order_json(order: OrderPay) -> dict[str, Json]:
    parts = {COMMISSION: order.commission, ORDER_CAP: order.capped, TOTAL: order.total}
    return _parts_json(parts, order.currency)


def _parts_json(parts: Mapping[str, int], currency: str) -> dict[str, Json]:
    return {name: dict(Money(amount, currency).as_json()) for name, amount in parts.items()}


def _simulation_json(made: Simulation) -> dict[str, Json]:
    periods: list[Json] = [
        {
            "component": one.component,
            "period": one.period,
            "amount": dict(Money(one.amount, one.currency).as_json()),
        }
        for one in made.periods
    ]
    totals: dict[str, Json] = {
        currency: _parts_json(parts, currency) for currency, parts in made.totals().items()
    }
    return {"periods": periods, "totals": totals}
