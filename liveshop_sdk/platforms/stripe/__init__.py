"""The Stripe adapter; importing it loads the vendor's SDK."""

from liveshop_sdk.platforms.stripe.adapter import StripePlatform

__all__ = ["StripePlatform"]
