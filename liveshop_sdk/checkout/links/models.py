"""A cart link: what a creator shares and a buyer opens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.checkout.qr import qr_png, qr_svg
from liveshop_sdk.clock import to_iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What one link sells, for whom, until when; never changed but revoked.

    Attributes:
        items: Quantity by SKU, in the order they were given.
        channel: Where it is shared (``chat``, ``dm``, ``qr`` …), free label.
        placement: Where in that channel, free label.
    """

    id: str
    short_code: str
    creator: str
    stream: str | None
    coupon_id: str | None
    items: Mapping[str, int]
    channel: str
    placement: str
    expires_at: datetime
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkName:
    """What a token or a short code names: exactly one of the two, not looked up yet."""

    link_id: str | None = None
    short_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLink:
    """A link with the texts to share; the token is the link's signed form.

    Whoever has one of the texts can open the cart, so none shows in ``repr``.
    """

    id: str
    url: str = field(repr=False)
    short_url: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: datetime

    def qr_svg(self) -> str:
        """Return the short URL as an SVG QR code, small enough for a stream."""
        return qr_svg(self.short_url, title="Open the cart")

    def qr_png(self, scale: int = 8) -> bytes:
        """Return the short URL as a PNG QR code; ``scale`` is pixels a module."""
        return qr_png(self.short_url, scale)

    def as_json(self) -> dict[str, str]:
        """Return the fields scripts rely on."""
        return {
            "id": self.id,
            "url": self.url,
            "short_url": self.short_url,
            "token": self.token,
            "expires_at": to_iso(self.expires_at),
        }
