"""One table from error class to HTTP status; the nearest base class counts."""

from collections.abc import Mapping
from types import MappingProxyType

from liveshop_sdk.errors import (
    AccessRefusedError,
    ApiKeyInvalidError,
    ConfigurationError,
    ConflictError,
    GoneError,
    IdempotencyKeyReusedError,
    InvalidError,
    LiveShopError,
    MigrationNeededError,
    NotFoundError,
    RateLimitedError,
    SandboxOnlyError,
    SignatureInvalidError,
    TamperedError,
    UnavailableError,
    WebhookRefusedError,
)

STATUSES: Mapping[type[LiveShopError], int] = MappingProxyType(
    {
        InvalidError: 400,
        NotFoundError: 404,
        ConflictError: 409,
        GoneError: 410,
        AccessRefusedError: 403,
        UnavailableError: 503,
        ConfigurationError: 500,
        TamperedError: 500,
        WebhookRefusedError: 400,
        # A schema that is being upgraded is a matter of minutes.
        MigrationNeededError: 503,
        # So is an account or a key, once somebody looks; buyers may come back.
        # Without a sandbox there is no such page.
        SandboxOnlyError: 404,
        ApiKeyInvalidError: 401,
        RateLimitedError: 429,
        IdempotencyKeyReusedError: 422,
    }
)

_SHOPIFY_SIGNATURE = 401
"""Shopify's own rule: its app checks look for exactly this."""


def status_of(error: LiveShopError) -> int:
    """Return the status that answers an error, by its nearest base class."""
    if isinstance(error, SignatureInvalidError) and error.platform == "shopify":
        return _SHOPIFY_SIGNATURE
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
