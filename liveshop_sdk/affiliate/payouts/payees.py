"""What each rail must know of a payee; checked before anything is stored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from liveshop_sdk.affiliate.payouts.models import Payee
from liveshop_sdk.errors import PayeeInvalidError, RailUnknownError
from liveshop_sdk.wire import is_storable

_LONGEST = 140
_LONGEST_HOLD = 500
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.[^\s@<>\"',;]+")
_PATTERNS = {
    "account": (re.compile(r"[A-Za-z0-9_-]{1,120}", re.ASCII), "letters, digits, - and _"),
    "bic": (re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII), "8 or 11 characters"),
    "country": (re.compile(r"[A-Z]{2}", re.ASCII), "two capitals, such as DE"),
    "email": (_EMAIL, "an e-mail address"),
    "type": (re.compile("PERSON|INSTITUTION"), "PERSON or INSTITUTION"),
    "wallet": (re.compile("PAYPAL|VENMO"), "PAYPAL or VENMO"),
}


@dataclass(frozen=True, slots=True)
class Needs:
    """The fields a rail cannot do without, and those it can."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


RAILS: Mapping[str, Needs] = {
    "sandbox": Needs(("account",)),
    "stripe": Needs(("account",)),
    "sepa": Needs(("name", "iban", "town", "country"), ("bic", "street", "postcode")),
    "paypal": Needs(("recipient",), ("wallet",)),
    "wise": Needs(("name",), ("email", "iban", "type", "recipient_id")),
}
"""Every rail there can be, with what it must know of a payee."""


def checked(payee: Payee) -> Payee:
    """Return a payee whose details its rail can use.

    Raises:
        RailUnknownError: there is no such rail.
        PayeeInvalidError: naming the field, never what it holds.
    """
    needs = RAILS.get(payee.rail)
    if needs is None:
        raise RailUnknownError(rail=payee.rail[:16], known=", ".join(RAILS))
    for name in needs.required:
        if not payee.fields.get(name):
            raise _invalid(payee, name, "it is needed")
    for name, value in payee.fields.items():
        if name not in (*needs.required, *needs.optional):
            raise _invalid(payee, name, "this rail has no such field")
        problem = _problem(payee.rail, name, value)
        if problem:
            raise _invalid(payee, name, problem)
    if not 0 <= payee.withholding_bps < 10_000:
        raise _invalid(payee, "withholding", "expected 0% or more, and less than 100%")
    if len(payee.hold) > _LONGEST_HOLD or not is_storable(payee.hold):
        raise _invalid(payee, "hold", f"expected a reason of at most {_LONGEST_HOLD} characters")
    return payee


def _problem(rail: str, name: str, value: str) -> str:
    if len(value) > _LONGEST or not value.isprintable() or not is_storable(value):
        return f"expected up to {_LONGEST} printable characters"
    if rail == "stripe" and not value.startswith("acct_"):
        return "expected a connected account, acct_…"
    if name == "iban" and not _is_iban(value):
        return "its check digits do not fit; write it without spaces"
    pattern, expected = _PATTERNS.get(name, (None, ""))
    return f"expected {expected}" if pattern and not pattern.fullmatch(value) else ""


def _is_iban(text: str) -> bool:
    """Check an IBAN by ISO 13616: letters are 10 to 35, the whole is 1 modulo 97."""
    if not _IBAN.fullmatch(text):
        return False
    digits = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4])
    return int(digits) % 97 == 1


def _invalid(payee: Payee, name: str, problem: str) -> PayeeInvalidError:
    return PayeeInvalidError(
        creator=payee.creator, rail=payee.rail, field=name[:40], problem=problem
    )
