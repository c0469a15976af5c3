"""A product: what a cart link sells, its price, and its names at the platforms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from liveshop_sdk.errors import BrandCurrencyError, RecordInvalidError
from liveshop_sdk.money import Money
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.names import parse_sku, parse_slug
from liveshop_sdk.registry.texts import clean_text

MAX_PRICE = 10**12
"""The dearest product, in minor units; any cart of it still fits 64 bits."""

_VARIANT = "gid://shopify/ProductVariant/"
_STRIPE = re.compile(r"price_[A-Za-z0-9_]{1,249}", re.ASCII)
_MAX_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something for sale; the SKU is for ever, the rest can be updated.

    Attributes:
        price: The price of one, tax as the platform is configured.
        image: An ``https`` address or a path on the shop's own site.
        stripe_price: Stripe's price id.
        shopify_variant: Shopify's variant gid.
        collection: What it is grouped under; agreements may have a rule for it.
    """

    sku: str
    brand: str
    title: str
    price: Money
    image: str | None
    stripe_price: str | None
    shopify_variant: str | None
    created_at: datetime = field(compare=False)
    updated_at: datetime = field(compare=False)
    collection: str | None = None

    @property
    def id(self) -> str:
        """Return the natural key."""
        return self.sku

    @property
    def amount(self) -> int:
        """Return the price in minor units."""
        return self.price.amount

    @property
    def currency(self) -> str:
        """Return the currency of the price."""
        return self.price.currency

    @property
    def platform_refs(self) -> Mapping[str, str]:
        """Return the product's ids by platform, where it has one."""
        refs = {"stripe": self.stripe_price, "shopify": self.shopify_variant}
        return {platform: ref for platform, ref in refs.items() if ref is not None}


def make_product(
    sku: str,
    *,
    title: str,
    price: Money,
    brand: Brand,
    now: datetime,
    image: str | None = None,
    stripe_price: str | None = None,
    shopify_variant: str | None = None,
    collection: str | None = None,
) -> Product:
    """Return a checked product of a brand."""
    sku = parse_sku(sku)
    if price.currency != brand.currency:
        raise BrandCurrencyError(
            sku=sku, currency=price.currency, brand=brand.code, brand_currency=brand.currency
        )
    return Product(
        sku=sku,
        brand=brand.code,
        title=clean_text(title, kind="product", what="title"),
        price=check_price(price),
        image=None if image is None else parse_image(image),
        stripe_price=None if stripe_price is None else parse_stripe_price(stripe_price),
        shopify_variant=None if shopify_variant is None else parse_variant(shopify_variant),
        created_at=now,
        updated_at=now,
        collection=None if collection is None else parse_slug(collection, kind="collection"),
    )


def to_price(amount: int | Money, currency: str | None, *, default: str) -> Money:
    """Return the price meant by minor units and a currency, or by money.

    Args:
        default: The brand's currency, used when none is said.
    """
    if not isinstance(amount, Money):
        return Money(amount, default if currency is None else currency)
    if currency is not None and currency != amount.currency:
        raise RecordInvalidError(
            kind="product",
            problem=f"a price in {amount.currency} and the currency {currency}",
            expected="one of the two",
        )
    return amount


def check_price(price: Money) -> Money:
    """Refuse a negative or a huge price; zero is a gift."""
    if 0 <= price.amount <= MAX_PRICE:
        return price
    raise RecordInvalidError(
        kind="product",
        problem=f"the price {price}",
        expected=f"0 to {Money(MAX_PRICE, price.currency)}",
    )


def parse_image(text: str) -> str:
    """Return an ``https`` address, or an absolute path on the shop's own site."""
    address = urlsplit(text)
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    is_https = address.scheme == "https" and bool(address.netloc)
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(" <>\"'`\\")
    if len(text) <= _MAX_URL and is_plain and (is_path or is_https):
        return text
    raise RecordInvalidError(
        kind="product",
        problem=f"the image {text[:80]!r}",
        expected="an https address or a path that begins with /",
    )


def parse_stripe_price(text: str) -> str:
    """Return Stripe's id of a price."""
    if _STRIPE.fullmatch(text):
        return text
    raise RecordInvalidError(
        kind="product",
        problem=f"the Stripe price {text[:80]!r}",
        expected="an id such as price_1Qab",
    )


def parse_variant(text: str) -> str:
    """Return Shopify's gid of a variant; its bare number is accepted too."""
    number = text.removeprefix(_VARIANT)
    if number.isascii() and number.isdigit() and len(number) <= 20:
        return _VARIANT + number
    raise RecordInvalidError(
        kind="product",
        problem=f"the Shopify variant {text[:80]!r}",
        expected=f"its number or {_VARIANT}<number>",
    )


def parse_platform_ref(platform: str, ref: str) -> str:
    """Return a platform's id of an item in the spelling we keep, or as it is."""
    if platform == "shopify" and ref.isascii() and ref.isdigit():
        return _VARIANT + ref
    return ref
