"""For tests of your own: a whole shop in memory, a clock you move, real webhooks.

Nothing here talks to a network. See ``docs/guides/testing.md``.
"""

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.testing.shops import InProcessDelivery, in_process_delivery, sandbox_shop
from liveshop_sdk.testing.signing import sign_sandbox, sign_shopify, sign_stripe

FrozenClock = ManualClock
"""The same under the name that tests usually look for."""

__all__ = [
    "FrozenClock",
    "InProcessDelivery",
    "ManualClock",
    "in_process_delivery",
    "sandbox_shop",
    "sign_sandbox",
    "sign_shopify",
    "sign_stripe",
]
