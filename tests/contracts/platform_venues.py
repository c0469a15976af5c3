"""The three platforms behind one face: what a buyer, a brand and a bank do there."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

from stripe import WebhookSignature

from liveshop_sdk.checkout.ports import (
    CheckoutItem,
    CheckoutRequest,
    CommercePlatform,
    CouponRequest,
    OpenedCheckout,
)
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.signature import HEADER, sign
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import sandbox_support, shopify_support, stripe_support

Signed = tuple[Mapping[str, str], bytes]
"""A delivery as it arrives: headers and raw bytes."""


class Venue(Protocol):
    """A platform with everybody on the other side of it."""

    @property
    def platform(self) -> CommercePlatform: ...
    @property
    def repeats_are_one(self) -> bool:
        """Whether one key opens one checkout; a Shopify cart has no key."""
        ...

    def now(self) -> datetime: ...
    def made(self) -> tuple[int, int]: ...
    def pay(self, opened: OpenedCheckout) -> list[Signed]: ...
    def refund(self, order_ref: str, amount: int) -> list[Signed]: ...
    def dispute(self, order_ref: str, amount: int) -> list[Signed]: ...
    def close(self, order_ref: str, status: str) -> list[Signed]: ...
    def sign(self, body: bytes) -> Signed: ...
    def broken(self, how: str) -> CommercePlatform: ...


class SandboxVenue:
    repeats_are_one = True

    def __init__(self, store: sandbox_support.Store) -> None:
        self.store = store
        self.platform = store.platform
        self.sent: list[Signed] = []
        store.platform._sender._transport = self._take

    def _take(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.sent.append((headers, body))
        return 200

    def now(self) -> datetime:
        return self.store.clock.now()

    def made(self) -> tuple[int, int]:
        tables = self.store.snapshot
        rows = [row for row in tables() if isinstance(row, tuple)]
        ids = [str(row[0]) for row in rows]
        return (
            sum(one.startswith("sbc_") for one in ids),
            sum(one.startswith("sbp_") for one in ids),
        )

    def pay(self, opened: OpenedCheckout) -> list[Signed]:
        self.store.sandbox.pay(opened.platform_ref)
        return self._leaving()

    def refund(self, order_ref: str, amount: int) -> list[Signed]:
        self.store.sandbox.refund(order_ref, amount)
        return self._leaving()

    def dispute(self, order_ref: str, amount: int) -> list[Signed]:
        self.store.sandbox.dispute(order_ref, amount)
        return self._leaving()

    def close(self, order_ref: str, status: str) -> list[Signed]:
        end = self.store.sandbox.win if status == "won" else self.store.sandbox.lose
        end(order_ref)
        return self._leaving()

    def sign(self, body: bytes) -> Signed:
        header = sign(body, [sandbox_support.SECRET.encode()], now=self.now())
        return {HEADER: header}, body

    def broken(self, how: str) -> CommercePlatform:
        raise AssertionError("the sandbox is our own database")

    def _leaving(self) -> list[Signed]:
        self.sent.clear()
        with self.store.db.transaction() as tx:
            rows = self.store.outbox.claim(tx, limit=100, by="test", lease_for=timedelta(minutes=1))
        for row in rows:
            result = self.platform.send_webhook(row.payload)
            with self.store.db.transaction() as tx:
                self.store.outbox.done(tx, row, result)
        return list(self.sent)


class StripeVenue:
    repeats_are_one = True

    def __init__(self, oracle: stripe_support.Oracle) -> None:
        self.oracle = oracle
        self.platform = oracle.platform()
        self._dispute = ""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def made(self) -> tuple[int, int]:
        world = self.oracle.world
        return len(world.all("checkout.session")), len(world.all("promotion_code"))

    def pay(self, opened: OpenedCheckout) -> list[Signed]:
        return self._signed(self.oracle.pay(opened.platform_ref))

    def refund(self, order_ref: str, amount: int) -> list[Signed]:
        before = set(self.oracle.world.objs)
        self.oracle.sdk().refunds.create({"payment_intent": order_ref, "amount": amount})
        new = [one for key, one in self.oracle.world.objs.items() if key not in before]
        return self._signed([one for one in new if one["object"] == "event"])

    def dispute(self, order_ref: str, amount: int) -> list[Signed]:
        charge = self.oracle.world.objs[order_ref]["latest_charge"]
        answer = self.oracle.tell("dispute", charge=charge, amount=amount)
        self._dispute = answer["dispute"]["id"]
        return self._signed(self.oracle.events(answer))

    def close(self, order_ref: str, status: str) -> list[Signed]:
        answer = self.oracle.tell("dispute", dispute=self._dispute, status=status)
        return self._signed(self.oracle.events(answer))

    def sign(self, body: bytes) -> Signed:
        header = WebhookSignature.generate_signature_header(
            body.decode("utf-8", "replace"), stripe_support.SECRET
        )
        return {"Stripe-Signature": header}, body

    def broken(self, how: str) -> CommercePlatform:
        hasty: dict[str, Any] = {"timeouts": (0.5, 0.6)}
        if how == "nobody there":
            return stripe_support.platform_at("http://127.0.0.1:9", **hasty)
        faults: dict[str, dict[str, Any]] = {
            "hangs": {"delay": 1.5, "status": 500},
            "hangs up": {"drop": True},
            "fails": {"status": 503},
            "is busy": {"status": 429},
        }
        self.oracle.tell("fail", count=3, **faults[how])
        return self.oracle.platform(**hasty)

    def _signed(self, events: list[dict[str, Any]]) -> list[Signed]:
        return [stripe_support.signed(one) for one in events]


class ShopifyVenue:
    repeats_are_one = False

    def __init__(self, oracle: Any) -> None:
        self.oracle = oracle
        self.platform = shopify_support.platform(oracle)
        _, self._resolvers, self._pay = shopify_support.oracle_modules()
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def made(self) -> tuple[int, int]:
        return len(self.oracle.carts), len(self.oracle.discounts)

    def pay(self, opened: OpenedCheckout) -> list[Signed]:
        cart = self.oracle.carts[opened.platform_ref]
        order = self._resolvers.control(
            self.oracle,
            "POST",
            urlsplit("/_checkout"),
            {"cart_id": cart["id"], "order": {"tax_rate": "0", "shipping": "0"}},
        )
        return [self._signed("orders/paid", order), self._signed("orders/updated", order)]

    def refund(self, order_ref: str, amount: int) -> list[Signed]:
        order = self.oracle.orders[int(order_ref)]
        made = self._pay.add_refund(order, amount=str(Decimal(amount).scaleb(-2)))
        return [self._signed("refunds/create", made), self._signed("orders/updated", order)]

    def dispute(self, order_ref: str, amount: int) -> list[Signed]:
        order = self.oracle.orders[int(order_ref)]
        order["_payload"] = {
            "id": 55,
            "order_id": order["id"],
            "type": "chargeback",
            "amount": str(Decimal(amount).scaleb(-2)),
            "currency": order["currency"],
            "reason": "fraudulent",
            "status": "needs_response",
            "finalized_on": None,
            "initiated_at": order["processed_at"],
        }
        return self._told(order, "disputes/create")

    def close(self, order_ref: str, status: str) -> list[Signed]:
        order = self.oracle.orders[int(order_ref)]
        order["_payload"] |= {"status": status, "finalized_on": order["processed_at"]}
        return self._told(order, "disputes/update")

    def _told(self, order: Any, topic: str) -> list[Signed]:
        told = order["_payload"]
        money = {"amount": told["amount"], "currencyCode": told["currency"]}
        order["_disputes"] = [
            {
                "id": "gid://shopify/OrderDisputeSummary/55",
                "legacyResourceId": "55",
                "status": told["status"].upper(),
                "initiatedAs": "CHARGEBACK",
                "initiatedAt": told["initiated_at"],
                "finalizedOn": told["finalized_on"],
                "amount": money,
                "type": "CHARGEBACK",
            }
        ]
        return [self._signed(topic, told)]

    def sign(self, body: bytes) -> Signed:
        head = self._pay.headers_for("orders/paid", body, shopify_support.SECRET)
        return head, body

    def broken(self, how: str) -> CommercePlatform:
        wire = Wire(
            timeouts=(0.5, 0.3), patience=0.5, sleep=shopify_support.Sleeps(), trust_env=False
        )
        if how == "nobody there":
            return shopify_support.platform(None, api_base="http://127.0.0.1:9", wire=wire)
        modes = {"hangs": "hang", "hangs up": "drop", "fails": "503", "is busy": "429"}
        self.oracle.fail(modes[how], 20)
        return shopify_support.platform(self.oracle, wire=wire)

    def _signed(self, topic: str, payload: Any) -> Signed:
        body = self._pay.to_bytes(payload)
        number = f"wh-{next(self._numbers)}"
        head = self._pay.headers_for(topic, body, shopify_support.SECRET, webhook_id=number)
        return head, body


def item(quantity: int = 2) -> CheckoutItem:
    return CheckoutItem(
        sku="sku_shirt",
        title="Linen shirt",
        quantity=quantity,
        unit=Money(3990, "EUR"),
        platform_refs={"shopify": shopify_support.VARIANT},
    )


def checkout(venue: Venue, checkout_id: str = "chk_1", **changes: Any) -> CheckoutRequest:
    fields: dict[str, Any] = {
        "checkout_id": checkout_id,
        "sealed_ref": f"sealed:{checkout_id}",
        "items": (item(),),
        "coupon_code": None,
        "coupon_ref": None,
        "expires_at": (venue.now() + timedelta(minutes=31)).replace(microsecond=0),
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/l/abc",
    }
    return CheckoutRequest(**{**fields, **changes})


def coupon(venue: Venue, coupon_id: str = "cpn_1", **changes: Any) -> CouponRequest:
    fields: dict[str, Any] = {
        "coupon_id": coupon_id,
        "code": "MIKA20",
        "title": "Friday drop",
        "percent_bps": 2000,
        "amount_off": None,
        "starts_at": venue.now() - timedelta(hours=1),
        "ends_at": venue.now() + timedelta(hours=2),
        "limit": 5,
        "per_customer": None,
    }
    return CouponRequest(**{**fields, **changes})


UNKNOWN_COUPON = {
    "sandbox": "sbp_unknown",
    "stripe": "promo_unknown",
    "shopify": "gid://shopify/DiscountCodeNode/999",
}
