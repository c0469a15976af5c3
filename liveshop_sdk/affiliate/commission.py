"""What an order earns: one commission line per order line and creator."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Decision
from liveshop_sdk.facts import HostShare, OrderPaid, SoldLine
from liveshop_sdk.money import Money, split


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionLine:
    """What one creator earned with one order line, and under which terms.

    Invariant: ``amount`` is this creator's part of ``rate`` times ``base``;
    the parts of one order line add up to it exactly. Never changed.

    Attributes:
        line_ref: Names this line on every posting it causes.
        credited: The creator whose agreement was applied.
        weight: This creator's share of ``weight_total``.
        withheld: Why it waits for a person before release, or ``""``.
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


def commission_lines(
    order: OrderPaid,
    sold: Iterable[SoldLine],
    *,
    brand: str,
    decision: Decision,
    agreement: Agreement,
    withheld: str,
) -> tuple[CommissionLine, ...]:
    """Compute the commission lines of one brand's part of an order.

    Commission is rounded half up per order line, then split by weight with the
    largest remainder, so that no cent is lost or made.
    """
    claim = decision.claim
    if claim is None:
        return ()
    shares = decision.shares or (HostShare(creator=claim.creator, weight=1),)
    total_weight = sum(share.weight for share in shares)
    lines = []
    for item in sold:
        earned = Money(item.base, order.currency).at(agreement.rate)
        parts = split(earned.amount, [share.weight for share in shares])
        for share, part in zip(shares, parts, strict=True):
            lines.append(
                CommissionLine(
                    line_ref=f"{order.platform}:{order.order_ref}/{item.ref}/{share.creator}",
                    brand=brand,
                    platform=order.platform,
                    account=order.account,
                    order_ref=order.order_ref,
                    order_line=item.ref,
                    creator=share.creator,
                    credited=claim.creator,
                    stream=claim.stream,
                    currency=order.currency,
                    base=item.base,
                    rate_bps=agreement.rate.basis_points,
                    weight=share.weight,
                    weight_total=total_weight,
                    amount=part,
                    terms_version=agreement.version,
                    hold_until=order.occurred_at + agreement.hold,
                    withheld=withheld,
                )
            )
    return tuple(lines)
