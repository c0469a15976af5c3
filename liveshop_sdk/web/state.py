"""What one app keeps of us, in ``app.extensions["liveshop"]``."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from flask import current_app

from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.platform import secret_keys
from liveshop_sdk.web.formtokens import FormTokens
from liveshop_sdk.web.mode import KnownMode

KEY = "liveshop"


@dataclass(frozen=True)
class WebState:
    """One app's shop, and who may embed and call it from a browser.

    Attributes:
        embed_origins: Origins such as ``https://shop.example`` that may frame
            the embeddable pages and read ``/v1/…`` from a script.
    """

    shop: LiveShop
    embed_origins: tuple[str, ...] = ()

    @cached_property
    def mode(self) -> KnownMode:
        """The mode that answers show."""
        return KnownMode(self.shop)

    @cached_property
    def forms(self) -> FormTokens:
        """What signs the sandbox's forms, under the shop's own keys."""
        return FormTokens(secret_keys(self.shop.settings, self.shop.db))

    @cached_property
    def page_policy(self) -> str:
        """The Content-Security-Policy of ordinary pages: no script, no frame."""
        return self._policy("'none'")

    @cached_property
    def embed_policy(self) -> str:
        """The Content-Security-Policy of pages made to be framed."""
        return self._policy(" ".join(("'self'", *self.embed_origins)))

    def _policy(self, ancestors: str) -> str:
        # A form's redirect counts as its action: the shop's own address may
        # differ from the one the page was asked under.
        base = urlsplit(self.shop.settings.base_url)
        return (
            "default-src 'none'; style-src 'self'; img-src 'self' https:; base-uri 'none'; "
            f"form-action 'self' {base.scheme}://{base.netloc}; frame-ancestors {ancestors}"
        )


def current() -> WebState:
    """Return the state of the app that answers this request."""
    state: WebState = current_app.extensions[KEY]
    return state
