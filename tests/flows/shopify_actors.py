"""The people of the Shopify story: a brand at its command line, buyers, Shopify itself."""

import copy
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from liveshop_sdk.db import Database
from tests.flows.oracle_support import (
    MIKA,
    Credit,
    Sale,
    Site,
    expected,
    furnish,
    half_up,
    serving,
    shared,
)
from tests.platforms import shopify_support as support
from tests.platforms.shopify_edit_opinion import second_opinion
from tests.platforms.shopify_edit_support import Merchant, shown

OLD, NEW = "hush-old", "hush"
ACCEPTED = ("ok", "duplicate", "stale", "wrong_secret", "shuffled", "repeated")
"""The oracle's own modes, where ``wrong_secret`` signs with the one before; and two of ours."""

REFUSED = {
    **dict.fromkeys(("bad_hmac", "hex_hmac", "no_hmac", "non_ascii_hmac", "tampered"), 401),
    **dict.fromkeys(("wrong_shop", "empty", "not_json", "array"), 400),
    "wrong_secret": 401,
}
VARIANTS = {"sku_tee": "50001", "sku_cap": "50003", "sku_tabi": "50002"}
Event = tuple[str, Any]


@dataclass
class Stage:
    """A shop on Shopify, and everybody who acts on it."""

    site: Site
    oracle: Any
    credits: dict[int, Credit | None] = field(default_factory=dict)
    modes: Iterator[str] = field(default_factory=lambda: itertools.cycle(ACCEPTED))
    refused: Iterator[str] = field(default_factory=lambda: itertools.cycle(REFUSED))
    seen: set[str] = field(default_factory=set)
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    edited: dict[int, tuple[Merchant, int]] = field(default_factory=dict)

    def agree(self) -> None:
        """Both opinions on every book are the same."""
        for brand in ("main", "tokyo"):
            found = Counter(expected(self.sales(brand)))
            if brand == "main":
                kept = sum(second_opinion(made, lines) for made, lines in self.edited.values())
                found.update({"creator:mika:pending": -kept, "brand:commission_expense": kept})
            found = Counter({account: amount for account, amount in found.items() if amount})
            assert self.site.balances(brand) == found, brand

    # --- buyers

    def open(self, link: str) -> Any:
        """Follow a link and return the cart it leads to."""
        return self.cart_at(self.site.get(link).location)

    def cart_at(self, url: str) -> Any:
        carts = list(self.oracle.carts.values())
        return next(cart for cart in carts if cart["checkoutUrl"] == url)

    def pay(self, cart: Any, credit: Credit | None, **order: Any) -> Any:
        """Pay a cart; returns the order as the shop keeps it."""
        made = self.control("checkout", cart_id=cart["id"], order=order)
        self.credits[made["id"]] = credit
        return self.oracle.orders[made["id"]]

    def place(self, credit: Credit | None, cart: Any = None, **order: Any) -> Any:
        """Place an order that no checkout of the oracle makes; a cart lends its attributes."""
        notes = {one["key"]: one["value"] for one in cart["attributes"]} if cart else {}
        made = self.control("orders", note_attributes=notes, **order)
        self.credits[made["id"]] = credit
        return self.oracle.orders[made["id"]]

    def sell(self, link: str, credit: Credit | None, **order: Any) -> Any:
        """Open, pay and deliver."""
        made = self.pay(self.open(link), credit, **order)
        self.deliver(self.sold(made))
        return made

    def control(self, name: str, **body: Any) -> Any:
        _, resolvers, _ = support.oracle_modules()
        return resolvers.control(self.oracle, "POST", urlsplit(f"/_{name}"), body)

    def editor(self, order: Any) -> Merchant:
        """Return who edits a paid order from now on, a step a second; Mika's by her own code."""
        assert self.credits[order["id"]] == MIKA
        made = Merchant(order=order, pace=timedelta(seconds=1))
        self.edited[order["id"]] = made, len(order["line_items"])
        return made

    # --- what Shopify tells of it: (topic, payload as it was then)

    def sold(self, order: Any) -> list[Event]:
        pending = {**order, "financial_status": "pending"}
        topics = (("orders/create", pending), ("orders/paid", order), ("orders/updated", order))
        return [(topic, copy.deepcopy(payload)) for topic, payload in topics]

    def refund(self, order: Any, *, status: str = "success", **what: Any) -> list[Event]:
        _, _, pay = support.oracle_modules()
        made = pay.add_refund(order, **what)
        made["transactions"][0]["status"] = status
        return self.refunded(order)

    def refunded(self, order: Any) -> list[Event]:
        told = (("refunds/create", order["refunds"][-1]), ("orders/updated", order))
        return [(topic, copy.deepcopy(payload)) for topic, payload in told]

    def cancel(self, order: Any) -> list[Event]:
        _, _, pay = support.oracle_modules()
        pay.cancel(order)
        return [*self.refunded(order), ("orders/cancelled", copy.deepcopy(order))]

    def dispute(self, order: Any, amount: str, status: str = "needs_response") -> list[Event]:
        """Open a chargeback, or say how it ended."""
        known = order.setdefault("_chargebacks", [])
        if status == "needs_response":
            known.append({"id": order["id"] * 10 + len(known), "amount": amount})
        row = known[-1]
        row["status"] = status
        payload = {
            "id": row["id"],
            "order_id": order["id"],
            "type": "chargeback",
            "amount": row["amount"],
            "currency": order["currency"],
            "reason": "fraudulent",
            "network_reason_code": "4837",
            "status": status,
            "evidence_due_by": None,
            "evidence_sent_on": None,
            "finalized_on": None,
            "initiated_at": order["processed_at"],
        }
        order["_disputes"] = [shown(order, one) for one in known]
        is_new = status == "needs_response"
        return [("disputes/create" if is_new else "disputes/update", payload)]

    # --- Shopify's deliveries

    def deliver(self, events: Sequence[Event], mode: str = "") -> None:
        """Deliver events in the next of all modes, first once as nobody may believe it."""
        bad = next(self.refused)
        before = self.site.counts()
        secret = "stranger" if bad == "wrong_secret" else NEW
        assert self._post(events[0], bad, secret) == {REFUSED[bad]}, bad
        assert self.site.counts() == before, bad
        mode = mode or next(self.modes)
        each = [(event, {"webhook_id": f"wh-{self.chance.getrandbits(64):x}"}) for event in events]
        if mode == "repeated":
            each *= 2
        if mode in ("shuffled", "repeated"):
            self.chance.shuffle(each)
        as_sent = "ok" if mode in ("shuffled", "repeated") else mode
        for event, head in each:
            assert self._post(event, as_sent, NEW, **head) == {200}, mode
        self.seen |= {bad, mode}
        self.site.shop.worker().drain()

    def _post(self, event: Event, mode: str, secret: str, **head: str) -> set[object]:
        _, _, pay = support.oracle_modules()
        topic, payload = event
        sent = pay.deliver(self.site.webhooks, topic, payload, secret, mode, timeout=20, **head)
        return {status for status, _ in sent}

    def misname(self, order: Any) -> None:
        """Deliver a signed order under a topic we do not know: heard, and nothing done."""
        before = self.site.shop.stats()
        assert self._post(("orders/paid", order), "wrong_topic", NEW) == {200}
        assert self.site.shop.stats() == before
        self.seen.add("wrong_topic")

    # --- what the shop has, as sales

    def sales(self, brand: str) -> list[Sale]:
        """Return every sale in a brand's currency, from the oracle's own orders."""
        currency = {"main": "EUR", "tokyo": "JPY"}[brand]
        orders = [one for one in self.oracle.orders.values() if one["currency"] == currency]
        return [
            _sale(order, self.credits[order["id"]])
            for order in orders
            if order["id"] not in self.edited
        ]


