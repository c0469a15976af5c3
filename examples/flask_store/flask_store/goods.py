"""Pictures and words of the shop: drawn and written for it, found by SKU."""

from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product

# The first word found in title or SKU decides; more particular ones stand first.
_ART = (
    ("overshirt", "overshirt"),
    ("shirt", "shirt"),
    ("tee", "tee"),
    ("jumper", "knit"),
    ("knit", "knit"),
    ("sweater", "knit"),
    ("hoodie", "knit"),
    ("dress", "dress"),
    ("beanie", "beanie"),
    ("cap", "cap"),
    ("scarf", "scarf"),
    ("sock", "socks"),
    ("tote", "tote"),
    ("bag", "tote"),
    ("mug", "mug"),
    ("cup", "mug"),
    ("vase", "vase"),
    ("candle", "candle"),
    ("throw", "throw"),
    ("blanket", "throw"),
    ("lamp", "lamp"),
    ("print", "print"),
    ("poster", "print"),
)
_PORTRAITS = {"ana": 1, "ben": 3, "mika": 4}
_COUNT = 4

_COPY = {
    "linen_shirt": (
        "Washed linen, cut straight, made to be worn open or closed.",
        ("100% linen, garment washed", "Corozo buttons", "Fits true to size"),
    ),
    "canvas_tote": (
        "Carries the market home, then hangs by the door looking good.",
        ("Heavy cotton canvas", "Handles fit over a coat", "38 × 40 cm"),
    ),
    "ceramic_mug": (
        "Thrown by hand and dipped twice; no two rims are alike.",
        ("Stoneware, 300 ml", "Dishwasher safe", "Warms the hand, not the table"),
    ),
    "wool_beanie": (
        "Knitted in one piece, with a fold that stays where you leave it.",
        ("Merino wool", "One size", "Hand wash"),
    ),
    "print_a3": (
        "Night over the fjord, in three inks on heavy paper.",
        ("A3, 297 × 420 mm", "Uncoated cotton paper", "Sent flat, without a frame"),
    ),
    "cable_jumper": (
        "A cable knit with room for a shirt underneath.",
        ("Lambswool", "Relaxed fit", "Hand wash, dry flat"),
    ),
    "ribbed_vase": (
        "Terracotta, ribbed by hand. One stem is enough.",
        ("Unglazed outside, sealed inside", "24 cm high", "Small differences are meant"),
    ),
    "fig_candle": (
        "Fig leaf and cedar, poured in small batches.",
        ("Rapeseed wax, cotton wick", "About 45 hours", "The glass is for keeping"),
    ),
}


def art_of(product: Product) -> str:
    """Return the file of a product's picture in our static folder."""
    words = f"{product.title} {product.sku}".lower()
    name = next((art for word, art in _ART if word in words), "parcel")
    return f"art/{name}.svg"


def portrait_of(creator: Creator) -> str:
    """Return the file of a creator's portrait; always the same for a handle."""
    number = _PORTRAITS.get(creator.handle, sum(creator.handle.encode()) % _COUNT + 1)
    return f"art/portrait-{number}.svg"


def copy_of(product: Product) -> tuple[str, tuple[str, ...]]:
    """Return what the shop says of a product; nothing where nothing is known."""
    return _COPY.get(product.sku, ("", ()))
