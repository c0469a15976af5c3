"""Turn a Shopify Payments dispute into its steps: opened, then won or lost.

Every message tells all steps reached so far, so that a lost or late one is
made good by the next. An inquiry takes no money and freezes nothing.
"""

from datetime import datetime

from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon, Fact
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    currency_of,
    decimal,
    instant,
    ref,
    text,
)
from liveshop_sdk.platforms.shopify.reading import PLATFORM

_OPEN = frozenset({"needs_response", "under_review"})
_WON = frozenset({"won", "prevented", "charge_refunded"})
"""``charge_refunded``: the freeze ends, the refund itself takes commission back."""
_LOST = frozenset({"lost", "accepted"})


def read_dispute(raw: Obj, *, account: str, heard_at: datetime) -> tuple[Fact, ...]:
    """Return the steps of a chargeback on an order; ``()`` for anything else.

    Args:
        heard_at: When we were told, for an end that carries no date.
    """
    dispute_id, status = str(ref(raw, "id")), text(raw, "status")
    if raw.get("order_id") is None or text(raw, "type") != "chargeback":
        return ()
    if status not in _OPEN | _WON | _LOST:
        raise ShapeError("status is not one we know")
    order_ref, currency = str(ref(raw, "order_id")), currency_of(raw)
    opened = DisputeOpened(
        platform=PLATFORM,
        account=account,
        order_ref=order_ref,
        occurred_at=instant(raw, "initiated_at"),
        dispute_id=dispute_id,
        amount=decimal(raw, "amount", currency),
        currency=currency,
    )
    if status in _OPEN:
        return (opened,)
    kind = DisputeWon if status in _WON else DisputeLost
    ended = instant(raw, "finalized_on") if raw.get("finalized_on") else heard_at
    return (
        opened,
        kind(
            platform=PLATFORM,
            account=account,
            order_ref=order_ref,
            occurred_at=ended,
            dispute_id=dispute_id,
        ),
    )
