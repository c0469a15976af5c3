"""Furnish an empty shop, so that there is something to look at."""

from datetime import timedelta

from liveshop_sdk import LiveShop, Money, Rate

BRAND, CURRENCY, TIMEZONE = "nordlicht", "EUR", "Europe/Berlin"

PRODUCTS = (
    ("linen_shirt", "Linen shirt", 7900),
    ("canvas_tote", "Canvas tote", 2990),
    ("ceramic_mug", "Ceramic mug", 1850),
    ("wool_beanie", "Wool beanie", 3490),
    ("print_a3", "Print, A3", 2500),
    ("cable_jumper", "Cable jumper", 12900),
    ("ribbed_vase", "Ribbed vase", 4600),
    ("fig_candle", "Fig candle", 2890),
)
CREATORS = (("ana", "Ana", "12%"), ("ben", "Ben", "10%"), ("mika", "Mika", "8.5%"))


def seed(shop: LiveShop) -> bool:
    """Add a brand, its products, three creators and their streams to an empty shop.

    One stream is on for the next three hours, one is two days away. Returns
    False, and writes nothing, where there is a product already.
    """
    if shop.products.list(limit=1):
        return False
    shop.brands.add(BRAND, currency=CURRENCY, timezone=TIMEZONE)
    for sku, title, amount in PRODUCTS:
        shop.products.add(sku, title=title, amount=amount, currency=CURRENCY, brand=BRAND)
    for handle, name, rate in CREATORS:
        shop.creators.add(handle, name=name, rate=Rate.parse(rate), brand=BRAND)
    now = shop.clock.now().replace(microsecond=0)
    shop.streams.schedule(
        "friday-drop",
        title="Friday drop",
        hosts=["ana:60", "ben:40"],
        opens_at=now - timedelta(minutes=20),
        closes_at=now + timedelta(hours=3),
        brands=[BRAND],
    )
    shop.streams.schedule(
        "mika-at-home",
        title="At home with Mika",
        hosts=["mika"],
        opens_at=now + timedelta(days=2),
        closes_at=now + timedelta(days=2, hours=2),
        brands=[BRAND],
    )
    coupons = shop.coupons
    coupons.create("ANA20", stream_id="friday-drop", creator_id="ana", percent_off=20, limit=25)
    coupons.create(
        "BEN5", stream_id="friday-drop", creator_id="ben", amount_off=Money(500, CURRENCY)
    )
    coupons.create("MIKA15", stream_id="mika-at-home", creator_id="mika", percent_off=15)
    return True
