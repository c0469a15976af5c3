"""Read what a Stripe account sells: its active one-time prices.

A product's SKU is the ``sku`` in the metadata of its price, else the price's
lookup key; for the default price of a product, else the product's own ``sku``
in its metadata. https://docs.stripe.com/products-prices/how-products-and-prices-work
"""

from collections.abc import Iterator

from liveshop_sdk.checkout.catalogue import CataloguePage, Offered
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.money import Money, from_platform
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.faults import as_documented
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, obj, ref, text
from liveshop_sdk.platforms.stripe.reading import PLATFORM


class StripeCatalogue:
    """The active prices of one account."""

    def __init__(self, calls: StripeCalls) -> None:
        """Ask nothing yet."""
        self._calls = calls

    def pages(self, after: str | None = None) -> Iterator[CataloguePage]:
        """Yield a hundred prices at a time, newest first."""
        with as_documented():
            for page in self._calls.prices(after):
                offered = tuple(_offered(price) for price in page)
                yield CataloguePage(offered=offered, cursor=text(page[-1], "id"))


def _offered(price: Obj) -> Offered:
    product = obj(price, "product")
    is_default = ref(product, "default_price") == text(price, "id")
    own = text(obj(price, "metadata"), "sku") or text(price, "lookup_key")
    sku = own or (text(obj(product, "metadata"), "sku") if is_default else "")
    amount, problem = _price(price, product)
    return Offered(
        ref=text(price, "id"),
        sku=sku,
        title=text(product, "name"),
        price=amount,
        image=_image(product),
        problem=problem,
    )


def _price(price: Obj, product: Obj) -> tuple[Money | None, str]:
    """Return what one costs, or why that cannot be said."""
    if product.get("active") is not True:
        return None, "its product is not active"
    if obj(price, "recurring") or text(price, "type") != "one_time":
        return None, "it is a subscription"
    if price.get("unit_amount") is None:
        return None, "its price is not a whole number of the smallest unit, or not fixed"
    try:
        return from_platform(price["unit_amount"], text(price, "currency"), PLATFORM), ""
    except InvalidError as error:
        return None, str(error)


def _image(product: Obj) -> str | None:
    images = product.get("images") or []
    if not isinstance(images, list):
        raise ShapeError("images is not a list")
    return next((one for one in images if isinstance(one, str)), None)
