"""Install the app in the shop: send its owner to Shopify, take what comes back.

ShopifyAPI would redeem the code without a time-out and for a token that never
ends, and makes another shop's name of a wrong one; only its reading of the
signed query is used (`is_genuine_callback`).
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from liveshop_sdk.clock import Clock
from liveshop_sdk.errors import InstallRefusedError
from liveshop_sdk.platforms.shopify.address import is_genuine_callback
from liveshop_sdk.platforms.shopify.grants import Exchange
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.platforms.vault import Vault

_LONGEST = 512


class Installation:
    """The way one app gets into one shop; nothing of it is kept between the steps."""

    def __init__(
        self,
        *,
        shop: str,
        root: str,
        client_id: str,
        secrets: Sequence[str],
        scopes: str,
        redirect_url: str,
        exchange: Exchange,
        vault: Vault,
        wire: Wire,
        clock: Clock,
    ) -> None:
        """Ask for nothing yet.

        Args:
            secrets: Client secrets; the one before may sign for an hour more.
            scopes: What the app must be granted, separated by commas.
            redirect_url: Where Shopify sends the owner back to.
        """
        self.shop = shop
        self._root, self._client_id, self._secrets = root, client_id, tuple(secrets)
        self._scopes, self._redirect_url = scopes, redirect_url
        self._exchange, self._vault, self._wire, self._clock = exchange, vault, wire, clock

    def address(self, shop: str, *, state: str) -> str:
        """Return where the owner of the shop grants the app its scopes.

        Args:
            state: What must come back with the owner's browser.

        Raises:
            InstallRefusedError: another shop than the one configured.
        """
        self._check_shop(shop)
        query = {
            "client_id": self._client_id,
            "scope": self._scopes,
            "redirect_uri": self._redirect_url,
            "state": state,
        }
        return f"{self._root}/admin/oauth/authorize?{urlencode(query)}"

    def finish(self, params: Mapping[str, str]) -> None:
        """Take the signed query that Shopify sent the owner back with.

        The caller has checked that its ``state`` belongs to this browser.

        Effects: the code is redeemed, once, and the tokens are stored; a
        refusal stores nothing.

        Raises:
            InstallRefusedError: not signed by Shopify, another shop, no code, or
                fewer scopes than the app needs.
            PlatformUnavailableError: no answer in time; start the installation anew.
            PlatformNotReadyError: the code, or the app's id and secret.
        """
        now = self._clock.now()
        if not any(is_genuine_callback(params, secret=one, now=now) for one in self._secrets):
            raise _refused("the query is not signed by Shopify, or is older than a day")
        self._check_shop(params.get("shop", ""))
        code = params.get("code", "")
        if not code or len(code) > _LONGEST or not code.isascii() or not code.isprintable():
            raise _refused("the query holds no code")
        grant = self._exchange.redeem(code, self._wire.deadline())
        missing = lacking(self._scopes, grant.scopes)
        if missing:
            raise _refused(f"these scopes were not granted: {', '.join(missing)}")
        self._vault.put(grant)

    def _check_shop(self, shop: str) -> None:
        if shop != self.shop:
            raise _refused(f"it is for {self.shop} alone")


def lacking(asked: str, granted: str) -> list[str]:
    """Return the scopes asked for and not granted; writing includes reading."""
    has = {scope.strip() for scope in granted.split(",")}
    has |= {scope.replace("write_", "read_", 1) for scope in has if "write_" in scope}
    return [scope for scope in asked.split(",") if scope not in has]


def _refused(problem: str) -> InstallRefusedError:
    return InstallRefusedError(problem=problem)
