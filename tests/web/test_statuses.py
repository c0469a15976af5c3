"""Every error of the SDK has a status and words."""

import inspect
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest

from liveshop_sdk import errors
from liveshop_sdk.errors import LiveShopError, SignatureInvalidError
from liveshop_sdk.web.refusals import refusal_of
from liveshop_sdk.web.statuses import STATUSES, status_of

FAMILIES: dict[type[LiveShopError], int] = {
    errors.InvalidError: 400,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.GoneError: 410,
    errors.AccessRefusedError: 403,
    errors.UnavailableError: 503,
    errors.ConfigurationError: 500,
    errors.TamperedError: 500,
    errors.WebhookRefusedError: 400,
}
OWN: dict[type[LiveShopError], int] = {
    errors.MigrationNeededError: 503,
    errors.SandboxOnlyError: 404,
    errors.ApiKeyInvalidError: 401,
    errors.RateLimitedError: 429,
    errors.IdempotencyKeyReusedError: 422,
}
LEAVES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LiveShopError) and kind is not LiveShopError and kind not in FAMILIES
]


def make(kind: type[LiveShopError]) -> LiveShopError:
    """Return an error of this kind with something in every field."""
    samples: dict[Any, Any] = {int: 3, datetime: datetime(2026, 10, 2, tzinfo=UTC)}
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(kind).items():
        if name not in {"code", "text"}:
            values[name] = samples.get(hint, "word")
    return kind(**values)


def test_the_table_is_these_families_and_no_other() -> None:
    assert dict(STATUSES) == {**FAMILIES, **OWN}


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_every_error_has_a_status_and_words(kind: type[LiveShopError]) -> None:
    error = make(kind)
    family = next(base for base in kind.__mro__ if base in FAMILIES)
    assert status_of(error) == OWN.get(kind, FAMILIES[family])
    refusal = refusal_of(error)
    assert refusal.title
    assert "{" not in refusal.text


def test_faults_of_our_own_tell_nothing() -> None:
    fault = errors.StorageUnavailableError(problem="host=10.0.0.1 password=x")
    told = str(refusal_of(fault))
    assert "10.0.0.1" not in told


def test_shopify_signatures_are_401() -> None:
    assert status_of(SignatureInvalidError(platform="shopify", problem="x")) == 401
    assert status_of(SignatureInvalidError(platform="stripe", problem="x")) == 400
