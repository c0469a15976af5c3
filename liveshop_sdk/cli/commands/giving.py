"""``liveshop streams air`` and ``seeding``: time on air, and products given away."""

import click

from liveshop_sdk.affiliate.seeding.models import Seeding
from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.commands.people import streams
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import MINUTES, usage
from liveshop_sdk.money import Money


@streams.command("air")
@click.argument("code")
@click.option(
    "--host",
    "hosts",
    type=MINUTES,
    multiple=True,
    required=True,
    help="Minutes on air; repeat for every host.",
)
def report_air(session: Session, code: str, hosts: tuple[tuple[str, int], ...]) -> Answer:
    """Tell how long each host was on air: pays fees, shares what waited for it."""
    minutes = dict(hosts)
    if len(minutes) < len(hosts):
        usage("A host is named twice.")
    report = session.shop.streams.report_air(code, minutes)
    text = f"{report.stream.code}: orders shared: {report.shared}, entries: {report.entries}"
    return Answer(document=report.as_json(), text=text)


@click.group(cls=ShopGroup)
def seeding() -> None:
    """Products given to creators, at cost and at fair value."""


@seeding.command("give")
@click.argument("creator", metavar="HANDLE")
@click.argument("sku")
@click.option("--quantity", type=int, default=1, show_default=True, metavar="N", help="Units.")
@click.option("--cost", required=True, metavar="AMOUNT", help="Of all units, such as 32.00.")
@click.option("--fair-value", required=True, metavar="AMOUNT", help="What buyers pay for them.")
@click.option("--currency", metavar="C", help="Instead of the product's.")
@click.option("--id", "gift_id", metavar="ID", help="Yours; makes a retry safe.")
def give(
    session: Session,
    creator: str,
    sku: str,
    quantity: int,
    cost: str,
    fair_value: str,
    currency: str | None,
    gift_id: str | None,
) -> Answer:
    """Note a gift to a creator; the same id again changes nothing."""
    unit = currency or session.shop.products.get(sku).currency
    gift = session.shop.seeding.give(
        creator,
        sku,
        quantity,
        cost=Money.parse(cost, unit),
        fair_value=Money.parse(fair_value, unit),
        id=gift_id,
    )
    return Answer(document=gift.as_json(), text=f"seeding {gift.id}: {_what(gift)}")


@seeding.command("take-back")
@click.argument("gift_id", metavar="ID")
def take_back(session: Session, gift_id: str) -> Answer:
    """Note that a gift came back whole; again changes nothing."""
    gift = session.shop.seeding.take_back(gift_id)
    return Answer(document=gift.as_json(), text=f"seeding {gift.id}: taken back")


@seeding.command("list")
@click.option("--creator", metavar="HANDLE", help="Only to this creator.")
@click.option("--brand", metavar="CODE", help="Only of this brand.")
@click.option(
    "--year", type=int, metavar="YYYY", help="Only given in this year, by the brand's time zone."
)
def list_seeding(
    session: Session, creator: str | None, brand: str | None, year: int | None
) -> Answer:
    """List gifts, oldest first."""
    found = session.shop.seeding.list(creator=creator, brand=brand, year=year)
    rows = [
        (
            one.id,
            one.creator,
            one.sku,
            one.quantity,
            one.cost,
            one.fair_value,
            instant(one.given_at),
            "taken back" if one.taken_back_at else "",
        )
        for one in found
    ]
    heads = ("ID", "CREATOR", "SKU", "UNITS", "COST", "FAIR VALUE", "GIVEN", "")
    return Answer(
        document={"seeding": [one.as_json() for one in found]},
        text=listing(heads, rows, empty="nothing was given yet", right=[3, 4, 5]),
    )


def _what(gift: Seeding) -> str:
    return f"{gift.quantity} of {gift.sku} to {gift.creator}, worth {gift.fair_value}"
