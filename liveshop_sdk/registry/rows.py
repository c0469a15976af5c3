"""From rows to records and back; a row has the columns as attributes."""

from collections.abc import Iterable
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


def stream_columns(stream: Stream) -> dict[str, Any]:
    """Return the columns of a stream."""
    return {
        "code": stream.code,
        "title": stream.title,
        "opens_at": to_micros(stream.opens_at),
        "closes_at": to_micros(stream.closes_at),
        "created_at": to_micros(stream.created_at),
        "shares_by": None if stream.shares_by == AGREED else stream.shares_by,
    }


def to_streams(rows: Iterable[Any]) -> dict[str, Stream]:
    """Return streams by code, from rows of each host with each brand, in order."""
    found: dict[str, Any] = {}
    hosts: dict[str, dict[str, Host]] = {}
    brands: dict[str, dict[str, None]] = {}
    air: dict[str, dict[str, int]] = {}
    for row in rows:
        found[row.code] = row
        host = Host(creator=row.creator, weight=row.weight)
        hosts.setdefault(row.code, {})[row.creator] = host
        brands.setdefault(row.code, {})[row.brand] = None
        if row.minutes is not None:
            air.setdefault(row.code, {})[row.creator] = row.minutes
    return {
        code: Stream(
            code=row.code,
            title=row.title,
            opens_at=from_micros(row.opens_at),
            closes_at=from_micros(row.closes_at),
            hosts=tuple(hosts[code].values()),
            brands=tuple(brands[code]),
            created_at=from_micros(row.created_at),
            shares_by=row.shares_by or AGREED,
            air=air.get(code),
            ended_at=None if row.ended_at is None else from_micros(row.ended_at),
        )
        for code, row in found.items()
    }
