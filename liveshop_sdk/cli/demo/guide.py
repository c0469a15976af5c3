"""What the served demo tells a person: what was played, and where to look."""

import shlex
import shutil
import sys
from pathlib import Path

from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.cli import serving
from liveshop_sdk.cli.answers import money
from liveshop_sdk.cli.demo.stage import summed_up
from liveshop_sdk.shop.live_shop import LiveShop

_TONIGHT = "friday-drop-2"


def worth_opening(shop: LiveShop) -> list[str]:
    """Return what to tell a person: the story, the pages, and how to look inside."""
    base, liveshop = shop.settings.base_url, program()
    order = shop.orders(limit=1)[0].order_ref
    return [
        *_story(shop),
        "",
        f"The shop is open at {base} until Ctrl-C.",
        "",
        f"  {base}/             the sample storefront",
        *_links(shop),
        f"  {base}/sandbox      pay, refund, dispute; delivery switches",
        f"  {base}/readyz       readiness, with reasons",
        "",
        "From another terminal:",
        f"  export LIVESHOP_DATABASE_URL={_database_url(shop)}",
        *([] if serving.is_known(base) else [f"  export LIVESHOP_BASE_URL={base}"]),
        f"  {liveshop} explain {order}",
        f"  {liveshop} ledger balance",
        f"  {liveshop} ledger verify",
    ]


def program() -> str:
    """Return how a shell calls this command line, wherever it is installed."""
    if shutil.which("liveshop"):
        return "liveshop"
    beside = shutil.which("liveshop", path=str(Path(sys.executable).parent))
    return shlex.quote(beside) if beside else f"{shlex.quote(sys.executable)} -m liveshop_sdk"


def _story(shop: LiveShop) -> list[str]:
    """Sum up what was played before anybody looks."""
    told = summed_up(shop)
    sold, earned = (
        ", ".join(money(one["amount"], one["currency"]) for one in told[name])
        for name in ("gross", "commission")
    )
    return [
        "Played so far: a show three weeks ago with all that came after it, and the first",
        f"minutes of tonight's. {told['touches']} visits through {told['links']} links, "
        f"{told['orders']} orders of {sold},",
        f"{told['refunds']} refunds, {earned} commission in {told['entries']} sealed entries.",
    ]


def _links(shop: LiveShop) -> list[str]:
    """Show one link of each host, without a coupon that could be used up by now."""
    links = [one for one in shop.links.recent(stream_id=_TONIGHT) if not one.coupon_id]
    links.sort(key=lambda one: (one.creator, one.channel, one.placement))
    first = {one.creator: one for one in reversed(links)}
    return [
        f"  {shop.links.texts(one).short_url}   {creator}: {_cart(shop, one)}"
        for creator, one in sorted(first.items())
    ]


def _cart(shop: LiveShop, link: Link) -> str:
    products = shop.products.get_many(link.items)
    return ", ".join(f"{many} × {products[sku].title}" for sku, many in link.items.items())


def _database_url(shop: LiveShop) -> str:
    url = shop.db.engine.url.render_as_string(hide_password=True)
    if shop.db.schema is None:
        return url
    return f"'{url}?options=-csearch_path%3D{shop.db.schema}'"
