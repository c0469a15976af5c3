"""Brands, products, creators and streams."""

from dataclasses import dataclass

from liveshop_sdk.errors.base import (
    ConflictError,
    InvalidError,
    NotFoundError,
)


@dataclass(kw_only=True, eq=False)
class RecordInvalidError(InvalidError):
    """A brand, product, creator or stream that cannot be as described."""

    code = "record_invalid"
    text = "A {kind} cannot have {problem}; expected {expected}."
    kind: str
    problem: str
    expected: str


@dataclass(kw_only=True, eq=False)
class BrandCurrencyError(InvalidError):
    """A price in another currency than its brand's book."""

    code = "brand_currency"
    text = (
        "{sku} is priced in {currency}, but brand {brand} keeps its book in {brand_currency}. "
        "Price it in {brand_currency}, or add a brand: liveshop brands add CODE "
        "--currency {currency}."
    )
    sku: str
    currency: str
    brand: str
    brand_currency: str


@dataclass(kw_only=True, eq=False)
class BrandAmbiguousError(InvalidError):
    """No brand was named although there are several."""

    code = "brand_ambiguous"
    text = "There are several brands: {brands}. Name the one you mean with --brand."
    brands: str


@dataclass(kw_only=True, eq=False)
class BrandNotFoundError(NotFoundError):
    """No brand has this code."""

    code = "brand_not_found"
    text = "There is no brand {brand!r}. Add it: liveshop brands add {brand} --currency EUR."
    brand: str


@dataclass(kw_only=True, eq=False)
class ProductNotFoundError(NotFoundError):
    """No product has this SKU."""

    code = "product_not_found"
    text = "There is no product {sku!r}. Add it with `liveshop products add`."
    sku: str


@dataclass(kw_only=True, eq=False)
class CreatorNotFoundError(NotFoundError):
    """No creator has this handle."""

    code = "creator_not_found"
    text = "There is no creator {creator!r}. Add them: liveshop creators add {creator} --rate 12%."
    creator: str


@dataclass(kw_only=True, eq=False)
class StreamNotFoundError(NotFoundError):
    """No stream has this code."""

    code = "stream_not_found"
    text = "There is no stream {stream!r}. Add it with `liveshop streams add`."
    stream: str


@dataclass(kw_only=True, eq=False)
class SeedingNotFoundError(NotFoundError):
    """No gift of products has this id."""

    code = "seeding_not_found"
    text = "There is no seeding {seeding!r}. See them all: liveshop seeding list."
    seeding: str


@dataclass(kw_only=True, eq=False)
class AlreadyExistsError(ConflictError):
    """The same key was added before with other content; nothing was changed."""

    code = "already_exists"
    text = "The {kind} {key!r} exists already and differs in: {differs}. {remedy}"
    kind: str
    key: str
    differs: str
    remedy: str


@dataclass(kw_only=True, eq=False)
class PlatformRefTakenError(ConflictError):
    """A platform's id already stands for another product."""

    code = "platform_ref_taken"
    text = "{ref} at {platform} already stands for {sku}. Remove it there first."
    platform: str
    ref: str
    sku: str
