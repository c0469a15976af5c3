"""``liveshop creators agree``, ``accept`` and ``simulate``: their terms."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from liveshop_sdk.affiliate.agreements import Acceptance, Agreement
from liveshop_sdk.affiliate.orders_csv import read_orders
from liveshop_sdk.affiliate.simulation import TOTAL, Comparison, SimpleOrder, Simulation
from liveshop_sdk.affiliate.terms import MODES, ROUNDINGS, SHORTS, WINDOWS
from liveshop_sdk.affiliate.terms_json import span_text, to_json
from liveshop_sdk.cli.answers import Answer, instant, listing, money
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.terms import RULE, TIER, from_file, from_options
from liveshop_sdk.cli.values import DURATION, INSTANT, RATE, usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import OrdersInvalidError
from liveshop_sdk.registry.brands import FIRST_CURRENCY

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_BRAND = click.option("--brand", metavar="CODE", help="Whose terms; needed once there are several.")
_MANY: Any = {"multiple": True}
_TERMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--rate", {"type": RATE, "help": "Of net sales, such as 12%."}),
    ("--hold", {"type": DURATION, "help": "Until payable; 14d by default."}),
    ("--notice", {"type": DURATION, "help": "How long before it a cut must be agreed."}),
    ("--per-unit", {"metavar": "AMOUNT", "help": "Besides the rate, for each unit sold."}),
    (
        "--product",
        {"type": RULE, **_MANY, "help": "SKU=12%, SKU=1.50 or SKU=12%+1.50; repeatable."},
    ),
    ("--collection", {"type": RULE, **_MANY, "help": "The same by collection; repeatable."}),
    ("--first-time", {"type": RATE, "help": "For buyers known to be new."}),
    ("--returning", {"type": RATE, "help": "For buyers known to have bought before."}),
    ("--cap-per-order", {"metavar": "AMOUNT", "help": "The most that one order earns."}),
    ("--cap-per-month", {"metavar": "AMOUNT", "help": "The most that one month earns."}),
    ("--guarantee", {"metavar": "AMOUNT", "help": "The least that one month pays."}),
    ("--not-recoupable", {"is_flag": True, "help": "Later months do not repay the guarantee."}),
    ("--appearance", {"metavar": "AMOUNT", "help": "A fee for being live."}),
    ("--min-minutes", {"type": int, "metavar": "N", "help": "On air, for the whole fee."}),
    ("--short", {"type": click.Choice(SHORTS), "help": "What a shorter appearance pays."}),
    (
        "--tier",
        {"type": TIER, **_MANY, "help": "From these net sales on, 10000.00=12%; repeatable."},
    ),
    ("--tier-mode", {"type": click.Choice(MODES), "help": "What a tier pays for; marginal."}),
    ("--tier-window", {"type": click.Choice(WINDOWS), "help": "What sales add up over; month."}),
    ("--rounding", {"type": click.Choice(ROUNDINGS), "help": "Of each order line; half_up."}),
)


def _term_options(command: F) -> F:
    for name, settings in reversed(_TERMS):
        command = click.option(name, **settings)(command)
    return command


@click.command("agree", cls=ShopCommand)
@click.argument("handle")
@_term_options
@click.option("--terms", "file", type=_FILE, metavar="FILE", help="All terms, as JSON, instead.")
@click.option("--effective-from", type=INSTANT, help="First sale it applies to; now by default.")
@_BRAND
def agree(
    session: Session,
    handle: str,
    file: Path | None,
    effective_from: datetime | None,
    brand: str | None,
    **options: Any,
) -> Answer:
    """Append a version of the terms; sales already made keep theirs.

    A cut begins once the notice agreed before is over; within a window of tiers,
    a raise begins then or with the next window.
    """
    if file is not None and any(value not in (None, (), False) for value in options.values()):
        usage("--terms holds all terms; leave the other options out.")
    if file is None and options["rate"] is None:
        usage("Give --rate, or a file with --terms.")
    terms = from_file(file) if file else from_options(options, _currency(session, brand))
    made = session.shop.creators.agree(
        handle, terms=terms, brand=brand, effective_from=effective_from
    )
    text = (
        f"{made.creator} with {made.brand}: version {made.version}, {made.rate}, "
        f"hold {span_text(made.hold)}, from {instant(made.effective_from)}"
    )
    return Answer(document=agreement_document(made), text=f"{text}\nterms {made.terms_hash}")


@click.command("accept", cls=ShopCommand)
@click.argument("handle")
@click.option("--version", type=click.IntRange(1), required=True, help="Which version.")
@click.option("--terms-hash", required=True, metavar="HASH", help="Of the terms that were shown.")
@click.option("--by", "accepted_by", required=True, help="Who accepted: a handle or an id.")
@_BRAND
def accept(
    session: Session,
    handle: str,
    version: int,
    terms_hash: str,
    accepted_by: str,
    brand: str | None,
) -> Answer:
    """Note who accepted a version of the terms; the same again changes nothing."""
    made = session.shop.creators.accept(
        handle, version=version, terms_hash=terms_hash, accepted_by=accepted_by, brand=brand
    )
    who = {"creator": made.creator, "brand": made.brand, "version": made.version}
    return Answer(
        document=who | {"terms_hash": made.terms_hash} | _acceptance(made),
        text=f"{made.creator} with {made.brand}: version {made.version} accepted by "
        f"{made.accepted_by}, {instant(made.accepted_at)}",
    )


@click.command("simulate", cls=ShopCommand)
@click.argument("handle")
@click.option("--terms", "file", type=_FILE, required=True, metavar="FILE", help="Terms as JSON.")
@click.option("--orders", type=_FILE, metavar="FILE", help="Orders as CSV.")
@click.option("--last", type=DURATION, help="Or those credited to them of late, such as 90d.")
@_BRAND
def simulate(
    session: Session,
    handle: str,
    file: Path,
    orders: Path | None,
    last: timedelta | None,
    brand: str | None,
) -> Answer:
    """Show what terms would pay, next to those in force; writes nothing."""
    if (orders is None) == (last is None):
        usage("Give --orders or --last, one of the two.")
    creators = session.shop.creators
    sold: Iterable[SimpleOrder] = _read(orders) if orders else ()
    if last is not None:
        sold = creators.sold(handle, since=session.shop.clock.now() - last, brand=brand)
    found = creators.simulate(from_file(file), sold, handle=handle, brand=brand)
    return Answer(document=found.as_json(), text=_comparison(found))


def agreement_document(agreement: Agreement, accepted: Iterable[Acceptance] = ()) -> dict[str, Any]:
    """Return a version of an agreement as JSON, with who accepted it."""
    key = (agreement.brand, agreement.version)
    return {
        "creator": agreement.creator,
        "brand": agreement.brand,
        "version": agreement.version,
        "rate": str(agreement.rate),
        "hold_seconds": agreement.hold // timedelta(seconds=1),
        "effective_from": to_iso(agreement.effective_from),
        "terms": to_json(agreement.terms),
        "terms_hash": agreement.terms_hash,
        "accepted": [_acceptance(one) for one in accepted if (one.brand, one.version) == key],
    }


def _acceptance(one: Acceptance) -> dict[str, Any]:
    return {"accepted_by": one.accepted_by, "accepted_at": to_iso(one.accepted_at)}


def _currency(session: Session, brand: str | None) -> str:
    """Return the currency of the brand meant; the first one's before there is any."""
    code = session.shop.ledger.brand(brand)
    known = {one.code: one.currency for one in session.shop.brands.list()}
    return known.get(code, FIRST_CURRENCY)


def _read(path: Path) -> list[SimpleOrder]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OrdersInvalidError(
            line=1, problem="bytes that are no UTF-8", expected="text"
        ) from None
    return read_orders(text.splitlines())


def _comparison(found: Comparison) -> str:
    before = found.current.orders if found.current else ()
    orders = [
        (
            new.order_ref,
            money(new.total, new.currency),
            money(before[number].total, new.currency) if before else "–",
        )
        for number, new in enumerate(found.proposed.orders)
    ]
    old = _totals(found.current)
    totals = [
        (component, money(amount, currency), money(old.get((currency, component), 0), currency))
        for (currency, component), amount in _totals(found.proposed).items()
    ]
    heads = ("ORDER", "PROPOSED", "IN FORCE")
    return listing(heads, [*orders, *totals] if orders else [], empty="no orders", right=[1, 2])


def _totals(made: Simulation | None) -> Mapping[tuple[str, str], int]:
    if made is None:
        return {}
    return {
        (currency, component): parts[component]
        for currency, parts in made.totals().items()
        for component in sorted(parts, key=lambda name: name == TOTAL)
    }
