"""Open a visit's cart: by the Storefront API, or by the buyer's own browser."""

import logging
from functools import partial
from ipaddress import ip_address

from liveshop_sdk.checkout.ports import OpenedCheckout
from liveshop_sdk.errors import PlatformNotReadyError, PlatformUnavailableError
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.carts import opened_cart, permalink
from liveshop_sdk.platforms.shopify.fields import Obj, obj
from liveshop_sdk.platforms.shopify.graphql import GraphQL, storefront_api, user_errors
from liveshop_sdk.platforms.shopify.metafields import REFUSED
from liveshop_sdk.platforms.shopify.tokens import GivenToken
from liveshop_sdk.platforms.shopify.transport import Wire, written

_CLICK = 4.0
"""Seconds a buyer waits for a cart at most, before their browser makes it."""

_NO_TOKEN = frozenset({"401", "403", "ACCESS_DENIED"})
"""What is said of a token that is refused; the shop itself may be open to buyers."""

_log = logging.getLogger("liveshop_sdk.platforms.shopify")


class Carts:
    """One shop's carts; without a token all of them are permalinks."""

    def __init__(self, wire: Wire, root: str, version: str, *, shop: str, token: str) -> None:
        """Take the token, public or private, and ask for nothing yet."""
        self._wire, self._shop = wire, shop
        self._is_private = token.startswith("shp")
        self.storefront: GraphQL | None = None
        if token:
            self.storefront = storefront_api(
                wire, root, version, GivenToken(token), private=self._is_private
            )

    def open(self, wanted: Obj, buyer_ip: str | None) -> OpenedCheckout:
        """Return where a cart is paid, made already or by whoever goes there.

        Raises:
            PlatformRefusedError: the shop has not all that was asked for.
            PlatformNotReadyError: the shop lets nobody in.
        """
        try:
            if self.storefront is not None:
                return self._made(self.storefront, wanted, buyer_ip)
        except PlatformUnavailableError as error:
            _log.warning("a buyer makes the cart by permalink: %s", error)
        except PlatformNotReadyError as error:
            if error.vendor_code not in _NO_TOKEN:
                raise
            _log.warning("a buyer makes the cart by permalink: %s", error)
        return OpenedCheckout(url=permalink(self._shop, wanted), platform_ref="")

    def _made(self, storefront: GraphQL, wanted: Obj, buyer_ip: str | None) -> OpenedCheckout:
        asked = partial(
            storefront.execute,
            queries.CART_CREATE,
            deadline=self._wire.deadline(_CLICK),
            headers=self._buyer(buyer_ip),
        )
        data = asked({"input": wanted})
        with written("cart"):
            answer = obj(data, "cartCreate")
            is_refused = any(code == REFUSED for _, code in user_errors(answer))
        if is_refused and "metafields" in wanted:
            _log.warning("a cart is made without its metafield: the shop takes none")
            rest = {name: value for name, value in wanted.items() if name != "metafields"}
            data = asked({"input": rest})
        with written("cart"):
            return opened_cart(obj(data, "cartCreate"), wanted)

    def _buyer(self, buyer_ip: str | None) -> dict[str, str]:
        if not self._is_private or not buyer_ip:
            return {}
        try:
            return {"Shopify-Storefront-Buyer-IP": str(ip_address(buyer_ip))}
        except ValueError:
            return {}
