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


def _owed(side: str) -> dict[str, str]:
    return {_PENDING: side, _PAYABLE: side, _CLAWBACK: side}


RULES: Mapping[str, Mapping[str, str]] = {
    "sale": {_EXPENSE: DEBIT, _PENDING: CREDIT},
    "order_changed": {_EXPENSE: EITHER, _DISPUTED: EITHER, **_owed(EITHER)},
    # A refund while a dispute is open also changes what is at risk by rounding.
    "refund": {_EXPENSE: CREDIT, _DISPUTED: EITHER, **_owed(DEBIT)},
    "refund_failed": {_EXPENSE: DEBIT, _DISPUTED: EITHER, **_owed(CREDIT)},
    # A dispute's end may be reported before its start, or change sides later:
    # then opening books the loss, and winning takes a booked loss back; what a
    # second dispute has at risk then changes either way.
    "dispute_opened": {_EXPENSE: CREDIT, _DISPUTED: EITHER, **_owed(DEBIT)},
    "dispute_won": {_EXPENSE: DEBIT, _DISPUTED: EITHER, **_owed(CREDIT)},
    "dispute_lost": {_EXPENSE: CREDIT, _DISPUTED: DEBIT, **_owed(DEBIT)},
    "release": {_PENDING: DEBIT, _PAYABLE: CREDIT, _CLAWBACK: CREDIT},
}
"""Kind of entry to role of account to the side it may be posted on."""


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
