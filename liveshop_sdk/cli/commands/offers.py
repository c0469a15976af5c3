"""``liveshop coupons`` and ``links``: what creators hand to their viewers."""

from datetime import datetime, timedelta
from typing import Any

import click

from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.cli.answers import Answer, instant, listing, table
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import DURATION, INSTANT, ITEM, LINK, PERCENT, UNITS, as_cart, usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.money import Money, Rate


@click.group(cls=ShopGroup)
def coupons() -> None:
    """Coupons, each bound to one creator and one stream."""


@coupons.command("create")
@click.argument("code")
@click.option("--stream", required=True, metavar="CODE", help="The stream it is for.")
@click.option("--creator", required=True, metavar="HANDLE", help="A host of that stream.")
@click.option("--percent-off", type=PERCENT, metavar="N", help="Such as 20 or 12.5.")
@click.option("--amount-off", metavar="AMOUNT", help="Such as 5.00, with --currency.")
@click.option("--currency", help="The currency of --amount-off.")
@click.option("--free-shipping", is_flag=True, help="Instead of either, where the platform has it.")
@click.option(
    "--buy", type=UNITS, metavar="SKU:UNITS", help="Instead, with --get: what a buyer must take."
)
@click.option("--get", type=UNITS, metavar="SKU:UNITS", help="What a buyer gets for less then.")
@click.option(
    "--get-percent-off", type=PERCENT, metavar="N", help="Off what is got; left out, it is free."
)
@click.option("--per-order", type=int, metavar="N", help="How often in one order.")
@click.option("--limit", type=int, metavar="N", help="Uses in all.")
@click.option("--per-customer", type=int, metavar="N", help="Uses per customer.")
@click.option("--starts-at", type=INSTANT, metavar="ISO", help="Instead of the stream's opening.")
@click.option("--ends-at", type=INSTANT, metavar="ISO", help="Instead of the stream's closing.")
def create_coupon(
    session: Session,
    code: str,
    stream: str,
    creator: str,
    percent_off: Rate | None,
    amount_off: str | None,
    currency: str | None,
    free_shipping: bool,
    buy: tuple[str, int] | None,
    get: tuple[str, int] | None,
    get_percent_off: Rate | None,
    per_order: int | None,
    limit: int | None,
    per_customer: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> Answer:
    """Create a coupon here and at the platform; the same again changes nothing."""
    given = (percent_off is not None, amount_off is not None, free_shipping, buy is not None)
    if sum(given) != 1:
        usage("Give one of --percent-off, --amount-off, --free-shipping, and --buy with --get.")
    if (buy is None) != (get is None):
        usage("--buy and --get go together.")
    if buy is None and (get_percent_off, per_order) != (None, None):
        usage("--get-percent-off and --per-order go with --buy and --get.")
    if (amount_off is None) != (currency is None):
        usage("--amount-off and --currency go together.")
    coupon = session.shop.coupons.create(
        code,
        stream_id=stream,
        creator_id=creator,
        percent_off=percent_off,
        amount_off=Money.parse(amount_off, currency) if amount_off and currency else None,
        free_shipping=free_shipping,
        buy=buy,
        get=get,
        get_percent_off=get_percent_off,
        per_order=per_order,
        starts_at=starts_at,
        ends_at=ends_at,
        limit=limit,
        per_customer=per_customer,
    )
    is_pending = coupon.status == "pending"
    hint = "; `liveshop worker` creates it at the platform" if is_pending else ""
    text = f"coupon {coupon.code}: {coupon.offer}, {coupon.status}{hint}"
    return Answer(document=coupon.as_json(), text=text)


@coupons.command("pause")
@click.argument("code")
def pause_coupon(session: Session, code: str) -> Answer:
    """Let nobody use a coupon until it is resumed; its links stay good."""
    return _wished(session.shop.coupons.pause(code))


@coupons.command("resume")
@click.argument("code")
def resume_coupon(session: Session, code: str) -> Answer:
    """Let a paused coupon be used again."""
    return _wished(session.shop.coupons.resume(code))


@coupons.command("end")
@click.argument("code")
def end_coupon(session: Session, code: str) -> Answer:
    """End a coupon for good, here and at the platform."""
    return _wished(session.shop.coupons.end(code))


@coupons.command("list")
@click.option("--stream", metavar="CODE", help="Only of this stream.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
def list_coupons(session: Session, stream: str | None, limit: int) -> Answer:
    """List the newest coupons with how often they were used."""
    found = session.shop.coupons.list(stream_id=stream, limit=limit)
    rows = [
        (
            one.code,
            one.creator,
            one.stream,
            one.offer,
            one.used,
            one.reserved,
            one.limit,
            f"{one.status}, {one.waiting} waits" if one.waiting else one.status,
        )
        for one in found
    ]
    heads = ("CODE", "CREATOR", "STREAM", "OFFER", "USED", "RESERVED", "LIMIT", "STATUS")
    return Answer(
        document={"coupons": [one.as_json() for one in found]},
        text=listing(heads, rows, empty="no coupons yet", right=[4, 5, 6]),
    )


@click.group(cls=ShopGroup)
def links() -> None:
    """Signed cart links."""


@links.command("issue")
@click.option("--creator", required=True, metavar="HANDLE", help="Who shares it and earns.")
@click.option("--stream", metavar="CODE", help="The stream it belongs to.")
@click.option(
    "--item", "items", type=ITEM, multiple=True, required=True, help="A cart line; repeat for each."
)
@click.option("--coupon", metavar="CODE", help="Applied at checkout.")
@click.option("--channel", default="", help="Where it is shared, such as chat.")
@click.option("--placement", default="", help="Where in that channel, such as pinned.")
@click.option("--expires-in", type=DURATION, help="Instead of 7 days after the stream.")
def issue(
    session: Session,
    creator: str,
    stream: str | None,
    items: tuple[tuple[str, int], ...],
    coupon: str | None,
    channel: str,
    placement: str,
    expires_in: timedelta | None,
) -> Answer:
    """Issue a link; each call makes another one."""
    link = session.shop.links.issue(
        creator_id=creator,
        stream_id=stream,
        items=as_cart(items),
        coupon=coupon,
        channel=channel,
        placement=placement,
        expires_in=expires_in,
    )
    rows = [
        ("link", link.url),
        ("short", link.short_url),
        ("until", instant(link.expires_at)),
        ("id", link.id),
    ]
    return Answer(document=link.as_json(), text=table(rows))


@links.command("verify")
@click.argument("token", type=LINK)
def verify(session: Session, token: str) -> Answer:
    """Say what a link, token or short code stands for; refused if not valid now."""
    link = session.shop.links.verify(token)
    cart = ", ".join(f"{sku}={quantity}" for sku, quantity in link.items.items())
    rows = [
        ("id", link.id),
        ("creator", link.creator),
        ("stream", link.stream or "none"),
        ("items", cart),
        ("until", instant(link.expires_at)),
    ]
    return Answer(document={"valid": True, **_link(link)}, text=table(rows))


@links.command("open")
@click.argument("token", type=LINK)
def open_link(session: Session, token: str) -> Answer:
    """Open a link as a buyer would; returns where the checkout is.

    Each call is a visit of its own and reserves a unit of the coupon.
    """
    visit = session.shop.links.open(token)
    rows = [("checkout", visit.checkout_id), ("pay at", visit.url)]
    document = {"checkout_id": visit.checkout_id, "url": visit.url}
    return Answer(document=document, text=table(rows))


@links.command("revoke")
@click.argument("link_id", metavar="ID")
def revoke(session: Session, link_id: str) -> Answer:
    """Take a link back for good; repeating it changes nothing."""
    link = session.shop.links.revoke(link_id)
    return Answer(document=_link(link), text=f"{link.id} is revoked")


@links.command("list")
@click.option("--creator", metavar="HANDLE", help="Only of this creator.")
@click.option("--stream", metavar="CODE", help="Only of this stream.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
def list_links(session: Session, creator: str | None, stream: str | None, limit: int) -> Answer:
    """List the newest links."""
    shop = session.shop
    found = shop.links.recent(creator_id=creator, stream_id=stream, limit=limit)
    urls = [shop.links.texts(one).short_url for one in found]
    rows = [
        (one.id, one.creator, one.stream, one.channel, one.placement, _until(one), url)
        for one, url in zip(found, urls, strict=True)
    ]
    heads = ("ID", "CREATOR", "STREAM", "CHANNEL", "PLACEMENT", "UNTIL", "SHORT URL")
    documents = [_link(one) | {"short_url": url} for one, url in zip(found, urls, strict=True)]
    return Answer(document={"links": documents}, text=listing(heads, rows, empty="no links yet"))


def _wished(coupon: Coupon) -> Answer:
    hint = "; `liveshop worker` tells the platform" if coupon.waiting else ""
    return Answer(document=coupon.as_json(), text=f"coupon {coupon.code}: {coupon.status}{hint}")


def _until(link: Link) -> str:
    return "revoked" if link.revoked_at else instant(link.expires_at)


def _link(link: Link) -> dict[str, Any]:
    return {
        "id": link.id,
        "creator": link.creator,
        "stream": link.stream,
        "coupon_id": link.coupon_id,
        "items": dict(link.items),
        "channel": link.channel,
        "placement": link.placement,
        "expires_at": to_iso(link.expires_at),
        "revoked_at": to_iso(link.revoked_at) if link.revoked_at else None,
        "created_at": to_iso(link.created_at),
    }
