"""Who takes part in the demo and what is sold: what is fixed in the story."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.live_shop import LiveShop

BRAND, CURRENCY, TIMEZONE = "nordlicht", "EUR", "Europe/Berlin"
HOLD = timedelta(days=14)
LASTS = timedelta(hours=2)

PRODUCTS = (
    ("linen_shirt", "Linen shirt", 7900),
    ("canvas_tote", "Canvas tote", 2990),
    ("ceramic_mug", "Ceramic mug", 1850),
    ("wool_beanie", "Wool beanie", 3490),
    ("print_a3", "Print, A3", 2500),
)
CREATORS = (
    ("ana", "Ana", "12", 182_000),
    ("ben", "Ben", "10", 23_500),
    ("mika", "Mika", "8.5", 6_400),
)


class Shelf(NamedTuple):
    """One link to issue: whose, on which of the two streams, where, with what in it."""

    creator: str
    is_main: bool
    channel: str
    placement: str
    items: dict[str, int]
    coupon: str | None = None


SHELVES = (
    Shelf("ana", True, "chat", "pinned", {"linen_shirt": 1}, "DROP20"),
    Shelf("ana", True, "chat", "reply", {"canvas_tote": 2}),
    Shelf("ana", True, "qr", "screen", {"linen_shirt": 1, "ceramic_mug": 2}),
    Shelf("ben", True, "chat", "pinned", {"wool_beanie": 1}, "BEN5"),
    Shelf("ben", True, "dm", "", {"print_a3": 1}),
    Shelf("ben", True, "story", "swipe", {"ceramic_mug": 3}),
    Shelf("mika", False, "chat", "pinned", {"print_a3": 2}, "MIKA15"),
    Shelf("mika", False, "bio", "", {"wool_beanie": 1, "canvas_tote": 1}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """Two streams at once: one hosted by two who share, one by a single creator.

    Attributes:
        suffix: Ends stream and coupon codes, which are used once for ever.
    """

    opens_at: datetime
    lasts: timedelta = LASTS
    suffix: str = ""

    @property
    def main(self) -> str:
        """The code of the stream with two hosts."""
        return f"friday-drop{self.suffix}"

    @property
    def side(self) -> str:
        """The code of the other stream."""
        return f"mika-backstage{self.suffix}"

    def code(self, coupon: str) -> str:
        """Return a coupon's code on this evening."""
        return f"{coupon}{self.suffix.upper()}"


def furnish(shop: LiveShop) -> None:
    """Add the brand, its products and the creators; repeating it changes nothing."""
    shop.brands.add(BRAND, currency=CURRENCY, timezone=TIMEZONE)
    for sku, title, amount in PRODUCTS:
        shop.products.add(sku, title=title, amount=amount, currency=CURRENCY)
    for handle, name, rate, followers in CREATORS:
        shop.creators.add(
            handle, name=name, rate=Rate.percent(rate), hold=HOLD, followers=followers
        )


def schedule(shop: LiveShop, evening: Evening) -> list[str]:
    """Schedule streams, make coupons, issue links; returns short codes."""
    opens_at, closes_at = evening.opens_at, evening.opens_at + evening.lasts
    streams = (
        (evening.main, "Friday drop", ["ana:60", "ben:40"]),
        (evening.side, "Backstage with Mika", ["mika"]),
    )
    for code, title, hosts in streams:
        shop.streams.schedule(
            code, title=title, hosts=hosts, opens_at=opens_at, closes_at=closes_at
        )
    coupons = shop.coupons
    coupons.create(
        evening.code("DROP20"), stream_id=evening.main, creator_id="ana", percent_off=20, limit=5
    )
    coupons.create(
        evening.code("BEN5"),
        stream_id=evening.main,
        creator_id="ben",
        amount_off=Money(500, CURRENCY),
        per_customer=1,
    )
    coupons.create(
        evening.code("MIKA15"), stream_id=evening.side, creator_id="mika", percent_off=15
    )
    return [_issue(shop, evening, shelf) for shelf in SHELVES]


def _issue(shop: LiveShop, evening: Evening, shelf: Shelf) -> str:
    link = shop.links.issue(
        creator_id=shelf.creator,
        stream_id=evening.main if shelf.is_main else evening.side,
        items=shelf.items,
        coupon=evening.code(shelf.coupon) if shelf.coupon else None,
        channel=shelf.channel,
        placement=shelf.placement,
    )
    return link.short_url.rpartition("/")[2]
