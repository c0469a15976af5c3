"""Which cart links stand on a page: issued once, then used again at every view."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from liveshop_sdk import LiveShop, Money, Rate
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Stream

CHANNEL = "store"
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one host gives during a stream.

    ``state`` is ``open``, ``soon``, ``taken`` or ``over``, or ``none`` for a
    host without a coupon.
    """

    creator: Creator
    coupon: Coupon | None
    state: str

    @property
    def name(self) -> str:
        """How to address the host."""
        return self.creator.name or self.creator.handle

    @property
    def left(self) -> int | None:
        """How many uses remain; None where there is no limit."""
        if self.coupon is None or self.coupon.limit is None:
            return None
        return self.coupon.limit - self.coupon.used - self.coupon.reserved

    @property
    def takes_off(self) -> Rate | Money | None:
        """What the coupon takes off every price, if it does."""
        if self.coupon is None:
            return None
        percent = self.coupon.percent_bps
        return self.coupon.amount_off if percent is None else Rate.bps(percent)

    def price(self, price: Money) -> Money:
        """Return what one product costs with this offer, while it is open."""
        cut = self.takes_off
        if self.state != "open" or cut is None:
            return price
        if isinstance(cut, Rate):
            return price - price.at(cut)
        if cut.currency != price.currency:
            return price
        return max(price - cut, Money.zero(price.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy:
    """One way to buy a product: through whose link, for how much."""

    offer: Offer
    product: Product
    link: Link

    @property
    def price(self) -> Money:
        """What it costs this way."""
        return self.offer.price(self.product.price)

    @property
    def is_reduced(self) -> bool:
        """Tell whether the offer lowers the price."""
        return self.price < self.product.price


class Shelf:
    """Finds the links of a page, and issues those that are missing.

    Looking at a page writes nothing once its links exist. Two processes that
    see a new stream in the same instant may each issue a set; both work.
    """

    def __init__(self, shop: LiveShop) -> None:
        """Work for this shop."""
        self._shop = shop
        self._lock = threading.Lock()

    def offers(self, stream: Stream) -> tuple[Offer, ...]:
        """Return what each host of a stream gives now, in host order."""
        coupons = self._shop.coupons.list(stream_id=stream.code)
        return tuple(self._offer(host.creator, coupons) for host in stream.hosts)

    def products(self, stream: Stream) -> tuple[Product, ...]:
        """Return what is sold on a stream: everything of its brands."""
        found = self._shop.products.list(limit=_LOOKED_AT)
        return tuple(product for product in found if product.brand in stream.brands)

    def ways(
        self, stream: Stream, products: Iterable[Product], *, placement: str
    ) -> dict[str, list[Buy]]:
        """Return the ways to buy each product by SKU, the first host's first.

        With a host's coupon while that is open, else through their plain link:
        a creator still earns when the offer is taken, or the stream is over.
        """
        offers = self.offers(stream)
        wanted = [(offer, product) for product in products for offer in offers]
        with self._lock:
            known = self._known(stream)
            ways: dict[str, list[Buy]] = {product.sku: [] for _, product in wanted}
            for offer, product in wanted:
                link = self._link(known, stream, offer, product, placement)
                if link is not None:
                    ways[product.sku].append(Buy(offer=offer, product=product, link=link))
        return ways

    def _offer(self, handle: str, coupons: list[Coupon]) -> Offer:
        creator = self._shop.creators.get(handle)
        own = [(coupon, self._state(coupon)) for coupon in coupons if coupon.creator == handle]
        rank = ("open", "soon", "taken", "over")
        own.sort(key=lambda pair: rank.index(pair[1]))
        coupon, state = own[0] if own else (None, "none")
        return Offer(creator=creator, coupon=coupon, state=state)

    def _state(self, coupon: Coupon) -> str:
        now = self._shop.clock.now()
        if now >= coupon.ends_at:
            return "over"
        if now < coupon.starts_at:
            return "soon"
        is_taken = coupon.limit is not None and coupon.used + coupon.reserved >= coupon.limit
        return "taken" if is_taken else "open"

    def _known(self, stream: Stream) -> dict[tuple[object, ...], Link]:
        now = self._shop.clock.now()
        links = self._shop.links.recent(stream_id=stream.code, limit=_LOOKED_AT)
        return {
            (link.creator, link.coupon_id, link.placement, *link.items.items()): link
            for link in links
            if link.channel == CHANNEL and link.revoked_at is None and link.expires_at > now
        }

    def _link(
        self,
        known: dict[tuple[object, ...], Link],
        stream: Stream,
        offer: Offer,
        product: Product,
        placement: str,
    ) -> Link | None:
        coupon = offer.coupon if offer.state in ("open", "soon") else None
        if coupon is not None and not coupon.fits({product.sku: 1}):
            coupon = None  # it asks for more than one product by itself
        handle = offer.creator.handle
        # The plain link is issued early as well: nothing can be once the stream is over.
        choices = [coupon, None] if coupon else [None]
        if stream.phase(self._shop.clock.now()) != "over":
            for choice in choices:
                key = (handle, choice and choice.id, placement, (product.sku, 1))
                if key not in known:
                    known[key] = self._issue(stream, handle, choice, product, placement)
        return known.get((handle, coupon and coupon.id, placement, (product.sku, 1)))

    def _issue(
        self, stream: Stream, handle: str, coupon: Coupon | None, product: Product, placement: str
    ) -> Link:
        issued = self._shop.links.issue(
            creator_id=handle,
            stream_id=stream.code,
            items={product.sku: 1},
            coupon=coupon.code if coupon else None,
            channel=CHANNEL,
            placement=placement,
        )
        return self._shop.links.get(issued.id)
