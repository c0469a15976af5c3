"""The hosted routes, as a Flask extension: links, webhooks, JSON, sandbox pages.

``LiveShopFlask(app, shop)`` mounts them; nothing here is global, so any number
of apps in one process may each have a shop of their own.
"""

from liveshop_sdk.web.extension import LiveShopFlask
from liveshop_sdk.web.state import WebState
from liveshop_sdk.web.statuses import STATUSES, status_of

__all__ = ["LiveShopFlask", "STATUSES", "WebState", "status_of"]
