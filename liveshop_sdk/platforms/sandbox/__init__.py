"""The sandbox: a commerce platform of our own that needs no account.

It keeps its records in the same database and is known to the rest of the SDK
only as a ``CommercePlatform`` and by signed webhooks over HTTP.
"""

from liveshop_sdk.platforms.sandbox.adapter import SandboxPlatform
from liveshop_sdk.platforms.sandbox.deliveries import Deliveries
from liveshop_sdk.platforms.sandbox.desk import OUTBOX_KIND, CheckCustomer
from liveshop_sdk.platforms.sandbox.models import CheckoutPage, Dispute, Order, Refund
from liveshop_sdk.platforms.sandbox.operations import Sandbox
from liveshop_sdk.platforms.sandbox.pricing import Line, Terms
from liveshop_sdk.platforms.sandbox.sender import Transport

__all__ = [
    "OUTBOX_KIND",
    "CheckCustomer",
    "CheckoutPage",
    "Deliveries",
    "Dispute",
    "Line",
    "Order",
    "Refund",
    "Sandbox",
    "SandboxPlatform",
    "Terms",
    "Transport",
]
