"""Make signed webhooks for a shop, whichever platform it runs on."""

import random as _random
from collections.abc import Iterable

from liveshop_sdk.clock import Clock, ManualClock
from liveshop_sdk.errors import LiveModeError, StoryRefusedError
from liveshop_sdk.ids import Ids
from liveshop_sdk.settings import Secret
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing.sales import Sale, open_sale, recorded_sale
from liveshop_sdk.testing.sandbox_stories import SandboxTeller
from liveshop_sdk.testing.shopify_stories import ShopifyTeller
from liveshop_sdk.testing.shops import START, InProcessDelivery
from liveshop_sdk.testing.stories import Teller
from liveshop_sdk.testing.stripe_stories import StripeTeller
from liveshop_sdk.testing.webhooks import Webhook

TEST_SECRET = "whsec_for_tests_only"  # noqa: S105 - public on purpose
"""Signs webhooks where no other secret is named."""

TEST_SHOP = "liveshop-tests.myshopify.com"
"""The Shopify shop that webhooks come from where no other is named."""


def teller_for(shop: LiveShop, *, link: str | None = None, order: str | None = None) -> Teller:
    """Return who tells stories to a shop: in its platform's words, by its own secret.

    Effects: opens the link, as a buyer does; telling moves nothing at Stripe
    or Shopify, and plays what is told at the sandbox.

    Args:
        link: A token or short code that leads to a new sale.
        order: The platform's id of an order that is paid; or else a link.

    Raises:
        LiveModeError: real money moves in this shop.
        StoryRefusedError: neither a link nor an order, both, or no secret.
    """
    if (link is None) == (order is None):
        raise StoryRefusedError(story="A story", problem="name a link or an order")
    name, settings = shop.platform.name, shop.settings
    check_mode(shop)
    if name == "sandbox":
        ref = shop.links.open(link).checkout_id if link is not None else str(order)
        return SandboxTeller(shop, ref)
    if name == "stripe":
        secret = _newest(settings.stripe_webhook_secrets)
        sale = _sale(shop, link, order)
        return StripeTeller(
            sale,
            secret=secret,
            clock=shop.clock,
            ids=shop.ids,
            account=settings.stripe_account,
        )
    secret = _newest(settings.shopify_webhook_secrets)
    return ShopifyTeller(
        _sale(shop, link, order),
        secret=secret,
        shop=shop.platform.account,
        clock=shop.clock,
        ids=shop.ids,
    )


def check_mode(shop: LiveShop) -> None:
    """Refuse a shop in which real money moves.

    Raises:
        LiveModeError: it is in live mode.
    """
    if shop.mode == "live":
        raise LiveModeError(platform=shop.platform.name)


class Webhooks:
    """Makes webhooks on one clock: what the fixture ``liveshop_webhooks`` is."""

    def __init__(self, clock: Clock | None = None, *, seed: int = 7) -> None:
        """Make the same ids for the same seed."""
        self._clock = clock or ManualClock(START)
        self._ids = Ids(self._clock, _random.Random(seed))  # noqa: S311 - repeatable

    def of(self, shop: LiveShop, *, link: str | None = None, order: str | None = None) -> Teller:
        """Return who tells stories to a shop; see `teller_for`."""
        return teller_for(shop, link=link, order=order)

    def stripe(
        self, sale: Sale, *, secret: str = TEST_SECRET, account: str | None = None
    ) -> StripeTeller:
        """Return who tells of a sale at Stripe, of a connected account if one is named."""
        return StripeTeller(sale, secret=secret, clock=self._clock, ids=self._ids, account=account)

    def shopify(
        self, sale: Sale, *, secret: str = TEST_SECRET, shop: str = TEST_SHOP
    ) -> ShopifyTeller:
        """Return who tells of a sale at Shopify."""
        return ShopifyTeller(sale, secret=secret, shop=shop, clock=self._clock, ids=self._ids)


def deliver(shop: LiveShop, webhooks: Iterable[Webhook]) -> list[int]:
    """Hand webhooks to a shop, as its route would; returns the HTTP statuses."""
    carry = InProcessDelivery(shop)
    return [carry(one.path, one.headers, one.body) for one in webhooks]


def _sale(shop: LiveShop, link: str | None, order: str | None) -> Sale:
    return open_sale(shop, link) if link is not None else recorded_sale(shop, str(order))


def _newest(secrets: tuple[Secret, ...]) -> str:
    if not secrets:
        raise StoryRefusedError(story="A story", problem="no webhook secret is configured")
    return secrets[-1].reveal()
