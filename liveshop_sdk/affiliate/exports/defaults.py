"""The tables that hold where nobody gives one, and what a name may look like."""

import re

from liveshop_sdk.affiliate.exports.cells import problem_of
from liveshop_sdk.affiliate.ledger.accounts import CHART, describe
from liveshop_sdk.errors import AmountInvalidError
from liveshop_sdk.money import Money

Option = str | bool | list[str] | dict[str, str]

# What the account is for, and a number in the usual ranges; both are there to be edited.
_CALLED = {
    "brand:commission_expense": ("Creator commissions", "6100"),
    "brand:tier_bonus_expense": ("Creator bonuses", "6110"),
    "brand:guarantee_expense": ("Creator guarantees", "6120"),
    "brand:appearance_fee_expense": ("Creator appearance fees", "6130"),
    "brand:seeding_expense": ("Creator seeding", "6140"),
    "brand:payout_fee_expense": ("Payout fees", "6150"),
    "brand:dispute_fee_expense": ("Dispute fees", "6160"),
    "brand:bad_debt_expense": ("Bad debt", "6170"),
    "brand:fx_loss": ("Exchange gains and losses", "6180"),
    "creator:*:pending": ("Creator commissions pending", "2100"),
    "creator:*:payable": ("Creator commissions payable", "2110"),
    "creator:*:in_transit": ("Creator payouts in transit", "2120"),
    "creator:*:disputed": ("Creator commissions disputed", "2130"),
    "creator:*:tax_withheld": ("Creator tax withheld", "2140"),
    "creator:*:clawback_receivable": ("Creator clawbacks receivable", "1210"),
    "clearing:*": ("Payout clearing", "1220"),
    "fx:trading": ("Currency trading", "3100"),
}
_DATES = {"iso": "%Y-%m-%d", "us": "%m/%d/%Y", "eu": "%d/%m/%Y"}
_OPTIONS: dict[str, dict[str, Option]] = {
    "qbo": {"prefix": "LS", "date": "iso", "by_creator": True, "location": "", "class": ""},
    "xero": {
        "prefix": "LS",
        "by_creator": True,
        "tax_rate": "Tax Exempt",
        "creator_tracking": "",
    },
    "netsuite": {
        "date": "iso",
        "by_creator": True,
        "subsidiary": "",
        "department": "",
        "class": "",
        "location": "",
    },
    "hledger": {},
    "beancount": {},
    "1099": {
        "excluded_rails": ["paypal", "venmo"],
        # IRS Publication 1099 (2026): 2,000 for payments after 2025, indexed from 2027 on,
        # so that a later year must be configured.
        "thresholds": {"2025": "600.00", "2026": "2000.00"},
    },
}
_ROOTS = {
    "hledger": {"asset": "assets", "liability": "liabilities", "expense": "expenses"},
    "beancount": {"asset": "Assets", "liability": "Liabilities", "expense": "Expenses"},
}
_COMPONENT = r"[A-Z0-9][A-Za-z0-9\-]*"
_NAMES = {
    "hledger": re.compile(r"[^\s;()\[\]{}\"@=|*!~%](?:[^\s;{}\"@=|]| (?! ))*(?<! )"),
    "beancount": re.compile(
        rf"(?:Assets|Liabilities|Equity|Income|Expenses)(?::(?:{_COMPONENT}|\*))+", re.ASCII
    ),
}
_YEAR = re.compile(r"20[0-9]{2}", re.ASCII)
_WORD = re.compile(r"[a-z0-9_]{2,16}", re.ASCII)
_LONGEST = 100


def accounts(name: str) -> dict[str, str]:
    """Return the names a format has for every account of the chart."""
    if name in _ROOTS:
        return {path: _rooted(name, path) for path in CHART}
    if name == "qbo":
        return {path: called for path, (called, _) in _CALLED.items()}
    if name in ("xero", "netsuite"):
        return {path: number for path, (_, number) in _CALLED.items()}
    return {}


def options(name: str) -> dict[str, Option]:
    """Return the options a format has."""
    return dict(_OPTIONS.get(name, {}))


def has_mapping(name: str) -> bool:
    """Say whether a format reads a table at all."""
    return name in _OPTIONS


def date_pattern(name: str) -> str:
    """Return how a kind of date is written, for ``strftime``."""
    return _DATES[name]


def party(name: str, handle: str) -> str:
    """Return a handle or rail as part of an account's name.

    Beancount's parts begin with a capital or digit and have no underscore; no
    handle has capitals, so that two handles never become one.
    """
    if name != "beancount":
        return handle
    return ("UU" + handle[1:] if handle[0] == "_" else handle[0].upper() + handle[1:]).replace(
        "_", "-"
    )


def problem_of_name(name: str, called: str) -> str | None:
    """Say why a format could not read an account's name, if so."""
    pattern = _NAMES.get(name)
    if pattern is None or pattern.fullmatch(called.replace("*", "X")):
        return None
    return f"{called[:60]!r} is no account of {name}"


def problem_of_option(key: str, value: object, standard: Option) -> str | None:
    """Say why an option cannot have a value, if so."""
    if key == "thresholds":
        return _problem_of_thresholds(value)
    if isinstance(standard, list):
        is_list = isinstance(value, list) and all(
            isinstance(one, str) and _WORD.fullmatch(one) for one in value
        )
        return None if is_list else "expected a list of rails"
    if isinstance(standard, bool):
        return None if isinstance(value, bool) else "expected true or false"
    if not isinstance(value, str) or len(value) > _LONGEST:
        return f"expected a text of at most {_LONGEST} characters"
    if key == "prefix" and not value.strip():
        return "expected a text that is not empty: a number would begin with '-'"
    if key == "date" and value not in _DATES:
        return f"expected one of {', '.join(_DATES)}"
    return problem_of(value)


def _problem_of_thresholds(value: object) -> str | None:
    if not isinstance(value, dict):
        return "expected years with amounts"
    for year, amount in value.items():
        if not _YEAR.fullmatch(str(year)):
            return f"{str(year)[:20]!r} is no year"
        try:
            is_amount = Money.parse(str(amount), "USD").amount > 0
        except AmountInvalidError:
            is_amount = False
        if not isinstance(amount, str) or not is_amount:
            return f'{year} needs an amount such as "2000.00"'
    return None


def _rooted(name: str, path: str) -> str:
    account = describe(path.replace("*", "xx"))
    root = _ROOTS[name].get(account.account_class, "equity")
    if name == "hledger":
        return path if path.startswith("memo:") else f"{root}:{path}"
    parts = [part.replace("_", "-").capitalize() for part in path.split(":")]
    return ":".join([root.capitalize(), *parts])
