"""A shop to test against: the offline Shopify oracle, served over real HTTP.

The oracle checks every request against Shopify's real schemas. It lives
outside the project; LIVESHOP_ORACLES names its folder, and tests that need it
skip without it. It makes up what its orders leave out (tax lines, addresses,
refunds by id); `complete` fills those in from the same order.
"""

import contextlib
import hashlib
import http.client
import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest, CouponRequest, Delivery
from liveshop_sdk.clock import Clock, ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.platforms.vault import Vault

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
SHOP = "demo-live.myshopify.com"
SECRET = "hush"
VARIANT = "gid://shopify/ProductVariant/50001"


class Seals:
    """Seals anyone can read, for tests."""

    def unseal(self, text: str) -> str | None:
        return text.removeprefix("sealed:") if text.startswith("sealed:") else None

    def customer_key(self, email: str) -> str:
        return "key:" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:12]


class Sleeps(list[float]):
    """Remembers how long it was asked to sleep, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def oracle_modules() -> tuple[Any, Any, Any]:
    """Return the oracle's modules: server, resolvers, payloads; or skip."""
    folder = os.environ.get("LIVESHOP_ORACLES", "")
    if not folder or not (Path(folder) / "shopify_oracle.py").is_file():
        pytest.skip("needs the Shopify oracle: set LIVESHOP_ORACLES", allow_module_level=True)
    pytest.importorskip("graphql", reason="the Shopify oracle needs graphql-core")
    if folder not in sys.path:
        sys.path.append(folder)
    names = ("shopify_oracle", "shopify_resolvers", "shopify_payloads")
    server, resolvers, payloads = (importlib.import_module(name) for name in names)
    complete(server, resolvers)
    return server, resolvers, payloads


def complete(server: Any, resolvers: Any) -> None:
    """Let the oracle answer from its orders what it would otherwise make up."""
    if getattr(resolvers, "completed", False):
        return
    plain: Callable[[Any], Any] = resolvers.order_view

    def seen(order: Any, row: Any) -> Any:
        bag = resolvers.pay._Money(order).bag(Decimal(row.get("amount", "0")))
        return resolvers.bag(row.get("amount_set", bag))

    def order_view(order: Any) -> Any:
        view = plain(order)
        view["originalTotalPriceSet"] = resolvers.bag(order["total_price_set"])
        view["edited"] = order.get("_edited", False)
        view["returnStatus"] = order.get("_return_status", "NO_RETURN")
        view["agreements"] = order.get("_agreements", [])
        for node, line in zip(view["lineItems"], order["line_items"], strict=True):
            node["taxLines"] = [
                {"title": tax["title"], "priceSet": resolvers.bag(tax["price_set"])}
                for tax in line["tax_lines"]
            ]
            node["requiresShipping"] = line["requires_shipping"]
            node["taxable"] = line["taxable"]
        for name in ("shipping", "billing"):
            address = order.get(f"{name}_address")
            view[f"{name}Address"] = address and {"countryCodeV2": address["country_code"]}
        tip = str(order.get("total_tip_received", "0.00"))
        money = {"amount": server.dec(tip), "currencyCode": order["currency"]}
        view["transactions"] = [
            {
                "kind": row["kind"].upper(),
                "status": row["status"].upper(),
                "processedAt": row["processed_at"],
                "createdAt": row["processed_at"],
                "amountSet": seen(order, row),
            }
            for row in order.get("transactions", [])
        ]
        view["totalTipReceivedSet"] = {"shopMoney": money, "presentmentMoney": money}
        for node, refund in zip(view["refunds"], order["refunds"], strict=True):
            for row, given in zip(
                node["refundShippingLines"], refund["refund_shipping_lines"], strict=True
            ):
                nothing = {"amount": "0.0", "currencyCode": order["currency"]}
                row["taxAmountSet"] = (
                    resolvers.bag(given["tax_amount_set"])
                    if "tax_amount_set" in given
                    else {"shopMoney": nothing, "presentmentMoney": nothing}
                )
            for row, given in zip(node["transactions"], refund["transactions"], strict=True):
                row["kind"], row["status"] = given["kind"].upper(), given["status"].upper()
                if "amount_set" in given:
                    row["amountSet"] = resolvers.bag(given["amount_set"])
        return view

    def admin_refund(ctx: Any, id: str) -> Any:  # noqa: A002  # the schema's argument
        views = (order_view(order) for order in ctx.oracle.orders.values())
        return next((r for view in views for r in view["refunds"] if r["id"] == id), None)

    def admin_dispute(ctx: Any, id: str) -> Any:  # noqa: A002
        rows = (row for o in ctx.oracle.orders.values() for row in o.get("_disputes", ()))
        number = id.rsplit("/", 1)[-1]
        return next((row for row in rows if row["legacyResourceId"] == number), None)

    def admin_disputes(ctx: Any, query: str, **_: Any) -> Any:
        match = re.fullmatch(r"initiated_at:>='([^']+Z)'", query)
        assert match, query
        return [
            {**row, "order": {"legacyResourceId": str(order["id"])}}
            for order in ctx.oracle.orders.values()
            for row in order.get("_disputes", ())
            if server.iso(row["initiatedAt"]) >= server.iso(match[1])
        ]

    resolvers.admin_discountCodeFreeShippingUpdate = resolvers.update_discount(
        "freeShippingCodeDiscount"
    )
    resolvers.admin_discountCodeBxgyUpdate = resolvers.update_discount("bxgyCodeDiscount")
    resolvers.order_view = order_view
    resolvers.admin_refund = admin_refund
    resolvers.admin_dispute = admin_dispute
    resolvers.admin_disputes = admin_disputes
    resolvers.completed = True
    for kind in ("admin", "storefront"):
        server.schema_for(kind, "2026-10")  # slow the first time, which is not to be timed


