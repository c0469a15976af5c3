"""Read what a Shopify shop sells: the variants of its active products.

Prices are those of the shop's own currency.
https://shopify.dev/docs/api/admin-graphql/latest/queries/productVariants
"""

from collections.abc import Iterator
from functools import partial

from liveshop_sdk.checkout.catalogue import CataloguePage, Offered
from liveshop_sdk.errors import InvalidError
from liveshop_sdk.money import Money, from_decimal_text
from liveshop_sdk.platforms.patience import patiently
from liveshop_sdk.platforms.shopify import queries
from liveshop_sdk.platforms.shopify.fields import Obj, currency_of, flag, obj, objs, text
from liveshop_sdk.platforms.shopify.graphql import GraphQL
from liveshop_sdk.platforms.shopify.transport import Wire, reading, refused

_FOR_SALE = {"ACTIVE", "UNLISTED"}
_ONLY_ONE = "Default Title"
"""What Shopify calls the variant of a product that has only one."""


class ShopifyCatalogue:
    """The variants of one shop. Needs the scope ``read_products``."""

    def __init__(self, wire: Wire, admin: GraphQL) -> None:
        """Ask nothing yet."""
        self._wire, self._admin = wire, admin

    def pages(self, after: str | None = None) -> Iterator[CataloguePage]:
        """Yield fifty variants at a time, by id."""
        while True:
            ask = partial(self._admin.execute, queries.VARIANTS, {"after": after})
            data = patiently(ask, sleep=self._wire.sleep)
            with reading("product variants"):
                currency = currency_of(obj(data, "shop"), "currencyCode")
                found = obj(data, "productVariants")
                info = obj(found, "pageInfo")
                offered = tuple(_offered(row, currency) for row in objs(found, "nodes"))
                cursor, is_last = text(info, "endCursor"), not flag(info, "hasNextPage")
            if offered:
                yield CataloguePage(offered=offered, cursor=cursor)
            if is_last:
                return
            if not cursor or cursor == after:
                raise refused("its list of product variants does not end")
            after = cursor


def _offered(row: Obj, currency: str) -> Offered:
    product = obj(row, "product")
    title, own = text(product, "title"), text(row, "title")
    status = text(product, "status")
    price: Money | None = None
    problem = "" if status in _FOR_SALE else f"its product is {status.lower()}"
    if not problem:
        try:
            price = from_decimal_text(text(row, "price"), currency)
        except InvalidError as error:
            problem = str(error)
    return Offered(
        ref=text(row, "id"),
        sku=text(row, "sku"),
        title=title if own in ("", _ONLY_ONE) else f"{title} - {own}",
        price=price,
        image=next(filter(None, map(_image, _pictures(row, product))), None),
        problem=problem,
    )


def _pictures(row: Obj, product: Obj) -> list[Obj]:
    """Return the variant's own picture and its product's, where there are any."""
    return [*objs(obj(row, "media"), "nodes"), obj(product, "featuredMedia")]


def _image(media: Obj) -> str:
    return text(obj(obj(media, "preview"), "image"), "url")
