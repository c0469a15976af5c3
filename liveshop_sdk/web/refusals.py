"""What a refusal says: to programs by its code, to people in plain words.

Errors are written for the people who run the shop. A buyer gets other words,
and what is wrong on our side is told to nobody outside.
"""

from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk import errors as e
from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.web.answers import when
from liveshop_sdk.web.statuses import status_of

RETRY_AFTER = 5
"""Seconds until trying again makes sense, where nobody knows better."""

"""The same where a person has to mend something first."""

_ASK = "Ask the creator for a new one."
_AGAIN = "This page tries again by itself. You can also reload it."

# Title and text by class; the nearest base class counts. Texts may name fields.
_WORDS: dict[type[LiveShopError], tuple[str, str]] = {
    e.LinkUnknownError: ("This link is not valid", _ASK),
    e.VisitUnknownError: ("This checkout is not known", "Open the link again to start over."),
    e.LinkExpiredError: ("This link has ended", "It ended on {expired_at}. " + _ASK),
    e.LinkRevokedError: ("This link was taken back", _ASK),
    e.CouponOverError: ("This offer is over", "It ended on {ended_at}. " + _ASK),
    e.CouponPausedError: ("This offer is paused", "Come back later; this link stays good."),
    e.StreamCancelledError: ("This stream was cancelled", _ASK),
    e.NotOpenYetError: (
        "Not open yet",
        "It opens on {opens_at}. Come back then; this link stays good.",
    ),
    e.SoldOutError: (
        "Sold out",
        "Every place in this offer is taken. "
        "Places that are not paid for come back within 31 minutes.",
    ),
    e.PersonalCodeUsedError: (
        "Already used",
        "This code is for one order. If you have not paid, it comes back within 31 minutes.",
    ),
    e.PersonalCodeUnknownError: ("This code is not known", "Check its letters and try again."),
    e.CustomerLimitError: ("Already used", "This offer was used as often as one buyer may."),
    e.CheckoutDelayedError: ("One moment", "Your place is kept. " + _AGAIN),
    e.CouponRefusedError: ("This offer is not available", "Ask the creator for another link."),
    e.CouponPendingError: ("One moment", "The offer is being prepared. " + _AGAIN),
    e.StreamNotFoundError: ("There is no such stream", "Check the address."),
    e.SandboxRefUnknownError: ("There is no such checkout", "Open the link again to start over."),
    e.SandboxOnlyError: ("There is no such page", "Check the address."),
    e.PlatformNotConfiguredError: ("There is no such page", "Check the address."),
    e.PlatformRefusedError: (
        "This cannot be bought right now",
        "The shop's checkout refused it. Tell the shop, and try again later.",
    ),
    e.PlatformNotReadyError: ("One moment", "The shop is not ready. " + _AGAIN),
    e.ProductNotOnPlatformError: ("This cannot be bought right now", "Tell the shop."),
    e.MigrationNeededError: ("One moment", "The shop is being updated. " + _AGAIN),
    e.InstallRefusedError: ("The app was not installed", "Nothing was stored: {problem}."),
    e.RateLimitedError: ("Too many requests", "Try again in {retry_after} seconds."),
    e.ApiKeyInvalidError: ("Not let in", "Send a valid API key: Authorization: Bearer lsk_…"),
    e.AccessRefusedError: ("Not allowed", "Nothing was changed."),
    e.InvalidError: ("This was not understood", "Check what was entered and try again."),
    e.NotFoundError: ("There is no such page", "Check the address."),
    e.ConflictError: ("This cannot be done now", "Nothing was changed."),
    e.GoneError: ("This is over", _ASK),
    e.UnavailableError: ("One moment", "The shop did not answer in time. " + _AGAIN),
    e.ConfigurationError: ("The shop is not ready", "Tell the shop; nothing was changed."),
    e.TamperedError: ("The shop has stopped here", "Tell the shop; nothing was changed."),
    e.WebhookRefusedError: ("Not accepted", "The delivery was not stored."),
}
_OURS = (
    *(e.UnavailableError, e.ConfigurationError, e.TamperedError),
    *(e.PlatformRefusedError, e.ProductNotOnPlatformError),
)
"""Told in plain words alone: what a platform says names our keys, scopes and codes."""

_TOLD = {"retry_after", "again"}
"""All that is told of a fault on our side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that says no: a status, a code, and words."""

    status: int
    code: str
    title: str
    text: str
    message: str
    details: dict[str, object] = field(default_factory=dict)
    retry_after: int | None = None
    again: str | None = None
    at: datetime | None = None

    def as_json(self, *, request_id: str | None = None) -> dict[str, object]:
        """Return the body of the JSON answer, without the mode.

        Args:
            request_id: Told with a pointer to the documentation, where there is one.
        """
        told: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "details": self.details,
        }
        if request_id is not None:
            told |= {"request_id": request_id, "docs": f"docs/reference/errors.md#{self.code}"}
        return {"error": told}


class RefusedError(Exception):
    """Carries a refusal that no error of the SDK stands for."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep what to answer."""
        super().__init__(refusal.code)
        self.refusal = refusal


def refusal_of(error: LiveShopError) -> Refusal:
    """Return what to answer to an error.

    A link that is unknown, foreign or altered gets one and the same answer.
    """
    if isinstance(error, e.LinkTokenInvalidError | e.LinkNotFoundError):
        error = e.LinkUnknownError()
    fields = error.details()
    title, text = next(_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS)
    shown = {
        name: when(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
    text = text.format(**shown)
    is_ours = isinstance(error, _OURS)
    again = fields.get("again")
    return Refusal(
        status=status_of(error),
        code=error.code,
        title=title,
        text=text,
        message=f"{title}. {text}" if is_ours else str(error),
        details={
            name: to_iso(value) if isinstance(value, datetime) else value
            for name, value in fields.items()
            if not is_ours or name in _TOLD
        },
        retry_after=_retry_after(error),
        again=again if isinstance(again, str) else None,
        at=next((value for value in fields.values() if isinstance(value, datetime)), None),
    )


def _retry_after(error: LiveShopError) -> int | None:
    """Return the seconds to wait before the same may work; None if it never will."""
    if not isinstance(error, e.UnavailableError):
        return None
    given = error.details().get("retry_after")
    return given if isinstance(given, int) and given > 0 else RETRY_AFTER


def refused(status: int, code: str, title: str, text: str, **details: object) -> RefusedError:
    """Return a refusal of the web's own, ready to raise."""
    return RefusedError(
        Refusal(
            status=status,
            code=code,
            title=title,
            text=text,
            message=f"{title}. {text}",
            details=details,
        )
    )


_HTTP = {
    400: ("bad_request", "This was not understood", "The request is malformed."),
    403: ("forbidden", "Not allowed", "Nothing was changed."),
    404: ("not_found", "There is no such page", "Check the address."),
    405: ("method_not_allowed", "Not with this method", "See the Allow header."),
    413: ("too_large", "Too large", "Send less in one request."),
    415: ("unsupported_media_type", "Not JSON", "Send Content-Type: application/json."),
    416: ("bad_range", "No such part", "Ask for the whole."),
    500: ("internal", "Something went wrong", "It was noted. Try again in a moment."),
}


def http_refusal(status: int) -> Refusal:
    """Return what to answer where only a status is known."""
    code, title, text = _HTTP.get(status) or _HTTP[400 if status < 500 else 500]
    return Refusal(status=status, code=code, title=title, text=text, message=f"{title}. {text}")
