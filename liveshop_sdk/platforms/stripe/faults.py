"""Turn Stripe's errors into ours: try again, or no for good."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe

from liveshop_sdk.checkout.ports import TOO_OLD
from liveshop_sdk.errors import (
    LiveShopError,
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.platforms.stripe.fields import ShapeError

_SECRETS = re.compile(r"(?:sk|rk|pk|whsec)_[A-Za-z0-9_*]+|[^\s@'\"]+@[^\s@'\"]+")
_LONGEST_WAIT = 60
NO_ACCESS = "account_invalid"
"""Stripe's code where a key is of no platform that the account is connected to."""


class StoredFailure(Exception):  # noqa: N818 - a finding between two of our own functions
    """Stripe replays a failure it stored for a key; the key is of no use now."""

    def __init__(self, error: LiveShopError) -> None:
        """Carry what to raise if nothing else helps."""
        super().__init__(str(error))
        self.error = error


@contextmanager
def as_documented() -> Iterator[None]:
    """Refuse an answer that is not as documented, instead of using it."""
    try:
        yield
    except ShapeError as error:
        raise unreadable(str(error)) from None


@contextmanager
def as_written() -> Iterator[None]:
    """Take an answer to a write that is not as documented for none.

    What was asked for may exist: the same key gives the same answer again.
    """
    try:
        yield
    except ShapeError as error:
        raise unreadable_write(str(error)) from None


def translate(error: stripe.StripeError) -> LiveShopError:
    """Return what an error of the SDK means to callers, without vendor types."""
    status = error.http_status or 0
    if isinstance(error, stripe.APIConnectionError):
        return _unavailable("no answer in time")
    if status == 429:
        return PlatformBusyError(
            platform="stripe",
            problem="it asked us to slow down",
            retry_after=_wait(error.headers),
        )
    if status >= 500:
        return _unavailable(f"HTTP {status}", retry_after=_wait(error.headers))
    if status == 409:
        return _unavailable("the same request is still being worked on")
    if status < 400:
        return _unavailable("its answer could not be read")
    if isinstance(error, stripe.AuthenticationError):
        return _not_ready("the API key is not accepted", "authentication")
    if _code(error) == NO_ACCESS:
        return _not_ready("the API key may not act for the connected account", NO_ACCESS)
    if isinstance(error, stripe.PermissionError):
        return _not_ready("the API key lacks a permission this call needs", "permission")
    if status in (402, 403, 423):
        return _not_ready("the account may not do this now", _code(error))
    said = masked(error.user_message or type(error).__name__).rstrip(". ")
    param = param_of(error)
    return _refused(f"{said} ({masked(param)})" if param else said, _code(error))


def translate_write(error: stripe.StripeError) -> LiveShopError | StoredFailure:
    """Return the same for a write, whose key may have been used up."""
    is_replayed = _header(error.headers, "idempotent-replayed") == "true"
    meaning = translate(error)
    return StoredFailure(meaning) if is_replayed and (error.http_status or 0) >= 500 else meaning


def too_old() -> PlatformRefusedError:
    """Return the refusal of a visit whose stored end is less than 30 minutes away."""
    return _refused("the visit is too old to open a checkout for", TOO_OLD)


def param_of(error: stripe.StripeError) -> str:
    """Return the name of the parameter that was refused, or ``""``."""
    param = getattr(error, "param", None)
    return param if isinstance(param, str) else ""


def unreadable(problem: str) -> PlatformRefusedError:
    """Return the refusal of an answer that is not as documented."""
    return _refused(f"its answer is not as documented: {problem}", "answer_unreadable")


def not_shown(kind: str, object_id: str) -> PlatformRefusedError:
    """Return the refusal of an object that an event names and Stripe does not show."""
    return _refused(f"it does not show the {kind} {masked(object_id)[:80]}", "resource_missing")


def unreadable_write(problem: str) -> PlatformUnavailableError:
    """Return the error for a write whose answer is not as documented."""
    return _unavailable(f"its answer is not as documented: {problem}")


def is_missing(error: stripe.StripeError) -> bool:
    """Say whether the object asked for does not exist."""
    return error.http_status == 404 or _code(error) == "resource_missing"


def masked(message: str) -> str:
    """Return a vendor's text without keys and addresses, cut to a line."""
    return _SECRETS.sub("…", message)[:200]


def _code(error: stripe.StripeError) -> str:
    if isinstance(error, stripe.IdempotencyError):
        return "idempotency_error"
    code = error.code or (getattr(error.error, "code", None) if error.error else None)
    return masked(code) if isinstance(code, str) else ""


def _wait(headers: Mapping[str, Any] | None) -> int:
    asked = _header(headers, "retry-after")
    return min(max(int(asked), 1), _LONGEST_WAIT) if re.fullmatch("[0-9]{1,6}", asked) else 2


def _header(headers: Mapping[str, Any] | None, name: str) -> str:
    return next((str(v) for k, v in (headers or {}).items() if k.lower() == name), "")


def _unavailable(problem: str, retry_after: int = 2) -> PlatformUnavailableError:
    return PlatformUnavailableError(platform="stripe", problem=problem, retry_after=retry_after)


def _not_ready(problem: str, code: str) -> PlatformNotReadyError:
    return PlatformNotReadyError(platform="stripe", problem=problem, vendor_code=code)


def _refused(problem: str, code: str) -> PlatformRefusedError:
    return PlatformRefusedError(platform="stripe", problem=problem, vendor_code=code)
