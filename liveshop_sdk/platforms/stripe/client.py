"""Make the calls this package needs, in plain dicts and our own errors.

The SDK's objects are not dicts; they are converted once, here. Every write
carries the caller's idempotency key, so that a lost answer is fetched again
by the same call.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import stripe

from liveshop_sdk.__about__ import __version__
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.stripe.asking import MAX_PAGES, PAGE, Asking
from liveshop_sdk.platforms.stripe.faults import unreadable
from liveshop_sdk.platforms.stripe.fields import (
    Obj,
    ShapeError,
    is_made_by_stripe,
    obj,
    objs,
    text,
)
from liveshop_sdk.platforms.stripe.transport import Transport
from liveshop_sdk.settings import Secret

API_VERSION = "2026-10-28.endive"
"""The API version this package was written against; asked for in every call."""

_ALL_PAGES = 10_000
_SESSION_EXPAND = ["line_items", "payment_intent.latest_charge", "discounts.promotion_code"]


class StripeCalls(Asking):
    """The part of Stripe's API we use, for one account and one key."""

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str | None,
        timeouts: tuple[float, float],
        max_network_retries: int,
        account: str | None = None,
    ) -> None:
        """Make a client of its own; no module global of the SDK is set.

        Args:
            account: The connected account that calls are about; by default
                they are about the key's own.
        """
        self._transport = Transport(
            connect=timeouts[0], read=timeouts[1], is_loopback=api_base is not None
        )
        client = partial(
            stripe.StripeClient,
            api_key,
            stripe_version=API_VERSION,
            max_network_retries=max_network_retries,
            http_client=self._transport,
            base_addresses={"api": api_base} if api_base else None,
        )
        # The services are typed per endpoint; our parameters are stored text.
        own = client()
        self._v1: Any = client(stripe_account=account).v1 if account else own.v1
        self._endpoints: Any = own.v1.webhook_endpoints
        self._destinations: Any = own.v2.core.event_destinations
        if stripe.app_info is None:
            # Etiquette for plugins, and the one thing the SDK keeps globally.
            stripe.set_app_info("liveshop-sdk", version=__version__)

    def within_budget(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """Let several calls share the seconds of one, or fewer."""
        return self._transport.within_budget(seconds)

    def answered_at(self) -> datetime | None:
        """Return Stripe's clock as its last answer to this thread told it."""
        return self._transport.answered_at()

    def close(self) -> None:
        """Close the connections this thread keeps open."""
        self._transport.close()

    # --- writes

    def create_session(self, params: Obj, key: str) -> Obj:
        """Create a hosted checkout."""
        return self._write(self._v1.checkout.sessions.create, params, key, end="expires_at")

    def create_payment_link(self, params: Obj, key: str) -> Obj:
        """Create a page that any number of sessions can be made from."""
        return self._write(self._v1.payment_links.create, params, key)

    def create_coupon(self, params: Obj, key: str) -> Obj:
        """Create the terms of a coupon."""
        return self._write(self._v1.coupons.create, params, key)

    def create_promotion_code(self, params: Obj, key: str) -> Obj:
        """Create the code buyers know."""
        return self._write(self._v1.promotion_codes.create, params, key)

    def switch_promotion_code(self, code_id: str, key: str, *, is_active: bool) -> Obj:
        """Let a promotion code be used, or not."""
        change = partial(self._v1.promotion_codes.update, code_id)
        return self._write(change, {"active": is_active}, key)

    def delete_coupon(self, coupon_id: str) -> None:
        """Delete a coupon, or find that it is gone; its codes are of no use then."""
        self._find(self._v1.coupons.delete, coupon_id, {})

    def expire_session(self, session_id: str, key: str) -> Obj:
        """End an open checkout."""
        return self._write(partial(self._v1.checkout.sessions.expire, session_id), {}, key)

    def create_transfer(self, params: Obj, key: str) -> Obj:
        """Pay a connected account."""
        return self._write(self._v1.transfers.create, params, key)

    def create_webhook_endpoint(self, params: Obj, key: str) -> tuple[Obj, Secret]:
        """Create a webhook endpoint; its secret comes with the answer and never again."""
        self._transport.take_secret()
        made = self._write(self._endpoints.create, params, key)
        secret = self._transport.take_secret()
        if not secret or not text(made, "id"):
            raise ShapeError("the endpoint has no secret or no id")
        return made, Secret(secret)

    def deactivate_link(self, link_id: str) -> bool:
        """Let no more sessions be made from a Payment Link; False if there is none.

        A repeat sets the same, so it needs no key of ours.
        """
        return self._find(self._v1.payment_links.update, link_id, {"active": False}) is not None

    def end_session(self, session_id: str) -> None:
        """End an open session, or find that it has ended."""
        try:
            self._call(self._v1.checkout.sessions.expire, session_id)
        except PlatformRefusedError:
            found = self._find(self._v1.checkout.sessions.retrieve, session_id, {})
            if found is not None and found.get("status") == "open":
                raise

    def update_webhook_endpoint(self, endpoint_id: str, params: Obj) -> Obj:
        """Set what an endpoint gets; a repeat sets the same, so it needs no key of ours."""
        return self._call(self._endpoints.update, endpoint_id, params)

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint, or find that it is gone."""
        self._find(self._endpoints.delete, endpoint_id, {})

    # --- reads

    def webhook_endpoints(self) -> list[Obj]:
        """Return every webhook endpoint of the key's own account, newest first."""
        pages = self._pages(self._endpoints.list, {}, pages=MAX_PAGES, ask=patiently)
        return [one for page in pages for one in page]

    def thin_destinations(self) -> list[Obj]:
        """Return the destinations of thin webhooks, in the shape of endpoints.

        Those of full events are the endpoints that `webhook_endpoints` returns.
        """
        found: list[Obj] = []
        more: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            params = {"include": ["webhook_endpoint.url"], "limit": PAGE, **more}
            page = patiently(partial(self._page, self._destinations.list, params))
            found += [_as_endpoint(one) for one in objs(page, "data") if _is_thin_webhook(one)]
            after = parse_qs(urlsplit(text(page, "next_page_url")).query).get("page")
            if not after:
                return found
            more = {"page": after[0]}
        raise unreadable("a list never ends")

    def webhook_endpoint(self, endpoint_id: str) -> Obj | None:
        """Return a webhook endpoint by id."""
        return self._find(self._endpoints.retrieve, endpoint_id, {})

    def session(self, session_id: str) -> Obj | None:
        """Return a checkout session with payment, discounts and every line."""
        found = self._find(
            self._v1.checkout.sessions.retrieve, session_id, {"expand": _SESSION_EXPAND}
        )
        if found is None:
            return None
        return self.with_all_lines(found)

    def session_status(self, session_id: str) -> str:
        """Return a session's status, ``open`` for one; ``""`` if there is none."""
        found = self._find(self._v1.checkout.sessions.retrieve, session_id, {})
        return "" if found is None else text(found, "status")

    def with_all_lines(self, session: Obj) -> Obj:
        """Return a session with every line; only the first ten are shown with it.

        Lines of one that Stripe made come with their products, which say what
        our own lines say themselves.
        """
        page, is_theirs = obj(session, "line_items"), is_made_by_stripe(session)
        if page and not page.get("has_more") and not is_theirs:
            return session
        listed, session_id = self._v1.checkout.sessions.line_items.list, text(session, "id")
        more = {"expand": ["data.price.product"]} if is_theirs else {}
        lines = list(self._each(lambda params: listed(session_id, params), more))
        return {**session, "line_items": {"data": lines, "has_more": False}}

    def session_of_payment(self, payment_intent: str) -> str:
        """Return the id of the session a payment belongs to, or ``""``."""
        page = self._page(
            self._v1.checkout.sessions.list, {"payment_intent": payment_intent, "limit": 1}
        )
        return next((text(one, "id") for one in objs(page, "data")), "")

    def sessions_since(self, created: int) -> Iterator[Obj]:
        """Yield the sessions created since that second, newest first."""
        return self._each(self._v1.checkout.sessions.list, {"created": {"gte": created}})

    def shipping_rate(self, rate_id: str) -> Obj | None:
        """Return a shipping rate by id."""
        return self._find(self._v1.shipping_rates.retrieve, rate_id, {})

    def sessions_of(self, link_id: str) -> list[Obj]:
        """Return the sessions made from a Payment Link, whatever became of them."""
        return list(self._each(self._v1.checkout.sessions.list, {"payment_link": link_id}))

    def active_links(self) -> Iterator[Obj]:
        """Yield the Payment Links in use, newest first."""
        return self._each(self._v1.payment_links.list, {"active": True})

    def coupon(self, coupon_id: str) -> Obj | None:
        """Return a coupon by id."""
        return self._find(self._v1.coupons.retrieve, coupon_id, {})

    def promotion_code(self, code_id: str) -> Obj | None:
        """Return a promotion code by id."""
        return self._find(self._v1.promotion_codes.retrieve, code_id, {})

    def promotion_codes(self, code: str) -> list[Obj]:
        """Return the promotion codes with this text, whoever made them."""
        return list(self._each(self._v1.promotion_codes.list, {"code": code}))

    def codes_of(self, coupon_id: str, after: str) -> Obj:
        """Return a page of a coupon's promotion codes, behind one of them if given."""
        behind = {"starting_after": after} if after else {}
        return self._page(
            self._v1.promotion_codes.list, {"coupon": coupon_id, "limit": PAGE, **behind}
        )

    def charge(self, charge_id: str) -> Obj | None:
        """Return a charge by id."""
        return self._find(self._v1.charges.retrieve, charge_id, {})

    def refund(self, refund_id: str) -> Obj | None:
        """Return a refund by id."""
        return self._find(self._v1.refunds.retrieve, refund_id, {})

    def balance_transaction(self, transaction_id: str) -> Obj | None:
        """Return one movement of the account's money."""
        return self._find(self._v1.balance_transactions.retrieve, transaction_id, {})

    def dispute(self, dispute_id: str) -> Obj | None:
        """Return a dispute by id."""
        return self._find(self._v1.disputes.retrieve, dispute_id, {})

    def refunds_of(self, payment_intent: str) -> list[Obj]:
        """Return every refund of a payment, oldest first."""
        return list(self._each(self._v1.refunds.list, {"payment_intent": payment_intent}))[::-1]

    def disputes_of(self, payment_intent: str) -> list[Obj]:
        """Return every dispute of a payment, oldest first."""
        return list(self._each(self._v1.disputes.list, {"payment_intent": payment_intent}))[::-1]

    def balance(self) -> Obj:
        """Return the account's balance: the cheapest proof that the key works."""
        return self._page(self._v1.balance.retrieve, {})

    def transfers_of(self, group: str) -> list[Obj]:
        """Return the transfers of one group, newest first."""
        return list(self._each(self._v1.transfers.list, {"transfer_group": group}))

    def transfers_since(self, created: int) -> Iterator[Obj]:
        """Yield every transfer since that second, newest first."""
        since = {"created": {"gte": created}}
        return self._each(self._v1.transfers.list, since, pages=_ALL_PAGES)

    # --- long lists, a page at a time, waiting while Stripe is busy

    def prices(self, after: str | None) -> Iterator[list[Obj]]:
        """Yield the active prices with their products, newest first, behind one of them."""
        behind = {} if after is None else {"starting_after": after}
        params = {"active": True, "expand": ["data.product"], **behind}
        return self._pages(self._v1.prices.list, params, pages=_ALL_PAGES, ask=patiently)

    def events(self, since: int, types: list[str]) -> Iterator[list[Obj]]:
        """Yield the events of these types since that second, newest first."""
        params = {"created": {"gte": since}, "types": types}
        return self._pages(self._v1.events.list, params, pages=_ALL_PAGES, ask=patiently)

    def sessions_made(self, since: int, until: int) -> Iterator[list[Obj]]:
        """Yield completed sessions as `session` returns them, but for more lines."""
        params = {"status": "complete", "expand": [f"data.{part}" for part in _SESSION_EXPAND]}
        return self._made(self._v1.checkout.sessions.list, since, until, params)

    def refunds_made(self, since: int, until: int) -> Iterator[list[Obj]]:
        """Yield the refunds made in these seconds."""
        return self._made(self._v1.refunds.list, since, until, {})

    def disputes_made(self, since: int, until: int) -> Iterator[list[Obj]]:
        """Yield the disputes opened in these seconds."""
        return self._made(self._v1.disputes.list, since, until, {})

    def movements_made(self, kind: str | None, since: int, until: int) -> Iterator[list[Obj]]:
        """Yield the balance transactions of these seconds, with what each is about.

        Args:
            kind: Stripe's type of them; None is every type.
        """
        params = {"expand": ["data.source"], **({} if kind is None else {"type": kind})}
        return self._made(self._v1.balance_transactions.list, since, until, params)

    def _made(
        self, fetch: Callable[..., Any], since: int, until: int, params: Obj
    ) -> Iterator[list[Obj]]:
        within = {"created": {"gte": since, "lte": until}, **params}
        return self._pages(fetch, within, pages=_ALL_PAGES, ask=patiently)


def _is_thin_webhook(destination: Obj) -> bool:
    kind = text(destination, "type"), text(destination, "event_payload")
    return kind == ("webhook_endpoint", "thin")


def _as_endpoint(destination: Obj) -> Obj:
    """Return a destination by the names of an endpoint, its events without ``v1.``."""
    events = destination.get("enabled_events")
    return {
        **destination,
        "url": text(obj(destination, "webhook_endpoint"), "url"),
        "enabled_events": [
            one.removeprefix("v1.") if isinstance(one, str) else one
            for one in (events if isinstance(events, list) else [])
        ],
    }
