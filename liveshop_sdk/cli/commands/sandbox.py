"""``liveshop sandbox``: the buttons of the sandbox's pages, for scripts.

REF is a checkout id (``chk_…``), or an id the sandbox gave. Each step plans
signed webhooks; a worker delivers them to the shop's own address.
"""

from typing import Any

import click

from liveshop_sdk.cli.answers import Answer, money
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import ITEM, as_cart, usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox import Dispute, Order, Refund

_EMAIL = "buyer@example.com"


@click.group(cls=ShopGroup)
def sandbox() -> None:
    """Press the sandbox's buttons: pay, refund, dispute and so on."""


@sandbox.command("pay")
@click.argument("ref")
@click.option("--code", help="A coupon code typed at the shop, in place of the link's.")
@click.option("--email", default=_EMAIL, show_default=True, help="The buyer's address.")
def pay(session: Session, ref: str, code: str | None, email: str) -> Answer:
    """Pay an open checkout."""
    desk = session.shop.sandbox
    if code is not None:
        desk.apply_code(ref, code)
    return _order(desk.pay(ref, email=email))


@sandbox.command("pay-later")
@click.argument("ref")
@click.option("--email", default=_EMAIL, show_default=True, help="The buyer's address.")
def pay_later(session: Session, ref: str, email: str) -> Answer:
    """Complete an open checkout with a payment that takes days; then `settle`."""
    return _checkout(session, session.shop.sandbox.pay_later(ref, email=email).id)


@sandbox.command("settle")
@click.argument("ref")
def settle(session: Session, ref: str) -> Answer:
    """Let a payment that takes days arrive."""
    return _order(session.shop.sandbox.settle(ref))


@sandbox.command("decline")
@click.argument("ref")
def decline(session: Session, ref: str) -> Answer:
    """Refuse the card; the checkout ends. A pending payment fails after all."""
    desk = session.shop.sandbox
    is_pending = desk.checkout(ref).state == "pending"
    ended = desk.fail_later(ref) if is_pending else desk.decline(ref)
    return _checkout(session, ended.id)


@sandbox.command("abandon")
@click.argument("ref")
def abandon(session: Session, ref: str) -> Answer:
    """Leave the checkout page for good."""
    return _checkout(session, session.shop.sandbox.abandon(ref).id)


@sandbox.command("refund")
@click.argument("ref")
@click.option("--amount", help="Such as 10.00, naming no line; all that is left by default.")
@click.option("--line", "lines", type=ITEM, multiple=True, help="Units of a SKU; repeatable.")
def refund(
    session: Session, ref: str, amount: str | None, lines: tuple[tuple[str, int], ...]
) -> Answer:
    """Pay back an amount, some units, or all that is left."""
    if amount is not None and lines:
        usage("--amount and --line exclude each other.")
    desk = session.shop.sandbox
    made = desk.refund(ref, _minor(session, ref, amount), lines=as_cart(lines) if lines else None)
    return _refund(made)


@sandbox.command("fail-refund")
@click.argument("ref", metavar="REFUND")
def fail_refund(session: Session, ref: str) -> Answer:
    """Send a refund (``sbr_…``) back; it counts as never made."""
    return _refund(session.shop.sandbox.fail_refund(ref))


@sandbox.command("dispute")
@click.argument("ref")
@click.option("--amount", help="Such as 10.00; all that is left by default.")
def dispute(session: Session, ref: str, amount: str | None) -> Answer:
    """Have the buyer's bank take money back."""
    return _dispute(session.shop.sandbox.dispute(ref, _minor(session, ref, amount)))


@sandbox.command("win")
@click.argument("ref")
def win(session: Session, ref: str) -> Answer:
    """Decide the open dispute for the shop."""
    return _dispute(session.shop.sandbox.win(ref))


@sandbox.command("lose")
@click.argument("ref")
def lose(session: Session, ref: str) -> Answer:
    """Decide the open dispute for the buyer."""
    return _dispute(session.shop.sandbox.lose(ref))


def _minor(session: Session, ref: str, amount: str | None) -> int | None:
    if amount is None:
        return None
    return Money.parse(amount, session.shop.sandbox.order(ref).currency).amount


def _order(order: Order) -> Answer:
    document: dict[str, Any] = {
        "order_ref": order.id,
        "checkout": order.checkout_id,
        "state": "paid",
        "total": Money(order.total, order.currency).as_json(),
        "paid_at": to_iso(order.paid_at),
    }
    return Answer(
        document=document, text=f"order {order.id}: {money(order.total, order.currency)} paid"
    )


def _checkout(session: Session, ref: str) -> Answer:
    page = session.shop.sandbox.checkout(ref)
    document: dict[str, Any] = {
        "checkout": page.id,
        "checkout_id": page.checkout_id,
        "state": page.state,
        "total": page.total.as_json(),
    }
    return Answer(document=document, text=f"checkout {page.id} is {page.state}")


def _refund(refund: Refund) -> Answer:
    document: dict[str, Any] = {
        "refund": refund.id,
        "order_ref": refund.order_id,
        "state": refund.state,
        "amount": Money(refund.amount, refund.currency).as_json(),
    }
    amount = money(refund.amount, refund.currency)
    return Answer(document=document, text=f"refund {refund.id} of {amount} is {refund.state}")


def _dispute(dispute: Dispute) -> Answer:
    document: dict[str, Any] = {
        "dispute": dispute.id,
        "order_ref": dispute.order_id,
        "state": dispute.state,
        "amount": Money(dispute.amount, dispute.currency).as_json(),
    }
    amount = money(dispute.amount, dispute.currency)
    return Answer(document=document, text=f"dispute {dispute.id} about {amount} is {dispute.state}")
