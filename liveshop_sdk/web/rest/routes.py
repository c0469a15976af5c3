"""Every route of ``/v1`` that asks for a key, on one page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.rest import given, reads, taken, writes
from liveshop_sdk.web.rest.call import Call

View = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: where it stands, what it needs, takes and gives.

    Attributes:
        scope: What the key must have.
        takes: The schema of its query, or of its body where it writes.
        after: Called once with what was answered, when that is stored.
    """

    path: str
    scope: str
    view: View
    gives: Schema
    takes: Schema
    after: Callable[[LiveShop, Mapping[str, Any]], None] | None = None

    @property
    def name(self) -> str:
        """Return the name of its endpoint and operation."""
        return self.view.__name__

    @property
    def writes(self) -> bool:
        """Tell whether it is a POST."""
        return self.scope.endswith(":write")

    @property
    def method(self) -> str:
        """Return ``GET`` or ``POST``."""
        return "POST" if self.writes else "GET"


def _list(nouns: str, view: View, row: type[Schema], takes: type[Schema], **more: Any) -> Route:
    return Route(
        path=f"/{nouns}",
        scope=f"{nouns}:read",
        view=view,
        gives=given.many(row, nouns, **more),
        takes=takes(),
    )


_NO_QUERY = taken.NothingIn()
_BRAND, _PRODUCT = given.one(given.BrandOut, "brand"), given.one(given.ProductOut, "product")
_CREATOR, _STREAM = given.one(given.CreatorOut, "creator"), given.one(given.StreamOut, "stream")
_COUPON, _LINK = given.one(given.CouponOut, "coupon"), given.one(given.LinkOut, "link")
_AGREEMENT, _ORDER = given.one(given.AgreementOut, "agreement"), given.one(given.OrderOut, "order")
_STATEMENT = given.one(given.StatementOut, "statement")


def _one(path: str, scope: str, view: View, gives: Schema, takes: Schema = _NO_QUERY) -> Route:
    return Route(path=path, scope=scope, view=view, gives=gives, takes=takes)


def _wish(word: str, view: View) -> Route:
    return Route(
        path=f"/coupons/<code>/{word}",
        scope="coupons:write",
        view=view,
        gives=_COUPON,
        takes=taken.NothingIn(),
        after=writes.try_coupon,
    )


ROUTES: tuple[Route, ...] = (
    _list("brands", reads.brands, given.BrandOut, taken.PageQuery),
    _one("/brands", "brands:write", writes.add_brand, _BRAND, taken.BrandIn()),
    _list("products", reads.products, given.ProductOut, taken.BrandPageQuery),
    _one("/products", "products:write", writes.add_product, _PRODUCT, taken.ProductIn()),
    _one("/products/<sku>", "products:read", reads.product, _PRODUCT),
    _one(
        "/products/<sku>",
        "products:write",
        writes.update_product,
        _PRODUCT,
        taken.ProductChangeIn(),
    ),
    _list("creators", reads.creators, given.CreatorOut, taken.BrandPageQuery),
    _one("/creators", "creators:write", writes.add_creator, _CREATOR, taken.CreatorIn()),
    _one("/creators/<handle>", "creators:read", reads.creator, _CREATOR),
    _list("agreements", reads.agreements, given.AgreementOut, taken.CreatorPageQuery),
    _one("/agreements", "agreements:write", writes.agree, _AGREEMENT, taken.AgreementIn()),
    _list("streams", reads.streams, given.StreamOut, taken.BrandPageQuery),
    _one("/streams", "streams:write", writes.schedule, _STREAM, taken.StreamIn()),
    Route(
        path="/streams/<stream>/end",
        scope="streams:write",
        view=writes.end_stream,
        gives=given.one(given.StreamEndOut, "ended"),
        takes=taken.StreamEndIn(),
        after=writes.try_stream,
    ),
    _list("coupons", reads.coupons, given.CouponOut, taken.SharedPageQuery),
    Route(
        path="/coupons",
        scope="coupons:write",
        view=writes.create_coupon,
        gives=_COUPON,
        takes=taken.CouponIn(),
        after=writes.try_coupon,
    ),
    _one("/coupons/<code>", "coupons:read", reads.coupon, _COUPON),
    Route(
        path="/coupons/<code>/codes",
        scope="coupons:write",
        view=writes.issue_codes,
        gives=given.one(given.CodeBatchOut, "batch"),
        takes=taken.CodesIn(),
        after=writes.try_codes,
    ),
    _one(
        "/coupons/<code>/codes",
        "coupons:read",
        reads.codes,
        given.many(given.PersonalCodeOut, "codes"),
        taken.PageQuery(),
    ),
    _wish("pause", writes.pause_coupon),
    _wish("resume", writes.resume_coupon),
    _wish("end", writes.end_coupon),
    _list("links", reads.links, given.LinkOut, taken.SharedPageQuery),
    _one("/links", "links:write", writes.issue_link, _LINK, taken.LinkIn()),
    _one("/links/<link_id>", "links:read", reads.link, _LINK),
    _one(
        "/links/<link_id>/revoke",
        "links:write",
        writes.revoke_link,
        _LINK,
        taken.NothingIn(),
    ),
    _list("orders", reads.orders, given.OrderOut, taken.CreatorPageQuery),
    _one("/orders/<order_ref>", "orders:read", reads.order, _ORDER),
    _list("balances", reads.balances, given.BalanceOut, taken.BalancesQuery, **given.BALANCES),
    _list("entries", reads.entries, given.EntryOut, taken.BrandPageQuery),
    _list("statements", reads.statements, given.ListedStatementOut, taken.PeriodPageQuery),
    _one(
        "/statements/<handle>/<period>",
        "statements:read",
        reads.statement,
        _STATEMENT,
        taken.BrandQuery(),
    ),
)
