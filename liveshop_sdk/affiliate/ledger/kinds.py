"""Posting rules: which accounts each kind of entry may touch, on which side.

Data, not code: a kind that touches another account is refused, so a mistake
in an event handler cannot move money somewhere it has no business to be.
"""

from collections.abc import Iterable, Mapping

from liveshop_sdk.affiliate.ledger.accounts import describe
from liveshop_sdk.affiliate.ledger.models import Posting
from liveshop_sdk.errors import EntryKindUnknownError, PostingRuleError

DEBIT = "debit"
CREDIT = "credit"
EITHER = "either"

_EXPENSE = "brand:commission_expense"
_PENDING = "creator:pending"
_PAYABLE = "creator:payable"
_DISPUTED = "creator:disputed"
_CLAWBACK = "creator:clawback_receivable"
_IN_TRANSIT = "creator:in_transit"
_TAX = "creator:tax_withheld"
_CLEARING = "clearing"
_TRADING = "fx:trading"
_FEE = "brand:payout_fee_expense"


def _owed(side: str) -> dict[str, str]:
    return {_PENDING: side, _PAYABLE: side, _CLAWBACK: side}


RULES: Mapping[str, Mapping[str, str]] = {
    "sale": {_EXPENSE: DEBIT, _PENDING: CREDIT},
    "order_changed": {_EXPENSE: EITHER, _DISPUTED: EITHER, **_owed(EITHER)},
    # A refund while a dispute is open also changes what is at risk by rounding,
    # and leaves its part of an order's cap to what was added.
    "refund": {_EXPENSE: EITHER, _DISPUTED: EITHER, **_owed(EITHER)},
    "refund_failed": {_EXPENSE: EITHER, _DISPUTED: EITHER, **_owed(EITHER)},
    # A dispute's end may be reported before its start, or change sides later:
    # then opening books the loss, and winning takes a booked loss back; what a
    # second dispute has at risk then changes either way. One that is opened
    # again may have been lost before, or be told of by its second end alone.
    "dispute_opened": {_EXPENSE: EITHER, _DISPUTED: EITHER, **_owed(EITHER)},
    "dispute_won": {_EXPENSE: DEBIT, _DISPUTED: EITHER, **_owed(CREDIT)},
    "dispute_lost": {_EXPENSE: CREDIT, _DISPUTED: EITHER, **_owed(DEBIT)},
    "release": {_PENDING: DEBIT, _PAYABLE: CREDIT, _CLAWBACK: CREDIT},
    # What an agreement adds to, or takes from, the commission of single orders.
    "tier_true_up": {"brand:tier_bonus_expense": EITHER, **_owed(EITHER)},
    "cap_true_up": {_EXPENSE: EITHER, **_owed(EITHER)},
    "guarantee_true_up": {"brand:guarantee_expense": EITHER, **_owed(EITHER)},
    "appearance_fee": {"brand:appearance_fee_expense": DEBIT, _PAYABLE: CREDIT, _CLAWBACK: CREDIT},
    "seeding": {"memo:seeding_given": EITHER, "memo:seeded": EITHER},
    # A payout: reserved, sent, known to have arrived or not to have, given back.
    "payout_created": {_PAYABLE: DEBIT, _IN_TRANSIT: CREDIT, _TAX: CREDIT},
    "payout_sent": {_IN_TRANSIT: DEBIT, _FEE: DEBIT, _TRADING: EITHER, _CLEARING: CREDIT},
    "payout_paid": {},
    "payout_failed": {_IN_TRANSIT: DEBIT, _TAX: DEBIT, _PAYABLE: CREDIT, _CLAWBACK: CREDIT},
    "payout_cancelled": {_IN_TRANSIT: DEBIT, _TAX: DEBIT, _PAYABLE: CREDIT, _CLAWBACK: CREDIT},
    "payout_returned": {
        _CLEARING: DEBIT,
        _TAX: DEBIT,
        _FEE: EITHER,
        _TRADING: EITHER,
        _PAYABLE: CREDIT,
        _CLAWBACK: CREDIT,
    },
    "tax_remitted": {_TAX: DEBIT, _CLEARING: CREDIT},
    "fx_realised": {"brand:fx_loss": EITHER, _TRADING: EITHER},
    "dispute_fee": {"brand:dispute_fee_expense": DEBIT, _CLEARING: CREDIT},
    # By two people, with a reason.
    "adjustment": {_EXPENSE: EITHER, **_owed(EITHER)},
    "correction": {
        _EXPENSE: EITHER,
        "brand:tier_bonus_expense": EITHER,
        "brand:guarantee_expense": EITHER,
        "brand:appearance_fee_expense": EITHER,
        _FEE: EITHER,
        _DISPUTED: EITHER,
        **_owed(EITHER),
    },
    "write_off": {"brand:bad_debt_expense": DEBIT, _CLAWBACK: CREDIT},
    # Steps of a month, and remarks: they move nothing.
    "period_closing": {},
    "period_close": {},
    "period_reopen": {},
    "period_lock": {},
    "annotation": {},
}
"""Kind of entry to role of account to the side it may be posted on."""

