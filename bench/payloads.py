"""Webhook bodies of the size and shape that platforms send, made without chance."""

import json
from typing import Any

_ADDRESS = {
    "city": "Berlin",
    "country": "DE",
    "line1": "Oranienstraße 14",
    "line2": None,
    "postal_code": "10999",
    "state": None,
}
_METHODS = ("card", "link", "klarna", "paypal", "sepa_debit", "bancontact", "ideal", "eps")


def stripe_event(number: int = 1) -> bytes:
    """Return a ``checkout.session.completed`` as Stripe spells it, about 9.4 KB."""
    name = f"{number:024d}"
    event = {
        "id": f"evt_{name}",
        "object": "event",
        "api_version": "2026-10-28.preview",
        "created": 1_790_964_000,
        "data": {"object": _session(name)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
    }
    return json.dumps(event, indent=2).encode()


def _session(name: str) -> dict[str, Any]:
    session: dict[str, Any] = {
        "id": f"cs_test_{name}",
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": True},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": 7990,
        "amount_total": 6392,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://shop.example/cart",
        "client_reference_id": f"chk_{name}00",
        "consent": None,
        "created": 1_790_963_700,
        "currency": "eur",
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_details": {
            "address": _ADDRESS,
            "email": "buyer@example.com",
            "name": "A Buyer",
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "expires_at": 1_790_965_560,
        "livemode": False,
        "metadata": {"liveshop": f"chk_{name}00.{'A' * 43}"},
        "mode": "payment",
        "payment_intent": f"pi_{name}",
        "payment_method_options": {
            method: {"setup_future_usage": None, "request_three_d_secure": "automatic"}
            for method in _METHODS
        },
        "payment_method_types": list(_METHODS),
        "payment_status": "paid",
        "shipping_cost": None,
        "shipping_options": [_rate(name, at) for at in range(4)],
        "status": "complete",
        "success_url": f"https://shop.example/thanks?visit=chk_{name}00",
        "total_details": {"amount_discount": 1598, "amount_shipping": 0, "amount_tax": 0},
        "line_items": {"object": "list", "data": [_item(name, at) for at in range(3)]},
    }
    return session


def _rate(name: str, at: int) -> dict[str, Any]:
    return {"shipping_amount": 490 + at * 100, "shipping_rate": f"shr_{name}{at}"}


def _item(name: str, at: int) -> dict[str, Any]:
    product = {
        "id": f"prod_{name}{at}",
        "object": "product",
        "active": True,
        "attributes": [],
        "created": 1_790_000_000,
        "default_price": None,
        "description": "Heavy organic cotton, made for people who stay until the end of a stream",
        "images": [f"https://files.example/links/{name}/{at}/{side}.jpg" for side in ("a", "b")],
        "metadata": {"sku": f"sku_{at}", "brand": "main"},
        "name": "Tee",
        "package_dimensions": None,
        "shippable": None,
        "tax_code": "txcd_30011000",
        "updated": 1_790_000_000,
    }
    return {
        "id": f"li_{name}{at}",
        "object": "item",
        "amount_discount": 400,
        "amount_subtotal": 2000,
        "amount_tax": 0,
        "amount_total": 1600,
        "currency": "eur",
        "description": "Tee",
        "discounts": [{"amount": 400, "discount": {"id": f"di_{name}", "object": "discount"}}],
        "price": {
            "id": f"price_{name}{at}",
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "currency": "eur",
            "product": product,
            "recurring": None,
            "type": "one_time",
            "unit_amount": 2000,
            "unit_amount_decimal": "2000",
        },
        "quantity": 1,
    }


def shopify_order(number: int = 1) -> bytes:
    """Return an ``orders/paid`` as Shopify spells it, about 10.6 KB."""
    order = {
        "id": 5_500_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{5_500_000_000_000 + number}",
        "cart_token": f"c1-{number:032x}",
        "currency": "EUR",
        "presentment_currency": "EUR",
        "email": "buyer@example.com",
        "created_at": "2026-10-02T20:00:00+02:00",
        "processed_at": "2026-10-02T20:00:00+02:00",
        "financial_status": "paid",
        "discount_codes": [{"code": "MIKA20", "amount": "4.00", "type": "percentage"}],
        "note_attributes": [{"name": "_liveshop", "value": f"chk_{number:026d}.{'A' * 43}"}],
        "tags": "live",
        "taxes_included": True,
        "test": False,
        "billing_address": _ADDRESS | {"country_code": "DE"},
        "shipping_address": _ADDRESS | {"country_code": "DE"},
        "line_items": [_sold(number, at) for at in range(6)],
        "total_price_set": _money("99.90"),
        "total_tax_set": _money("15.95"),
        "total_shipping_price_set": _money("0.00"),
        "refunds": [],
    }
    return json.dumps(order, separators=(",", ":")).encode()


def _money(amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": money, "presentment_money": money}


def _sold(number: int, at: int) -> dict[str, Any]:
    return {
        "id": 13_000_000_000_000 + number * 10 + at,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{13_000_000_000_000 + number * 10 + at}",
        "current_quantity": 1,
        "fulfillable_quantity": 1,
        "fulfillment_service": "manual",
        "gift_card": False,
        "grams": 320,
        "name": "Heavy organic tee - black / M",
        "price": "16.65",
        "price_set": _money("16.65"),
        "product_exists": True,
        "product_id": 8_100_000_000_000 + at,
        "properties": [{"name": "_liveshop_line", "value": f"line-{at}"}],
        "quantity": 1,
        "requires_shipping": True,
        "sku": f"sku_{at}",
        "taxable": True,
        "title": "Heavy organic tee",
        "total_discount": "0.67",
        "total_discount_set": _money("0.67"),
        "variant_id": 46_000_000_000_000 + at,
        "variant_title": "black / M",
        "vendor": "Demo Live",
        "tax_lines": [
            {
                "channel_liable": False,
                "price": "2.66",
                "price_set": _money("2.66"),
                "rate": 0.19,
                "title": "DE VAT",
            }
        ],
        "discount_allocations": [
            {
                "amount": "0.67",
                "amount_set": _money("0.67"),
                "discount_application_index": 0,
            }
        ],
    }