@contextlib.contextmanager
def running_oracle(*, clean: bool = True) -> Iterator[Any]:
    """Serve a fresh shop; afterwards no request may have broken the schema."""
    server, _, _ = oracle_modules()
    with server.running() as oracle:
        oracle.config["hang"] = 0.8
        yield oracle
        if clean:
            assert_clean(oracle)


def assert_clean(oracle: Any) -> None:
    """Every request fitted the real schema, used nothing deprecated or made up."""
    for entry in oracle.log:
        assert entry["violations"] == [], entry
        assert entry["deprecated"] == [], entry
        assert entry["mocked"] == [], entry
        assert not [note for note in entry["notes"] if "cost" in note], entry


KEYS = ("the-oldest-of-our-secret-keys", "the-newest-of-our-secret-keys")


def vault(db: Database, clock: Clock, keys: tuple[str, ...] = KEYS) -> Vault:
    return Vault(db, clock, keys, platform="shopify", account=SHOP, app="client")


def own_vault(clock: Clock) -> Vault:
    """Return a vault in a database of its own, in memory."""
    db = Database.connect("sqlite://")
    migrate.upgrade(db)
    return vault(db, clock)


def platform(oracle: Any, **given: Any) -> ShopifyPlatform:
    """Return the adapter pointed at the oracle."""
    settings: dict[str, Any] = {
        "shop": SHOP,
        "admin_token": "shpat_oracle",
        "storefront_token": "sfpub_oracle",
        "webhook_secrets": [SECRET],
        "seals": Seals(),
        "clock": ManualClock(NOW),
        "api_base": getattr(oracle, "url", None),
        "wire": Wire(timeouts=(2.0, 5.0), patience=8.0, sleep=Sleeps(), trust_env=False),
    }
    settings |= given
    if settings.get("client_id"):
        settings.setdefault("vault", own_vault(settings["clock"]))
    return ShopifyPlatform(**settings)


def checkout_request(**given: Any) -> CheckoutRequest:
    item = CheckoutItem(
        sku="shirt",
        title="Linen shirt",
        quantity=2,
        unit=Money(3990, "EUR"),
        platform_refs={"shopify": VARIANT},
    )
    settings: dict[str, Any] = {
        "checkout_id": "chk_1",
        "sealed_ref": "sealed:chk_1",
        "items": (item,),
        "coupon_code": None,
        "coupon_ref": None,
        "expires_at": NOW,
        "success_url": "https://shop.test/done",
        "cancel_url": "https://shop.test/back",
    }
    return CheckoutRequest(**(settings | given))


def coupon_request(**given: Any) -> CouponRequest:
    settings: dict[str, Any] = {
        "coupon_id": "cpn_1",
        "code": "MIKA20",
        "title": "20 % off",
        "percent_bps": 2000,
        "amount_off": None,
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2090, 1, 1, tzinfo=UTC),
        "limit": 10,
        "per_customer": 1,
    }
    return CouponRequest(**(settings | given))


def delivered(
    adapter: ShopifyPlatform, topic: str, payload: Any, *, secret: str = SECRET, **head: Any
) -> Delivery:
    """Sign a payload as Shopify does and hand it to the adapter."""
    _, _, payloads = oracle_modules()
    body = payloads.to_bytes(payload)
    headers = payloads.headers_for(topic, body, secret, **head)
    return adapter.receive(headers, body, now=NOW)


def followed(oracle: Any, url: str) -> str:
    """Open a permalink as the buyer's browser does; returns the cart Shopify makes."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", SHOP)
    connection = http.client.HTTPConnection(urlsplit(oracle.url).netloc, timeout=5)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 302
        return str(answer.headers["X-Oracle-Cart-Id"])
    finally:
        connection.close()
