"""What we ask of a platform about what it sells."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from liveshop_sdk.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One thing a platform sells at one price, as it shows it.

    Attributes:
        ref: The platform's id: Stripe's price, Shopify's variant.
        sku: The merchant's own name for it; empty where there is none.
        price: The price of one; None with a `problem`.
        image: An ``https`` address, if there is one.
        problem: Why it cannot be sold by a cart link, or empty.
    """

    ref: str
    sku: str
    title: str
    price: Money | None
    image: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """Some of what is offered, and where to go on behind it."""

    offered: tuple[Offered, ...]
    cursor: str


class Catalogue(Protocol):
    """What an adapter does whose platform has a catalogue of its own."""

    def pages(self, after: str | None = None) -> Iterator[CataloguePage]:
        """Go through all that is for sale, page by page, in one order.

        A platform that asks to slow down is waited for.

        Args:
            after: The cursor of the last page that was seen.

        Raises:
            PlatformRefusedError: The cursor is none, or reading is not allowed.
            PlatformNotReadyError, PlatformUnavailableError: It could not be asked.
        """
        ...
