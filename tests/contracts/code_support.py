"""Personal codes at the sandbox: made in portions, badly, listed and looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.personal.models import PersonalCode
from liveshop_sdk.platforms.sandbox.codes import tables as sandbox
from tests.contracts.shop_support import Shop


def small(shop: Shop, portion: int) -> None:
    """Let one call make so many codes."""
    shop.live._connected.codes.portion = portion  # type: ignore[misc]


@contextmanager
def adding(shop: Shop, how: Any) -> Iterator[None]:
    """Let the sandbox do something else where codes are added; it is given what really does."""
    maker: Any = shop.live._connected.codes
    real = maker.add
    maker.add = lambda *given, **named: how(real, *given, **named)
    try:
        yield
    finally:
        del maker.add


def texts(shop: Shop, code: str = "MIKA20") -> list[str]:
    return [one.text for one in shop.live.coupons.codes(code)]


def there(shop: Shop) -> list[str]:
    """Return the codes at the sandbox."""
    return sorted(row["code"] for row in shop.rows(sandbox.code))


def one_code(shop: Shop, code: str = "MIKA20") -> PersonalCode:
    batch = shop.live.coupons.issue_codes(code, count=1)
    return next(one for one in shop.live.coupons.codes(code) if one.batch_id == batch.id)


def verdicts(shop: Shop) -> list[str]:
    return sorted(row["verdict"] for row in shop.rows(t.redemption))
