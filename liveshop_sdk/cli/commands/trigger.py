"""``liveshop trigger``: signed webhooks of a made-up story, posted to the shop."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import click
from flask import Flask

from liveshop_sdk.cli.answers import DONE, REFUSED, Answer, listing
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import LINK, Reader, usage
from liveshop_sdk.errors import GoneError, PlatformNotConfiguredError, StoryRefusedError
from liveshop_sdk.platforms.sandbox.deliveries import MAX_COPIES
from liveshop_sdk.platforms.sandbox.sender import post
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing.factory import check_mode, teller_for
from liveshop_sdk.testing.stories import STORIES
from liveshop_sdk.testing.webhooks import Webhook, on_the_way
from liveshop_sdk.web import LiveShopFlask

Post = Callable[[str, Mapping[str, str], bytes], int]
_COPIES = click.IntRange(0, MAX_COPIES - 1)


def _address(text: str) -> SplitResult:
    """Read the address of a shop's server."""
    try:
        found = urlsplit(text.rstrip("/"))
        is_one = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_one = False
    if not is_one or found.query or found.fragment or found.username:
        raise ValueError("is no address; write one such as http://127.0.0.1:8000.")
    return found


ADDRESS = Reader("url", _address)
"""Where a shop's server is, without a slash at the end."""


@click.command("trigger", cls=ShopCommand)
@click.argument("story", type=click.Choice(list(STORIES)), metavar="STORY")
@click.option("--link", type=LINK, help="Which link to buy by; the newest live one by default.")
@click.option("--order", metavar="REF", help="A paid order instead, for what becomes of it.")
@click.option(
    "--platform",
    type=click.Choice(["sandbox", "stripe", "shopify"]),
    help="Whose webhooks; those of the shop's platform by default.",
)
@click.option(
    "--to",
    type=ADDRESS,
    metavar="URL",
    help="A server of this shop on this machine; without it, the route runs here.",
)
@click.option("--yes", is_flag=True, help="Post to another machine, too.")
@click.option("--duplicate", type=_COPIES, default=0, help="So many extra copies of each.")
@click.option("--reorder", is_flag=True, help="The last comes first.")
@click.option(
    "--drop", type=click.IntRange(0, 1000), default=0, help="Every n-th is lost; 1 loses all."
)
@click.option("--tamper", is_flag=True, help="Change each body after it was signed.")
@click.option("--old", is_flag=True, help="Sign as of six minutes ago.")
def trigger(
    session: Session,
    story: str,
    link: str | None,
    order: str | None,
    platform: str | None,
    to: SplitResult | None,
    yes: bool,
    duplicate: int,
    reorder: bool,
    drop: int,
    tamper: bool,
    old: bool,
) -> Answer:
    """Tell the shop a story by signed webhooks, for the sandbox and test modes only.

    STORY is paid, partial-refund, refund, refund-failed, dispute, dispute-won,
    dispute-lost or expired. It begins with opening a link, or with an order
    that is paid. Exit code 1 if an answer is not 200.
    """
    if to is not None and not yes and not is_here(to):
        usage(f"{to.hostname} is not this machine; say --yes to post there.")
    if link is not None and order is not None:
        usage("--link and --order exclude each other.")
    shop = session.shop
    if platform is not None and platform != shop.platform.name:
        raise PlatformNotConfiguredError(platform=platform)
    check_mode(shop)
    if order is None and link is None:
        link = _newest(shop, story)
    teller = teller_for(shop, link=link, order=order)
    told = teller.tell(story)
    sent = on_the_way(told, duplicate=duplicate, reorder=reorder, drop=drop)
    send = _in_process(shop) if to is None else post
    base = "" if to is None else to.geturl()
    answered = [(one, _answer(send, base, _spoiled(one, tamper=tamper, old=old))) for one in sent]
    arrived = {one.id for one in sent}
    lost = [one for one in told if one.id not in arrived]
    document: dict[str, Any] = {
        "story": story,
        "platform": teller.platform,
        "mode": shop.mode,
        "ref": teller.ref,
        "to": base or None,
        "sent": [{"id": one.id, "topic": one.topic, "status": status} for one, status in answered],
        "lost": [{"id": one.id, "topic": one.topic} for one in lost],
    }
    rows = [(one.topic, one.id, status or "no answer") for one, status in answered]
    rows += [(one.topic, one.id, "lost") for one in lost]
    text = f"{story} of {teller.ref}:\n" + listing(("WEBHOOK", "ID", "ANSWER"), rows, empty="")
    is_well = all(status == 200 for _, status in answered)
    return Answer(document=document, text=text, exit_code=DONE if is_well else REFUSED)


def _newest(shop: LiveShop, story: str) -> str:
    """Return the newest link that is not over, taken back or cancelled with its stream."""
    for link in shop.links.recent():
        token = shop.links.texts(link).token
        with suppress(GoneError):
            shop.links.verify(token)
            return token
    raise StoryRefusedError(
        story=story, problem="no link is live; issue one with `liveshop links issue`"
    )


def is_here(to: SplitResult) -> bool:
    """Say whether an address is of this machine."""
    host = to.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _in_process(shop: LiveShop) -> Post:
    """Return what hands a webhook to the shop's own route, without a network."""
    app = Flask("liveshop")
    LiveShopFlask(app, shop)
    client = app.test_client()
    return lambda path, headers, body: (
        client.post(path, headers=dict(headers), data=body).status_code
    )


def _spoiled(webhook: Webhook, *, tamper: bool, old: bool) -> Webhook:
    aged = webhook.aged() if old else webhook
    return aged.tampered() if tamper else aged


def _answer(send: Post, base: str, webhook: Webhook) -> int | None:
    """Post one webhook; returns the status, None if nobody answered."""
    try:
        return send(base + webhook.path, webhook.headers, webhook.body)
    except OSError:
        return None
