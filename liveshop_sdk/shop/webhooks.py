"""Tell the platform where to send its webhooks, and look whether it does."""

from datetime import datetime
from urllib.parse import urlsplit

from liveshop_sdk import setting_rules as rules
from liveshop_sdk.checkout.endpoints import EndpointReport, Registration
from liveshop_sdk.checkout.ports import Delivery, Finding
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BoundShopError,
    LiveShopError,
    NoFeedError,
    WebhookUrlInvalidError,
)
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.platform import Connected

_LONGEST = 2000


class WebhookEndpoints:
    """Registers where the platform sends its webhooks, and checks it."""

    def __init__(self, db: Database, settings: Settings, connected: Connected) -> None:
        """Ask nothing yet; a platform without endpoints has nothing to register."""
        self._db, self._settings = db, settings
        self._endpoints, self._feed = connected.endpoints, connected.feed

    def check(self, url: str | None = None) -> EndpointReport:
        """Compare what is registered at the platform with what is needed.

        Args:
            url: Where deliveries should go; by default `/webhooks/<platform>`
                below the base URL, which is also added to a URL without a path.

        Raises:
            WebhookUrlInvalidError: Not an address that a platform may be given.
            PlatformNotReadyError, PlatformUnavailableError: It could not be asked.
        """
        address = self._address("webhooks.check", url)
        return self._endpoints.check(address) if self._endpoints else self._nothing(address)

    def register(self, url: str | None = None, *, replace: bool = False) -> Registration:
        """Make the platform send here all that is understood.

        Effects: endpoints at the platform, none in the database. A repeat
        changes nothing; after an error, the same call goes on where it stopped.

        Args:
            url: As for `check`.
            replace: Make an endpoint anew, with a new secret, and delete the old:
                for an API version that has to change, or a secret that is lost.

        Raises:
            WebhookUrlInvalidError: Not an address that a platform may be given.
            PlatformRefusedError: The platform does not take it.
            PlatformNotReadyError, PlatformUnavailableError: It could not be asked.
        """
        address = self._address("webhooks.register", url)
        if self._endpoints is None:
            return Registration(report=self._nothing(address))
        return self._endpoints.register(address, replace=replace)

    def problems(self) -> tuple[Finding, ...]:
        """Return what is wrong with the endpoints, and why they could not be looked at.

        For those who came for something else: nothing a platform answers is raised.
        """
        if self._endpoints is None:
            return ()
        try:
            found = self.check().findings
        except LiveShopError as error:
            fix = "liveshop webhooks check"
            found = (Finding(name="webhooks", ok=False, text=str(error), fix=fix),)
        return tuple(finding for finding in found if not finding.ok)

    def sent(self, since: datetime) -> list[Delivery]:
        """Return the webhooks that the platform sent from then on, oldest first.

        Only those that mean something here, whether they arrived or not. Their
        bodies are as the platform made them, and hold buyers' data.

        Raises:
            NoFeedError: The platform keeps no list of what it sent.
            PlatformNotReadyError, PlatformUnavailableError: It could not be asked.
        """
        if self._db.is_bound:
            raise BoundShopError(call="webhooks.sent")
        if self._feed is None:
            raise NoFeedError(platform=self._settings.platform)
        return self._feed.since(since)

    def _address(self, call: str, url: str | None) -> str:
        if self._db.is_bound:
            raise BoundShopError(call=call)
        own = self._settings
        return webhook_address(url, base_url=own.base_url, platform=own.platform)

    def _nothing(self, address: str) -> EndpointReport:
        name = self._settings.platform
        text = f"Nothing to register: the {name} delivers to this shop by itself."
        finding = Finding(name=f"{name} webhooks", ok=True, text=text)
        return EndpointReport(platform=name, url=address, exists=False, findings=(finding,))


def webhook_address(url: str | None, *, base_url: str, platform: str) -> str:
    """Return where webhooks go, spelled in one way.

    Raises:
        WebhookUrlInvalidError: Not https, or with something no such address has.
    """
    given = base_url if url is None else url.strip()
    try:
        plain = rules.base_url(given)
    except ValueError:
        raise WebhookUrlInvalidError(problem="it is no plain address") from None
    parts = urlsplit(plain)
    if not plain.isascii() or len(plain) > _LONGEST:
        problem = f"it is longer than {_LONGEST} characters or not ASCII"
        raise WebhookUrlInvalidError(problem=problem)
    if parts.scheme != "https" and not rules.is_loopback(plain):
        raise WebhookUrlInvalidError(problem="it does not begin with https://")
    path = parts.path if url is not None and parts.path else f"{parts.path}/webhooks/{platform}"
    return parts._replace(netloc=parts.netloc.lower(), path=path).geturl()
