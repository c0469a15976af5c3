"""Records by the page, as a brand or the whole shop sees them: ``shop.listing``.

A brand sees what is its own alone: its products, agreements and book, creators
it has terms with, streams it sells in, and of coupons, links and orders those
that no other brand has a part in. What it does not see is, to it, not there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from liveshop_sdk.affiliate.agreed.store import AgreementStore
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Attribution
from liveshop_sdk.affiliate.commission import CommissionLine
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.store import CouponStore
from liveshop_sdk.checkout.links.models import IssuedLink, Link
from liveshop_sdk.checkout.links.store import LinkStore
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.orders.store import OrderStore
from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    CouponUnknownError,
    CreatorNotFoundError,
    CursorInvalidError,
    LinkNotFoundError,
    OrderUnknownError,
    ProductNotFoundError,
    StreamNotFoundError,
)
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.sold.store import SoldStore
from liveshop_sdk.registry.store import BrandStore, CreatorStore, ProductStore, StreamStore
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.rooms import Rooms

R = TypeVar("R")
T = TypeVar("T")
_VERSION = re.compile(r"([^ ]+) ([^ ]+) ([0-9]{1,9})", re.ASCII)
BATCH, BATCHES = 200, 5
"""So many rows are looked through for one page where a rule is not a query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some records in order; ``next`` is where the following page begins, or None.

    A page may be shorter than asked for although more follow.
    """

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLink:
    """A link with the texts to share and its coupon's code."""

    link: Link
    texts: IssuedLink
    coupon: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrder:
    """A paid order with who is credited; nothing about its buyer.

    Attributes:
        is_whole: Whether every brand's part of it is shown.
    """

    order: Order
    decisions: tuple[Attribution, ...]
    lines: tuple[CommissionLine, ...]
    is_whole: bool


