"""Nordlicht: a sample storefront that sells live, on liveshop-sdk and Flask."""

from flask_store.app import create_app
from flask_store.seeding import seed

__all__ = ["create_app", "seed"]
