"""The flows that are killed: what stands before, what is done, what must be true after."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.checkout import tables as checkout
from liveshop_sdk.errors import PlatformUnavailableError, SandboxStateError, SoldOutError
from liveshop_sdk.money import Rate
from liveshop_sdk.platforms.sandbox import signature
from liveshop_sdk.platforms.sandbox import tables as sandbox
from liveshop_sdk.platforms.sandbox.payouts import tables as transfers
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.kill_support import NOW, Memo, Post, Told

LEASES_END = timedelta(minutes=6)
RESERVATION_ENDS = timedelta(minutes=32)


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One flow.

    Attributes:
        fill: Makes what the flow starts from.
        later: How long after that the flow begins.
        act: The flow. Done again, it stands for the caller's retry.
        then: How long until the dead hold nothing any more.
        check: Looks at what is there in the end; without it, the picture must
            be that of the flow that nobody killed.
        in_order: Whether one fact of an order is recorded at a time.
    """

    name: str
    fill: Callable[[LiveShop, Post], Memo]
    act: Callable[[LiveShop, Memo], object]
    check: Callable[[LiveShop, Memo, Told], None] | None = None
    later: timedelta = timedelta(0)
    then: timedelta = LEASES_END
    ingest: str = "inline"
    in_order: bool = True


# --- what stands before


def nothing(_shop: LiveShop, _post: Post) -> Memo:
    return {}


def offer(shop: LiveShop, _post: Post) -> Memo:
    """Two products, two creators, a stream that is open."""
    shop.platform.signing_secrets()  # type: ignore[attr-defined]  # made before it is saved
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.products.add("sku_cap", title="Cap", amount=2450, currency="EUR")
    shop.creators.add("mika", rate=Rate.percent("12"))
    shop.creators.add("juno", rate=Rate.percent("7.5"))
    shop.streams.schedule(
        "friday-drop",
        hosts=["mika", "juno"],
        opens_at=NOW,
        closes_at=NOW + timedelta(hours=2),
    )
    return {}


def last_unit(shop: LiveShop, post: Post) -> Memo:
    """A link with a coupon that has one use."""
    offer(shop, post)
    shop.coupons.create(
        "MIKA20", stream_id="friday-drop", creator_id="mika", percent_off=20, limit=1
    )
    return {"token": _link(shop, "MIKA20")}


def pending_coupon(shop: LiveShop, post: Post) -> Memo:
    """The same, with a platform that did not answer when the coupon was made."""
    platform: Any = shop.platform
    make = platform.create_coupon

    def silent(_params: str, *, key: str) -> str:
        raise PlatformUnavailableError(platform="sandbox", problem="no answer")

    platform.create_coupon = silent
    memo = last_unit(shop, post)
    platform.create_coupon = make
    assert shop.coupons.get("MIKA20").status == "pending"
    return memo


def opened(shop: LiveShop, post: Post) -> Memo:
    """A buyer in front of the checkout page."""
    memo = last_unit(shop, post)
    return memo | {"ref": shop.links.open(memo["token"]).checkout_id}


def paid(shop: LiveShop, post: Post) -> Memo:
    """A sale in the book."""
    memo = opened(shop, post)
    shop.sandbox.pay(memo["ref"])
    shop.worker().drain()
    assert shop.stats()["entries"] == 1
    return memo


def delivered(shop: LiveShop, post: Post) -> Memo:
    """A sale of which we have not heard, and its webhook in somebody's hand."""
    memo = opened(shop, post)
    shop.sandbox.pay(memo["ref"])
    post.kept = []
    shop.worker().drain()
    ((_headers, memo["webhook"]),) = post.kept
    post.kept = None
    return memo


def owed(shop: LiveShop, post: Post) -> Memo:
    """Commission that is payable, to a creator of whom we know how to pay."""
    memo = paid(shop, post)
    shop.releases.due(NOW + timedelta(days=20))
    shop.payouts.set_payee("mika", rail="sandbox", fields={"account": "mika_1"})
    return memo


def piled_up(shop: LiveShop, post: Post) -> Memo:
    """Three sales with their aftermath, all in the inbox, the newest first."""
    for headers, body in reversed(_sold(shop, post)):
        shop.receive("sandbox", headers, body)
    assert shop.inbox_state().inbox["new"] == 8
    return {}


def unheard(shop: LiveShop, post: Post) -> Memo:
    """The same, and every webhook lost; one of each sale comes late."""
    return {"late": [body for _, body in _sold(shop, post)][::3]}


def _sold(shop: LiveShop, post: Post) -> list[tuple[dict[str, str], bytes]]:
    """Sell three times, with what happens after; returns the webhooks."""
    offer(shop, post)
    post.kept = []
    for number in range(3):
        ref = shop.links.open(_link(shop)).checkout_id
        shop.sandbox.pay(ref)
        shop.sandbox.refund(ref, amount=333 + number)
        if number == 1:
            shop.sandbox.dispute(ref)
            shop.worker().drain()
            shop.sandbox.lose(ref)
    shop.worker().drain()
    webhooks, post.kept = post.kept, None
    return webhooks


