"""Agreements, attribution and the facts behind them."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
)


@dataclass(kw_only=True, eq=False)
class AgreementInvalidError(InvalidError):
    """Terms that no agreement may have."""

    code = "agreement_invalid"
    text = "An agreement cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class PolicyInvalidError(InvalidError):
    """An attribution policy that cannot rank claims."""

    code = "policy_invalid"
    text = "An attribution policy cannot have {problem}; expected {expected}."
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class NoAgreementError(ConflictError):
    """A creator sells for a brand without agreed terms."""

    code = "no_agreement"
    text = (
        "{creator} has no agreement with brand {brand}, so nothing could be earned. "
        "Add one: liveshop creators add {creator} --rate 12% --brand {brand}."
    )
    creator: str
    brand: str


@dataclass(kw_only=True, eq=False)
class FactInvalidError(InvalidError):
    """A fact whose amounts cannot be true."""

    code = "fact_invalid"
    text = "{key} cannot be booked: {problem}. It is kept as a dead letter; nothing was posted."
    key: str
    problem: str


@dataclass(kw_only=True, eq=False)
class ReleaseTooEarlyError(InvalidError):
    """A release of holds that are not over, where money is real."""

    code = "release_too_early"
    text = (
        "Holds cannot be released as of {as_of}: it is {now}, and this shop is live. "
        "To release one order before its time: liveshop release-due --order REF."
    )
    as_of: datetime
    now: datetime


@dataclass(kw_only=True, eq=False)
class AgreementExistsError(ConflictError):
    """Other terms are agreed already."""

    code = "agreement_exists"
    text = (
        "{creator} has an agreement with brand {brand} at {rate} already. "
        "To change terms for sales to come, use `liveshop creators agree {creator} --rate …`."
    )
    creator: str
    brand: str
    rate: str
