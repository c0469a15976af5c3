"""What may be shown of a link to anybody who holds it; reading only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.money import Money
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.live_shop import LiveShop

LinkState = Literal["scheduled", "open", "expired", "revoked", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One product of a link's cart."""

    title: str
    quantity: int
    price: Money
    image: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCard:
    """A link as a card: whose it is, for which stream, what it sells."""

    link: Link
    creator: Creator
    stream: Stream | None
    items: tuple[Item, ...]
    total: Money
    short_url: str
    state: LinkState
    base_url: str

    @property
    def creator_name(self) -> str:
        """The creator's name, or the handle where none is known."""
        return self.creator.name or self.creator.handle

    @property
    def title(self) -> str:
        """What a preview says first."""
        return f"{self.stream.title} with {self.creator_name}" if self.stream else self.creator_name

    @property
    def summary(self) -> str:
        """What is in the cart, in one line."""
        return ", ".join(
            item.title if item.quantity == 1 else f"{item.quantity} × {item.title}"
            for item in self.items
        )

    @property
    def image(self) -> str | None:
        """An absolute address of a picture, if a product has one."""
        image = next((item.image for item in self.items if item.image), None)
        return f"{self.base_url}{image}" if image and image.startswith("/") else image


def state_of(stream: Stream | None, now: datetime) -> LinkState:
    """Return the state of a live link, which is its stream's but outlives it."""
    phase = "open" if stream is None else stream.phase(now)
    return "open" if phase == "over" else phase


def card_of(shop: LiveShop, text: str) -> LinkCard:
    """Return the card of a live link, or say why there is none."""
    view = shop.links.look(text)
    link, stream = view.link, view.stream
    items = _items(link, view.products)
    return LinkCard(
        link=link,
        creator=view.creator,
        stream=stream,
        items=items,
        total=_total(items),
        short_url=shop.links.texts(link).short_url,
        state=state_of(stream, shop.clock.now()),
        base_url=shop.settings.base_url,
    )


def _items(link: Link, products: Mapping[str, Product]) -> tuple[Item, ...]:
    found = [(products[sku], quantity) for sku, quantity in link.items.items()]
    return tuple(
        Item(title=one.title, quantity=quantity, price=one.price, image=one.image)
        for one, quantity in found
    )


def _total(items: Sequence[Item]) -> Money:
    total = Money.zero(items[0].price.currency)
    for item in items:
        total += item.price * item.quantity
    return total
