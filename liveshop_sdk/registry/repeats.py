"""A repeat is a result; the same key with other content is an error."""

from dataclasses import fields
from typing import TypeVar

from liveshop_sdk.errors import AlreadyExistsError
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

R = TypeVar("R", Brand, Product, Creator, Stream)


def same_or_refuse(stored: R, asked: R, *, kind: str, remedy: str) -> R:
    """Return what is stored if it has the content asked for.

    Raises:
        AlreadyExistsError: naming the fields that differ.
    """
    differs = [
        f.name
        for f in fields(asked)
        if f.compare and getattr(stored, f.name) != getattr(asked, f.name)
    ]
    if differs:
        raise AlreadyExistsError(
            kind=kind, key=stored.id, differs=", ".join(differs), remedy=remedy
        )
    return stored
