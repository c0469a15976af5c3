"""The chart of accounts: every path, what class it is and how far it may go.

``X`` in ``creator:X:pending`` is a creator's handle, ``R`` in ``clearing:R`` a
payout rail. A path says all there is to know about an account, so the stored
class, party and floor can be checked against it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from liveshop_sdk.errors import AccountUnknownError

DEBIT_ONLY = "debit_only"
CREDIT_ONLY = "credit_only"
UNLIMITED = "none"

PAYABLE = "payable"
CLAWBACK = "clawback_receivable"

MEMO = "memo"
"""The class of accounts that sum to zero among themselves, apart from all others."""

_BRAND = dict.fromkeys(
    (
        "commission_expense",
        "tier_bonus_expense",
        "guarantee_expense",
        "appearance_fee_expense",
        "seeding_expense",
        "payout_fee_expense",
        "dispute_fee_expense",
        "bad_debt_expense",
        "fx_loss",
    ),
    ("expense", UNLIMITED),
)
_CREATOR = {
    "pending": ("liability", CREDIT_ONLY),
    PAYABLE: ("liability", CREDIT_ONLY),
    "in_transit": ("liability", CREDIT_ONLY),
    "disputed": ("liability", CREDIT_ONLY),
    "tax_withheld": ("liability", CREDIT_ONLY),
    CLAWBACK: ("asset", DEBIT_ONLY),
}
CHART = (
    *(f"brand:{name}" for name in _BRAND),
    *(f"creator:*:{name}" for name in _CREATOR),
    "clearing:*",
    "fx:trading",
    "memo:seeding_given",
    "memo:*:seeded",
)
"""Every path there can be; ``*`` stands for a handle or a rail."""

_HANDLE = re.compile(r"[a-z0-9_]{2,32}", re.ASCII)
_RAIL = re.compile(r"[a-z0-9_]{2,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """One account as its path describes it.

    `role` is the path without the party, such as ``creator:pending``; posting
    rules name roles.
    """

    path: str
    role: str
    account_class: str
    party_type: str
    party_id: str | None
    floor: str

    def allows(self, balance: int) -> bool:
        """Tell whether a balance (debit positive) respects the floor."""
        if self.floor == CREDIT_ONLY:
            return balance <= 0
        return balance >= 0 if self.floor == DEBIT_ONLY else True


@lru_cache(maxsize=4096)
def describe(path: str) -> Account:
    """Return the account that a path names.

    Raises:
        AccountUnknownError: there is no such account in the chart.
    """
    match path.split(":"):
        case ["brand", name] if name in _BRAND:
            kind, floor = _BRAND[name]
            return Account(path, path, kind, "brand", None, floor)
        case ["creator", handle, name] if name in _CREATOR and _HANDLE.fullmatch(handle):
            kind, floor = _CREATOR[name]
            return Account(path, f"creator:{name}", kind, "creator", handle, floor)
        case ["clearing", rail] if _RAIL.fullmatch(rail):
            return Account(path, "clearing", "asset", "rail", rail, UNLIMITED)
        case ["fx", "trading"]:
            return Account(path, path, "equity", "brand", None, UNLIMITED)
        case ["memo", "seeding_given"]:
            return Account(path, path, MEMO, "brand", None, UNLIMITED)
        case ["memo", handle, "seeded"] if _HANDLE.fullmatch(handle):
            return Account(path, "memo:seeded", MEMO, "creator", handle, UNLIMITED)
    raise AccountUnknownError(account=path)


@lru_cache(maxsize=4096)
def creator_of(path: str) -> str:
    """Return whose account it is; empty for all but those of creators."""
    try:
        account = describe(path)
    except AccountUnknownError:
        return ""
    return account.party_id or "" if account.party_type == "creator" else ""


def counterpart(account: Account) -> str | None:
    """Return the account that may not be non-zero together with this one.

    What a creator is owed and what a creator owes back are netted at once, so
    ``payable`` and ``clawback_receivable`` exclude each other.
    """
    other = {PAYABLE: CLAWBACK, CLAWBACK: PAYABLE}.get(account.role.removeprefix("creator:"))
    return f"creator:{account.party_id}:{other}" if other else None
