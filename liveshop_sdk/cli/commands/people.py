"""``liveshop creators`` and ``streams``: who sells, under which terms, and when."""

from datetime import datetime, timedelta
from typing import Any

import click

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.commands.agreements import accept, agree, agreement_document, simulate
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import DURATION, HOST, INSTANT, RATE, usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.streams import AGREED, AIR_TIME, Host, Stream
from liveshop_sdk.shop.ending import EXPIRE, KEEP, StreamEnd


@click.group(cls=ShopGroup)
def creators() -> None:
    """Creators, and the terms agreed with them."""


@creators.command("add")
@click.argument("handle")
@click.option("--rate", type=RATE, required=True, help="Of net sales, such as 12%.")
@click.option("--hold", type=DURATION, default="14d", show_default=True, help="Until payable.")
@click.option("--followers", type=int, metavar="N", help="How many follow them.")
@click.option("--name", help="How to address them; never in the ledger.")
@click.option("--brand", metavar="CODE", help="Whose terms; needed once there are several.")
def add_creator(
    session: Session,
    handle: str,
    rate: Rate,
    hold: timedelta,
    followers: int | None,
    name: str | None,
    brand: str | None,
) -> Answer:
    """Add a creator with an agreement; the same again changes nothing."""
    creators = session.shop.creators
    creator = creators.add(
        handle, rate=rate, hold=hold, followers=followers, name=name, brand=brand
    )
    return Answer(
        document=_creator(session, creator),
        text=f"creator {creator.handle}: {rate}, hold {_span(hold)}",
    )


@creators.command("update")
@click.argument("handle")
@click.option("--followers", type=int, metavar="N", help="How many follow them.")
@click.option("--name", help="How to address them; an empty one erases it.")
def update_creator(
    session: Session, handle: str, followers: int | None, name: str | None
) -> Answer:
    """Change name or followers; terms are changed by `creators agree`."""
    if followers is None and name is None:
        usage("Nothing to change: give --followers or --name.")
    creators = session.shop.creators
    creator = creators.update(handle, followers=followers, name=name)
    text = f"creator {creator.handle}: {creator.name or 'no name'}, {_followers(creator)}"
    return Answer(document=_creator(session, creator), text=text)


creators.add_command(agree)
creators.add_command(accept)
creators.add_command(simulate)


@creators.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
@click.option("--after", metavar="HANDLE", help="Begin behind this handle.")
def list_creators(session: Session, limit: int, after: str | None) -> Answer:
    """List creators with the terms now agreed."""
    creators = session.shop.creators
    page = creators.list(limit=limit, after=after)
    found = [(one, creators.agreements(one.handle)) for one in page]
    rows = [(one.handle, one.tier, one.followers, _terms(versions)) for one, versions in found]
    heads = ("HANDLE", "TIER", "FOLLOWERS", "TERMS")
    return Answer(
        document={"creators": [_creator(session, one) for one in page]},
        text=listing(heads, rows, empty="no creators yet", right=[2]),
    )


@click.group(cls=ShopGroup)
def streams() -> None:
    """Streams: live sessions, their hosts and their windows."""


@streams.command("add")
@click.argument("code")
@click.option(
    "--host", "hosts", type=HOST, multiple=True, required=True, help="A creator; repeat for each."
)
@click.option("--opens-at", type=INSTANT, required=True, metavar="ISO", help="With an offset.")
@click.option("--closes-at", type=INSTANT, required=True, metavar="ISO", help="With an offset.")
@click.option("--title", help="How viewers know it.")
@click.option("--brand", "brands", multiple=True, metavar="CODE", help="Who sells; repeatable.")
@click.option("--share-by-air-time", is_flag=True, help="Hosts share sales by minutes on air.")
def add_stream(
    session: Session,
    code: str,
    hosts: tuple[Host, ...],
    opens_at: datetime,
    closes_at: datetime,
    title: str | None,
    brands: tuple[str, ...],
    share_by_air_time: bool,
) -> Answer:
    """Schedule a stream; the same one again changes nothing."""
    stream = session.shop.streams.schedule(
        code,
        hosts=[(host.creator, host.weight) for host in hosts],
        opens_at=opens_at,
        closes_at=closes_at,
        title=title,
        brands=brands or None,
        shares=AIR_TIME if share_by_air_time else AGREED,
    )
    window = f"{instant(stream.opens_at)} to {instant(stream.closes_at)}"
    return Answer(document=_stream(session, stream), text=f"stream {stream.code}: {window}")


