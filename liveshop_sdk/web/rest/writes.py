"""The views of ``/v1`` that write; each works in the transaction of its shop.

A key that sees one brand writes for that brand alone, and is told nothing of
what others have under the same name but that it is taken.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from liveshop_sdk.affiliate import terms_json
from liveshop_sdk.errors import (
    AlreadyExistsError,
    CreatorNotFoundError,
    LiveShopError,
    PlatformRefTakenError,
    ProductNotFoundError,
    StreamNotFoundError,
)
from liveshop_sdk.money import Money, Rate
from liveshop_sdk.shop.ending import EXPIRE
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.rest import shapes
from liveshop_sdk.web.rest.call import Call
from liveshop_sdk.web.rest.reads import Answer, seen


def add_brand(call: Call) -> Answer:
    """Add a brand; the same one again is a repeat."""
    return {"brand": shapes.brand(call.shop.brands.add(**call.given))}


def add_product(call: Call) -> Answer:
    """Add a product; the same one again is a repeat."""
    given = dict(call.given)
    _refuse_foreign(call, "product", given["sku"])
    sku, price = given.pop("sku"), _money(given.pop("price"))
    with _naming_no_foreign_product(call):
        made = call.shop.products.add(sku, **given | {"amount": price, "brand": call.brand})
    return {"product": shapes.product(made)}


def update_product(call: Call) -> Answer:
    """Change what is given and leave the rest; orders keep what they sold."""
    given = dict(call.given)
    sku = call.shop.listing.product(call.parts["sku"], call.sees).sku
    price = given.pop("price", None)
    with _naming_no_foreign_product(call):
        changed = call.shop.products.update(
            sku, **given | {"amount": None if price is None else _money(price)}
        )
    return {"product": shapes.product(changed)}


@contextmanager
def _naming_no_foreign_product(call: Call) -> Iterator[None]:
    """Say that a platform's id is taken, to a brand without saying by which product."""
    try:
        yield
    except PlatformRefTakenError as error:
        if call.sees is None:
            raise
        raise PlatformRefTakenError(
            platform=error.platform, ref=error.ref, sku="another product"
        ) from None


def add_creator(call: Call) -> Answer:
    """Add a creator with terms; the same again is a repeat."""
    given = dict(call.given)
    _refuse_foreign(call, "creator", given["handle"])
    handle, terms = given.pop("handle"), terms_json.from_json(given.pop("terms"))
    made = call.shop.creators.add(handle, **given | {"brand": call.brand, "terms": terms})
    return {"creator": shapes.creator(made)}


def agree(call: Call) -> Answer:
    """Append a version of the terms; sales already made keep theirs."""
    handle = call.given["creator"]
    call.shop.listing.creator(handle, call.sees)
    made = call.shop.creators.agree(
        handle,
        terms=terms_json.from_json(call.given["terms"]),
        brand=call.brand,
        effective_from=call.instant("effective_from"),
    )
    return {"agreement": shapes.agreement(made)}


def schedule(call: Call) -> Answer:
    """Schedule a stream; the same one again is a repeat."""
    given = dict(call.given)
    _refuse_foreign(call, "stream", given["code"])
    code, brands = given.pop("code"), given.pop("brands", None)
    hosts = [(host["creator"], host.get("share")) for host in given.pop("hosts")]
    if call.sees is not None:
        for handle, _share in hosts:
            call.shop.listing.creator(handle, call.sees)
        for named in brands or ():
            _ = Call(shop=call.shop, sees=call.sees, given={"brand": named}).brand
        brands = [call.sees]
    windows = {"opens_at": call.instant("opens_at"), "closes_at": call.instant("closes_at")}
    made = call.shop.streams.schedule(code, **given | windows, hosts=hosts, brands=brands)
    return {"stream": seen(call, made)}


def end_stream(call: Call) -> Answer:
    """End a stream now, with its coupons, and by default their open checkouts.

    A key of one brand ends no stream that other brands sell in, too.
    """
    code = call.shop.listing.stream(call.parts["stream"], call.sees, alone=True).code
    ended = call.shop.streams.end(code, open_checkouts=call.given.get("open_checkouts", EXPIRE))
    return {"ended": {"stream": seen(call, ended.stream), **ended.as_json()}}


def try_stream(shop: LiveShop, answer: Mapping[str, Any]) -> None:
    """Tell the platform of a stream's coupons once; the worker goes on."""
    with suppress(LiveShopError):
        shop.streams.attempt(answer["ended"]["stream"]["code"])