def _link(shop: LiveShop, coupon: str | None = None) -> str:
    return shop.links.issue(
        creator_id="mika",
        stream_id="friday-drop",
        items={"sku_tee": 1, "sku_cap": 2},
        coupon=coupon,
    ).token


# --- what is done


def catalogue(shop: LiveShop, memo: Memo) -> None:
    shop.brands.add("second", currency="EUR")
    shop.products.add("sku_mug", title="Mug", amount=1200, currency="EUR", brand="second")
    shop.creators.add("rio", rate=Rate.percent("10"), brand="second")
    shop.creators.agree("mika", rate=Rate.percent("13"), brand="main")
    shop.streams.schedule(
        "sunday-drop",
        hosts=["rio"],
        opens_at=NOW,
        closes_at=NOW + timedelta(hours=1),
        brands=["second"],
    )


def create_coupon(shop: LiveShop, memo: Memo) -> None:
    shop.coupons.create(
        "MIKA20", stream_id="friday-drop", creator_id="mika", percent_off=20, limit=5
    )


def pause(shop: LiveShop, memo: Memo) -> None:
    shop.coupons.pause("MIKA20")


def end_stream(shop: LiveShop, memo: Memo) -> None:
    shop.streams.end("friday-drop")
    shop.worker().drain()


def issue(shop: LiveShop, memo: Memo) -> str:
    return _link(shop)


def revoke(shop: LiveShop, memo: Memo) -> None:
    shop.links.revoke(shop.links.recent()[0].id)


def open_link(shop: LiveShop, memo: Memo) -> str | None:
    with suppress(SoldOutError):
        return shop.links.open(memo["token"]).checkout_id
    return None


def pay(shop: LiveShop, memo: Memo) -> None:
    with suppress(SandboxStateError):
        shop.sandbox.pay(memo["ref"])
    shop.worker().drain()


def abandon(shop: LiveShop, memo: Memo) -> None:
    with suppress(SandboxStateError):
        shop.sandbox.abandon(memo["ref"])
    shop.worker().drain()


def receive(shop: LiveShop, memo: Memo) -> None:
    _receive(shop, memo["webhook"])


def reconcile(shop: LiveShop, memo: Memo) -> None:
    """Post what no webhook told, order after order; then some come after all."""
    with _short_pages(shop.platform):
        assert shop.reconcile(fix=True).ok
    for body in memo["late"]:
        _receive(shop, body)


@contextmanager
def _short_pages(platform: Any) -> Iterator[None]:
    """Let the platform tell of one order a page, so that each is a commit."""
    walk = platform.walk

    def one_by_one(*window: Any) -> Iterator[list[Any]]:
        for page in walk(*window):
            yield from (list(some) for _, some in groupby(page, lambda one: one.order_ref))

    platform.walk = one_by_one
    try:
        yield
    finally:
        del platform.walk


def _receive(shop: LiveShop, body: bytes) -> None:
    secrets = shop.platform.signing_secrets()  # type: ignore[attr-defined]
    headers = {signature.HEADER: signature.sign(body, secrets, now=shop.clock.now())}
    shop.receive("sandbox", headers, body)


def work(shop: LiveShop, memo: Memo) -> None:
    shop.worker(batch=4).drain()


def refund(shop: LiveShop, memo: Memo) -> None:
    if not shop.sandbox.refunds(memo["ref"]):
        shop.sandbox.refund(memo["ref"], amount=1000)
    shop.worker().drain()
    for made in shop.sandbox.refunds(memo["ref"]):
        with suppress(SandboxStateError):
            shop.sandbox.fail_refund(made.id)
    shop.worker().drain()


def dispute(shop: LiveShop, memo: Memo) -> None:
    if not shop.sandbox.disputes(memo["ref"]):
        shop.sandbox.dispute(memo["ref"])
    shop.worker().drain()
    with suppress(SandboxStateError):
        shop.sandbox.lose(memo["ref"])
    shop.worker().drain()


def release(shop: LiveShop, memo: Memo) -> None:
    shop.releases.due()


def approve(shop: LiveShop, memo: Memo) -> None:
    shop.releases.approve(shop.orders()[0].order_ref)


def pay_out(shop: LiveShop, memo: Memo) -> None:
    """Plan, approve what was planned, send, and confirm what was sent."""
    payouts = shop.payouts
    payouts.plan(rail="sandbox", by="u1")
    for batch in payouts.batches():
        if batch.state == "planned":
            payouts.approve(batch.id, by="u2")
    payouts.send(by="u2")
    for batch in payouts.batches():
        for item in payouts.batch(batch.id)[1]:
            if item.state == "sent":
                payouts.confirm(item.id, by="u2")


