"""All routes that ask for no key, on one page."""

from collections.abc import Callable

from flask import Blueprint, Response

from liveshop_sdk.web import (
    api,
    embed,
    health,
    installing,
    links,
    sandbox_checkout,
    sandbox_desk,
    thanks,
    webhooks,
)
from liveshop_sdk.web.answers import style
from liveshop_sdk.web.handlers import register_handlers
from liveshop_sdk.web.otherwise import AS_WRITTEN, EVERY_METHOD, otherwise
from liveshop_sdk.web.rest import openapi

View = Callable[..., Response]
NAME = "liveshop"

# Endpoint, path, method, view. GET answers HEAD as well. Pages that many apps have
# are spelled with a converter: a host's own page of that name then goes before ours,
# in whichever order they were added.
ROUTES: tuple[tuple[str, str, str, View], ...] = (
    ("open_link", "/l/<text>", "GET", links.open_link),
    ("link_qr_svg", "/l/<text>/qr.svg", "GET", links.qr_code_svg),
    ("link_qr_png", "/l/<text>/qr.png", "GET", links.qr_code_png),
    ("shopify_install", "/shopify/install", "GET", installing.start),
    ("shopify_callback", "/shopify/callback", "GET", installing.finish),
    ("webhook", "/webhooks/<platform>", "POST", webhooks.receive),
    ("v1_verify_link", "/v1/links/verify", "POST", api.verify_link),
    ("v1_openapi", "/v1/openapi.json", "GET", openapi.show),
    ("v1_stream", "/v1/streams/<code>", "GET", api.show_stream),
    ("embed_link", "/embed/links/<text>", "GET", embed.show_link),
    ("thank_you", "/<any('thank-you'):_page>", "GET", thanks.show),
    ("healthz", "/<any('healthz'):_page>", "GET", health.alive),
    ("readyz", "/<any('readyz'):_page>", "GET", health.ready),
    ("style", "/liveshop.css", "GET", style),
    ("sandbox_desk", "/sandbox", "GET", sandbox_desk.show),
    ("sandbox_switches", "/sandbox/switches", "POST", sandbox_desk.switch),
    ("sandbox_deliver", "/sandbox/deliver", "POST", sandbox_desk.deliver),
    ("sandbox_order", "/sandbox/orders/<ref>/<step>", "POST", sandbox_desk.act),
    ("sandbox_refund", "/sandbox/refunds/<ref>/fail", "POST", sandbox_desk.fail_refund),
    ("sandbox_checkout", "/sandbox/checkout/<ref>", "GET", sandbox_checkout.show),
    ("sandbox_step", "/sandbox/checkout/<ref>/<step>", "POST", sandbox_checkout.act),
)


def build_blueprint() -> Blueprint:
    """Return a new blueprint with every route and our own error pages."""
    blueprint = Blueprint(NAME, "liveshop_sdk.web", template_folder="templates")
    for endpoint, path, method, view in ROUTES:
        known = {"GET", "HEAD"} if method == "GET" else {method}
        blueprint.add_url_rule(path, endpoint, view, methods=[method], **AS_WRITTEN)
        blueprint.add_url_rule(
            path,
            f"{endpoint}_otherwise",
            otherwise(known),
            methods=sorted(EVERY_METHOD - known),
            **AS_WRITTEN,
        )
    register_handlers(blueprint)
    return blueprint
