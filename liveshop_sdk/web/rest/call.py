"""One request to ``/v1`` after it was let in: what views are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from liveshop_sdk.clock import parse_iso
from liveshop_sdk.errors import BrandNotFoundError
from liveshop_sdk.shop.listing import Page
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.rest.cursors import cursor, position

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked, of which shop, and whose eyes see the answer.

    Attributes:
        sees: The brand the key is bound to; None for the whole shop.
        given: Query or body, as its schema has it.
        parts: Of the path.
    """

    shop: LiveShop
    sees: str | None
    given: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def brand(self) -> str | None:
        """The brand that is meant: the key's own, else the one named, if any.

        Raises:
            BrandNotFoundError: Another one is named than the key may see.
        """
        named: str | None = self.given.get("brand")
        if self.sees is None:
            return named
        if named not in (None, self.sees):
            raise BrandNotFoundError(brand=str(named)[:64])
        return self.sees

    def instant(self, name: str) -> datetime | None:
        """Return an instant that was given, or None."""
        text = self.given.get(name)
        return None if text is None else parse_iso(text)

    def seconds(self, name: str) -> timedelta | None:
        """Return a length of time that was given in seconds, or None."""
        count = self.given.get(name)
        return None if count is None else timedelta(seconds=count)

    def paged(self, listing: str) -> dict[str, Any]:
        """Return where the page begins and how long it is."""
        after = position(listing, self.given.get("cursor"))
        return {"after": after, "limit": self.given["limit"]}


def page(listing: str, found: Page[T], shape: Callable[[T], Mapping[str, Any]]) -> dict[str, Any]:
    """Return a page as it is answered."""
    return {
        listing: [shape(one) for one in found.items],
        "next": cursor(listing, found.next),
    }
