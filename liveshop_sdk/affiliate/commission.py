"""What an order earns: one commission line per order line and creator."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Decision
from liveshop_sdk.affiliate.earning import DEFAULT, Unit, earned
from liveshop_sdk.facts import Claim, HostShare, OrderPaid, SoldLine
from liveshop_sdk.money import split
from liveshop_sdk.registry.products import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionLine:
    """What one creator earned with one order line, and under which terms.

    Invariant: ``amount`` is this creator's part of what the line earned; the
    parts of one order line add up to it exactly. Never changed.

    Attributes:
        line_ref: Names this line on every posting it causes.
        credited: The creator whose agreement was applied.
        weight: This creator's share of ``weight_total``.
        rule: Which rule of the terms applied (``earning.Rule``).
        per_unit: Minor units that ``quantity`` units earned each, besides
            ``rate_bps`` of ``base``; 0 for none.
        uncapped: What all hosts together earned before the order's cap.
        cap: That cap, over all lines of the brand in the order; None without.
        withheld: Why it waits for a person before release, or ``""``.
        month: Where the creator's own terms count it (``YYYY-MM``); None where
            they count nothing.
    """

    line_ref: str
    brand: str
    platform: str
    account: str
    order_ref: str
    order_line: str
    creator: str
    credited: str
    stream: str | None
    currency: str
    base: int
    rate_bps: int
    weight: int
    weight_total: int
    amount: int
    terms_version: int
    hold_until: datetime
    withheld: str
    rule: str = DEFAULT
    per_unit: int = 0
    quantity: int | None = None
    uncapped: int | None = None
    cap: int | None = None
    month: str | None = None


def units_of(
    sold: Iterable[SoldLine], products: Mapping[str, Product], is_returning: bool | None
) -> list[Unit]:
    """Return what terms look at in order lines.

    Args:
        products: Ours, by the order line's ref; a line without one is known by
            its own SKU and belongs to no collection.
    """
    units = []
    for item in sold:
        product = products.get(item.ref)
        units.append(
            Unit(
                sku=product.sku if product else item.sku,
                collection=(product.collection or "") if product else "",
                is_returning=is_returning,
                quantity=item.quantity,
                base=item.base,
            )
        )
    return units


def commission_lines(
    order: OrderPaid,
    sold: Sequence[SoldLine],
    *,
    brand: str,
    decision: Decision,
    agreement: Agreement,
    withheld: str,
    products: Mapping[str, Product] | None = None,
    is_returning: bool | None = None,
    month: str | None = None,
) -> tuple[CommissionLine, ...]:
    """Compute the commission lines of one brand's part of an order.

    What a line earns by the terms (``earning.py``) is split among the hosts
    that share it.

    Args:
        products: The products of the lines, by the lines' refs.
        is_returning: Whether the buyer bought here before; None when unknown.
        month: Where the terms count it, None where they count nothing.
    """
    if decision.claim is None:
        return ()
    whole = whole_lines(
        order,
        sold,
        brand=brand,
        claim=decision.claim,
        agreement=agreement,
        withheld=withheld,
        products=products,
        is_returning=is_returning,
        month=month,
    )
    return tuple(part for line in whole for part in shared(line, decision.shares))


def whole_lines(
    order: OrderPaid,
    sold: Sequence[SoldLine],
    *,
    brand: str,
    claim: Claim,
    agreement: Agreement,
    withheld: str,
    products: Mapping[str, Product] | None,
    is_returning: bool | None,
    month: str | None,
) -> tuple[CommissionLine, ...]:
    """Compute commission lines as the credited creator alone would earn them."""
    units = units_of(sold, products or {}, is_returning)
    return tuple(
        CommissionLine(
            line_ref=_line_ref(order.platform, order.order_ref, item.ref, claim.creator),
            brand=brand,
            platform=order.platform,
            account=order.account,
            order_ref=order.order_ref,
            order_line=item.ref,
            creator=claim.creator,
            credited=claim.creator,
            stream=claim.stream,
            currency=order.currency,
            base=item.base,
            rate_bps=made.rate.basis_points,
            weight=1,
            weight_total=1,
            amount=made.amount,
            terms_version=agreement.version,
            hold_until=order.occurred_at + agreement.hold,
            withheld=withheld,
            rule=made.rule,
            per_unit=made.per_unit,
            quantity=made.quantity,
            uncapped=made.uncapped,
            cap=made.cap,
            month=month,
        )
        for item, made in zip(sold, earned(agreement.terms, units, order.currency), strict=True)
    )


def shared(line: CommissionLine, shares: Sequence[HostShare]) -> list[CommissionLine]:
    """Split a whole line among hosts; without shares it stays whole.

    By weight with the largest remainder, so that no cent is lost or made. A
    host without weight has no line. Terms of a period count for the creator
    they were agreed with alone.
    """
    holders = [share for share in shares if share.weight]
    if not holders:
        return [line]
    weights = [share.weight for share in holders]
    return [
        replace(
            line,
            line_ref=_line_ref(line.platform, line.order_ref, line.order_line, share.creator),
            creator=share.creator,
            weight=share.weight,
            weight_total=sum(weights),
            amount=part,
            month=line.month if share.creator == line.credited else None,
        )
        for share, part in zip(holders, split(line.amount, weights), strict=True)
    ]


def _line_ref(platform: str, order_ref: str, order_line: str, creator: str) -> str:
    return f"{platform}:{order_ref}/{order_line}/{creator}"
