"""What a made-up webhook is about: a sale, or an order that was recorded before."""

from dataclasses import dataclass, field

from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.errors import OrderUnknownError, StoryRefusedError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox.payments import BUYER
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.shop.platform import secret_keys

_VARIANT = "gid://shopify/ProductVariant/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One line of a sale at its list price, without discount or tax.

    Attributes:
        price: The price of one unit.
        variant: Shopify's number of what is sold, where it has one.
    """

    sku: str
    price: Money
    quantity: int = 1
    title: str = ""
    variant: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no platform sells."""
        if self.price.amount < 0 or type(self.quantity) is not int or self.quantity < 1:
            raise StoryRefusedError(story=self.sku[:40], problem="it needs a price and a quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale at Stripe or Shopify, for webhooks to tell of.

    Attributes:
        total: What was paid, shipping excluded.
        lines: What was bought; empty for an order recorded before.
        checkout_id: Our visit (``chk_…``) that led to it, or ``""``.
        reference: The same, sealed: the evidence that credits a creator.
        platform_ref: The checkout at the platform: ``cs_…``, or a cart token.
        order_ref: The platform's id of an order that is paid already.
    """

    total: Money
    lines: tuple[SaleLine, ...] = ()
    checkout_id: str = ""
    reference: str = field(default="", repr=False)
    platform_ref: str = ""
    order_ref: str = ""
    email: str = field(default=BUYER, repr=False)

    @classmethod
    def of(cls, *lines: SaleLine) -> "Sale":
        """Return a sale of these lines that no link of ours led to.

        Raises:
            StoryRefusedError: there is no line.
            CurrencyMismatchError: the lines are in several currencies.
        """
        if not lines:
            raise StoryRefusedError(story="A sale", problem="it needs a line")
        return cls(total=_total(lines), lines=lines)

    def part(self, amount: int | None) -> Money:
        """Return an amount of the total in minor units, or all of it.

        Raises:
            StoryRefusedError: it is not a part of what was paid.
        """
        if amount is None:
            return self.total
        if type(amount) is not int or not 1 <= amount <= self.total.amount:
            raise StoryRefusedError(
                story="A refund", problem=f"it needs an amount of 1 to {self.total.amount}"
            )
        return Money(amount, self.total.currency)


def open_sale(shop: LiveShop, link: str) -> Sale:
    """Open a link, as a buyer does, and return the sale it leads to.

    Effects: those of ``shop.links.open``; nothing is paid.

    Args:
        link: A token or a short code.
    """
    view = shop.links.look(link)
    visit = shop.links.visit(shop.links.open(link).checkout_id)
    lines = tuple(
        SaleLine(
            sku=sku,
            title=(product := view.products[sku]).title,
            price=product.price,
            quantity=quantity,
            variant=_number(product.shopify_variant),
        )
        for sku, quantity in view.link.items.items()
    )
    return Sale(
        total=_total(lines),
        lines=lines,
        checkout_id=visit.checkout_id,
        reference=SealedRef(secret_keys(shop.settings, shop.db)).seal(visit.checkout_id),
        platform_ref=visit.platform_ref or "",
    )


def recorded_sale(shop: LiveShop, order_ref: str) -> Sale:
    """Return a paid order of the shop, for webhooks of what became of it.

    Raises:
        OrderUnknownError: its account has none, or it is not known as paid.
    """
    order = shop.explain(order_ref).order
    is_own = order.key[:2] == (shop.platform.name, shop.platform.account)
    if not is_own or order.total is None or order.currency is None:
        raise OrderUnknownError(order_ref=order_ref[:60])
    return Sale(total=Money(order.total, order.currency), order_ref=order.order_ref)


def _total(lines: tuple[SaleLine, ...]) -> Money:
    first, *rest = (line.price * line.quantity for line in lines)
    return sum(rest, start=first)


def _number(variant: str | None) -> int | None:
    return int(variant.removeprefix(_VARIANT)) if variant else None
