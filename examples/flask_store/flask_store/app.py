"""Make the app: a storefront, two desks to look over, and the SDK's own routes."""

import threading
from collections.abc import Sequence

from flask import Flask, Response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from flask_store import desks, goods, texts, views
from flask_store.seeding import seed
from flask_store.shelf import Shelf
from flask_store.state import KEY, Store, store
from liveshop_sdk import LiveShop, LiveShopError
from liveshop_sdk.errors import InvalidError, NotFoundError
from liveshop_sdk.web import LiveShopFlask, status_of

NAME = "Nordlicht"

# Nothing inline, nothing remote; the one script is our own file.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def create_app(shop: LiveShop | None = None, *, embed_origins: Sequence[str] = ()) -> Flask:
    """Return the storefront of a shop.

    Args:
        shop: Without one it is made from ``LIVESHOP_…`` in the environment. A
            sandbox is then furnished while it is empty, and a worker runs
            beside the app to deliver the sandbox's webhooks.
        embed_origins: Sites that may show our links in a frame and ask for a
            stream from a script, such as ``https://blog.example``.
    """
    is_ours = shop is None
    shop = shop or LiveShop.from_env()
    app = Flask(__name__)
    app.extensions[KEY] = Store(shop=shop, shelf=Shelf(shop))
    # Before the SDK's routes: its own plain /thank-you gives way to ours.
    app.register_blueprint(views.pages)
    app.register_blueprint(desks.desks)
    LiveShopFlask().init_app(app, shop, embed_origins=embed_origins)
    app.context_processor(_everywhere)
    app.jinja_env.filters |= texts.FILTERS
    app.jinja_env.globals |= {"art_of": goods.art_of, "portrait_of": goods.portrait_of}
    app.register_error_handler(NotFoundError, _on_error)
    app.register_error_handler(InvalidError, _on_error)
    app.register_error_handler(404, _on_missing)
    app.after_request(_secure)
    if is_ours and shop.mode == "sandbox":
        seed(shop)
        threading.Thread(target=_work, args=(shop,), name="worker", daemon=True).start()
    return app


def _work(shop: LiveShop) -> None:
    shop.worker().run(threading.Event())


def _everywhere() -> dict[str, object]:
    """Give every page of the store what header and footer show."""
    if request.blueprint == "liveshop":
        return {}
    shop = store().shop
    return {
        "store_name": NAME,
        "mode": shop.mode,
        "featured": views.featured_stream(shop),
        "creators": shop.creators.list(limit=6),
        "has_desks": shop.mode != "live",
        "style": url_for("static", filename="store.css"),
    }


def _secure(answer: Response) -> Response:
    if request.blueprint != "liveshop":  # the SDK's routes bring their own
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        if request.endpoint != "static":
            answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _on_error(error: LiveShopError) -> tuple[str, int]:
    # What cannot be a name at all is unknown like any other.
    status = 404 if isinstance(error, InvalidError) else status_of(error)
    return render_template("store/missing.html"), status


def _on_missing(_error: HTTPException) -> tuple[str, int]:
    return render_template("store/missing.html"), 404
