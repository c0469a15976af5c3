"""API keys and the requests made with them."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    AccessRefusedError,
    ConflictError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)


@dataclass(kw_only=True, eq=False)
class ApiKeyInvalidError(AccessRefusedError):
    """No key, or one that is unknown, altered, expired or revoked: never said which."""

    code = "api_key_invalid"
    text = "This API key is not valid. Send a valid one: Authorization: Bearer lsk_…"


@dataclass(kw_only=True, eq=False)
class ScopeMissingError(AccessRefusedError):
    """A valid key that may not do this."""

    code = "scope_missing"
    text = (
        "This key lacks the scope {needed}. Nothing was changed. Send a key that was made with it: "
        "liveshop keys create NAME --scope {needed}"
    )
    needed: str


@dataclass(kw_only=True, eq=False)
class RateLimitedError(UnavailableError):
    """A key made as many requests in this minute as it may."""

    code = "rate_limited"
    text = "At most {per_minute} requests a minute. Try again in {retry_after} s."
    per_minute: int
    retry_after: int


@dataclass(kw_only=True, eq=False)
class ApiKeyUnknownError(NotFoundError):
    """No API key has this id."""

    code = "api_key_unknown"
    text = "There is no API key {key_id!r}. `liveshop keys list` names all."
    key_id: str


@dataclass(kw_only=True, eq=False)
class ApiKeyOverError(ConflictError):
    """A key that was revoked or has expired cannot be given a new secret."""

    code = "api_key_over"
    text = "The API key {key_id} is {state}; create another. Nothing was changed."
    key_id: str
    state: str


@dataclass(kw_only=True, eq=False)
class IdempotencyKeyInvalidError(InvalidError):
    """A write without a usable ``Idempotency-Key``."""

    code = "idempotency_key_invalid"
    text = (
        "Every write needs the header Idempotency-Key: 1 to 64 of A-Z, a-z, 0-9, '.', _ and -, "
        "such as a UUID. Nothing was changed."
    )


@dataclass(kw_only=True, eq=False)
class IdempotencyKeyReusedError(InvalidError):
    """The key stands for another request; nothing was changed."""

    code = "idempotency_key_reused"
    text = (
        "The Idempotency-Key {key} was used for another request. Send each request under a key "
        "of its own, and a retry as it was. Nothing was changed."
    )
    key: str


@dataclass(kw_only=True, eq=False)
class CursorInvalidError(InvalidError):
    """A cursor that no answer of this listing gave."""

    code = "cursor_invalid"
    text = "This is no cursor of this list. Begin without one, and take `next` as it is."