def _sale(order: Mapping[str, Any], credit: Credit | None) -> Sale:
    scale = 0 if order["currency"] == "JPY" else 2

    def minor(amount: Any) -> int:
        exact = Decimal(amount).scaleb(scale)
        assert exact == int(exact)
        return int(exact)

    included = order["taxes_included"]
    disputes = order.get("_chargebacks", [])
    open_ = [one for one in disputes if one["status"] == "needs_response"]
    return Sale(
        paid=minor(order["total_price"]),
        bases={
            str(line["id"]): 0
            if line["gift_card"]
            else minor(line["_net"]) - (minor(line["_tax"]) if included else 0)
            for line in order["line_items"]
        },
        credit=credit,
        refunds=[
            _refund(refund, minor, included=included)
            for refund in order["refunds"]
            if refund["transactions"][0]["status"] in ("success", "pending")
        ],
        frozen=sum(minor(one["amount"]) for one in open_),
        lost=sum(minor(one["amount"]) for one in disputes if one["status"] == "lost"),
    )


def _refund(
    refund: Mapping[str, Any], minor: Any, *, included: bool
) -> tuple[int, int, dict[str, int]]:
    def shop(row: Mapping[str, Any], name: str) -> int:
        return int(minor(row[name]["shop_money"]["amount"]))

    amount = sum(int(minor(one["amount"])) for one in refund["transactions"])
    bases: dict[str, int] = {}
    worth = sum(shop(row, "subtotal_amount_set") for row in refund["refund_shipping_lines"])
    for row in refund["refund_line_items"]:
        base, tax = shop(row, "subtotal_set"), shop(row, "total_tax_set")
        worth += base + (0 if included else tax)
        bases[str(row["line_item_id"])] = base - (tax if included else 0)
    if amount < worth:
        less = half_up(Fraction(sum(bases.values()) * amount, worth))
        bases = dict(zip(bases, shared(less, list(bases.values())), strict=True))
    return amount, min(amount, worth), bases


def settings(base: str) -> dict[str, str]:
    """Return the settings of a shop whose Shopify is at that address."""
    return {
        "LIVESHOP_PLATFORM": "shopify",
        "LIVESHOP_SHOPIFY_SHOP": support.SHOP,
        "LIVESHOP_SHOPIFY_ADMIN_TOKEN": "shpat_oracle",
        "LIVESHOP_SHOPIFY_STOREFRONT_TOKEN": "sfpub_oracle",
        "LIVESHOP_SHOPIFY_WEBHOOK_SECRETS": f"{OLD},{NEW}",
        "LIVESHOP_SHOPIFY_API_BASE": base,
    }


@contextmanager
def stage(db: Database, db_url: str, oracle: Any) -> Iterator[Stage]:
    """Serve a shop with two brands, two creators and two streams, made by command line."""
    with serving(db, db_url, settings(oracle.url)) as site:
        furnish(site, **VARIANTS)
        yield Stage(site=site, oracle=oracle)
