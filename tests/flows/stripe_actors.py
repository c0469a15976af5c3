"""The people of the Stripe story: a brand at its command line, buyers, Stripe itself."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from liveshop_sdk.db import Database
from tests.flows.oracle_support import Credit, Sale, Site, expected, furnish, serving
from tests.platforms.stripe_support import KEY, Oracle

OLD, NEW = "whsec_retiring", "whsec_new"
ACCEPTED = (
    *("ok", "duplicate", "redelivered", "twin", "reorder", "shuffle", "concurrent", "rotate"),
    "extra_scheme",
)
REFUSED = (
    *("bad_signature", "v0_only", "tampered", "stale", "no_header", "garbage_header"),
    *("nonascii", "not_utf8", "not_json"),
)
PAYLOADS = ("snapshot", "thin")


@dataclass
class Stage:
    """A shop on Stripe, and everybody who acts on it."""

    site: Site
    oracle: Oracle
    credits: dict[str, Credit | None] = field(default_factory=dict)
    modes: Iterator[tuple[str, str]] = field(
        default_factory=lambda: itertools.cycle(itertools.product(ACCEPTED, PAYLOADS))
    )
    refused: Iterator[tuple[str, str]] = field(
        default_factory=lambda: itertools.cycle(itertools.product(REFUSED, PAYLOADS))
    )
    seen: set[tuple[str, str]] = field(default_factory=set)

    def agree(self) -> None:
        """Both opinions on every book are the same."""
        for brand in ("main", "tokyo"):
            assert self.site.balances(brand) == expected(self.sales(brand)), brand

    # --- buyers

    def open(self, link: str) -> str:
        """Follow a link and return the session it leads to."""
        return self.session_at(self.site.get(link).location)

    def session_at(self, url: str) -> str:
        """Return the session behind a checkout page's address."""
        objs = list(self.oracle.world.objs.values())[::-1]
        return next(str(one["id"]) for one in objs if one.get("url") == url)

    def pay(self, session: str, credit: Credit | None, **how: Any) -> tuple[str, list[str]]:
        """Pay, and return the order's reference and the events Stripe has to tell."""
        answer = self.oracle.tell("pay", session=session, **how)
        self.credits[session] = credit
        paid = self.oracle.world.objs[session]
        return str(paid["payment_intent"] or session), list(answer["events"])

    def sell(self, link: str, credit: Credit | None, **how: Any) -> str:
        """Open, pay and deliver."""
        order, events = self.pay(self.open(link), credit, **how)
        self.deliver(events)
        return order

    # --- the brand, at Stripe's dashboard

    def refund(self, order: str, **how: Any) -> tuple[str, list[str]]:
        """Refund a payment; returns the refund and the events."""
        before = set(self.oracle.world.objs)
        made = self.oracle.sdk().refunds.create({"payment_intent": order, **how})
        return str(made.id), self.new_events(before)

    def new_events(self, before: set[str]) -> list[str]:
        objs = dict(self.oracle.world.objs)
        return [i for i in objs if i not in before and objs[i]["object"] == "event"]

    def fail_refund(self, refund: str) -> list[str]:
        return list(self.oracle.tell("refund", refund=refund, status="failed")["events"])

    def dispute(self, order: str, **how: Any) -> tuple[str, list[str]]:
        charge = self.oracle.world.objs[order]["latest_charge"]
        answer = self.oracle.tell("dispute", charge=charge, **how)
        return str(answer["dispute"]["id"]), list(answer["events"])

    def close(self, dispute: str, status: str) -> list[str]:
        return list(self.oracle.tell("dispute", dispute=dispute, status=status)["events"])

    # --- Stripe's deliveries

    def deliver(
        self, events: Sequence[str], mode: str = "", payload: str = "", secret: str = NEW
    ) -> None:
        """Deliver events in the next of all modes, first once as nobody may believe it."""
        bad, style = next(self.refused)
        before = self.site.counts()
        self._refuse(events[-1:], bad, style)
        assert self.site.counts() == before, bad
        if not mode:
            mode, payload = next(self.modes)
        answers = self.send(events, mode, payload or "snapshot", secret)
        assert {one["status"] for one in answers} == {200}, (mode, answers)
        self.site.shop.worker().drain()

    def _refuse(self, events: Sequence[str], mode: str, payload: str) -> None:
        answers = self.send(events, mode, payload)
        assert {one["status"] for one in answers} == {400}, (mode, answers)

    def send(
        self, events: Sequence[str], mode: str, payload: str, secret: str = NEW
    ) -> list[dict[str, Any]]:
        self.seen.add((mode, payload))
        answer = self.oracle.tell(
            "deliver",
            url=self.site.webhooks,
            secret=secret,
            events=list(events),
            mode=mode,
            payload=payload,
        )
        return list(answer["deliveries"])

    # --- what Stripe has, as sales

    def sales(self, brand: str) -> list[Sale]:
        """Return every sale in a brand's currency, from the oracle's own objects."""
        world, found = self.oracle.world, []
        for one in world.all("checkout.session"):
            is_paid = one["status"] == "complete" and one["payment_status"] != "unpaid"
            if not is_paid or one["currency"] != {"main": "eur", "tokyo": "jpy"}[brand]:
                continue
            intent = one["payment_intent"] or "none"
            disputes = [d for d in world.all("dispute") if d["payment_intent"] == intent]
            found.append(
                Sale(
                    paid=one["amount_total"],
                    bases={
                        line["id"]: line["amount_total"] - line["amount_tax"]
                        for line in world.lines[one["id"]]
                    },
                    credit=self.credits[one["id"]],
                    refunds=[
                        (refund["amount"], 0, {})
                        for refund in world.all("refund")
                        if refund["payment_intent"] == intent and refund["status"] == "succeeded"
                    ],
                    frozen=_disputed(disputes, "needs_response", "under_review"),
                    lost=_disputed(disputes, "lost"),
                )
            )
        return found


def _disputed(disputes: Sequence[Mapping[str, Any]], *statuses: str) -> int:
    return sum(one["amount"] for one in disputes if one["status"] in statuses)


def settings(base: str, checkout: str = "") -> dict[str, str]:
    """Return the settings of a shop whose Stripe is at that address."""
    return {
        "LIVESHOP_PLATFORM": "stripe",
        "LIVESHOP_STRIPE_API_KEY": KEY,
        "LIVESHOP_STRIPE_WEBHOOK_SECRETS": f"{OLD},{NEW}",
        "LIVESHOP_STRIPE_API_BASE": base,
        "LIVESHOP_STRIPE_CHECKOUT": checkout,
    }


@contextmanager
def stage(db: Database, db_url: str, oracle: Oracle, *, checkout: str = "") -> Iterator[Stage]:
    """Serve a shop with two brands, two creators and two streams, made by command line.

    Args:
        checkout: What every checkout asks for, beside the sale itself.
    """
    with serving(db, db_url, settings(oracle.base, checkout)) as site:
        furnish(site)
        yield Stage(site=site, oracle=oracle)
