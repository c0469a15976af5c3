"""Write the cart a visit opens, and read what the Storefront API made of it."""

import re
from urllib.parse import quote, urlencode, urlsplit

from liveshop_sdk.checkout.ports import CheckoutItem, CheckoutRequest, OpenedCheckout
from liveshop_sdk.errors import (
    PlatformRefusedError,
    PlatformUnavailableError,
    ProductNotOnPlatformError,
)
from liveshop_sdk.facts import Json
from liveshop_sdk.platforms.shopify.fields import (
    Obj,
    ShapeError,
    flag,
    number,
    obj,
    objs,
    text,
    texts,
)
from liveshop_sdk.platforms.shopify.metafields import metafield

ATTRIBUTE = "_liveshop"
"""The cart attribute that carries our sealed reference onto the order."""

_VARIANT = re.compile(r"gid://shopify/ProductVariant/[1-9][0-9]{0,18}")
_CART = re.compile(r"gid://shopify/Cart/([A-Za-z0-9_-]{1,200})(\?.*)?")
_MAX_URL = 2048
_REASONS = {
    "DISCOUNT_NOT_FOUND": "the shop does not know it",
    "DISCOUNT_CURRENTLY_INACTIVE": "it is not active now",
    "DISCOUNT_USAGE_LIMIT_REACHED": "it has been used up",
    "DISCOUNT_CUSTOMER_USAGE_LIMIT_REACHED": "this customer has used it",
    "DISCOUNT_CUSTOMER_NOT_ELIGIBLE": "it is not for this customer",
    "DISCOUNT_NO_ENTITLED_LINE_ITEMS": "it is for none of these products",
}


def cart_input(request: CheckoutRequest, *, with_metafield: bool = False) -> dict[str, Json]:
    """Return the ``CartInput`` of a visit, with our reference once or twice.

    A Shopify cart knows no return pages and no end: ``success_url``,
    ``cancel_url`` and ``expires_at`` have no place in it.

    Raises:
        ProductNotOnPlatformError: a product has no Shopify variant.
    """
    cart: dict[str, Json] = {
        "attributes": [{"key": ATTRIBUTE, "value": request.sealed_ref}],
        "lines": [_line(item) for item in request.items],
    }
    if with_metafield:
        cart["metafields"] = [metafield(request.sealed_ref)]
    if request.coupon_code is not None:
        cart["discountCodes"] = [request.coupon_code]
    return cart


def permalink(shop: str, wanted: Obj) -> str:
    """Return the address that makes the same cart when a buyer opens it.

    Nothing is asked of Shopify here: it is the buyer who learns whether the
    code can be applied, and whether the shop has all that was asked for.
    """
    items = [
        (text(line, "merchandiseId"), number(line, "quantity")) for line in objs(wanted, "lines")
    ]
    cart = ",".join(f"{variant.rpartition('/')[2]}:{quantity}" for variant, quantity in items)
    query = [
        (f"attributes[{text(one, 'key')}]", text(one, "value"))
        for one in objs(wanted, "attributes")
    ]
    if codes := texts(wanted, "discountCodes"):
        query.append(("discount", ",".join(codes)))
    return f"https://{shop}/cart/{cart}?{urlencode(query, quote_via=quote)}"


def opened_cart(answer: Obj, wanted: Obj) -> OpenedCheckout:
    """Return where the buyer pays, once the cart holds all that was asked for.

    Shopify drops a code it cannot apply, and units it does not have, without
    an error; a buyer who was promised them must not learn it at the till.

    Raises:
        PlatformRefusedError: something is missing from the cart.
        PlatformUnavailableError: the shop's cart service is down.
    """
    errors, warnings = objs(answer, "userErrors"), objs(answer, "warnings")
    if any(text(error, "code") == "SERVICE_UNAVAILABLE" for error in errors):
        raise PlatformUnavailableError(platform="shopify", problem="its carts are down")
    if errors:
        raise _refused(text(errors[0], "message").rstrip(". "), text(errors[0], "code"))
    cart = obj(answer, "cart")
    match = _CART.fullmatch(text(cart, "id"))
    if match is None:
        raise ShapeError("the cart has no id")
    _check_codes(cart, wanted, warnings)
    asked = sum(number(line, "quantity") for line in objs(wanted, "lines"))
    if number(cart, "totalQuantity") < asked:
        why = text(warnings[0], "code") if warnings else ""
        raise _refused("the shop does not have all that was asked for", why)
    return OpenedCheckout(url=_checkout_url(cart), platform_ref=match[1])


def _check_codes(cart: Obj, wanted: Obj, warnings: list[Obj]) -> None:
    usable = {
        text(code, "code").casefold()
        for code in objs(cart, "discountCodes")
        if flag(code, "applicable")
    }
    for code in texts(wanted, "discountCodes"):
        if code.casefold() not in usable:
            reasons = [text(one, "code") for one in warnings]
            why = next((one for one in reasons if one.startswith("DISCOUNT_")), "")
            meaning = _REASONS.get(why, "the shop does not say why")
            raise _refused(f"the code {code} cannot be applied: {meaning}", why)


def _checkout_url(cart: Obj) -> str:
    url = text(cart, "checkoutUrl")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ShapeError("checkoutUrl is not an address") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _MAX_URL
    if not plain or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ShapeError("checkoutUrl is not an https address")
    return url


def _line(item: CheckoutItem) -> dict[str, Json]:
    variant = variant_of(item.sku, item.platform_refs.get("shopify", ""))
    return {"merchandiseId": variant, "quantity": item.quantity}


def variant_of(sku: str, ref: str) -> str:
    """Return the global id of a product's variant, if it is one.

    Raises:
        ProductNotOnPlatformError: the product has none.
    """
    if not _VARIANT.fullmatch(ref):
        raise ProductNotOnPlatformError(
            sku=sku,
            platform="shopify",
            expected=f"the id of its variant: liveshop products update {sku} --shopify-variant GID",
        )
    return ref


def _refused(problem: str, vendor_code: str) -> PlatformRefusedError:
    return PlatformRefusedError(platform="shopify", problem=problem, vendor_code=vendor_code)