class Listing:
    """Reads records for ``/v1``; writes nothing.

    ``brand`` is whose eyes to look with, None for the whole shop's; ``after``
    is the ``next`` of the page before.
    """

    def __init__(self, db: Database, rooms: Rooms, platform: CommercePlatform) -> None:
        """Look through these rooms."""
        self._db, self._rooms = db, rooms
        self._account = {"platform": platform.name, "account": platform.account}
        self._brands, self._products = BrandStore(), ProductStore()
        self._creators, self._streams, self._sold = CreatorStore(), StreamStore(), SoldStore()
        self._agreements, self._affiliate = AgreementStore(), AffiliateStore()
        self._coupons, self._links, self._orders = CouponStore(), LinkStore(), OrderStore()

    # --- one

    def product(self, sku: str, brand: str | None) -> Product:
        """Return a product, or raise ProductNotFoundError."""
        with self._db.reading() as tx:
            found = self._products.get(tx, sku)
        if brand is not None and found.brand != brand:
            raise ProductNotFoundError(sku=sku[:64])
        return found

    def creator(self, handle: str, brand: str | None) -> Creator:
        """Return a creator, or raise CreatorNotFoundError."""
        with self._db.reading() as tx:
            found = self._creators.get(tx, handle)
            if brand is None or (brand, handle) in self._agreements.agreements(tx, [handle]):
                return found
        raise CreatorNotFoundError(creator=handle[:32])

    def stream(self, code: str, brand: str | None, *, alone: bool = False) -> Stream:
        """Return a stream, or raise StreamNotFoundError.

        Args:
            alone: Only one that no other brand sells in.
        """
        with self._db.reading() as tx:
            found = self._streams.get(tx, code)
        if brand is None or (brand in found.brands and (not alone or len(found.brands) == 1)):
            return found
        raise StreamNotFoundError(stream=code[:64])

    def coupon(self, code: str, brand: str | None) -> Coupon:
        """Return a coupon, or raise CouponUnknownError."""
        with self._db.reading() as tx:
            found = self._rooms.coupons.get(tx, code)
            if self._own_coupons(tx, [found], brand):
                return found
        raise CouponUnknownError(coupon=found.code)

    def link(self, link_id: str, brand: str | None) -> ListedLink:
        """Return a link, or raise LinkNotFoundError."""
        with self._db.reading() as tx:
            found = self._rooms.links.get(tx, link_id)
            for shown in self._own_links(tx, [found], brand):
                return shown
        raise LinkNotFoundError(link_id=link_id[:64])

    def order(self, order_ref: str, brand: str | None) -> ListedOrder:
        """Return a paid order, or raise OrderUnknownError."""
        with self._db.reading() as tx:
            found = self._rooms.orders.find(tx, order_ref)
            for shown in self._own_orders(tx, [found], brand):
                return shown
        raise OrderUnknownError(order_ref=order_ref[:60])

    # --- many

    def products(self, brand: str | None, *, after: str | None, limit: int) -> Page[Product]:
        """Return products by SKU."""
        with self._db.reading() as tx:
            if brand is None:
                rows = self._products.list(tx, after=after, limit=limit + 1)
            else:
                skus = self._sold.skus(tx, brand, after=after, limit=limit + 1)
                known = self._products.known(tx, skus)
                rows = tuple(known[sku] for sku in skus)
        return _page(rows, limit, lambda one: one.sku)

    def creators(self, brand: str | None, *, after: str | None, limit: int) -> Page[Creator]:
        """Return creators by handle."""
        with self._db.reading() as tx:
            if brand is None:
                rows = self._creators.list(tx, after=after, limit=limit + 1)
            else:
                handles = self._agreements.creators_of(tx, brand, after=after, limit=limit + 1)
                known = self._creators.get_many(tx, handles)
                rows = tuple(known[handle] for handle in handles)
        return _page(rows, limit, lambda one: one.handle)

    def agreements(
        self, brand: str | None, *, creator: str | None, after: str | None, limit: int
    ) -> Page[Agreement]:
        """Return versions of terms by brand, creator and number."""
        behind = None
        if after is not None:
            named = _VERSION.fullmatch(after)
            if named is None:
                raise CursorInvalidError()
            behind = (named[1], named[2], int(named[3]))
        with self._db.reading() as tx:
            rows = self._agreements.page(
                tx, brand=brand, creator=creator, after=behind, limit=limit + 1
            )
        return _page(rows, limit, lambda one: f"{one.brand} {one.creator} {one.version}")

    def streams(self, brand: str | None, *, after: str | None, limit: int) -> Page[Stream]:
        """Return streams by code."""
        with self._db.reading() as tx:
            if brand is None:
                rows = self._streams.list(tx, after=after, limit=limit + 1)
            else:
                codes = self._sold.streams(tx, brand, after=after, limit=limit + 1)
                known = self._streams.get_many(tx, codes)
                rows = tuple(known[code] for code in codes)
        return _page(rows, limit, lambda one: one.code)

    def coupons(
        self,
        brand: str | None,
        *,
        creator: str | None,
        stream: str | None,
        after: str | None,
        limit: int,
    ) -> Page[Coupon]:
        """Return coupons, the newest first."""
        with self._db.reading() as tx:
            return _scan(
                lambda behind: self._coupons.page(
                    tx,
                    **self._account,
                    creator=creator,
                    stream=stream,
                    after=behind,
                    limit=BATCH,
                ),
                lambda rows: self._own_coupons(tx, rows, brand),
                lambda one: one.id,
                lambda one: one.id,
                after,
                limit,
            )

    def links(
        self,
        brand: str | None,
        *,
        creator: str | None,
        stream: str | None,
        after: str | None,
        limit: int,
    ) -> Page[ListedLink]:
        """Return links, the newest first."""
        with self._db.reading() as tx:
            return _scan(
                lambda behind: self._links.page(
                    tx, creator=creator, stream=stream, after=behind, limit=BATCH
                ),
                lambda rows: self._own_links(tx, rows, brand),
                lambda one: one.id,
                lambda one: one.link.id,
                after,
                limit,
            )

    def orders(
        self, brand: str | None, *, creator: str | None, after: str | None, limit: int
    ) -> Page[ListedOrder]:
        """Return paid orders, the newest first, of those credited to a creator if asked."""

        def keep(rows: Sequence[Order]) -> list[ListedOrder]:
            own = self._own_orders(tx, rows, brand)
            credited = (one for one in own if any(d.creator == creator for d in one.decisions))
            return own if creator is None else list(credited)

        with self._db.reading() as tx:
            return _scan(
                lambda behind: self._orders.page(tx, after=behind, limit=BATCH),
                keep,
                lambda one: one.id,
                lambda one: one.order.id,
                after,
                limit,
            )

    # --- what a brand sees

    def _own_coupons(
        self, tx: Transaction, rows: Sequence[Coupon], brand: str | None
    ) -> list[Coupon]:
        if brand is None:
            return list(rows)
        streams = self._streams.get_many(tx, (one.stream for one in rows))
        return [one for one in rows if streams[one.stream].brands == (brand,)]

    def _own_links(
        self, tx: Transaction, rows: Sequence[Link], brand: str | None
    ) -> list[ListedLink]:
        if brand is not None:
            sold = self._products.known(tx, (sku for one in rows for sku in one.items))
            rows = [one for one in rows if all(sold[sku].brand == brand for sku in one.items)]
        codes = self._coupons.codes(tx, (one.coupon_id for one in rows if one.coupon_id))
        return [
            ListedLink(
                link=one,
                texts=self._rooms.links.texts(one),
                coupon=codes.get(one.coupon_id) if one.coupon_id else None,
            )
            for one in rows
        ]

    def _own_orders(
        self, tx: Transaction, rows: Sequence[Order], brand: str | None
    ) -> list[ListedOrder]:
        decided = self._affiliate.decisions(tx, (one.key for one in rows))
        lines = self._affiliate.lines_of(tx, (one.key for one in rows))
        shown = []
        for one in rows:
            own = tuple(d for d in decided[one.key] if brand in (None, d.brand))
            if own or brand is None:
                shown.append(
                    ListedOrder(
                        order=one,
                        decisions=own,
                        lines=tuple(x for x in lines[one.key] if brand in (None, x.brand)),
                        is_whole=len(own) == len(decided[one.key]),
                    )
                )
        return shown


def _page(rows: Sequence[T], limit: int, position: Callable[[T], str]) -> Page[T]:
    """Return a page of rows of which one more was read."""
    items = tuple(rows[:limit])
    return Page(items=items, next=position(items[-1]) if len(rows) > limit else None)


def _scan(
    read: Callable[[str | None], Sequence[R]],
    keep: Callable[[Sequence[R]], Sequence[T]],
    position: Callable[[R], str],
    shown_at: Callable[[T], str],
    after: str | None,
    limit: int,
) -> Page[T]:
    """Return a page of what is kept of rows, looking through a bounded number of them."""
    found: list[T] = []
    for _ in range(BATCHES):
        rows = read(after)
        found += keep(rows)
        if len(found) > limit:
            return Page(items=tuple(found[:limit]), next=shown_at(found[limit - 1]))
        if len(rows) < BATCH:
            return Page(items=tuple(found), next=None)
        after = position(rows[-1])
    return Page(items=tuple(found), next=after)
