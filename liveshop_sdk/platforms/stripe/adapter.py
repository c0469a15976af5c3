"""Speak to one Stripe account: checkouts, coupons, webhooks and look-ups."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from liveshop_sdk.checkout.coupons.kinds import AMOUNT, PERCENT
from liveshop_sdk.checkout.ports import (
    CheckoutRequest,
    CouponRequest,
    Delivery,
    Finding,
    OpenedCheckout,
    Seals,
    Unreadable,
)
from liveshop_sdk.clock import Clock, SystemClock, to_seconds
from liveshop_sdk.errors import SettingsInvalidError
from liveshop_sdk.facts import Fact, Happening
from liveshop_sdk.platforms.stripe import signature
from liveshop_sdk.platforms.stripe.catalogue import StripeCatalogue
from liveshop_sdk.platforms.stripe.checkout import checkout_params
from liveshop_sdk.platforms.stripe.checks import findings
from liveshop_sdk.platforms.stripe.client import API_VERSION, StripeCalls
from liveshop_sdk.platforms.stripe.codes import StripeCodes
from liveshop_sdk.platforms.stripe.coupons import check_end, coupon_params
from liveshop_sdk.platforms.stripe.discounts import Discounts
from liveshop_sdk.platforms.stripe.endpoints import StripeEndpoints
from liveshop_sdk.platforms.stripe.event import OWN, Event, envelope, parse_event
from liveshop_sdk.platforms.stripe.faults import as_documented
from liveshop_sdk.platforms.stripe.feed import StripeFeed
from liveshop_sdk.platforms.stripe.fees import StripeFees
from liveshop_sdk.platforms.stripe.happenings import Happenings
from liveshop_sdk.platforms.stripe.opening import Checkouts
from liveshop_sdk.platforms.stripe.reading import PLATFORM, Reader
from liveshop_sdk.setting_rules import StripeCheckout
from liveshop_sdk.wire import canonical

log = logging.getLogger(__name__)

_KEY = re.compile(r"(?:sk|rk)_(test|live)_[A-Za-z0-9_]+")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?/?")
_ORDER_REF = re.compile(r"(?:pi|cs)_[A-Za-z0-9_]{1,240}")


class StripePlatform:
    """One Stripe account; holds its key and secrets and never shows them."""

    name = PLATFORM

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        seals: Seals,
        account: str | None = None,
        checkout: StripeCheckout | None = None,
        api_base: str | None = None,
        timeouts: tuple[float, float] = (2.0, 8.0),
        max_network_retries: int = 2,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a client for one key; nothing is asked of Stripe yet.

        Args:
            api_key: A secret or restricted key; its kind decides the mode.
            webhook_secrets: ``whsec_…`` of the endpoint; two during a roll.
            account: The connected account (``acct_…``) that sells, where the
                key is its platform's; by default the key's own sells.
            checkout: What every checkout asks for, beside the sale itself.
            api_base: Another API address, for fakes on this machine.
            timeouts: Seconds to connect, and for a whole call with retries.
            clock: Compared with Stripe's by `check`; the computer's by default.

        Raises:
            SettingsInvalidError: a key or address that cannot be right.
        """
        key = _KEY.fullmatch(api_key)
        faults = [
            *(["the Stripe API key must begin with sk_ or rk_, then test_ or live_"] * (not key)),
            *(["the Stripe API base must be on this machine"] * (not _is_loopback(api_base))),
        ]
        if key is None or faults:
            raise SettingsInvalidError(count=len(faults), faults="\n".join(faults))
        self.account = account or OWN
        self._is_connected = account is not None
        self._checkout = checkout or StripeCheckout()
        self.mode = key[1]
        self._versions = {"", API_VERSION}
        self._now = (clock or SystemClock()).now
        self._secrets = tuple(secret.encode() for secret in webhook_secrets if secret)
        self._calls = StripeCalls(
            api_key=api_key,
            api_base=api_base.rstrip("/") if api_base else None,
            timeouts=timeouts,
            max_network_retries=max_network_retries,
            account=account,
        )
        self._happenings = Happenings(
            calls=self._calls, reader=Reader(account=self.account, seals=seals)
        )
        self._checkouts = Checkouts(self._calls, self._now)
        self._discounts, self.codes = Discounts(self._calls), StripeCodes(self._calls)
        self.catalogue = StripeCatalogue(self._calls)
        self.fees = StripeFees(self._calls, self._happenings.order_of)
        types = self._happenings.event_types
        self.endpoints = StripeEndpoints(self._calls, events=types, mode=self.mode, account=account)
        self.feed = StripeFeed(self._calls, types=types, account=account)

    def __repr__(self) -> str:
        return f"StripePlatform(account={self.account!r}, mode={self.mode!r})"

    def close(self) -> None:
        """Close the connections this thread keeps open."""
        self._calls.close()

    # --- checkouts

    def prepare_checkout(self, request: CheckoutRequest) -> str:
        """Return the session's parameters as canonical text, and its coupon's code."""
        return canonical(checkout_params(request, self._checkout))

    def open_checkout(
        self,
        params: str,
        *,
        key: str,
        buyer_ip: str | None = None,  # noqa: ARG002  # of no use here
    ) -> OpenedCheckout:
        """Open the hosted checkout; a repeat with the same key is the same one.

        A visit older than a minute that never reached Stripe is refused as too
        old: Stripe wants 30 minutes at least from a session's start to its end.

        Where Stripe takes no more sessions for now (429), a Payment Link is
        made instead: its rate is counted apart.
        """
        return self._checkouts.open(params, key=key)

    def end_link(self, link_id: str) -> None:
        """Take a Payment Link out of use, with what buyers hold open of it."""
        self._checkouts.end_link(link_id)

    expires_checkouts = True

    def expire_checkout(self, params: str, *, ref: str | None, key: str) -> bool:
        """Expire what is still open; what is complete or ended is left alone."""
        return self._checkouts.expire(params, ref=ref, key=key)

    # --- coupons

    coupon_kinds = frozenset((PERCENT, AMOUNT))

    def prepare_coupon(self, request: CouponRequest) -> str:
        """Return the parameters of coupon and promotion code as canonical text.

        Raises:
            CouponInvalidError: it ends later than Stripe lets a coupon live.
            MoneyStepError: an amount that Stripe cannot carry.
        """
        check_end(request, self._now())
        return canonical(coupon_params(request))

    def create_coupon(self, params: str, *, key: str) -> str:
        """Make coupon and promotion code exist; return both ids as one text.

        Each has a key of its own, so a repeat goes on where the last try
        stopped. What exists already is accepted if it is ours.
        """
        return self._discounts.create(params, key=key)

    def switch_coupon(
        self, request: CouponRequest, *, ref: str | None, wish: str, key: str
    ) -> str | None:
        """Pause, resume or end a coupon by its promotion code; looks before it changes."""
        return self._discounts.switch(request, ref=ref, wish=wish, key=key)

    def coupon_uses(self, ref: str) -> int | None:
        """Return how often the coupon was redeemed: when a session is completed."""
        return self._discounts.uses(ref)

    # --- webhooks

    def receive(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Delivery:
        """Verify a webhook on its raw bytes and name it.

        Events of another mode or account are received, since answering 400
        would make Stripe repeat them for days; ``read`` finds nothing in them.
        Of another account's the envelope alone is kept: what is in it concerns
        nobody here.
        """
        signature.verify(signature.header_of(headers), body, self._secrets, now=now)
        event = parse_event(body)
        if not self._is_of_account(event):
            body = envelope(event)
        return Delivery(
            platform=PLATFORM,
            account=self.account,
            topic=event.type,
            delivery_id=event.id,
            event_id=event.id,
            occurred_at=event.created,
            body=body,
        )

    def read(self, delivery: Delivery, *, patience: int | None = None) -> tuple[Happening, ...]:
        """Turn a stored delivery into what happened; sales are fetched anew."""
        event = parse_event(delivery.body)
        if not self._is_ours(event):
            return ()
        with self._calls.within_budget(patience), as_documented():
            return self._happenings.of_event(event)

    def _is_ours(self, event: Event) -> bool:
        if event.livemode != (self.mode == "live"):
            log.warning("stripe event %s ignored: it is not of mode %s", event.id, self.mode)
            return False
        if not self._is_of_account(event):
            # One endpoint hears of every connected account: there it is no news.
            level = logging.DEBUG if self._is_connected else logging.WARNING
            log.log(level, "stripe event %s ignored: it is of another account", event.id)
            return False
        if event.api_version not in self._versions:
            self._versions.add(event.api_version)  # an endpoint keeps its version: say it once
            log.warning(
                "stripe sends events of API version %s, and this package reads %s; "
                "set the version of the event destination",
                event.api_version[:40],
                API_VERSION,
            )
        return True

    def _is_of_account(self, event: Event) -> bool:
        """Tell whether an event is of the account that sells here.

        Stripe names the account of what a connected one does, and none else.
        """
        return event.account == (self.account if self._is_connected else "")

    # --- look-ups

    def find_order(self, order_ref: str) -> tuple[Fact, ...]:
        """Return the sale with all refunds and disputes; ``()`` if there is none."""
        if not _ORDER_REF.fullmatch(order_ref):
            return ()
        with as_documented():
            return self._happenings.of_order(order_ref)

    def walk(self, since: datetime, until: datetime) -> Iterator[Sequence[Fact | Unreadable]]:
        """Yield the account's sales, then its refunds, then its disputes."""
        with as_documented():
            yield from self._happenings.walk(to_seconds(since), to_seconds(until))

    def sees_since(self, now: datetime) -> None:  # noqa: ARG002 - Stripe keeps everything
        """Return None: Stripe shows every session."""
        return

    def check(self) -> tuple[Finding, ...]:
        """Report on key, mode, clock, shipping rates and webhook secrets."""
        return findings(
            self._calls,
            mode=self.mode,
            secrets=self._secrets,
            version=API_VERSION,
            now=self._now,
            shipping=self._checkout.shipping,
        )


def _is_loopback(api_base: str | None) -> bool:
    return api_base is None or _LOOPBACK.fullmatch(api_base) is not None
