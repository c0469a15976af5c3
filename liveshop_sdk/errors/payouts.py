"""What payouts and exchange rates refuse; bank data is in none of the fields."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.errors.base import ConflictError, InvalidError, NotFoundError


@dataclass(kw_only=True, eq=False)
class RailUnknownError(NotFoundError):
    """A way of paying that this shop does not have."""

    code = "rail_unknown"
    text = "There is no rail {rail!r} here; there are: {known}."
    rail: str
    known: str


@dataclass(kw_only=True, eq=False)
class PayeeInvalidError(InvalidError):
    """Payment details that a rail cannot use; the details are not repeated."""

    code = "payee_invalid"
    text = "{creator} cannot be paid by {rail}: {field}: {problem}. Nothing was stored."
    creator: str
    rail: str
    field: str
    problem: str


@dataclass(kw_only=True, eq=False)
class PayeeUnknownError(NotFoundError):
    """A creator without payment details for a rail."""

    code = "payee_unknown"
    text = (
        "{creator} has no payment details for {rail}. "
        "Add them: liveshop creators payee {creator} --rail {rail} …"
    )
    creator: str
    rail: str


@dataclass(kw_only=True, eq=False)
class PayeeHeldError(ConflictError):
    """A creator whose payouts somebody stopped."""

    code = "payee_held"
    text = "Payouts to {creator} by {rail} are on hold. Lift the hold, or fail the item first."
    creator: str
    rail: str


@dataclass(kw_only=True, eq=False)
class PayoutUnknownError(NotFoundError):
    """A batch or item that does not exist."""

    code = "payout_unknown"
    text = "There is no payout {kind} {id!r}. See: liveshop payouts status."
    kind: str
    id: str


@dataclass(kw_only=True, eq=False)
class PayoutStateError(ConflictError):
    """A step that the state of a batch or item forbids; nothing changed."""

    code = "payout_state"
    text = "{id} is {state} and cannot be {step}. Nothing was changed."
    id: str
    state: str
    step: str


@dataclass(kw_only=True, eq=False)
class PayoutBusyError(ConflictError):
    """An item that is being sent at this moment."""

    code = "payout_busy"
    text = "{id} is being sent, or was when its sender stopped. Try again after {until}."
    id: str
    until: datetime


@dataclass(kw_only=True, eq=False)
class OverPayoutError(ConflictError):
    """A payout of more than is payable."""

    code = "over_payout"
    text = "{creator} has {payable} payable, less than {amount}. Nothing was planned."
    creator: str
    amount: str
    payable: str


@dataclass(kw_only=True, eq=False)
class PayoutAmountError(InvalidError):
    """An amount that cannot be paid, charged or given back."""

    code = "payout_amount"
    text = "{what} cannot be {amount}: expected {expected}. Nothing was changed."
    what: str
    amount: str
    expected: str


@dataclass(kw_only=True, eq=False)
class FxRateInvalidError(InvalidError):
    """A rate that cannot be one."""

    code = "fx_rate_invalid"
    text = "The rate of {base} in {quote} cannot be stored: {problem}. Nothing was stored."
    base: str
    quote: str
    problem: str


@dataclass(kw_only=True, eq=False)
class FxRateExistsError(ConflictError):
    """Another rate of the same pair and instant; a rate never changes."""

    code = "fx_rate_exists"
    text = (
        "The rate of {base} in {quote} as of {as_of} is {num}/{den} for ever. "
        "Store the right one as of a later instant."
    )
    base: str
    quote: str
    as_of: datetime
    num: int
    den: int


@dataclass(kw_only=True, eq=False)
class FxRateUnknownError(NotFoundError):
    """No rate was in force then."""

    code = "fx_rate_unknown"
    text = (
        "There is no rate of {base} in {quote} as of {at}. "
        "Store one: liveshop fx set {base} {quote} --rate R --source S."
    )
    base: str
    quote: str
    at: datetime


@dataclass(kw_only=True, eq=False)
class FxRateOldError(NotFoundError):
    """No rate of the days before a payout, only an older one."""

    code = "fx_rate_old"
    text = (
        "The newest rate of {base} in {quote} is of {as_of}, more than {days} days before {at}. "
        "Store one of these days: liveshop fx set {base} {quote} --rate R --source S."
    )
    base: str
    quote: str
    as_of: datetime
    days: int
    at: datetime
