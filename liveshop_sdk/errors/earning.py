"""Agreements, attribution and the facts behind them."""

from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
    NotFoundError,
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


@dataclass(kw_only=True, eq=False)
class AgreementOverlapsError(ConflictError):
    """Terms that would begin before those agreed last."""

    code = "agreement_overlaps"
    text = (
        "Terms of {creator} with brand {brand} cannot begin at {starts_at}: version {version} "
        "begins at {latest_at}. Begin then or later."
    )
    creator: str
    brand: str
    version: int
    starts_at: datetime
    latest_at: datetime


@dataclass(kw_only=True, eq=False)
class AgreementBackdatedError(ConflictError):
    """Terms that would begin before what was posted under others."""

    code = "agreement_backdated"
    text = (
        "Terms of {creator} with brand {brand} cannot begin at {starts_at}: sales since then, or "
        "the guarantee of a month, were posted under the terms of that time, and nothing is rated "
        "anew. Begin now or later."
    )
    creator: str
    brand: str
    starts_at: datetime


@dataclass(kw_only=True, eq=False)
class AgreementNotFoundError(NotFoundError):
    """A version of terms that was never agreed."""

    code = "agreement_not_found"
    text = "{creator} has no version {version} of an agreement with brand {brand}."
    creator: str
    brand: str
    version: int


@dataclass(kw_only=True, eq=False)
class TermsDifferError(ConflictError):
    """An acceptance of other terms than those that stand."""

    code = "terms_differ"
    text = (
        "Version {version} of {creator} with brand {brand} has the terms {expected}, not {given}. "
        "Nothing was accepted; show the terms again."
    )
    creator: str
    brand: str
    version: int
    expected: str
    given: str


@dataclass(kw_only=True, eq=False)
class PolicyOverlapsError(ConflictError):
    """A policy that would begin before the one set last, or in the past."""

    code = "policy_overlaps"
    text = (
        "A policy of brand {brand} cannot begin at {starts_at}, before {earliest}: orders paid "
        "since then are decided by the one that stands."
    )
    brand: str
    starts_at: datetime
    earliest: datetime


@dataclass(kw_only=True, eq=False)
class OrdersInvalidError(InvalidError):
    """A file of orders to simulate that cannot be read."""

    code = "orders_invalid"
    text = "Line {line} of the orders has {problem}; expected {expected}."
    line: int
    problem: str
    expected: str
