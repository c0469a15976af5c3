"""``liveshop creators payee`` and ``fx``: how creators are paid."""

from datetime import datetime

import click

from liveshop_sdk.affiliate.fx.models import parts_of
from liveshop_sdk.affiliate.payouts.models import Payee
from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.commands.people import creators
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import INSTANT, RATE, Reader, usage
from liveshop_sdk.money import Rate


def _field(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise ValueError("a field is written NAME=VALUE.")
    return name, value


_FIELD, _FX = Reader("name=value", _field), Reader("rate", parts_of)
_DETAILS = {
    "account": "Stripe's acct_…, or any word in the sandbox.",
    "iban": "SEPA and Wise: the account number.",
    "bic": "SEPA: the bank, where it must be named.",
    "name": "SEPA and Wise: whose account it is.",
    "town": "SEPA: of the address.",
    "country": "SEPA: of the address, such as DE.",
    "recipient": "PayPal: e-mail, payer id, number or handle.",
    "email": "Wise: where to write.",
}


@creators.command("payee")
@click.argument("handle")
@click.option("--rail", metavar="RAIL", help="The way of paying; without it, all are shown.")
@click.option("--account", help=_DETAILS["account"])
@click.option("--iban", help=_DETAILS["iban"])
@click.option("--bic", help=_DETAILS["bic"])
@click.option("--name", help=_DETAILS["name"])
@click.option("--town", help=_DETAILS["town"])
@click.option("--country", help=_DETAILS["country"])
@click.option("--recipient", help=_DETAILS["recipient"])
@click.option("--email", help=_DETAILS["email"])
@click.option("--field", "fields", type=_FIELD, multiple=True, help="Any other field of the rail.")
@click.option("--withholding", type=RATE, help="Tax kept back of every payout, such as 24%.")
@click.option("--offset/--no-offset", default=None, help="What the contract says of setting off.")
@click.option("--hold", metavar="REASON", help="Stop payouts.")
@click.option("--release", is_flag=True, help="Lift the hold.")
def payee(
    session: Session,
    handle: str,
    rail: str | None,
    fields: tuple[tuple[str, str], ...],
    withholding: Rate | None,
    offset: bool | None,
    hold: str | None,
    release: bool,
    **details: str | None,
) -> Answer:
    """Store how a creator is paid; details are kept apart and never shown again."""
    desk = session.shop.payouts
    given = {name: value for name, value in details.items() if value} | dict(fields)
    changes = bool(given) or withholding is not None or offset is not None
    if hold is not None and release:
        usage("--hold and --release exclude each other.")
    if rail is None:
        if changes or hold is not None or release:
            usage("Name the --rail that this is for.")
        return _payees(desk.payees(handle))
    if changes:
        bps = None if withholding is None else withholding.basis_points
        desk.set_payee(handle, rail=rail, fields=given, withholding_bps=bps, allows_offset=offset)
    if hold is not None or release:
        desk.hold(handle, rail=rail, reason=hold or "")
    return _payees([one for one in desk.payees(handle) if one.rail == rail])


def _payees(found: list[Payee]) -> Answer:
    rows = [
        (one.rail, ", ".join(sorted(one.fields)), str(Rate.bps(one.withholding_bps)), one.hold)
        for one in found
    ]
    return Answer(
        document={"payees": [one.as_json() for one in found]},
        text=listing(("RAIL", "KNOWN", "WITHHELD", "HOLD"), rows, empty="no payment details"),
    )


@click.group(cls=ShopGroup)
def fx() -> None:
    """Exchange rates; stored once, for ever."""


@fx.command("set")
@click.argument("base")
@click.argument("quote")
@click.option("--rate", type=_FX, required=True, help="Quote for one base: 1.085.")
@click.option("--source", required=True, help="Who says so, such as ECB.")
@click.option("--as-of", type=INSTANT, help="Since when; now by default.")
def set_rate(
    session: Session,
    base: str,
    quote: str,
    rate: tuple[int, int],
    source: str,
    as_of: datetime | None,
) -> Answer:
    """Store a rate; the same one again changes nothing, another one is refused."""
    made = session.shop.fx.set(base, quote, *rate, source=source, as_of=as_of)
    text = f"1 {made.base} = {made.num}/{made.den} {made.quote} as of {instant(made.as_of)}"
    return Answer(document=made.as_json(), text=text)


@fx.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most."
)
def list_rates(session: Session, limit: int) -> Answer:
    """List rates by pair, the newest of each first."""
    found = session.shop.fx.list(limit)
    rows = [
        (one.base, one.quote, f"{one.num}/{one.den}", instant(one.as_of), one.source)
        for one in found
    ]
    return Answer(
        document={"rates": [one.as_json() for one in found]},
        text=listing(("BASE", "QUOTE", "RATE", "AS OF", "SOURCE"), rows, empty="no rates yet"),
    )
