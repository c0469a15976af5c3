"""The queries of the registry; each works inside the caller's transaction."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.errors import (
    BrandAmbiguousError,
    BrandNotFoundError,
    CreatorNotFoundError,
    PlatformRefTakenError,
    ProductNotFoundError,
    StreamNotFoundError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.registry import tables as t
from liveshop_sdk.registry.brands import (
    FIRST_CODE,
    FIRST_CURRENCY,
    FIRST_TIMEZONE,
    Brand,
    make_brand,
)
from liveshop_sdk.registry.creators import Creator, filled, make_creator
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.products import Product, make_product, parse_platform_ref, to_price
from liveshop_sdk.registry.repeats import same_or_refuse
from liveshop_sdk.registry.rows import (
    product_columns,
    stream_columns,
    to_brand,
    to_creator,
    to_product,
    to_streams,
)
from liveshop_sdk.registry.streams import AGREED, Hosts, Stream, make_stream

_REF_COLUMNS = {
    "sandbox": t.product.c.sku,
    "stripe": t.product.c.stripe_price,
    "shopify": t.product.c.shopify_variant,
}
_BY_REF = {
    platform: select(t.product, column.label("ref_")).where(
        column.in_(bindparam("refs", expanding=True))
    )
    for platform, column in _REF_COLUMNS.items()
}
_BY_SKU = select(t.product).where(t.product.c.sku.in_(bindparam("skus", expanding=True)))
_CREATORS = select(t.creator, t.creator_profile.c.name).join(t.creator_profile, isouter=True)
_CODES: Any = bindparam("codes", expanding=True)
_AIR, _HOST = t.stream_air.c, t.stream_host.c
_ON_AIR = and_(_AIR.stream == _HOST.stream, _AIR.creator == _HOST.creator)
_STREAMS = (  # each host of a stream with each of its brands
    select(t.stream, _HOST.creator, _HOST.weight, t.stream_brand.c.brand, _AIR.minutes)
    .join(t.stream_host, t.stream_host.c.stream == t.stream.c.code)
    .join(t.stream_brand, t.stream_brand.c.stream == t.stream.c.code)
    .join(t.stream_air, _ON_AIR, isouter=True)
    .where(t.stream.c.code.in_(_CODES))
    .order_by(t.stream.c.code, t.stream_host.c.position, t.stream_brand.c.brand)
)
_MANY_NAMED = 10
"""How many names an error lists."""


class BrandStore:
    """Reads and writes brands."""

    def add(
        self, tx: Transaction, code: str, *, currency: str, timezone: str, now: datetime
    ) -> Brand:
        """Add a brand; the same one again is a repeat."""
        asked = make_brand(code, currency=currency, timezone=timezone, now=now)
        row = {
            "code": asked.code,
            "currency": asked.currency,
            "timezone": asked.timezone,
            "created_at": to_micros(now),
        }
        if add_if_absent(tx, t.brand, row):
            return asked
        return same_or_refuse(
            self.get(tx, asked.code),
            asked,
            kind="brand",
            remedy="A brand never changes; choose another code.",
        )

    def get(self, tx: Transaction, code: str) -> Brand:
        """Return a brand, or raise BrandNotFoundError."""
        query = select(t.brand).where(t.brand.c.code == key(code, "brand code"))
        row = tx.execute(query).one_or_none()
        if row is None:
            raise BrandNotFoundError(brand=code[:64])
        return to_brand(row)

    def list(self, tx: Transaction) -> tuple[Brand, ...]:
        """Return all brands by code."""
        return tuple(to_brand(row) for row in tx.execute(select(t.brand).order_by(t.brand.c.code)))

    def find(self, tx: Transaction, code: str | None = None) -> Brand | None:
        """Return the brand named, else the only one; None before the first use.

        Raises:
            BrandAmbiguousError: none was named and there are several.
        """
        if code is not None:
            return self.get(tx, code)
        query = select(t.brand).order_by(t.brand.c.code).limit(_MANY_NAMED)
        brands = [to_brand(row) for row in tx.execute(query)]
        if len(brands) > 1:
            raise BrandAmbiguousError(brands=", ".join(brand.code for brand in brands))
        return brands[0] if brands else None

    def resolve(self, tx: Transaction, code: str | None, *, now: datetime) -> Brand:
        """Return the brand named, else the only one; the first use makes ``main``."""
        found = self.find(tx, code)
        if found is not None:
            return found
        return self.add(tx, FIRST_CODE, currency=FIRST_CURRENCY, timezone=FIRST_TIMEZONE, now=now)


class ProductStore:
    """Reads and writes products."""

    def __init__(self) -> None:
        """Resolve brands through their own store."""
        self._brands = BrandStore()

    def add(
        self,
        tx: Transaction,
        sku: str,
        *,
        title: str,
        amount: int | Money,
        currency: str | None,
        now: datetime,
        brand: str | None = None,
        image: str | None = None,
        stripe_price: str | None = None,
        shopify_variant: str | None = None,
        collection: str | None = None,
    ) -> Product:
        """Add a product; the same one again is a repeat."""
        owner = self._brands.resolve(tx, brand, now=now)
        asked = make_product(
            sku,
            title=title,
            price=to_price(amount, currency, default=owner.currency),
            brand=owner,
            image=image,
            stripe_price=stripe_price,
            shopify_variant=shopify_variant,
            collection=collection,
            now=now,
        )
        self._refuse_taken_refs(tx, asked)
        if add_if_absent(tx, t.product, product_columns(asked)):
            return asked
        self._refuse_taken_refs(tx, asked)  # one that was added beside us is seen by now
        return same_or_refuse(
            self.get(tx, asked.sku),
            asked,
            kind="product",
            remedy=f"To change that: liveshop products update {asked.sku}.",
        )

    def update(self, tx: Transaction, changed: Product) -> Product:
        """Store a product that exists as it is now."""
        self._refuse_taken_refs(tx, changed)
        row = update(t.product).where(t.product.c.sku == changed.sku)
        try:
            with tx.begin_nested():
                tx.execute(row, product_columns(changed))
        except IntegrityError:
            self._refuse_taken_refs(tx, changed)  # somebody took one beside us
            raise
        return changed

    def get(self, tx: Transaction, sku: str, *, to_change: bool = False) -> Product:
        """Return a product, or raise ProductNotFoundError.

        Args:
            to_change: Lock it until the transaction ends (PostgreSQL).
        """
        query = select(t.product).where(t.product.c.sku == key(sku, "SKU"))
        row = tx.execute(query.with_for_update() if to_change else query).one_or_none()
        if row is None:
            raise ProductNotFoundError(sku=sku[:64])
        return to_product(row)

    def get_many(self, tx: Transaction, skus: Iterable[str]) -> dict[str, Product]:
        """Return products by SKU; ProductNotFoundError names the first missing."""
        wanted = sorted({key(sku, "SKU") for sku in skus})
        found = self.known(tx, wanted)
        missing = next((sku for sku in wanted if sku not in found), None)
        if missing is not None:
            raise ProductNotFoundError(sku=missing[:64])
        return found

    def known(
        self, tx: Transaction, skus: Iterable[str], *, to_change: bool = False
    ) -> dict[str, Product]:
        """Return those of the SKUs that are ours, locked if asked."""
        wanted = sorted(set(skus))
        query = _BY_SKU.order_by(t.product.c.sku).with_for_update() if to_change else _BY_SKU
        rows = tx.execute(query, {"skus": wanted}) if wanted else ()
        return {row.sku: to_product(row) for row in rows}

    def list(
        self, tx: Transaction, *, after: str | None = None, limit: int | None = None
    ) -> tuple[Product, ...]:
        """Return products by SKU, from the one behind ``after``."""
        rows = tx.execute(_page(select(t.product), t.product.c.sku, after, limit))
        return tuple(to_product(row) for row in rows)

    def by_platform_ref(self, tx: Transaction, platform: str, ref: str) -> Product | None:
        """Return the product that a platform calls ``ref``, if it is ours."""
        return self.by_platform_refs(tx, platform, [ref]).get(ref)

    def by_platform_refs(
        self, tx: Transaction, platform: str, refs: Iterable[str]
    ) -> dict[str, Product]:
        """Return those of the platform's ids that are ours, in one query.

        A platform without a column for its ids has none of ours.
        """
        spelled = {ref: parse_platform_ref(platform, ref) for ref in refs}
        if platform not in _BY_REF or not spelled:
            return {}
        rows = tx.execute(_BY_REF[platform], {"refs": sorted(set(spelled.values()))})
        found = {row.ref_: to_product(row) for row in rows}
        return {ref: found[kept] for ref, kept in spelled.items() if kept in found}

    def _refuse_taken_refs(self, tx: Transaction, product: Product) -> None:
        for platform, ref in product.platform_refs.items():
            holder = self.by_platform_ref(tx, platform, ref)
            if holder is not None and holder.sku != product.sku:
                raise PlatformRefTakenError(platform=platform, ref=ref, sku=holder.sku)


class CreatorStore:
    """Reads and writes creators; a name lives in a table of its own."""

    def add(
        self,
        tx: Transaction,
        handle: str,
        *,
        now: datetime,
        followers: int | None = None,
        name: str | None = None,
    ) -> Creator:
        """Add a creator; the same one again is a repeat, as far as something is said."""
        asked = make_creator(handle, followers=followers, name=name, now=now)
        row = {
            "handle": asked.handle,
            "followers": asked.followers,
            "created_at": to_micros(now),
        }
        if add_if_absent(tx, t.creator, row):
            if asked.name is not None:
                tx.execute(insert(t.creator_profile), {"handle": asked.handle, "name": asked.name})
            return asked
        stored = self.get(tx, asked.handle)
        return same_or_refuse(
            stored,
            filled(asked, stored),
            kind="creator",
            remedy=f"To change that: liveshop creators update {asked.handle}.",
        )

    def update(self, tx: Transaction, changed: Creator) -> Creator:
        """Store a creator who exists as they are now; without a name, erase it."""
        tx.execute(
            update(t.creator)
            .where(t.creator.c.handle == changed.handle)
            .values(followers=changed.followers)
        )
        profile = t.creator_profile
        tx.execute(profile.delete().where(profile.c.handle == changed.handle))
        if changed.name is not None:
            tx.execute(insert(profile), {"handle": changed.handle, "name": changed.name})
        return changed

    def get(self, tx: Transaction, handle: str) -> Creator:
        """Return a creator, or raise CreatorNotFoundError."""
        return self.get_many(tx, [handle])[handle]

    def get_many(self, tx: Transaction, handles: Iterable[str]) -> dict[str, Creator]:
        """Return creators by handle; CreatorNotFoundError names the first missing."""
        wanted = list(dict.fromkeys(key(handle, "handle") for handle in handles))
        query = _CREATORS.where(t.creator.c.handle.in_(wanted))
        found = {row.handle: to_creator(row) for row in tx.execute(query)}
        missing = next((handle for handle in wanted if handle not in found), None)
        if missing is not None:
            raise CreatorNotFoundError(creator=missing[:32])
        return found

    def list(
        self, tx: Transaction, *, after: str | None = None, limit: int | None = None
    ) -> tuple[Creator, ...]:
        """Return creators by handle, from the one behind ``after``."""
        rows = tx.execute(_page(_CREATORS, t.creator.c.handle, after, limit))
        return tuple(to_creator(row) for row in rows)


class StreamStore:
    """Reads and writes streams with their hosts and brands."""

    def __init__(self) -> None:
        """Look hosts and brands up through their own stores."""
        self._brands = BrandStore()
        self._creators = CreatorStore()

    def schedule(
        self,
        tx: Transaction,
        code: str,
        *,
        hosts: Hosts,
        opens_at: datetime,
        closes_at: datetime,
        now: datetime,
        title: str | None = None,
        brands: Iterable[str] | None = None,
        shares: str = AGREED,
    ) -> Stream:
        """Add a stream; the same one again is a repeat."""
        asked = make_stream(
            code,
            hosts=hosts,
            opens_at=opens_at,
            closes_at=closes_at,
            title=title,
            brands=(),
            now=now,
            shares=shares,
        )
        self._creators.get_many(tx, (host.creator for host in asked.hosts))
        named = (brands,) if isinstance(brands, str) else tuple(brands or (None,))
        codes = {self._brands.resolve(tx, brand, now=now).code for brand in named}
        asked = replace(asked, brands=tuple(sorted(codes)))
        if self._insert(tx, asked):
            return asked
        return same_or_refuse(
            self.get(tx, asked.code),
            asked,
            kind="stream",
            remedy="A stream never changes; choose another code.",
        )

    def get(self, tx: Transaction, code: str) -> Stream:
        """Return a stream, or raise StreamNotFoundError."""
        found = self.get_many(tx, [key(code, "stream code")])
        if code not in found:
            raise StreamNotFoundError(stream=code[:64])
        return found[code]

    def get_many(self, tx: Transaction, codes: Iterable[str]) -> dict[str, Stream]:
        """Return those of the streams that exist, by code."""
        wanted = sorted(set(codes))
        return to_streams(tx.execute(_STREAMS, {"codes": wanted}) if wanted else ())

    def list(
        self, tx: Transaction, *, after: str | None = None, limit: int | None = None
    ) -> tuple[Stream, ...]:
        """Return streams by code, from the one behind ``after``."""
        codes = tx.execute(_page(select(t.stream.c.code), t.stream.c.code, after, limit))
        return tuple(self.get_many(tx, codes.scalars()).values())

    def _insert(self, tx: Transaction, stream: Stream) -> bool:
        if not add_if_absent(tx, t.stream, stream_columns(stream)):
            return False
        tx.execute(
            insert(t.stream_host),
            [
                {"stream": stream.code, "position": n, "creator": h.creator, "weight": h.weight}
                for n, h in enumerate(stream.hosts)
            ],
        )
        tx.execute(
            insert(t.stream_brand),
            [{"stream": stream.code, "brand": brand} for brand in stream.brands],
        )
        return True


def _page(query: Select[Any], key: Any, after: str | None, limit: int | None) -> Select[Any]:
    if after is not None:
        query = query.where(key > after)
    return query.order_by(key).limit(limit)