@streams.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
@click.option("--after", metavar="CODE", help="Begin behind this code.")
def list_streams(session: Session, limit: int, after: str | None) -> Answer:
    """List streams with their hosts and where they are in their life."""
    found = session.shop.streams.list(limit=limit, after=after)
    now = session.shop.clock.now()
    rows = [
        (one.code, one.phase(now), instant(one.opens_at), instant(one.closes_at), _hosts(one))
        for one in found
    ]
    heads = ("CODE", "PHASE", "OPENS", "CLOSES", "HOSTS")
    return Answer(
        document={"streams": [_stream(session, one) for one in found]},
        text=listing(heads, rows, empty="no streams yet"),
    )


@streams.command("end")
@click.argument("code")
@click.option(
    "--open-checkouts",
    type=click.Choice([KEEP, EXPIRE]),
    default=EXPIRE,
    show_default=True,
    help="What becomes of checkouts with its coupons that are open now.",
)
def end_stream(session: Session, code: str, open_checkouts: str) -> Answer:
    """End a stream now, with its coupons; one that never opened is cancelled."""
    done = session.shop.streams.end(code, open_checkouts=open_checkouts)
    stream, waiting = done.stream, [one.code for one in done.coupons if one.waiting]
    head = "cancelled" if stream.cancelled_at else f"ended at {instant(stream.closes_at)}"
    lines = [f"stream {stream.code}: {head}, {len(done.coupons)} coupon(s) ended with it"]
    if done.open_checkouts:
        lines.append(f"open checkouts: {done.open_checkouts}, {_fate(session, done)}")
    if waiting:
        lines.append(f"`liveshop worker` tells the platform: {', '.join(waiting)}")
    return Answer(document=_stream(session, stream) | done.as_json(), text="\n".join(lines))


def _fate(session: Session, done: StreamEnd) -> str:
    if done.expiring:
        return "being ended at the platform"
    if session.shop.platform.expires_checkouts:
        return "kept; each ends within 31 minutes"
    return f"{session.shop.platform.name} ends none; the code is off at the checkout"


def _creator(session: Session, creator: Creator) -> dict[str, Any]:
    accepted = session.shop.creators.acceptances(creator.handle)
    versions = session.shop.creators.agreements(creator.handle)
    return {
        "handle": creator.handle,
        "name": creator.name,
        "followers": creator.followers,
        "tier": creator.tier,
        "agreements": [agreement_document(one, accepted) for one in versions],
    }


def _followers(creator: Creator) -> str:
    return "followers unknown" if creator.followers is None else f"{creator.followers} followers"


def _terms(versions: tuple[Agreement, ...]) -> str:
    latest = {one.brand: one for one in versions}
    return ", ".join(f"{one.brand} {one.rate}" for one in latest.values())


def _stream(session: Session, stream: Stream) -> dict[str, Any]:
    return {
        "code": stream.code,
        "title": stream.title,
        "phase": stream.phase(session.shop.clock.now()),
        "opens_at": to_iso(stream.opens_at),
        "closes_at": to_iso(stream.closes_at),
        "ended_at": to_iso(stream.ended_at) if stream.ended_at else None,
        "hosts": [{"creator": host.creator, "share": host.weight} for host in stream.hosts],
        "brands": list(stream.brands),
        "shares_by": stream.shares_by,
        "air_minutes": None if stream.air is None else dict(stream.air),
    }


def _hosts(stream: Stream) -> str:
    return ", ".join(
        host.creator if host.weight is None else f"{host.creator}:{host.weight}"
        for host in stream.hosts
    )


def _span(hold: timedelta) -> str:
    days, rest = divmod(hold, timedelta(days=1))
    return str(hold) if rest else f"{days} days"
