"""For tests of your own: a whole shop in memory, a clock you move, real webhooks.

Nothing here talks to a network. See ``docs/guides/testing.md``.
"""

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.testing.factory import TEST_SECRET, TEST_SHOP, Webhooks, deliver, teller_for
from liveshop_sdk.testing.sales import Sale, SaleLine, open_sale, recorded_sale
from liveshop_sdk.testing.shops import (
    InProcessDelivery,
    in_process_delivery,
    sandbox_shop,
    shop_with,
)
from liveshop_sdk.testing.signing import sign_sandbox, sign_shopify, sign_stripe
from liveshop_sdk.testing.stories import STORIES, Teller
from liveshop_sdk.testing.webhooks import Webhook, on_the_way

FrozenClock = ManualClock
"""The same under the name that tests usually look for."""

__all__ = [
    "STORIES",
    "TEST_SECRET",
    "TEST_SHOP",
    "FrozenClock",
    "InProcessDelivery",
    "ManualClock",
    "Sale",
    "SaleLine",
    "Teller",
    "Webhook",
    "Webhooks",
    "deliver",
    "in_process_delivery",
    "on_the_way",
    "open_sale",
    "recorded_sale",
    "sandbox_shop",
    "shop_with",
    "sign_sandbox",
    "sign_shopify",
    "sign_stripe",
    "teller_for",
]