def create_coupon(call: Call) -> Answer:
    """Create a coupon; it may be ``pending`` at first."""
    given = dict(call.given)
    _check_offer(call, given["stream"], given["creator"])
    if call.sees is not None:
        for named in (given.get("buy"), given.get("get")):
            if named is not None:
                call.shop.listing.product(named["sku"], call.sees)
    off, percent = given.get("amount_off"), given.get("percent_off")
    buy, get = given.get("buy"), given.get("get") or {}
    get_percent = get.get("percent_off")
    made = call.shop.coupons.create(
        given["code"],
        stream_id=given["stream"],
        creator_id=given["creator"],
        percent_off=None if percent is None else Rate.parse(percent),
        amount_off=None if off is None else _money(off),
        free_shipping=given.get("free_shipping", False),
        buy=buy and (buy["sku"], buy["units"]),
        get=(get["sku"], get["units"]) if get else None,
        get_percent_off=None if get_percent is None else Rate.parse(get_percent),
        per_order=given.get("per_order"),
        starts_at=call.instant("starts_at"),
        ends_at=call.instant("ends_at"),
        limit=given.get("limit"),
        per_customer=given.get("per_customer"),
    )
    return {"coupon": made.as_json()}


def issue_codes(call: Call) -> Answer:
    """Ask for so many more codes of a coupon, each for one use; made in a while."""
    made = call.shop.coupons.issue_codes(_own_code(call), count=call.given["count"])
    return {"batch": made.as_json()}


def try_codes(shop: LiveShop, answer: Mapping[str, Any]) -> None:
    """Make the first codes, now that the batch is stored; the worker goes on."""
    with suppress(LiveShopError):
        shop.coupons.attempt_codes(answer["batch"]["id"])


def pause_coupon(call: Call) -> Answer:
    """Let nobody use a coupon until it is resumed; repeating it changes nothing."""
    return {"coupon": call.shop.coupons.pause(_own_code(call)).as_json()}


def resume_coupon(call: Call) -> Answer:
    """Let a paused coupon be used again, in its window as it was."""
    return {"coupon": call.shop.coupons.resume(_own_code(call)).as_json()}


def end_coupon(call: Call) -> Answer:
    """End a coupon for good; what was sold with it counts as ever."""
    return {"coupon": call.shop.coupons.end(_own_code(call)).as_json()}


def _own_code(call: Call) -> str:
    return call.shop.listing.coupon(call.parts["code"], call.sees).code


def try_coupon(shop: LiveShop, answer: Mapping[str, Any]) -> None:
    """Tell the platform of a coupon once, now that it is stored; the worker goes on."""
    with suppress(LiveShopError):
        shop.coupons.attempt(answer["coupon"]["id"])


def issue_link(call: Call) -> Answer:
    """Issue a link; calling again issues another."""
    given = call.given
    if call.sees is not None:
        for sku in given["items"]:
            call.shop.listing.product(sku, call.sees)
        call.shop.listing.creator(given["creator"], call.sees)
        if given.get("stream") is not None:
            call.shop.listing.stream(given["stream"], call.sees)
        if given.get("coupon") is not None:
            call.shop.listing.coupon(given["coupon"], call.sees)
    made = call.shop.links.issue(
        creator_id=given["creator"],
        items=given["items"],
        stream_id=given.get("stream"),
        coupon=given.get("coupon"),
        channel=given.get("channel", ""),
        placement=given.get("placement", ""),
        expires_in=call.seconds("expires_in_seconds"),
    )
    return {"link": shapes.link(call.shop.listing.link(made.id, None))}


def revoke_link(call: Call) -> Answer:
    """Take a link back for good; repeating it changes nothing."""
    link_id = call.shop.listing.link(call.parts["link_id"], call.sees).link.id
    call.shop.links.revoke(link_id)
    return {"link": shapes.link(call.shop.listing.link(link_id, call.sees))}


def _money(given: Mapping[str, Any]) -> Money:
    return Money(given["amount"], given["currency"])


def _check_offer(call: Call, stream: str, creator: str) -> None:
    if call.sees is not None:
        call.shop.listing.stream(stream, call.sees, alone=True)
        call.shop.listing.creator(creator, call.sees)


_MISSING = (ProductNotFoundError, CreatorNotFoundError, StreamNotFoundError)


def _refuse_foreign(call: Call, kind: str, name: str) -> None:
    """Refuse a name that stands for something the key's brand does not see.

    Raises:
        AlreadyExistsError: Telling nothing of what it stands for.
    """
    if call.sees is None:
        return
    find = getattr(call.shop.listing, kind)
    try:
        find(name, None)
    except _MISSING:
        return
    try:
        find(name, call.sees)
    except _MISSING:
        raise AlreadyExistsError(
            kind=kind, key=name[:64], differs="brand", remedy="Choose another, or ask the shop."
        ) from None