# --- what must be true after


def everybody_is_paid_once(shop: LiveShop, memo: Memo, told: Told) -> None:
    """One transfer of all that was owed, and nobody sees it in another way."""
    with shop.db.reading() as tx:
        made = list(tx.execute(sa.select(transfers.transfer.c.amount)).scalars())
    standing = {row.account: row.amount for row in shop.ledger.balance().balances if row.amount}
    (amount,) = made
    assert standing == {"brand:commission_expense": amount, "clearing:sandbox": -amount}
    ((item,),) = [shop.payouts.batch(batch.id)[1] for batch in shop.payouts.batches()]
    assert (item.state, shop.payouts.reconcile()) == ("paid", [])


def every_link_is_whole(shop: LiveShop, memo: Memo, told: Told) -> None:
    """Whatever row is there opens; what was handed out is there; one more at most."""
    links = shop.links.recent()
    assert len(links) in (1, 2)
    for link in links:
        texts = shop.links.texts(link)
        assert shop.links.verify(texts.token).id == shop.links.verify(texts.short_url[-8:]).id
    for token in told.all("did"):
        assert shop.links.verify(token).id in {link.id for link in links}


def the_unit_comes_back(shop: LiveShop, memo: Memo, told: Told) -> None:
    """The dead visit's unit was free again once its time was over, exactly once."""
    assert (coupon := shop.coupons.get("MIKA20")).status == "ready"
    assert (coupon.reserved, coupon.used) == (1, 0)
    with shop.db.reading() as tx:
        touches = tx.scalar(sa.select(sa.func.count()).select_from(checkout.touch))
        states = list(tx.execute(sa.select(checkout.checkout.c.reservation)).scalars())
        at_platform = tx.scalar(sa.select(sa.func.count()).select_from(sandbox.coupon))
    assert touches == len(states) in (1, 2)
    assert (sorted(states).count("held"), at_platform) == (1, 1)
    shop.sandbox.pay(shop.links.visit(memo["last"]).checkout_id)
    shop.worker().drain()
    coupon = shop.coupons.get("MIKA20")
    assert (coupon.reserved, coupon.used) == (0, 1)
    assert shop.stats()["entries"] == 1


def the_stream_is_over_once(shop: LiveShop, memo: Memo, told: Told) -> None:
    """Coupon and checkout have ended here and at the platform, told by one webhook."""
    assert shop.streams.get("friday-drop").phase(shop.clock.now()) == "over"
    coupon = shop.coupons.get("MIKA20")
    assert (coupon.status, coupon.waiting, coupon.reserved) == ("ended", None, 0)
    with shop.db.reading() as tx:
        visits = list(tx.execute(sa.select(checkout.checkout.c.state)).scalars())
        opened = list(tx.execute(sa.select(sandbox.checkout.c.state)).scalars())
        offered = list(tx.execute(sa.select(sandbox.coupon.c.state)).scalars())
    assert (visits, opened, offered) == (["closed"], ["expired"], ["ended"])
    assert shop.inbox_state().inbox["done"] == 1


FLOWS = (
    Flow(name="catalogue", fill=offer, act=catalogue),
    Flow(name="coupon", fill=offer, act=create_coupon),
    Flow(name="issue", fill=offer, act=issue, check=every_link_is_whole),
    Flow(name="revoke", fill=last_unit, act=revoke),
    Flow(
        name="open",
        fill=last_unit,
        act=open_link,
        check=the_unit_comes_back,
        then=RESERVATION_ENDS,
    ),
    Flow(
        name="open-pending",
        fill=pending_coupon,
        later=timedelta(minutes=5),
        act=open_link,
        check=the_unit_comes_back,
        then=RESERVATION_ENDS,
    ),
    Flow(name="pause", fill=last_unit, act=pause),
    Flow(
        name="pause-pending",
        fill=pending_coupon,
        later=timedelta(minutes=5),
        act=pause,
    ),
    Flow(name="end-stream", fill=opened, act=end_stream, check=the_stream_is_over_once),
    Flow(name="pay", fill=opened, act=pay),
    Flow(name="abandon", fill=opened, act=abandon),
    Flow(name="receive", fill=delivered, act=receive),
    Flow(name="batch", fill=piled_up, act=work, ingest="worker", in_order=False),
    Flow(name="reconcile", fill=unheard, act=reconcile, in_order=False),
    Flow(name="refund", fill=paid, act=refund, in_order=False),
    Flow(name="dispute", fill=paid, act=dispute, in_order=False),
    Flow(name="release", fill=paid, act=release, later=timedelta(days=15)),
    Flow(name="pay-out", fill=owed, act=pay_out, check=everybody_is_paid_once),
    Flow(name="approve", fill=paid, act=approve, later=timedelta(days=1)),
)
"""Every path that writes, but the migration."""
