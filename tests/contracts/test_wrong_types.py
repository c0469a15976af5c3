"""Whatever a caller hands in: our own error or a result, and nothing half done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import END, START, Shop

ODD: tuple[Any, ...] = (
    *(None, True, 7, -1, 2**63, 1.5, float("nan"), b"bytes", object(), [], {}, (), {"a"}, [1]),
    *("", "x", "a\x00b", "\ud800", "é", "x" * 5_000, "12%", [("sku_tee", 1)], {"sku_tee": "1"}),
    *({"mika": 60}, {"mika": 1.5}, [("mika",)], START, START.replace(tzinfo=None), "2026-10-02"),
    *(timedelta(-1), timedelta.max, Money(500, "EUR"), Money(500, "JPY"), Rate.percent(20)),
)


def a_code(shop: Shop) -> str:
    shop.live.coupons.issue_codes("MIKA20", count=1)
    return shop.live.coupons.codes("MIKA20")[0].text


def calls(shop: Shop) -> dict[str, tuple[Callable[..., object], dict[str, Any]]]:
    """Every public call with arguments that are right."""
    live = shop.live
    cart = {"creator_id": "mika", "stream_id": "drop", "items": {"sku_tee": 1}, "coupon": "MIKA20"}
    return {
        "brands.add": (live.brands.add, {"code": "acme", "currency": "EUR", "timezone": "UTC"}),
        "brands.get": (live.brands.get, {"code": "main"}),
        "products.add": (
            live.products.add,
            {
                "sku": "sku_new",
                "title": "New",
                "amount": 100,
                "currency": "EUR",
                "brand": "main",
                "image": "/a.png",
                "stripe_price": "price_1",
                "shopify_variant": "gid://shopify/ProductVariant/1",
            },
        ),
        "products.update": (live.products.update, {"sku": "sku_mug", "amount": 5, "title": "M"}),
        "products.get": (live.products.get, {"sku": "sku_tee"}),
        "creators.add": (
            live.creators.add,
            {
                "handle": "zoe",
                "rate": Rate.percent(5),
                "hold": timedelta(days=1),
                "name": "Zoe",
                "followers": 10,
                "brand": "main",
            },
        ),
        "creators.agree": (
            live.creators.agree,
            {
                "handle": "mika",
                "rate": Rate.percent(9),
                "hold": timedelta(days=2),
                "brand": "main",
                "effective_from": START,
            },
        ),
        "creators.update": (live.creators.update, {"handle": "ana", "followers": 3, "name": "A"}),
        "creators.get": (live.creators.get, {"handle": "mika"}),
        "streams.schedule": (
            live.streams.schedule,
            {
                "code": "later",
                "hosts": ["mika:60", ("ana", 40)],
                "opens_at": START,
                "closes_at": END,
                "title": "Later",
                "brands": ["main"],
            },
        ),
        "streams.get": (live.streams.get, {"code": "drop"}),
        "coupons.create": (
            live.coupons.create,
            {
                "code": "NEW10",
                "stream_id": "drop",
                "creator_id": "mika",
                "percent_off": 10,
                "starts_at": START,
                "ends_at": END,
                "limit": 5,
                "per_customer": 1,
            },
        ),
        "coupons.create amount": (
            live.coupons.create,
            {
                "code": "NEW5",
                "stream_id": "drop",
                "creator_id": "mika",
                "amount_off": 500,
                "currency": "EUR",
            },
        ),
        "coupons.create shipping": (
            live.coupons.create,
            {"code": "SHIP", "stream_id": "drop", "creator_id": "mika", "free_shipping": True},
        ),
        "coupons.create units": (
            live.coupons.create,
            {
                "code": "GIFT",
                "stream_id": "drop",
                "creator_id": "mika",
                "buy": ("sku_mug", 2),
                "get": ("sku_mug", 1),
                "get_percent_off": 50,
                "per_order": 1,
            },
        ),
        "coupons.pause": (live.coupons.pause, {"code": "MIKA20"}),
        "coupons.issue_codes": (live.coupons.issue_codes, {"code": "MIKA20", "count": 2}),
        "coupons.make_codes": (live.coupons.make_codes, {"batch_id": "cbt_1"}),
        "coupons.codes": (live.coupons.codes, {"code": "MIKA20", "after": None}),
        "links.open code": (live.links.open, {"text": shop.link(), "code": a_code(shop)}),
        "streams.end": (live.streams.end, {"code": "drop", "open_checkouts": "keep"}),
        "coupons.get": (live.coupons.get, {"code": "MIKA20"}),
        "links.issue": (
            live.links.issue,
            {**cart, "channel": "chat", "placement": "pin", "expires_in": timedelta(days=1)},
        ),
        "links.open": (live.links.open, {"text": shop.link(), "customer_ref": "a@b.example"}),
        "links.verify": (live.links.verify, {"text": shop.link()}),
        "links.get": (live.links.get, {"link_id": "lnk_1"}),
        "links.visit": (live.links.visit, {"checkout_id": "chk_1"}),
        "explain": (live.explain, {"order_ref": "o1"}),
        "ledger.balance": (live.ledger.balance, {"creator": "mika", "as_of_seq": 0}),
        "ledger.verify": (live.ledger.verify, {"brand": "main"}),
    }


NAMES = (
    *("brands.add", "brands.get", "products.add", "products.update", "products.get"),
    *("creators.add", "creators.agree", "creators.update", "creators.get", "streams.schedule"),
    *("streams.get", "coupons.create", "coupons.create amount", "coupons.get", "links.issue"),
    *("coupons.create shipping", "coupons.create units", "coupons.pause", "streams.end"),
    *("coupons.issue_codes", "coupons.make_codes"),
    *("coupons.codes", "links.open code"),
    *("links.open", "links.verify", "links.get", "links.visit", "explain", "ledger.balance"),
    "ledger.verify",
)


@pytest.mark.parametrize("name", NAMES)
def test_odd_arguments(name: str, db: Database, clock: ManualClock) -> None:
    """A wrong type may be a TypeError of Python's; a database is never asked with one."""
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    known = calls(shop)
    assert set(known) == set(NAMES)
    call, right = known[name]
    foreign: list[str] = []
    for argument in right:
        for odd in ODD:
            before = shop.counts()
            try:
                call(**{**right, argument: odd})
            except (LiveShopError, TypeError, AttributeError):
                assert shop.counts() == before, (name, argument, odd)
            except Exception as error:
                foreign.append(f"{argument}={odd!r:.60}: {type(error).__name__}: {error!s:.90}")
    assert not foreign, "\n".join(foreign)
