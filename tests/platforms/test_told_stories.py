"""Stories for tests read as the platforms' own webhooks do: verified, and to the cent."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from liveshop_sdk.checkout.ports import CommercePlatform
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import SignatureInvalidError
from liveshop_sdk.facts import (
    CheckoutClosed,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Happening,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.stripe import StripePlatform
from liveshop_sdk.testing import TEST_SECRET, TEST_SHOP, Sale, SaleLine, Webhook, Webhooks

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"


class FakeSeals:
    """Seals that anybody can read: ``sealed:chk_1``."""

    def unseal(self, text: str) -> str | None:
        return text.removeprefix("sealed:") if text.startswith("sealed:") else None

    def customer_key(self, email: str) -> str:
        return f"key:{email}"


def sale(currency: str = "EUR", price: int = 4990) -> Sale:
    lines = (
        SaleLine(sku="sku_tee", price=Money(price, currency), quantity=2, variant=50001),
        SaleLine(sku="sku_mug", price=Money(1850, currency), title="Mug"),
    )
    total = Money(2 * price + 1850, currency)
    return Sale(total=total, lines=lines, checkout_id="chk_1", reference="sealed:chk_1")


def platform(name: str) -> CommercePlatform:
    if name == "stripe":
        return StripePlatform(
            api_key="sk_test_tests",
            webhook_secrets=[TEST_SECRET],
            seals=FakeSeals(),
            api_base=NOWHERE,
        )
    return ShopifyPlatform(
        shop=TEST_SHOP,
        admin_token="shpat_tests",
        storefront_token="sfpub_tests",
        webhook_secrets=[TEST_SECRET],
        seals=FakeSeals(),
        clock=ManualClock(NOW),
        api_base=NOWHERE,
    )


def tell(name: str, story: str, sold: Sale | None = None) -> list[Webhook]:
    makers = Webhooks(ManualClock(NOW))
    return getattr(makers, name)(sold or sale()).tell(story)


def read(name: str, webhooks: Iterable[Webhook]) -> list[Happening]:
    """Receive and read, as the worker would; nobody is asked."""
    adapter = platform(name)
    found: list[Happening] = []
    for one in webhooks:
        delivery = adapter.receive(one.headers, one.body, now=NOW)
        assert (delivery.topic, delivery.delivery_id) == (one.topic, one.id)
        found += adapter.read(delivery)
    return found


def after(name: str, story: str, sold: Sale | None = None) -> list[Happening]:
    """Read what follows the sale, which Stripe would be asked for."""
    return read(name, tell(name, story, sold)[1:])


@pytest.mark.parametrize("name", ["stripe", "shopify"])
def test_refunds_whole_and_in_part(name: str) -> None:
    (whole,) = after(name, "refund")
    (part,) = after(name, "partial-refund")
    assert isinstance(whole, OrderRefunded)
    assert isinstance(part, OrderRefunded)
    assert (whole.amount, whole.currency) == (11830, "EUR")
    assert (part.amount, part.currency, part.lines) == (5915, "EUR", ())
    assert sum(base for _, base in whole.lines) == (11830 if name == "shopify" else 0)


@pytest.mark.parametrize("name", ["stripe", "shopify"])
def test_a_refund_that_comes_back(name: str) -> None:
    made, failed = after(name, "refund-failed")
    assert isinstance(made, OrderRefunded)
    assert isinstance(failed, RefundFailed)
    assert (failed.refund_id, failed.order_ref) == (made.refund_id, made.order_ref)


@pytest.mark.parametrize("name", ["stripe", "shopify"])
@pytest.mark.parametrize(
    ("story", "end"), [("dispute-won", DisputeWon), ("dispute-lost", DisputeLost)]
)
def test_disputes_and_their_ends(name: str, story: str, end: type) -> None:
    opened, again, closed = after(name, story)
    assert isinstance(opened, DisputeOpened)
    assert (opened.amount, opened.currency) == (11830, "EUR")
    assert again == opened
    assert type(closed) is end
    assert after(name, "dispute") == [opened]


def test_a_sale_at_shopify() -> None:
    (order,) = read("shopify", tell("shopify", "paid"))
    assert isinstance(order, OrderPaid)
    assert (order.total, order.tax, order.currency, order.occurred_at) == (11830, 0, "EUR", NOW)
    assert [(line.sku, line.base) for line in order.lines] == [("sku_tee", 9980), ("sku_mug", 1850)]
    assert order.lines[0].item_ref == "gid://shopify/ProductVariant/50001"
    assert order.checkout_id == "chk_1"
    assert order.is_test


def test_currencies_without_cents() -> None:
    (paid,) = read("shopify", tell("shopify", "paid", sale("JPY", 5000)))
    assert isinstance(paid, OrderPaid)
    assert paid.total == 11850
    for name in ("stripe", "shopify"):
        (part,) = after(name, "partial-refund", sale("JPY", 5000))
        assert isinstance(part, OrderRefunded)
        assert part.amount == 5925


def test_a_checkout_that_expired_at_stripe() -> None:
    (closed,) = read("stripe", tell("stripe", "expired"))
    assert isinstance(closed, CheckoutClosed)
    assert (closed.checkout_id, closed.reason) == ("chk_1", "expired")


def test_the_vendors_own_check_accepts_what_we_sign() -> None:
    for one in tell("stripe", "dispute-won"):
        header = one.headers["Stripe-Signature"]
        assert stripe.WebhookSignature.verify_header(one.body.decode(), header, TEST_SECRET)
        event: Any = stripe.Event.construct_from(json.loads(one.body), "sk_test_tests")
        assert event.type == one.topic


@pytest.mark.parametrize("name", ["stripe", "shopify"])
def test_a_tampered_webhook_is_refused(name: str) -> None:
    (paid,) = tell(name, "paid")
    with pytest.raises(SignatureInvalidError):
        read(name, [paid.tampered()])


def test_an_old_webhook_is_refused_where_its_time_is_signed() -> None:
    for one in tell("stripe", "refund"):
        with pytest.raises(SignatureInvalidError, match="timestamp"):
            read("stripe", [one.aged()])
    (late,) = read("shopify", [tell("shopify", "paid")[0].aged(timedelta(hours=8))])
    assert isinstance(late, OrderPaid)
