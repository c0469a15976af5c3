"""What one app keeps, in ``app.extensions["flask_store"]``."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from flask_store.shelf import Shelf
from liveshop_sdk import LiveShop

KEY = "flask_store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One app's shop and the links on its shelf."""

    shop: LiveShop
    shelf: Shelf


def store() -> Store:
    """Return the state of the app that answers this request."""
    return cast("Store", current_app.extensions[KEY])