OF_ORDERS = frozenset(
    {
        "sale",
        "order_changed",
        "refund",
        "refund_failed",
        "dispute_opened",
        "dispute_won",
        "dispute_lost",
        "release",
        "correction",
    }
)
"""Kinds that are posted for a fact of an order, and for nothing else."""

WHILE_CLOSING = ("tier_true_up", "cap_true_up", "guarantee_true_up", "fx_realised")
"""Kinds that may still be dated in a month that is being closed."""

TWO_PEOPLE = ("adjustment", "correction", "write_off", "period_reopen")
"""Kinds that need a reason and a second person; the database holds it as well."""

PERIOD_STEPS = {
    "period_closing": "closing",
    "period_close": "closed",
    "period_reopen": "open",
    "period_lock": "locked",
}
"""Kinds that change the status of the month they apply to, and to what."""

MEANINGS: Mapping[str, str] = {
    "sale": "an order was paid",
    "order_changed": "an order became another one after its payment",
    "refund": "money went back to the buyer",
    "refund_failed": "a refund did not reach the buyer",
    "dispute_opened": "the buyer's bank took money back; commission is frozen",
    "dispute_won": "the dispute ended for the brand",
    "dispute_lost": "the dispute ended for the buyer",
    "release": "a hold is over: pending becomes payable",
    "tier_true_up": "sales of a window reached, or fell below, a tier",
    "cap_true_up": "commission of a month is above its cap, or no longer",
    "guarantee_true_up": "a month is lifted to its guarantee, or that is taken back",
    "appearance_fee": "a creator was on air as agreed",
    "seeding": "a product was given to a creator, or came back",
    "payout_created": "an amount is reserved for a payout",
    "payout_sent": "the money left",
    "payout_paid": "the rail says it arrived",
    "payout_failed": "it never left; the amount is payable again",
    "payout_cancelled": "the batch was rejected; the amount is payable again",
    "payout_returned": "it came back, perhaps less",
    "tax_remitted": "tax that was kept back was paid to the tax office",
    "fx_realised": "what was paid differs from what was booked, by the rate",
    "dispute_fee": "a platform charged for a dispute",
    "adjustment": "two people agreed on an amount",
    "correction": "a commission line should have earned another amount",
    "write_off": "what a creator owes back is given up",
    "period_closing": "a month's closing began",
    "period_close": "a month was closed",
    "period_reopen": "a closed month was opened again",
    "period_lock": "a month was closed for good",
    "annotation": "a remark",
}
"""What an entry of each kind says, in a few words."""


def check(kind: str, postings: Iterable[Posting]) -> None:
    """Refuse a kind nobody declared, and postings its rule does not allow.

    Raises:
        EntryKindUnknownError: the kind has no rule.
        PostingRuleError: naming the first account or side that is not allowed.
        AccountUnknownError: a posting names no account of the chart.
    """
    rule = RULES.get(kind)
    if rule is None:
        raise EntryKindUnknownError(kind=kind, allowed=", ".join(RULES))
    for posting in postings:
        side = DEBIT if posting.amount > 0 else CREDIT
        if rule.get(describe(posting.account).role) not in (side, EITHER):
            raise PostingRuleError(kind=kind, account=posting.account, side=side)
