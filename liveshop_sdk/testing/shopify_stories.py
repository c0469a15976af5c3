"""Shopify's stories: orders, refunds and disputes as its webhooks carry them."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any

from liveshop_sdk.clock import Clock, to_iso
from liveshop_sdk.errors import StoryRefusedError
from liveshop_sdk.ids import Ids
from liveshop_sdk.money import Money
from liveshop_sdk.testing.sales import Sale, SaleLine
from liveshop_sdk.testing.signing import sign_shopify
from liveshop_sdk.testing.stories import Teller
from liveshop_sdk.testing.webhooks import Webhook


class ShopifyTeller(Teller):
    """Tells what becomes of one sale at a Shopify shop; its order is a test order."""

    platform = "shopify"

    def __init__(self, sale: Sale, *, secret: str, shop: str, clock: Clock, ids: Ids) -> None:
        """Sign with the app's client secret, for a shop such as ``name.myshopify.com``."""
        self._sale, self._secret, self._shop = sale, secret, shop
        self._clock, self._ids = clock, ids
        first = int.from_bytes(sha256(ids.new("any").encode()).digest()[:6])
        self._numbers = count((1 << 53) + first)
        self._order = _order_of(sale) or self._number()
        self._lines = [self._line(line) for line in sale.lines]
        self._dispute: dict[str, Any] = {}
        self._is_told = bool(sale.order_ref)

    @property
    def ref(self) -> str:
        """The order's number in the API."""
        return str(self._order)

    @property
    def is_paid(self) -> bool:
        """Whether the payment was told of, or recorded before."""
        return self._is_told

    @property
    def total(self) -> int:
        """What the lines come to, in minor units."""
        return self._sale.total.amount

    def paid(self) -> Webhook:
        """Tell of the paid order."""
        self._is_told = True
        sale, at = self._sale, self._at()
        nothing = Money.zero(sale.total.currency)
        sums = {
            "subtotal_price": sale.total,
            "total_discounts": nothing,
            "total_line_items_price": sale.total,
            "total_price": sale.total,
            "total_tax": nothing,
        }
        order: dict[str, Any] = {
            "id": self._order,
            "admin_graphql_api_id": f"gid://shopify/Order/{self._order}",
            "cart_token": sale.platform_ref or None,
            "created_at": at,
            "currency": sale.total.currency,
            "discount_applications": [],
            "discount_codes": [],
            "email": sale.email,
            "financial_status": "paid",
            "line_items": self._lines,
            "name": f"#{self._order % 10_000}",
            "note_attributes": (
                [{"name": "_liveshop", "value": sale.reference}] if sale.reference else []
            ),
            "presentment_currency": sale.total.currency,
            "processed_at": at,
            "refunds": [],
            "shipping_lines": [],
            "taxes_included": True,
            "test": True,
            "total_shipping_price_set": _bag(nothing),
            "updated_at": at,
        }
        for name, money in sums.items():
            order |= _priced(name, money) | _priced(name.replace("total_", "current_total_"), money)
        return self._sent("orders/paid", order)

    def expired(self) -> Webhook:
        """Refuse: a cart that ends is told of by nobody.

        Raises:
            StoryRefusedError: always.
        """
        raise StoryRefusedError(story="expired", problem="Shopify sends nothing when a cart ends")

    def refunded(self, amount: int | None = None) -> Webhook:
        """Tell of a refund: of an amount that names no line, or of every line."""
        return self._refund(amount, "success")

    def refund_failed(self) -> list[Webhook]:
        """Tell of a refund that did not go through: one webhook, as Shopify has it."""
        return [self._refund(None, "failure")]

    def disputed(self) -> Webhook:
        """Tell of a chargeback about everything."""
        self._dispute = {
            "id": self._number(),
            "order_id": self._order,
            "amount": self._sale.total.decimal_text(),
            "currency": self._sale.total.currency,
            "finalized_on": None,
            "initiated_at": self._at(),
            "reason": "general",
            "status": "needs_response",
            "type": "chargeback",
        }
        return self._sent("disputes/create", self._dispute)

    def won(self) -> Webhook:
        """Tell that the shop won the chargeback."""
        return self._closed("won")

    def lost(self) -> Webhook:
        """Tell that the shop lost the chargeback."""
        return self._closed("lost")

    def _closed(self, status: str) -> Webhook:
        if not self._dispute:
            raise StoryRefusedError(story=status, problem="no dispute was told of before")
        ended = self._dispute | {"status": status, "finalized_on": self._at()}
        return self._sent("disputes/update", ended)

    def _refund(self, amount: int | None, status: str) -> Webhook:
        money, at, refund_id = self._sale.part(amount), self._at(), self._number()
        named = self._lines if amount is None else []
        return self._sent(
            "refunds/create",
            {
                "id": refund_id,
                "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
                "created_at": at,
                "order_adjustments": [] if named else [self._adjustment(refund_id, -money)],
                "order_id": self._order,
                "processed_at": at,
                "refund_line_items": [self._given_back(line) for line in named],
                "refund_shipping_lines": [],
                "transactions": [
                    {
                        "id": self._number(),
                        "amount": money.decimal_text(),
                        "currency": money.currency,
                        "gateway": "shopify_payments",
                        "kind": "refund",
                        "order_id": self._order,
                        "processed_at": at,
                        "status": status,
                        "test": True,
                    }
                ],
            },
        )

    def _adjustment(self, refund_id: int, money: Money) -> dict[str, Any]:
        return {
            "id": self._number(),
            "kind": "refund_discrepancy",
            "order_id": self._order,
            "reason": "Refund discrepancy",
            "refund_id": refund_id,
            **_priced("amount", money),
            **_priced("tax_amount", Money.zero(money.currency)),
        }

    def _given_back(self, line: dict[str, Any]) -> dict[str, Any]:
        currency, quantity = self._sale.total.currency, line["quantity"]
        worth = Money.parse(line["price"], currency) * quantity
        return {
            "id": self._number(),
            "line_item": line,
            "line_item_id": line["id"],
            "quantity": quantity,
            "restock_type": "return",
            "subtotal_set": _bag(worth),
            "total_tax_set": _bag(Money.zero(currency)),
        }

    def _line(self, line: SaleLine) -> dict[str, Any]:
        return {
            "id": self._number(),
            "current_quantity": line.quantity,
            "discount_allocations": [],
            "gift_card": False,
            "quantity": line.quantity,
            "requires_shipping": True,
            "sku": line.sku,
            "tax_lines": [],
            "taxable": True,
            "title": line.title or line.sku,
            "variant_id": line.variant,
            **_priced("price", line.price),
        }

    def _sent(self, topic: str, payload: Mapping[str, Any]) -> Webhook:
        webhook_id, now = self._ids.new("whk"), self._clock.now()
        return Webhook(
            platform=self.platform,
            topic=topic,
            id=webhook_id,
            body=json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(),
            signed_at=now,
            sign=partial(self._signed, topic, webhook_id),
        )

    def _signed(self, topic: str, webhook_id: str, body: bytes, at: datetime) -> Mapping[str, str]:
        return sign_shopify(
            body,
            self._secret,
            topic=topic,
            shop=self._shop,
            webhook_id=webhook_id,
            triggered_at=to_iso(at),
        )

    def _at(self) -> str:
        return to_iso(self._clock.now())

    def _number(self) -> int:
        """Return the next number, as long as Shopify's: beyond what a double holds."""
        return next(self._numbers)


def _order_of(sale: Sale) -> int:
    ref = sale.order_ref
    if ref and not (ref.isascii() and ref.isdecimal() and len(ref) <= 19):
        raise StoryRefusedError(story=ref[:40], problem="Shopify's orders are numbers")
    return int(ref or 0)


def _bag(money: Money) -> dict[str, Any]:
    side = {"amount": money.decimal_text(), "currency_code": money.currency}
    return {"shop_money": side, "presentment_money": side}


def _priced(name: str, money: Money) -> dict[str, Any]:
    return {name: money.decimal_text(), f"{name}_set": _bag(money)}
