"""Write the reference of accounts and kinds of entry from the rules of the ledger."""

from liveshop_sdk.affiliate.ledger.accounts import CREDIT_ONLY, DEBIT_ONLY, describe
from liveshop_sdk.affiliate.ledger.kinds import MEANINGS, RULES, TWO_PEOPLE, WHILE_CLOSING

HEAD = """\
# Accounts and kinds of entry

The chart of accounts and what each kind of entry may touch, as the ledger holds them.
`HANDLE` is a creator's handle, `RAIL` a payout rail such as `stripe` or `sepa`. Amounts
are debit positive. How entries are sealed is told in [Ledger](ledger.md).

This page is written by `python -m docs._ext` from the rules themselves; `make test`
fails when it is out of step.
"""
ACCOUNTS = {
    "brand:commission_expense": "what commission costs the brand",
    "brand:tier_bonus_expense": "what bonuses on reaching a tier cost",
    "brand:guarantee_expense": "what lifting a month to its guarantee costs",
    "brand:appearance_fee_expense": "fees for having been on air",
    "brand:seeding_expense": "products given away, where a brand books them here",
    "brand:payout_fee_expense": "what rails charge, and what a returned payment lost",
    "brand:dispute_fee_expense": "what platforms charge for disputes",
    "brand:bad_debt_expense": "what creators owed back and never paid",
    "brand:fx_loss": "realised exchange differences; a gain is a credit",
    "creator:HANDLE:pending": "earned, still in its hold",
    "creator:HANDLE:payable": "owed now",
    "creator:HANDLE:in_transit": "reserved for a payout that is on its way",
    "creator:HANDLE:disputed": "frozen while a dispute is open",
    "creator:HANDLE:tax_withheld": "kept back for the tax office",
    "creator:HANDLE:clawback_receivable": "owed back by the creator",
    "clearing:RAIL": "money that left by a rail; agrees with the rail's own statement",
    "fx:trading": "the bridge between two currencies of one entry",
    "memo:seeding_given": "products given to creators, at cost; apart from all balances",
    "memo:HANDLE:seeded": "products a creator was given, at cost; apart from all balances",
}
_FLOORS = {CREDIT_ONLY: "never debit", DEBIT_ONLY: "never credit"}


def page() -> str:
    """Return the whole page."""
    rows = [
        f"| `{path}` | {known.account_class} | {_FLOORS.get(known.floor, 'none')} | {holds} |"
        for path, holds in ACCOUNTS.items()
        for known in [describe(path.replace("HANDLE", "mika").replace("RAIL", "stripe"))]
    ]
    parts = [
        HEAD,
        "## Accounts\n",
        "\n".join(["| path | class | floor | holds |", "|---|---|---|---|", *rows]),
        "\nAfter an entry no account is beyond its floor, and a creator's `payable` and\n"
        "`clawback_receivable` are never both non-zero in a currency. Memo accounts sum to\n"
        "zero among themselves and are in no trial balance.\n",
        "## Kinds of entry\n",
        "A kind that touches another account or side than these is refused.\n",
        *(_kind(kind) for kind in RULES),
    ]
    return "\n".join(parts)


def _kind(kind: str) -> str:
    rule = RULES[kind]
    sides = "\n".join(f"| `{_shown(role)}` | {side} |" for role, side in rule.items())
    touched = f"| account | side |\n|---|---|\n{sides}\n" if rule else "No lines.\n"
    notes = ""
    if kind in TWO_PEOPLE:
        notes = " Needs a reason and a second person."
    if kind in WHILE_CLOSING:
        notes = " May be dated in a month that is being closed."
    return f"### {kind}\n\n{MEANINGS[kind].capitalize()}.{notes}\n\n{touched}"


def _shown(role: str) -> str:
    """Return a role as the path it stands for."""
    if role == "clearing":
        return "clearing:RAIL"
    room, _, name = role.partition(":")
    is_persons = room == "creator" or role == "memo:seeded"
    return f"{room}:HANDLE:{name}" if is_persons else role
