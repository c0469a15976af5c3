"""Sell live: signed cart links, coupons, attribution and a sealed ledger.

Everything public is reachable from here and loaded on first use, so that
``import liveshop_sdk`` stays light: no database layer, no web framework and no
vendor library comes with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from liveshop_sdk.__about__ import __version__

if TYPE_CHECKING:  # the mirror of _HOMES for type checkers; nothing inside imports this module
    from liveshop_sdk.affiliate.attribution import Policy
    from liveshop_sdk.affiliate.terms import Appearance, Guarantee, LineTerms, Terms, Tiers
    from liveshop_sdk.clock import Clock, ManualClock, SystemClock
    from liveshop_sdk.errors import LiveShopError
    from liveshop_sdk.money import Money, Rate
    from liveshop_sdk.settings import Settings
    from liveshop_sdk.shop.live_shop import LiveShop

__all__ = [
    "Appearance",
    "Clock",
    "Guarantee",
    "LineTerms",
    "LiveShop",
    "LiveShopError",
    "ManualClock",
    "Money",
    "Policy",
    "Rate",
    "Settings",
    "SystemClock",
    "Terms",
    "Tiers",
    "__version__",
]

# Public name -> the module it lives in. Adding one: here, in __all__, and in the mirror above.
_HOMES = {
    "Appearance": "affiliate.terms",
    "Clock": "clock",
    "Guarantee": "affiliate.terms",
    "LineTerms": "affiliate.terms",
    "LiveShop": "shop.live_shop",
    "LiveShopError": "errors",
    "ManualClock": "clock",
    "Money": "money",
    "Policy": "affiliate.attribution",
    "Rate": "money",
    "Settings": "settings",
    "SystemClock": "clock",
    "Terms": "affiliate.terms",
    "Tiers": "affiliate.terms",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
