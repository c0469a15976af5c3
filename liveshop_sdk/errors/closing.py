"""What closing a month refuses, and what people may not do alone."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import ConflictError, InvalidError


@dataclass(kw_only=True, eq=False)
class PeriodInvalidError(InvalidError):
    """A text that names no month."""

    code = "period_invalid"
    text = "{period!r} is no period: expected a month such as 2026-10. Nothing was done."
    period: str


@dataclass(kw_only=True, eq=False)
class PeriodClosedError(ConflictError):
    """An entry asked to be dated in a month that is not open."""

    code = "period_closed"
    text = (
        "{period} is not open in the book of {brand}; the first open month is {open_from}. "
        "Date the entry there. Nothing was posted."
    )
    brand: str
    period: str
    open_from: str


@dataclass(kw_only=True, eq=False)
class PeriodNotOverError(ConflictError):
    """A month that is to be closed before it is over."""

    code = "period_not_over"
    text = "{period} is not over for {brand}: it is {today} there. Nothing was done."
    brand: str
    period: str
    today: str


@dataclass(kw_only=True, eq=False)
class PeriodOrderError(ConflictError):
    """A step on a month that is another one's turn."""

    code = "period_order"
    text = "Months of {brand} go in order: {step} {first}, not {period}. Nothing was done."
    brand: str
    period: str
    first: str
    step: str


@dataclass(kw_only=True, eq=False)
class PeriodNotClosedError(ConflictError):
    """A step that only a closed month can take."""

    code = "period_not_closed"
    text = "{period} of {brand} is {status}, not closed. Nothing was done."
    brand: str
    period: str
    status: str


@dataclass(kw_only=True, eq=False)
class PeriodLockedError(ConflictError):
    """A locked month that somebody wants open again."""

    code = "period_locked"
    text = (
        "{period} of {brand} is locked for good. Correct it in an open month: "
        "liveshop ledger correct. Nothing was done."
    )
    brand: str
    period: str


@dataclass(kw_only=True, eq=False)
class SelfApprovalError(ConflictError):
    """Something that needs two people, done by one."""

    code = "self_approval"
    text = (
        "{person} cannot do and approve the same thing: {what} needs a second person. "
        "Nothing was done."
    )
    person: str
    what: str


@dataclass(kw_only=True, eq=False)
class PersonMissingError(InvalidError):
    """An entry by hand without the person, the reason or the approval it needs."""

    code = "person_missing"
    text = "{what} needs {field}: it stays in the book for ever. Nothing was done."
    what: str
    field: str
