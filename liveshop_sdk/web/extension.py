"""``LiveShopFlask``: mounts the hosted routes on a Flask app."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask

from liveshop_sdk.settings import PREFIX, Settings
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.rest import openapi
from liveshop_sdk.web.routes import build_blueprint
from liveshop_sdk.web.state import KEY, WebState


class LiveShopFlask:
    """Mounts links, webhooks, JSON and sandbox pages; keeps no app and no state.

    What belongs to an app stands in ``app.extensions["liveshop"]``, so one
    object may serve several apps, each with a shop of its own.

    Example:
        >>> from flask import Flask
        >>> from liveshop_sdk import LiveShop
        >>> shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": "sqlite://"})
        >>> app = Flask("store")
        >>> _ = LiveShopFlask(app, shop)
        >>> app.test_client().get("/healthz").json
        {'status': 'ok', 'mode': 'sandbox'}
    """

    def __init__(
        self, app: Flask | None = None, shop: LiveShop | None = None, *, url_prefix: str = ""
    ) -> None:
        """Mount on an app now, or on any with ``init_app``.

        Args:
            shop: What ``init_app`` uses when it is given none.
        """
        self._shop = shop
        if app is not None:
            self.init_app(app, url_prefix=url_prefix)

    def init_app(
        self,
        app: Flask,
        shop: LiveShop | None = None,
        url_prefix: str = "",
        *,
        embed_origins: Sequence[str] = (),
    ) -> None:
        """Mount the routes on an app.

        Args:
            shop: Without one it is made from ``LIVESHOP_…`` names in
                ``app.config``, which win over the environment.
            url_prefix: Where the routes stand; ``LIVESHOP_BASE_URL`` must then
                end with it, because links and webhooks are built from that.
            embed_origins: Who may frame ``/embed/…`` and call ``/v1/…`` from a
                browser, such as ``https://shop.example``.

        Raises:
            SettingsInvalidError: Naming every setting that is wrong.
            RuntimeError: The app has a shop already.
        """
        if KEY in app.extensions:
            raise RuntimeError("this app has a LiveShop already; use one extension per app")
        for origin in embed_origins:
            _check_origin(origin)
        chosen = shop or self._shop
        if chosen is None:
            own = {name: value for name, value in app.config.items() if name.startswith(PREFIX)}
            chosen = LiveShop.from_settings(Settings.load(overrides=own))
        app.extensions[KEY] = WebState(shop=chosen, embed_origins=tuple(embed_origins))
        app.register_blueprint(build_blueprint(), url_prefix=url_prefix or None)
        openapi.mount(app, url_prefix)


def _check_origin(origin: str) -> None:
    """Refuse what could not stand in a policy header as one origin."""
    parts = urlsplit(origin)
    is_plain = origin.isascii() and not set(origin) & set(" ;,'\"")
    if not is_plain or f"{parts.scheme}://{parts.netloc}" != origin or not parts.netloc:
        raise ValueError(f"{origin!r} is not an origin; write https://shop.example")
