"""Why each cent of an order went where it went."""

from dataclasses import dataclass
from typing import Any

from liveshop_sdk.affiliate import accrual
from liveshop_sdk.affiliate.attribution import Attribution
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.service import Affiliate
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.service import Orders
from liveshop_sdk.clock import to_iso
from liveshop_sdk.db import Database
from liveshop_sdk.events.factlog import FactLog
from liveshop_sdk.facts import Fact, OrderPaid
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.recording import sale_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An order with its facts, decisions, commission lines and their standing.

    ``waiting`` are lines as the credited creator alone would earn them, which
    hosts share once the air time of their stream is known.
    """

    order: Order
    facts: tuple[Fact, ...]
    decisions: tuple[Attribution, ...]
    lines: tuple[CommissionLine, ...]
    targets: tuple[accrual.Target, ...]
    waiting: tuple[CommissionLine, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return everything, losing claims included, without buyer data."""
        sale = sale_in(self.facts)
        return {
            "order": {
                "id": self.order.id,
                "platform": self.order.platform,
                "order_ref": self.order.order_ref,
                "checkout_id": self.order.checkout_id,
                "paid_at": to_iso(self.order.paid_at) if self.order.paid_at else None,
                "total": Money(sale.total, sale.currency).as_json() if sale else None,
            },
            "facts": [
                {"key": fact.key, "kind": fact.kind, "occurred_at": to_iso(fact.occurred_at)}
                for fact in self.facts
            ],
            "decisions": [
                {
                    "brand": one.brand,
                    "creator": one.creator,
                    "stream": one.stream,
                    "reason": one.reason,
                    "stream_minute": _minute(one.stream_offset_us),
                    "claim": one.claim,
                    "losing_claims": one.lost,
                    "policy": one.policy,
                }
                for one in self.decisions
            ],
            "lines": [
                _line_json(line, target, sale)
                for line, target in zip(self.lines, self.targets, strict=True)
            ],
            "waiting": [
                {
                    "brand": line.brand,
                    "order_line": line.order_line,
                    "credited": line.credited,
                    "stream": line.stream,
                    "waits_for": "air_time",
                    "earned": Money(line.amount, line.currency).as_json(),
                }
                for line in self.waiting
            ],
        }


def explain(
    db: Database, *, orders: Orders, facts: FactLog, affiliate: Affiliate, order_ref: str
) -> Explanation:
    """Gather all that led to an order's commission, in one snapshot."""
    with db.reading() as tx:
        order = orders.find(tx, order_ref)
        known = facts.of_order(tx, *order.key)
        decisions = affiliate.decisions_of(tx, order.key)
        lines = affiliate.lines_of(tx, order.key)
        waiting = affiliate.waiting_of(tx, order.key)
    sale = sale_in(known)
    state = accrual.order_state(sale, known) if sale else None
    return Explanation(
        order=order,
        facts=tuple(sorted(known, key=lambda fact: (fact.occurred_at, fact.key))),
        decisions=tuple(decisions),
        lines=tuple(lines),
        targets=tuple(accrual.target(line, state) for line in lines) if state else (),
        waiting=tuple(waiting),
    )


def _line_json(
    line: CommissionLine, target: accrual.Target, sale: OrderPaid | None
) -> dict[str, Any]:
    sold = (
        next((item for item in sale.lines if item.ref == line.order_line), None) if sale else None
    )
    return {
        "line_ref": line.line_ref,
        "brand": line.brand,
        "sku": sold.sku if sold else "",
        "title": sold.title if sold else "",
        "creator": line.creator,
        "terms_of": line.credited,
        "terms_version": line.terms_version,
        "base": Money(line.base, line.currency).as_json(),
        "rule": line.rule,
        "rate": str(Rate.bps(line.rate_bps)),
        "per_unit": _money(line.per_unit or None, line.currency),
        "quantity": line.quantity,
        "uncapped": _money(line.uncapped, line.currency),
        "cap": _money(line.cap, line.currency),
        "share": f"{line.weight}/{line.weight_total}",
        "earned": Money(line.amount, line.currency).as_json(),
        "taken_back": Money(line.amount - target.expense, line.currency).as_json(),
        "pending": Money(target.pending, line.currency).as_json(),
        "disputed": Money(target.disputed, line.currency).as_json(),
        "owed": Money(target.owed, line.currency).as_json(),
        "hold_until": to_iso(line.hold_until),
        "withheld": line.withheld,
    }


def _money(amount: int | None, currency: str) -> dict[str, int | str] | None:
    return None if amount is None else Money(amount, currency).as_json()


def _minute(offset_us: int | None) -> int | None:
    return None if offset_us is None else offset_us // 60_000_000
