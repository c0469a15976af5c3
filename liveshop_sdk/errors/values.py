"""Times, amounts and texts that cannot be what they claim."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    InvalidError,
)


@dataclass(kw_only=True, eq=False)
class InstantInvalidError(InvalidError):
    """A text or value that is not an instant with date, time and offset."""

    code = "instant_invalid"
    text = "{value!r} is not an instant. Write a date, a time and an offset: 2026-10-02T18:00:00Z."
    value: str


@dataclass(kw_only=True, eq=False)
class CurrencyUnknownError(InvalidError):
    """Not the code of a currency in use."""

    code = "currency_unknown"
    text = "{currency!r} is not a currency in use. Write its ISO 4217 code in capitals: EUR."
    currency: str


@dataclass(kw_only=True, eq=False)
class CurrencyMismatchError(InvalidError):
    """Two currencies met in one sum or comparison."""

    code = "currency_mismatch"
    text = "{left} and {right} cannot be added or compared. Keep one currency per sum."
    left: str
    right: str


@dataclass(kw_only=True, eq=False)
class AmountInvalidError(InvalidError):
    """A value that is no exact amount of money."""

    code = "amount_invalid"
    text = "{value} is not an amount: expected {expected}."
    value: str
    expected: str


@dataclass(kw_only=True, eq=False)
class MoneyStepError(InvalidError):
    """An exact amount that the platform's own spelling cannot carry."""

    code = "money_step"
    text = "{platform} takes {currency} only in steps of {step} minor unit(s), not {amount}."
    platform: str
    currency: str
    step: str
    amount: int


@dataclass(kw_only=True, eq=False)
class RateInvalidError(InvalidError):
    """A value that is no rate between 0 % and 100 %."""

    code = "rate_invalid"
    text = "{value} is not a rate: expected 0% to 100% with at most two decimals, such as 12.5%."
    value: str


@dataclass(kw_only=True, eq=False)
class BodyInvalidError(InvalidError):
    """A body that is not the strict JSON we read."""

    code = "body_invalid"
    text = "The body cannot be read as JSON ({reason}). Send strict JSON in UTF-8."
    reason: str


@dataclass(kw_only=True, eq=False)
class NameInvalidError(InvalidError):
    """A handle, code or SKU with letters it may not have."""

    code = "name_invalid"
    text = "{value!r} cannot be a {kind}: {problem}. Allowed: {allowed}."
    kind: str
    value: str
    problem: str
    allowed: str


@dataclass(kw_only=True, eq=False)
class CodeInvalidError(InvalidError):
    """A coupon code with letters it may not have."""

    code = "code_invalid"
    text = "'{value}' cannot be a coupon code: {problem}. Allowed: {allowed}."
    value: str
    problem: str
    allowed: str
