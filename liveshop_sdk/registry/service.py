"""What the public API calls: one transaction per call, work in the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database
from liveshop_sdk.money import Money
from liveshop_sdk.registry.brands import FIRST_TIMEZONE, Brand
from liveshop_sdk.registry.creators import Creator, check_followers
from liveshop_sdk.registry.names import parse_slug
from liveshop_sdk.registry.products import (
    Product,
    check_price,
    parse_image,
    parse_stripe_price,
    parse_variant,
    to_price,
)
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore, StreamStore
from liveshop_sdk.registry.streams import AGREED, Hosts, Stream
from liveshop_sdk.registry.texts import clean_text


class Brands:
    """Brands: each keeps a book of its own, in one currency."""

    def __init__(self, db: Database, clock: Clock) -> None:
        """Work on this database, by this clock."""
        self._db = db
        self._clock = clock
        self._store = BrandStore()

    def add(self, code: str, *, currency: str, timezone: str = FIRST_TIMEZONE) -> Brand:
        """Add a brand; the same one again is a repeat.

        Effects: writes one row; a repeat writes nothing.
        """
        with self._db.transaction() as tx:
            return self._store.add(
                tx, code, currency=currency, timezone=timezone, now=self._clock.now()
            )

    def get(self, code: str) -> Brand:
        """Return a brand, or raise BrandNotFoundError."""
        with self._db.reading() as tx:
            return self._store.get(tx, code)

    def list(self) -> tuple[Brand, ...]:
        """Return all brands by code."""
        with self._db.reading() as tx:
            return self._store.list(tx)

    def resolve(self, code: str | None = None) -> Brand:
        """Return the brand named, else the only one.

        Effects: the first use without a name makes ``main`` (EUR, UTC).

        Raises:
            BrandAmbiguousError: none was named and there are several.
        """
        with self._db.transaction() as tx:
            return self._store.resolve(tx, code, now=self._clock.now())


class Products:
    """Products: what cart links sell."""

    def __init__(self, db: Database, clock: Clock) -> None:
        """Work on this database, by this clock."""
        self._db = db
        self._clock = clock
        self._store = ProductStore()

    def add(
        self,
        sku: str,
        *,
        title: str,
        amount: int | Money,
        currency: str | None = None,
        brand: str | None = None,
        image: str | None = None,
        stripe_price: str | None = None,
        shopify_variant: str | None = None,
        collection: str | None = None,
    ) -> Product:
        """Add a product; the same one again is a repeat.

        Args:
            amount: The price of one: minor units, or money.
            currency: The brand's own where left out.
            brand: Needed once there are several.
            collection: 2 to 64 of a-z, 0-9, _ and -; agreements may name it.

        Effects: writes one row; a repeat writes nothing.

        Raises:
            AlreadyExistsError: the SKU stands for something else; see `update`.
            BrandCurrencyError: the price is not in the brand's currency.
        """
        with self._db.transaction() as tx:
            return self._store.add(
                tx,
                sku,
                title=title,
                amount=amount,
                currency=currency,
                brand=brand,
                image=image,
                stripe_price=stripe_price,
                shopify_variant=shopify_variant,
                collection=collection,
                now=self._clock.now(),
            )

    def update(
        self,
        sku: str,
        *,
        amount: int | Money | None = None,
        title: str | None = None,
        stripe_price: str | None = None,
        shopify_variant: str | None = None,
        image: str | None = None,
        collection: str | None = None,
    ) -> Product:
        """Change what is given and leave the rest; orders keep what they sold.

        Args:
            amount: Minor units of the product's currency, or money in it.
        """
        with self._db.transaction() as tx:
            old = self._store.get(tx, sku, to_change=True)
            new = old
            if amount is not None:
                price = to_price(amount, old.currency, default=old.currency)
                new = replace(new, price=check_price(price))
            if title is not None:
                new = replace(new, title=clean_text(title, kind="product", what="title"))
            if stripe_price is not None:
                new = replace(new, stripe_price=parse_stripe_price(stripe_price))
            if shopify_variant is not None:
                new = replace(new, shopify_variant=parse_variant(shopify_variant))
            if image is not None:
                new = replace(new, image=parse_image(image))
            if collection is not None:
                new = replace(new, collection=parse_slug(collection, kind="collection"))
            if new == old:
                return old
            return self._store.update(tx, replace(new, updated_at=self._clock.now()))

    def get(self, sku: str) -> Product:
        """Return a product, or raise ProductNotFoundError."""
        with self._db.reading() as tx:
            return self._store.get(tx, sku)

    def get_many(self, skus: Iterable[str]) -> dict[str, Product]:
        """Return products by SKU; ProductNotFoundError names the first missing."""
        with self._db.reading() as tx:
            return self._store.get_many(tx, skus)

    def list(self, *, after: str | None = None, limit: int | None = None) -> tuple[Product, ...]:
        """Return products by SKU, from the one behind ``after``."""
        with self._db.reading() as tx:
            return self._store.list(tx, after=after, limit=limit)

    def by_platform_ref(self, platform: str, ref: str) -> Product | None:
        """Return the product that a platform calls ``ref``, if it is ours."""
        with self._db.reading() as tx:
            return self._store.by_platform_ref(tx, platform, ref)


class Creators:
    """Creators as records; adding one also agrees terms, so `LiveShop` does that."""

    def __init__(self, db: Database, clock: Clock) -> None:
        """Work on this database, by this clock."""
        self._db = db
        self._clock = clock
        self._store = CreatorStore()

    def update(
        self, handle: str, *, followers: int | None = None, name: str | None = None
    ) -> Creator:
        """Change what is given and leave the rest; an empty name erases it."""
        with self._db.transaction() as tx:
            new = self._store.get(tx, handle)
            if followers is not None:
                new = replace(new, followers=check_followers(followers))
            if name is not None:
                kept = clean_text(name, kind="creator", what="name") if name else None
                new = replace(new, name=kept)
            return self._store.update(tx, new)

    def get(self, handle: str) -> Creator:
        """Return a creator, or raise CreatorNotFoundError."""
        with self._db.reading() as tx:
            return self._store.get(tx, handle)

    def list(self, *, after: str | None = None, limit: int | None = None) -> tuple[Creator, ...]:
        """Return creators by handle, from the one behind ``after``."""
        with self._db.reading() as tx:
            return self._store.list(tx, after=after, limit=limit)


class Streams:
    """Streams: live sessions, their hosts and their windows."""

    def __init__(self, db: Database, clock: Clock) -> None:
        """Work on this database, by this clock."""
        self._db = db
        self._clock = clock
        self._store = StreamStore()

    def schedule(
        self,
        code: str,
        *,
        hosts: Hosts,
        opens_at: datetime,
        closes_at: datetime,
        title: str | None = None,
        brands: Iterable[str] | None = None,
        shares: str = AGREED,
    ) -> Stream:
        """Add a stream; the same one again is a repeat.

        Args:
            hosts: ``"ana"``, ``"ana:60"`` or ``("ana", 60)`` each, or
                ``{"ana": 60, "ben": 40}``; with shares, every sale credited to
                one of them is split by weight.
            opens_at: Aware instants, whatever their offset.
            brands: Needed once there are several.
            shares: ``"air_time"`` shares sales by the minutes that hosts were
                on air: told with ``report_air``, and paid from then on.

        Effects: writes the stream, its hosts and brands; a repeat writes nothing.
        """
        with self._db.transaction() as tx:
            return self._store.schedule(
                tx,
                code,
                hosts=hosts,
                opens_at=opens_at,
                closes_at=closes_at,
                title=title,
                brands=brands,
                shares=shares,
                now=self._clock.now(),
            )

    def get(self, code: str) -> Stream:
        """Return a stream, or raise StreamNotFoundError."""
        with self._db.reading() as tx:
            return self._store.get(tx, code)

    def list(self, *, after: str | None = None, limit: int | None = None) -> tuple[Stream, ...]:
        """Return streams by code, from the one behind ``after``."""
        with self._db.reading() as tx:
            return self._store.list(tx, after=after, limit=limit)
