"""What the book says of payouts, from their postings alone."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby

from liveshop_sdk.affiliate.statements.model import Payout
from liveshop_sdk.affiliate.statements.store import Moved

_STATES = {
    "payout_created": "created",
    "payout_sent": "sent",
    "payout_failed": "failed",
    "payout_cancelled": "cancelled",
    "payout_returned": "returned",
}
_OVER = ("paid", "failed", "cancelled", "returned")


def payouts_of(
    moved: Iterable[Moved], arrived: Mapping[str, str], *, period: str
) -> tuple[Payout, ...]:
    """Return payouts that changed in a month or were under way in it.

    Args:
        moved: Postings with a payout item, in the order of their entries.
        arrived: Days on which items are known to have arrived.
    """
    by_item = sorted(moved, key=lambda row: (row.payout_item, row.seq))
    found = []
    for item, rows in groupby(by_item, lambda row: row.payout_item):
        own = [row for row in rows if row.kind in _STATES]
        if own:
            found.append((own[0].seq, _payout(item, own, arrived.get(item))))
    ordered = [payout for _, payout in sorted(found, key=lambda one: one[0])]
    return tuple(one for one in ordered if _concerns(one, period))


def _payout(item: str, rows: list[Moved], arrived: str | None) -> Payout:
    created = [row for row in rows if row.kind == "payout_created"]
    last, state = rows[-1], _STATES[rows[-1].kind]
    if state == "sent" and arrived:
        state = "paid"
    return Payout(
        item_id=item,
        state=state,
        rail=next((row.source for row in rows if row.kind == "payout_sent"), ""),
        created_on=date.fromisoformat(rows[0].on),
        changed_on=date.fromisoformat(arrived if state == "paid" and arrived else last.on),
        amount=sum(row.amount for row in created if row.part == "payable"),
        withheld=-sum(row.amount for row in created if row.part == "tax_withheld"),
    )


def _concerns(payout: Payout, period: str) -> bool:
    begun = f"{payout.created_on:%Y-%m}"
    ended = f"{payout.changed_on:%Y-%m}"
    return begun <= period and (ended >= period or payout.state not in _OVER)
