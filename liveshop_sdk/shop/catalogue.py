"""Copy what a platform sells into the shop's products."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from liveshop_sdk.checkout.catalogue import Catalogue, CataloguePage, Offered
from liveshop_sdk.clock import Clock
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BoundShopError, ConflictError, InvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.registry.brands import (
    FIRST_CODE,
    FIRST_CURRENCY,
    FIRST_TIMEZONE,
    Brand,
    make_brand,
)
from liveshop_sdk.registry.names import parse_sku
from liveshop_sdk.registry.products import Product, check_price, make_product, parse_image
from liveshop_sdk.registry.store import BrandStore, ProductStore

Progress = Callable[[int], None]

_REFS = {"stripe": "stripe_price", "shopify": "shopify_variant"}
"""Where a product keeps the platform's id of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something that was not copied, and why."""

    ref: str
    sku: str
    why: str


@dataclass(slots=True, kw_only=True)
class CatalogueReport:
    """What copying a catalogue came to.

    Attributes:
        added, updated: SKUs, in the platform's order.
        same: How many stood as they should.
        skipped: What no cart link can sell, or would be another product.
        cursor: Behind the last page that was copied; to go on there.
    """

    platform: str
    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    same: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    cursor: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "platform": self.platform,
            "added": list(self.added),
            "updated": list(self.updated),
            "same": self.same,
            "skipped": [{"ref": one.ref, "sku": one.sku, "why": one.why} for one in self.skipped],
            "cursor": self.cursor,
        }


class CatalogueSync:
    """Makes products of what the platform sells; the platform stays as it is.

    Stock is not copied: the platform keeps it, and refuses at checkout what it
    has not got.
    """

    def __init__(
        self, *, db: Database, clock: Clock, platform: str, catalogue: Catalogue | None
    ) -> None:
        """Ask nothing yet; without `catalogue` there is nothing to copy."""
        self._db, self._clock = db, clock
        self._platform, self._catalogue = platform, catalogue
        self._brands = BrandStore()

    def sync(
        self,
        *,
        brand: str | None = None,
        after: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> CatalogueReport:
        """Add what is new, and bring title, price, image and id up to date.

        Nothing is deleted: what is no longer for sale there stays as it is here.
        A repeat changes nothing.

        Args:
            brand: Whose products they are; needed once there are several.
            after: The cursor of an earlier report, to go on behind it.
            dry_run: Only say what would change.
            progress: Called with the number of things looked at so far.

        Effects: products, one commit for each page of the platform's list.

        Raises:
            BrandAmbiguousError: None was named and there are several.
            PlatformRefusedError: Reading the catalogue is not allowed.
            PlatformNotReadyError, PlatformUnavailableError: It could not be
                asked to the end; what was copied until then stays.
        """
        if self._db.is_bound:
            raise BoundShopError(call="catalogue.sync")
        report = CatalogueReport(platform=self._platform, cursor=after)
        owner = self._owner(brand, dry_run=dry_run)
        seen = 0
        for page in self._catalogue.pages(after) if self._catalogue else ():
            copying = _Copying(report, owner, now=self._clock.now(), dry_run=dry_run)
            with self._db.transaction() as tx:
                copying.copy(tx, page)
            seen += len(page.offered)
            if progress is not None:
                progress(seen)
        return report

    def _owner(self, brand: str | None, *, dry_run: bool) -> Brand:
        """Return whose products they are; the brand of the first use is made, or only named."""
        now = self._clock.now()
        if not dry_run:
            with self._db.transaction() as tx:
                return self._brands.resolve(tx, brand, now=now)
        with self._db.reading() as tx:
            found = self._brands.find(tx, brand)
        return found or make_brand(
            FIRST_CODE, currency=FIRST_CURRENCY, timezone=FIRST_TIMEZONE, now=now
        )


class _Copying:
    """Copies one page within one transaction."""

    def __init__(
        self, report: CatalogueReport, owner: Brand, *, now: datetime, dry_run: bool
    ) -> None:
        self._store, self._ref = ProductStore(), _REFS[report.platform]
        self._report, self._owner, self._now, self._dry_run = report, owner, now, dry_run

    def copy(self, tx: Transaction, page: CataloguePage) -> None:
        known = self._known(tx, page.offered)
        taken = self._store.by_platform_refs(
            tx, self._report.platform, [one.ref for one in page.offered]
        )
        for one in page.offered:
            try:
                why = self._refusal(one, known.get(one.sku), taken.get(one.ref))
                if not why:
                    known[one.sku] = self._put(tx, one, known.get(one.sku))
            except (InvalidError, ConflictError) as error:
                why = str(error)
            if why:
                self._report.skipped.append(Skipped(ref=one.ref, sku=one.sku, why=why))
        self._report.cursor = page.cursor

    def _known(self, tx: Transaction, offered: Sequence[Offered]) -> dict[str, Product]:
        skus = {one.sku for one in offered if _is_sku(one.sku)}
        return self._store.known(tx, skus, to_change=not self._dry_run)

    def _refusal(self, one: Offered, known: Product | None, taken: Product | None) -> str:
        """Return why something is not copied, or an empty text."""
        if one.problem:
            return one.problem
        if not one.sku:
            return "it has no SKU"
        if taken is not None and taken.sku != one.sku:
            return f"it is {taken.sku} here, and a SKU is for ever"
        if known is None:
            return ""
        if known.brand != self._owner.code:
            return f"{known.sku} is a product of the brand {known.brand}"
        ref = known.platform_refs.get(self._report.platform)
        return f"{known.sku} is {ref} already" if ref not in (None, one.ref) else ""

    def _put(self, tx: Transaction, one: Offered, old: Product | None) -> Product:
        new = self._made(one) if old is None else self._changed(old, one)
        if old is not None and new == old:
            self._report.same += 1
            return old
        if not self._dry_run:
            if old is None:
                new = self._store.add(
                    tx,
                    new.sku,
                    title=new.title,
                    amount=new.price,
                    currency=None,
                    brand=self._owner.code,
                    image=new.image,
                    now=self._now,
                    **self._refs(one),
                )
            else:
                new = self._store.update(tx, replace(new, updated_at=self._now))
        (self._report.added if old is None else self._report.updated).append(new.sku)
        return new

    def _made(self, one: Offered) -> Product:
        assert one.price is not None  # noqa: S101 - it has no problem
        return make_product(
            one.sku,
            title=one.title,
            price=one.price,
            brand=self._owner,
            now=self._now,
            image=_image(one),
            **self._refs(one),
        )

    def _changed(self, old: Product, one: Offered) -> Product:
        fresh = self._made(one)
        return replace(
            old,
            title=fresh.title,
            price=check_price(fresh.price),
            image=fresh.image or old.image,
            **self._refs(one),
        )

    def _refs(self, one: Offered) -> Mapping[str, Any]:
        return {self._ref: one.ref}


def _is_sku(text: str) -> bool:
    try:
        return bool(parse_sku(text))
    except InvalidError:
        return False


def _image(one: Offered) -> str | None:
    """Return its picture, unless it is at no address that we show."""
    try:
        return parse_image(one.image) if one.image else None
    except InvalidError:
        return None
