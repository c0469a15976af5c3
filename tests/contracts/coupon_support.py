"""What becomes of coupons at the sandbox, and a sandbox that is away or silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.platforms.sandbox import tables as sandbox
from tests.contracts.shop_support import Shop

AWAY = PlatformUnavailableError(platform="sandbox", problem="a test", retry_after=2)
LATER = timedelta(minutes=2)


def states(shop: Shop) -> dict[str, str]:
    """Return what the sandbox makes of each code."""
    return {row["code"]: row["state"] or "" for row in shop.rows(sandbox.coupon)}


def outbox(shop: Shop) -> dict[str, int]:
    return dict(shop.live.inbox_state().outbox)


@contextmanager
def away(shop: Shop, *names: str) -> Iterator[list[str]]:
    """Let the platform answer nothing; what arrived and was not answered is listed."""
    platform: Any = shop.live.platform
    asked: list[str] = []

    def nothing(*_: Any, **named: Any) -> Any:
        asked.append(named["key"])
        raise AWAY

    for name in names:
        setattr(platform, name, nothing)
    try:
        yield asked
    finally:
        for name in names:
            delattr(platform, name)


@contextmanager
def silent(shop: Shop, name: str) -> Iterator[None]:
    """Let the platform do what it is asked, and every answer be lost."""
    platform: Any = shop.live.platform
    real = getattr(platform, name)

    def lost(*given: Any, **named: Any) -> Any:
        real(*given, **named)
        raise AWAY

    setattr(platform, name, lost)
    try:
        yield
    finally:
        delattr(platform, name)


def drained(shop: Shop, clock: ManualClock) -> int:
    clock.advance(LATER)
    return shop.live.worker().drain().sent
