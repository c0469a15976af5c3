"""From rows to records and back; a row has the columns as attributes."""

from collections.abc import Mapping, Sequence
from typing import Any

from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.money import Money
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import AGREED, Host, Stream


def to_brand(row: Any) -> Brand:
    """Return the brand in a row."""
    return Brand(
        code=row.code,
        currency=row.currency,
        timezone=row.timezone,
        created_at=from_micros(row.created_at),
    )


def to_product(row: Any) -> Product:
    """Return the product in a row."""
    return Product(
        sku=row.sku,
        brand=row.brand,
        title=row.title,
        price=Money(row.amount, row.currency),
        image=row.image,
        stripe_price=row.stripe_price,
        shopify_variant=row.shopify_variant,
        created_at=from_micros(row.created_at),
        updated_at=from_micros(row.updated_at),
        collection=row.collection,
    )


def product_columns(product: Product) -> dict[str, Any]:
    """Return the columns of a product."""
    return {
        "sku": product.sku,
        "brand": product.brand,
        "title": product.title,
        "amount": product.amount,
        "currency": product.currency,
        "image": product.image,
        "stripe_price": product.stripe_price,
        "shopify_variant": product.shopify_variant,
        "created_at": to_micros(product.created_at),
        "updated_at": to_micros(product.updated_at),
        "collection": product.collection,
    }


def to_creator(row: Any) -> Creator:
    """Return the creator in a row joined with the profile."""
    return Creator(
        handle=row.handle,
        followers=row.followers,
        name=row.name,
        created_at=from_micros(row.created_at),
    )


def to_stream(
    row: Any, hosts: Sequence[Host], brands: Sequence[str], air: Mapping[str, int]
) -> Stream:
    """Return the stream in a row, with its hosts and brands in order."""
    return Stream(
        code=row.code,
        title=row.title,
        opens_at=from_micros(row.opens_at),
        closes_at=from_micros(row.closes_at),
        hosts=tuple(hosts),
        brands=tuple(brands),
        created_at=from_micros(row.created_at),
        shares_by=row.shares_by or AGREED,
        air=dict(air) or None,
    )
