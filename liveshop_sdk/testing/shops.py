"""A sandbox shop for tests: in memory, repeatable, its webhooks need no server."""

import random as _random
from collections.abc import Mapping
from datetime import UTC, datetime

from liveshop_sdk.clock import Clock, ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.errors import (
    LiveShopError,
    SignatureInvalidError,
    UnavailableError,
    WebhookRefusedError,
)
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.live_shop import LiveShop

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
"""The time in a test's shop until its clock is moved: a Friday evening."""

_BASE_URL = "http://127.0.0.1:8000"


class InProcessDelivery:
    """Carries the sandbox's signed webhooks straight into a shop.

    It takes the place of HTTP and answers with the status the webhook route
    would; bytes, headers and signature are those that HTTP would carry.
    """

    def __init__(self, shop: LiveShop | None = None) -> None:
        """Deliver to this shop, or to the one `connect` names later."""
        self._shop = shop

    def connect(self, shop: LiveShop) -> None:
        """Deliver to this shop from now on: it could not be made before this was."""
        self._shop = shop

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Deliver one webhook and return the status."""
        if self._shop is None:
            raise ConnectionError("no shop is connected")
        platform = url.rpartition("/")[2]
        try:
            self._shop.receive(platform, headers, body)
        except SignatureInvalidError:
            return 401 if platform == "shopify" else 400
        except WebhookRefusedError:
            return 400
        except UnavailableError:
            return 503
        except LiveShopError:
            return 404
        return 200


def in_process_delivery(shop: LiveShop) -> InProcessDelivery:
    """Return a transport that delivers webhooks to a shop without a server."""
    return InProcessDelivery(shop)


def shop_with(environ: Mapping[str, str], *, clock: Clock | None = None, seed: int = 7) -> LiveShop:
    """Return an empty shop with settings of your own, migrated and ready.

    For shops on Stripe or Shopify in test mode; `sandbox_shop` is the shorter
    way to the sandbox. Without a database URL it lives in memory.

    Args:
        environ: ``LIVESHOP_…``, as in the environment.
        clock: A `ManualClock` at `START` unless given.
    """
    random = _random.Random(seed)  # noqa: S311 - repeatable is the point
    key = f"for-tests-only-{random.getrandbits(128):032x}"
    preset = {"LIVESHOP_DATABASE_URL": "sqlite://", "LIVESHOP_SECRET_KEYS": key}
    settings = Settings.load(preset | dict(environ))
    db = Database.connect(settings.database_url.reveal())
    migrate.upgrade(db)
    return LiveShop.from_settings(settings, db=db, clock=clock or ManualClock(START), random=random)


def sandbox_shop(
    *,
    clock: Clock | None = None,
    seed: int = 7,
    database_url: str = "sqlite://",
    base_url: str = _BASE_URL,
) -> LiveShop:
    """Return an empty shop on the sandbox platform, migrated and ready.

    The same seed makes the same ids, codes and tokens. Webhooks wait in the
    outbox, as they do in life; ``shop.worker().drain()`` delivers them.

    Args:
        clock: A `ManualClock` at `START` unless given.
        database_url: In memory by default; ``sqlite:///file.db`` for several
            threads or processes. A PostgreSQL database must be migrated.

    Example:
        >>> shop = sandbox_shop()
        >>> shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR").sku
        'sku_tee'
    """
    random = _random.Random(seed)  # noqa: S311 - repeatable is the point
    settings = Settings.load(
        {
            "LIVESHOP_DATABASE_URL": database_url,
            "LIVESHOP_BASE_URL": base_url,
            "LIVESHOP_SECRET_KEYS": f"for-tests-only-{random.getrandbits(128):032x}",
        }
    )
    delivery = InProcessDelivery()
    shop = LiveShop.from_settings(
        settings,
        clock=clock or ManualClock(START),
        random=random,
        sandbox_transport=delivery,
    )
    delivery.connect(shop)
    return shop
