"""``/l/…``: a buyer is sent to the checkout, a look gets a card."""

from flask import Response, request

from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.checkout.looks import is_look
from liveshop_sdk.checkout.qr import qr_png, qr_svg
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.answers import page
from liveshop_sdk.web.cards import LinkCard, card_of
from liveshop_sdk.web.state import current

_REDIRECT = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
_PICTURE = {"Cache-Control": "public, max-age=3600"}
_MAX_PIXELS = 40


def open_link(text: str) -> Response:
    """Send a buyer to the platform's checkout.

    Effects: what ``shop.links.open`` writes; a repeat begins another visit, unless
    ``again`` names the one to continue. ``code`` is a personal code. HEAD, prefetch and unfurlers
    write nothing and reach no platform.
    """
    state = current()
    shop = state.shop
    if is_look(request.method, dict(request.headers)):
        return _preview(card_of(shop, text))
    asked = request.args if request.query_string else {}
    again, code = asked.get("again"), asked.get("code")
    opening = shop.links.open(text, code=code, again=again, buyer_ip=request.remote_addr)
    state.mode.learn()
    return Response(status=303, headers=[("Location", opening.url), *_REDIRECT])


def qr_code_svg(text: str) -> Response:
    """Return the QR picture of a link's short address, as SVG."""
    shop = current().shop
    link = shop.links.verify(text)
    drawn = qr_svg(_short_url(shop, link), title="QR code of the link")
    return _picture(drawn.encode(), "image/svg+xml")


def qr_code_png(text: str) -> Response:
    """Return the QR picture as PNG; ``?scale=`` is pixels per module."""
    shop = current().shop
    link = shop.links.verify(text)
    asked = request.args.get("scale", "")
    scale = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else 8
    return _picture(
        qr_png(_short_url(shop, link), scale=min(max(scale, 1), _MAX_PIXELS)), "image/png"
    )


def _short_url(shop: LiveShop, link: Link) -> str:
    return shop.links.texts(link).short_url


def _preview(card: LinkCard) -> Response:
    return page("preview.html", card=card)


def _picture(content: bytes, mimetype: str) -> Response:
    answer = Response(content, mimetype=mimetype, headers=_PICTURE)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
