"""``/embed/…``: pages made to stand in a frame on the shop's own site."""

from flask import Response, url_for

from liveshop_sdk.web.answers import page
from liveshop_sdk.web.cards import card_of
from liveshop_sdk.web.state import current


def show_link(text: str) -> Response:
    """Return a link as a card with its cart, its QR code and a button."""
    card = card_of(current().shop, text)
    code = card.link.short_code
    return page(
        "embed.html",
        is_embed=True,
        card=card,
        open_url=url_for("liveshop.open_link", text=code),
        qr_url=url_for("liveshop.link_qr_svg", text=code),
    )
