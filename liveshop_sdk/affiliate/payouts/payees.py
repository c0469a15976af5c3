"""What each rail must know of a payee; checked before anything is stored."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from liveshop_sdk.affiliate.payouts.files import paypal, sepa, wise
from liveshop_sdk.affiliate.payouts.models import Payee
from liveshop_sdk.errors import PayeeInvalidError, PayoutRowRefusedError, RailUnknownError
from liveshop_sdk.wire import is_storable

Check = Callable[[str, Mapping[str, str]], None]

_LONGEST = 255
_LONGEST_HOLD = 500
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,120}", re.ASCII)
_LAST4, _YES_OR_NO = re.compile(r"[0-9]{4}", re.ASCII), re.compile("yes|no")
_CONNECTED = re.compile(r"acct_[A-Za-z0-9_]{1,120}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Needs:
    """The fields a rail knows (None: any), and how it judges them."""

    fields: tuple[str, ...] | None
    check: Check


def _account(pattern: re.Pattern[str], rail: str, expected: str) -> Check:
    def check(creator: str, payee: Mapping[str, str]) -> None:
        if not pattern.fullmatch(payee.get("account", "")):
            raise PayeeInvalidError(
                creator=creator, rail=rail, field="account", problem=f"expected {expected}"
            )

    return check


def _tax(creator: str, payee: Mapping[str, str]) -> None:
    for field, pattern, expected in (
        ("tin_last4", _LAST4, "the last four digits of the number, and no more"),
        ("w9", _YES_OR_NO, "yes or no"),
    ):
        if not pattern.fullmatch(payee.get(field, "")):
            raise PayeeInvalidError(
                creator=creator, rail=TAX, field=field, problem=f"expected {expected}"
            )


TAX = "tax"
"""No rail: what tax totals need of a creator is kept beside the rails' details."""

RAILS: Mapping[str, Needs] = {
    TAX: Needs(("tin_last4", "w9"), _tax),
    "sandbox": Needs(("account",), _account(_ACCOUNT, "sandbox", "letters, digits, - and _")),
    "stripe": Needs(("account",), _account(_CONNECTED, "stripe", "a connected account, acct_…")),
    sepa.RAIL: Needs(sepa.FIELDS, sepa.check_payee),
    paypal.RAIL: Needs(paypal.FIELDS, paypal.check_payee),
    # A template of Wise's asks for columns of its own.
    wise.RAIL: Needs(None, wise.check_payee),
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
    for name, value in payee.fields.items():
        if needs.fields is not None and name not in needs.fields:
            raise _invalid(payee, name, "this rail has no such field")
        if not is_storable(value) or len(value) > _LONGEST or not value.isprintable():
            raise _invalid(payee, name, f"expected up to {_LONGEST} printable characters")
    try:
        needs.check(payee.creator, payee.fields)
    except PayoutRowRefusedError as error:
        raise _invalid(payee, error.field, error.problem) from None
    if type(payee.withholding_bps) is not int or not 0 <= payee.withholding_bps < 10_000:
        raise _invalid(payee, "withholding", "expected 0% or more, and less than 100%")
    if type(payee.allows_offset) is not bool:
        raise _invalid(payee, "offset", "expected true or false")
    if not is_storable(payee.hold) or len(payee.hold) > _LONGEST_HOLD:
        raise _invalid(payee, "hold", f"expected a reason of at most {_LONGEST_HOLD} characters")
    return payee


def _invalid(payee: Payee, name: str, problem: str) -> PayeeInvalidError:
    shown = name[:40] if is_storable(name) else "a field"
    return PayeeInvalidError(creator=payee.creator, rail=payee.rail, field=shown, problem=problem)
