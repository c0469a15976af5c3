"""Shopify: carts, code discounts and orders of one shop."""

from liveshop_sdk.platforms.shopify.adapter import ShopifyPlatform

__all__ = ["ShopifyPlatform"]
