"""Offer one Shopify shop as a commerce platform."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from liveshop_sdk.checkout.coupons.kinds import ALL_KINDS
from liveshop_sdk.checkout.ports import (
    CheckoutRequest,
    CouponRequest,
    Delivery,
    Finding,
    OpenedCheckout,
    Seals,
    Unreadable,
)
from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import (
    CouponInvalidError,
    SettingsInvalidError,
)
from liveshop_sdk.facts import Fact, Happening
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.address import (
    api_root,
    checked_shop,
    checked_version,
    is_loopback,
)
from liveshop_sdk.platforms.shopify.carts import cart_input
from liveshop_sdk.platforms.shopify.catalogue import ShopifyCatalogue
from liveshop_sdk.platforms.shopify.checks import ALL_ORDERS, findings, scopes
from liveshop_sdk.platforms.shopify.codes import ShopifyCodes
from liveshop_sdk.platforms.shopify.coupons import discount_params
from liveshop_sdk.platforms.shopify.discounts import Discounts
from liveshop_sdk.platforms.shopify.disputes import read_dispute
from liveshop_sdk.platforms.shopify.endpoints import ShopifyEndpoints
from liveshop_sdk.platforms.shopify.fields import (
    ShapeError,
    as_obj,
    currency_of,
    flag,
    obj,
)
from liveshop_sdk.platforms.shopify.grants import Exchange
from liveshop_sdk.platforms.shopify.graphql import Tokens, admin_api
from liveshop_sdk.platforms.shopify.installing import Installation
from liveshop_sdk.platforms.shopify.opening import Carts
from liveshop_sdk.platforms.shopify.orders import Orders
from liveshop_sdk.platforms.shopify.reading import PLATFORM
from liveshop_sdk.platforms.shopify.receiving import (
    DISPUTES,
    ORDER_EDITED,
    ORDER_PAID,
    REFUND,
    parsed,
    receive,
    unreadable,
)
from liveshop_sdk.platforms.shopify.tokens import GivenToken, SharedToken
from liveshop_sdk.platforms.shopify.transport import Wire, reading
from liveshop_sdk.platforms.vault import Vault
from liveshop_sdk.wire import canonical, loads_canonical

_ORDERS_SHOWN_FOR = timedelta(days=60)

_log = logging.getLogger("liveshop_sdk.platforms.shopify")


class ShopifyPlatform:
    """One shop: carts by the Storefront API, all else by the Admin API.

    Nothing is global: two shops in one process share neither token nor
    address. Safe to use from several threads.
    """

    name = PLATFORM

    def __init__(
        self,
        *,
        shop: str,
        webhook_secrets: Sequence[str],
        seals: Seals,
        clock: Clock,
        storefront_token: str = "",
        admin_token: str = "",
        client_id: str = "",
        client_secret: str = "",
        vault: Vault | None = None,
        must_be_installed: bool = False,
        with_metafield: bool = False,
        api_version: str = "2026-10",
        api_base: str | None = None,
        wire: Wire | None = None,
    ) -> None:
        """Take credentials and connect to nothing yet.

        Args:
            shop: Its permanent host, ``name.myshopify.com``.
            webhook_secrets: The app's client secret, and the one before it
                while a rotation lasts.
            storefront_token: Public or private; private ones start ``shp``.
                Without one, buyers make their carts by permalinks.
            admin_token: A token for the Admin API; or else ``client_id`` and
                ``client_secret`` of an app.
            vault: Where the app's tokens are kept; needed without ``admin_token``.
            must_be_installed: Whether the first token comes with an installation;
                else id and secret are traded, which works in one organisation.
            with_metafield: Whether carts carry our reference in a metafield as
                well, which the shop is made to copy to orders.
            api_base: Another address to talk to, loopback only; for tests.

        Raises:
            SettingsInvalidError: the shop, version, base or credentials.
        """
        self.account = checked_shop(shop)
        self._version = checked_version(api_version)
        self._secrets = tuple(secret.encode() for secret in webhook_secrets if secret)
        self._loopback = api_base is not None and is_loopback(api_base)
        self._root = api_root(self.account, self._version, api_base)
        wire = self._wire = wire or Wire(trust_env=not self._loopback)
        self._vault, self._clock = vault, clock
        self._client_id, self._client_secret = client_id, client_secret
        app = {"client_id": client_id, "client_secret": client_secret}
        self._exchange = Exchange(wire, self._root, clock=clock, **app)
        tokens = self._tokens(admin_token, must_be_installed)
        admin = self._admin = admin_api(self._wire, self._root, self._version, tokens)
        self.catalogue, self.codes = ShopifyCatalogue(wire, admin), ShopifyCodes(wire, admin)
        self._with_metafield = with_metafield
        self.endpoints = ShopifyEndpoints(
            wire, self._admin, version=self._version, with_metafield=with_metafield
        )
        token = storefront_token and _header_safe("storefront token", storefront_token)
        self._carts = Carts(wire, self._root, self._version, shop=self.account, token=token)
        self._orders = Orders(wire, self._admin, account=self.account, seals=seals, clock=clock)
        self._discounts = Discounts(wire, self._admin, lambda: self._shop()[1])
        self._told: tuple[bool, str] | None = None

    def __repr__(self) -> str:
        """Name the shop, never a token."""
        return f"ShopifyPlatform(shop={self.account!r})"

    def _tokens(self, admin_token: str, must_be_installed: bool) -> Tokens:
        if admin_token:
            return GivenToken(_header_safe("admin token", admin_token))
        if not self._client_id or not self._client_secret or self._vault is None:
            raise _wrong("an admin token, or a client id with its secret, must be set")
        ask = self._exchange.refresh if must_be_installed else self._exchange.trade
        return SharedToken(
            self._vault, self._wire, self._clock, ask, must_be_there=must_be_installed
        )

    def installation(self, *, scopes: str, redirect_url: str) -> Installation:
        """Return the way the app gets into the shop.

        Args:
            scopes: What it must be granted, separated by commas.
            redirect_url: Where Shopify sends the owner back to.
        """
        assert self._vault is not None  # noqa: S101 - the settings name no admin token
        secrets = (self._client_secret, *(secret.decode() for secret in self._secrets))
        return Installation(
            shop=self.account,
            root=self._root,
            client_id=self._client_id,
            secrets=secrets,
            scopes=scopes,
            redirect_url=redirect_url,
            exchange=self._exchange,
            vault=self._vault,
            wire=self._wire,
            clock=self._clock,
        )

    @property
    def mode(self) -> str:
        """``test`` on this computer or in a development shop, else ``live``.

        Effects: asks the shop once, at the first use that succeeds.
        """
        if self._loopback:
            return "test"
        return "test" if self._shop()[0] else "live"

    def _shop(self) -> tuple[bool, str]:
        """Return whether it is a development shop, and its currency; asks once."""
        if self._told is None:
            data = self._admin.execute(queries.SHOP, {})
            with reading("shop"):
                shop = obj(data, "shop")
                is_trial = flag(obj(shop, "plan"), "partnerDevelopment")
                self._told = is_trial, currency_of(shop, "currencyCode")
        return self._told

    # --- checkout

    def prepare_checkout(self, request: CheckoutRequest) -> str:
        """Return the cart's input as canonical text; pure.

        Raises:
            ProductNotOnPlatformError: a product has no Shopify variant.
        """
        return canonical(cart_input(request, with_metafield=self._with_metafield))

    def open_checkout(
        self, params: str, *, key: str, buyer_ip: str | None = None
    ) -> OpenedCheckout:
        """Create a cart and return where it is paid.

        Effects: one cart at Shopify. Carts know no idempotency key, so a retry
        may make a second one, with the same content: harmless, since a cart
        reserves nothing, expires by itself, and both carry one reference.
        Where the Storefront API does not make one, or we have no token for
        it, the buyer's browser does, by a permalink with the same content.

        Args:
            buyer_ip: Sent beside a private token; without it Shopify counts
                all buyers as one, this server.
        """
        wanted = as_obj(loads_canonical(params), "params")
        _log.debug("opening a cart for %s", key)
        return self._carts.open(wanted, buyer_ip)

    # --- coupons

    coupon_kinds = ALL_KINDS

    def prepare_coupon(self, request: CouponRequest) -> str:
        """Return the discount as canonical text; pure.

        Raises:
            CouponInvalidError: an amount that is not in the shop's currency, as
                far as that is known.
            ProductNotOnPlatformError: a product that it names has no variant.
        """
        off, known = request.amount_off, self._told and self._told[1]
        if off is not None and known and off.currency != known:
            raise CouponInvalidError(
                problem=f"{off.currency} off in a Shopify shop that sells in {known}",
                expected=f"an amount in {known}",
            )
        return canonical(discount_params(request))

    def create_coupon(self, params: str, *, key: str) -> str:
        """Create the code discount and return its global id.

        Effects: one discount at Shopify, however often this is called. There
        is no idempotency key for it: after a lost answer, or when the code is
        taken, the discount is looked up and accepted if it carries our id.
        """
        return self._discounts.create(params, key=key)

    def switch_coupon(
        self, request: CouponRequest, *, ref: str | None, wish: str, key: str
    ) -> str | None:
        """Pause, resume or end the discount by its dates; see `Discounts`."""
        return self._discounts.switch(request, ref=ref, wish=wish, key=key)

    expires_checkouts = False

    def expire_checkout(self, params: str, *, ref: str | None, key: str) -> bool:  # noqa: ARG002
        """Leave a cart alone: none can be ended from here, and it reserves nothing."""
        return False

    def coupon_uses(self, ref: str) -> int | None:
        """Return how often the discount was used, as far as Shopify has counted."""
        return self._discounts.uses(ref)

    # --- what happened

    def receive(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Delivery:
        """Verify a webhook on its raw bytes and name it.

        Raises:
            SignatureInvalidError: not signed with one of our secrets.
            DeliveryUnreadableError: signed, but not for us, or unreadable.
        """
        return receive(headers, body, shop=self.account, secrets=self._secrets, now=now)

    def read(self, delivery: Delivery, *, patience: int | None = None) -> tuple[Happening, ...]:
        """Turn a delivery into facts; asks for the order where it leaves doubt.

        ``orders/updated`` and ``orders/create`` say nothing that the paid order,
        its edits and its refunds do not say once and for all, and
        ``orders/cancelled`` moves no money: its refund comes by itself.
        """
        raw = parsed(delivery.body)
        try:
            if delivery.topic == ORDER_PAID:
                return self._orders.paid(raw, delivery.occurred_at, patience)
            if delivery.topic == ORDER_EDITED:
                return self._orders.edited(raw, patience)
            if delivery.topic == REFUND:
                return self._orders.refund(raw, patience)
            if delivery.topic in DISPUTES:
                return read_dispute(raw, account=self.account, heard_at=delivery.occurred_at)
        except ShapeError as error:
            raise unreadable(str(error)) from None
        return ()

    def find_order(self, order_ref: str) -> tuple[Fact, ...]:
        """Ask for one paid order, its refunds and disputes; ``()`` if there is none.

        The facts are those the webhooks give. Disputes are left out where the
        app may not see them.
        """
        return self._orders.find(order_ref)

    def walk(
        self,
        since: datetime,
        until: datetime,  # noqa: ARG002 - see below
    ) -> Iterator[list[Fact | Unreadable]]:
        """Yield each paid order that changed since then, then the disputes.

        Later changes hide earlier ones, so it goes on to now whatever `until` is.
        """
        return self._orders.walk(since)

    def sees_since(self, now: datetime) -> datetime | None:
        """Return 60 days ago, unless the app has the scope ``read_all_orders``."""
        data = patiently(lambda: self._admin.execute(queries.SHOP, {}), sleep=self._wire.sleep)
        with reading("shop"):
            return None if ALL_ORDERS in scopes(data) else now - _ORDERS_SHOWN_FOR

    def check(self) -> tuple[Finding, ...]:
        """Report on tokens, scopes, the API version and the webhook secret.

        Effects: asks a shop again that is left alone because it refused us.
        """
        if self._vault is not None:
            self._vault.again()
        return findings(
            self._admin,
            self._carts.storefront,
            shop=self.account,
            version=self._version,
            secrets=len(self._secrets),
        )


def _header_safe(what: str, token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise _wrong(f"the Shopify {what} is missing or malformed")
    return token


def _wrong(problem: str) -> SettingsInvalidError:
    return SettingsInvalidError(count=1, faults=problem)
