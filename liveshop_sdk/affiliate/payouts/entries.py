"""The ledger entries of a payout item, from reserved to returned.

Each step is one entry, keyed by the item or by the rail's name of the
transfer, so that no step can be booked twice.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from liveshop_sdk.affiliate.fx.models import FxRate
from liveshop_sdk.affiliate.ledger.accounts import CLAWBACK, PAYABLE
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.payouts.models import Batch, Item
from liveshop_sdk.wire import canonical

SOURCE = "payouts"
TRADING = "fx:trading"
FEE = "brand:payout_fee_expense"
FX_LOSS = "brand:fx_loss"

Balances = Mapping[tuple[str, str], int]
"""Balances by account and currency, debit positive."""


def accounts_of(item: Item) -> list[tuple[str, str]]:
    """Return the accounts whose balances decide where returning money goes."""
    names = (CLAWBACK, "tax_withheld")
    return [(f"creator:{item.creator}:{name}", item.currency) for name in names]


def created(item: Item, *, by: str, at: datetime) -> EntryDraft:
    """Reserve what is payable: it is in transit now, less the tax withheld."""
    owner = f"creator:{item.creator}"
    lines = [
        (f"{owner}:{PAYABLE}", item.amount),
        (f"{owner}:in_transit", -item.net.amount),
        (f"{owner}:tax_withheld", -item.withheld),
    ]
    return _draft("payout_created", SOURCE, f"item:{item.id}", item, _own(item, lines), at, by=by)


def sent(item: Item, *, ref: str, fee: int, at: datetime) -> EntryDraft:
    """Book that the rail has it; the fee is the brand's own expense."""
    net, paid = item.net, item.paid_from
    own = [(f"creator:{item.creator}:in_transit", net.amount)]
    other = [(FEE, fee), (f"clearing:{item.rail}", -(paid.amount + fee))]
    if item.conversion:
        own.append((TRADING, -net.amount))
        other.insert(0, (TRADING, paid.amount))
    lines = [*_own(item, own), *_lines(item, other, paid.currency)]
    more = {"ref": ref, "fee": fee}
    if item.conversion:
        more |= {"rate_num": item.conversion.num, "rate_den": item.conversion.den}
    return _draft("payout_sent", item.rail, f"transfer:{ref}", item, lines, at, more=more)


def realised(item: Item, loss: int, *, at: datetime, back: bool = False) -> EntryDraft:
    """Book what the rate of payment cost against the rate the debt was booked at.

    Args:
        loss: In the currency it was paid from; a gain is negative.
        back: The payment came back, and the loss with it.
    """
    amount = -loss if back else loss
    lines = _lines(item, [(FX_LOSS, amount), (TRADING, -amount)], item.paid_from.currency)
    event = f"{'unrealised' if back else 'realised'}:{item.id}"
    return _draft("fx_realised", SOURCE, event, item, lines, at, more={"loss": amount})


def loss_of(item: Item, booked: FxRate) -> int:
    """Return what was paid above the debt at its booked rate."""
    return item.paid_from.amount - booked.convert(item.net).amount


def paid(item: Item, *, by: str, at: datetime) -> EntryDraft:
    """Note that the creator has the money; it moves nothing."""
    return _draft("payout_paid", SOURCE, f"paid:{item.id}", item, [], at, by=by)


def undone(
    kind: str, item: Item, balances: Balances, *, by: str, at: datetime, reason: str
) -> EntryDraft:
    """Give back what never left, for an item that failed or was cancelled."""
    tax = _tax_left(item, balances)
    owner = f"creator:{item.creator}"
    lines = [(f"{owner}:in_transit", item.net.amount), (f"{owner}:tax_withheld", tax)]
    lines += _owed(item, item.net.amount + tax, balances)
    event = f"{kind.removeprefix('payout_')}:{item.id}"
    return _draft(kind, SOURCE, event, item, _own(item, lines), at, by=by, reason=reason)


def returned(
    item: Item, amount: int, balances: Balances, *, by: str, at: datetime, reason: str
) -> EntryDraft:
    """Book that a payment came back; what banks kept of it is the brand's expense.

    Args:
        amount: What came back, in the currency it was paid from.
    """
    tax = _tax_left(item, balances)
    net, gone = item.net.amount, item.paid_from
    other = [(f"clearing:{item.rail}", amount), (FEE, gone.amount - amount)]
    own = [(f"creator:{item.creator}:tax_withheld", tax), *_owed(item, net + tax, balances)]
    if item.conversion:
        other.append((TRADING, -gone.amount))
        own.insert(0, (TRADING, net))
    lines = [*_lines(item, other, gone.currency), *_own(item, own)]
    more = {"ref": item.rail_ref, "returned": amount}
    event = f"return:{item.id}"
    return _draft(
        "payout_returned", item.rail, event, item, lines, at, by=by, reason=reason, more=more
    )


def decided(batch: Batch, *, by: str, at: datetime) -> EntryDraft:
    """Note who approved a batch that somebody planned; it moves nothing."""
    return EntryDraft(
        kind="annotation",
        source=SOURCE,
        event_id=f"{batch.state}:{batch.id}",
        occurred_at=at,
        created_by=batch.created_by,
        approved_by=by,
        meta={"batch": batch.id, "amount": batch.amount, "currency": batch.currency},
    )


def _owed(item: Item, amount: int, balances: Balances) -> list[tuple[str, int]]:
    """Return where money goes that is a creator's again: to what is owed back first."""
    owner = f"creator:{item.creator}"
    clawback = min(amount, balances[f"{owner}:{CLAWBACK}", item.currency])
    return [(f"{owner}:{CLAWBACK}", -clawback), (f"{owner}:{PAYABLE}", clawback - amount)]


def _tax_left(item: Item, balances: Balances) -> int:
    """Return what can be given back of the tax: not what went to the authority."""
    return min(item.withheld, -balances[f"creator:{item.creator}:tax_withheld", item.currency])


def _own(item: Item, lines: list[tuple[str, int]]) -> list[Posting]:
    return _lines(item, lines, item.currency)


def _lines(item: Item, lines: list[tuple[str, int]], currency: str) -> list[Posting]:
    return [
        Posting(account, amount, currency, payout_item_id=item.id)
        for account, amount in lines
        if amount
    ]


def _draft(
    kind: str,
    source: str,
    event_id: str,
    item: Item,
    lines: list[Posting],
    at: datetime,
    *,
    by: str | None = None,
    reason: str = "",
    more: Mapping[str, object] | None = None,
) -> EntryDraft:
    meta = {"item": item.id, "batch": item.batch, "as_of_seq": item.as_of_seq, **(more or {})}
    asked = canonical({"kind": kind, "reason": reason, **meta})
    return EntryDraft(
        kind=kind,
        source=source,
        event_id=event_id,
        occurred_at=at,
        postings=tuple(lines),
        created_by=by,
        reason=reason or None,
        meta=meta,
        request_hash=sha256(asked.encode()).digest(),
    )
