"""The pages a buyer sees."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from flask_store.goods import copy_of
from flask_store.shelf import Buy
from flask_store.state import store
from liveshop_sdk import LiveShop
from liveshop_sdk.errors import VisitUnknownError
from liveshop_sdk.ids import is_id
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.streams import Phase, Stream

pages = Blueprint("store", __name__)

_VISITS = {"opening": "processing", "open": "processing", "paid": "paid", "closed": "ended"}
_MANY = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A stream as a page tells of it."""

    stream: Stream
    phase: Phase
    hosts: tuple[Creator, ...]
    zone: str

    @property
    def host_names(self) -> str:
        """The hosts in one phrase: ``Mika and Ben``."""
        names = [host.name or host.handle for host in self.hosts]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def featured_stream(shop: LiveShop) -> Show | None:
    """Return the stream to lead with: one that is on, else the next, else the last."""
    streams = shop.streams.list()
    if not streams:
        return None
    now = shop.clock.now()
    return show_of(shop, min(streams, key=lambda stream: _order(stream, now)))


def show_of(shop: LiveShop, stream: Stream) -> Show:
    """Return a stream with its hosts, and the time zone its times are told in."""
    zone = shop.brands.get(stream.brands[0]).timezone if stream.brands else "UTC"
    return Show(
        stream=stream,
        phase=stream.phase(shop.clock.now()),
        hosts=tuple(shop.creators.get(host.creator) for host in stream.hosts),
        zone=zone,
    )


@pages.get("/")
def home() -> str:
    """Lead with the stream, then creators and products."""
    shop = store().shop
    lead = featured_stream(shop)
    now = shop.clock.now()
    rest = sorted(
        (s for s in shop.streams.list() if lead is None or s.code != lead.stream.code),
        key=lambda stream: _order(stream, now),
    )
    others = [show_of(shop, stream) for stream in rest[:3]]
    return render_template(
        "store/home.html",
        show=lead,
        others=others,
        on_stream=_streams_by_host(shop),
        products=shop.products.list(limit=_MANY),
    )


@pages.get("/products/<sku>")
def product(sku: str) -> str:
    """Show one product, and whose offer it can be bought with."""
    shop, shelf = store().shop, store().shelf
    found = shop.products.get(sku)
    now = shop.clock.now()
    streams = sorted(
        (s for s in shop.streams.list() if found.brand in s.brands),
        key=lambda stream: _order(stream, now),
    )
    shows = [show_of(shop, stream) for stream in streams[:3]]
    selling = [show for show in shows if show.phase == "open"] or [
        show for show in shows[:1] if show.phase == "over"
    ]
    ways: list[tuple[Show, list[Buy]]] = [
        (show, shelf.ways(show.stream, [found], placement="product")[found.sku]) for show in selling
    ]
    text, details = copy_of(found)
    return render_template(
        "store/product.html",
        product=found,
        text=text,
        details=details,
        ways=[(show, buys) for show, buys in ways if buys],
        upcoming=[show for show in shows if show.phase == "scheduled"],
        more=_others(shop, found),
    )


@pages.get("/live/<code>")
def live(code: str) -> str:
    """Show a stream with its hosts, their offers, and the ways to buy."""
    shop, shelf = store().shop, store().shelf
    show = show_of(shop, shop.streams.get(code))
    products = shelf.products(show.stream)
    ways = shelf.ways(show.stream, products, placement="live")
    codes = shelf.ways(show.stream, products[:1], placement="qr")
    return render_template(
        "store/live.html",
        show=show,
        offers=shelf.offers(show.stream),
        products=products,
        ways=ways,
        codes={buy.offer.creator.handle: buy for buys in codes.values() for buy in buys},
        short_url=lambda link: shop.links.texts(link).short_url.partition("://")[2],
    )


@pages.get("/thank-you")
def thank_you() -> Response:
    """Say how one visit stands, and nothing else about it."""
    visit = request.args.get("visit")
    state = "unknown" if visit is None else _visit_state(visit)
    accepted = request.accept_mimetypes
    if accepted["application/json"] > accepted["text/html"]:
        answer = jsonify(state=state)
    else:
        answer = make_response(render_template("store/thank_you.html", state=state))
    answer.headers["Vary"] = "Accept"
    return answer


def _visit_state(visit: str) -> str:
    if not is_id(visit, "chk"):
        raise VisitUnknownError()
    return _VISITS[store().shop.links.visit(visit).state]


def _order(stream: Stream, now: datetime) -> tuple[int, float]:
    """Sort streams that are on first, then the next one, then the last one."""
    phase = stream.phase(now)
    if phase == "open":
        return 0, -len(stream.hosts)
    if phase == "scheduled":
        return 1, (stream.opens_at - now).total_seconds()
    return 2, (now - stream.closes_at).total_seconds()


def _streams_by_host(shop: LiveShop) -> dict[str, Show]:
    """Return by handle the stream that its host's card leads to."""
    now = shop.clock.now()
    found: dict[str, Show] = {}
    for stream in sorted(shop.streams.list(), key=lambda one: _order(one, now)):
        for host in stream.hosts:
            if host.creator not in found:
                found[host.creator] = show_of(shop, stream)
    return found


def _others(shop: LiveShop, product: Product) -> list[Product]:
    found = [other for other in shop.products.list(limit=9) if other.sku != product.sku]
    return found[:4]
