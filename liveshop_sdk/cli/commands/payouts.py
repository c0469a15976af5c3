"""``liveshop payouts``: plan, approve, send, and say what became of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from liveshop_sdk.affiliate.payouts.models import Batch, Item
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer, listing
from liveshop_sdk.cli.files import OUTPUT, write_file
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import Reader, usage
from liveshop_sdk.money import Money

_BY = click.option("--by", metavar="PERSON", required=True, help="Who does it.")
_REASON = click.option("--reason", metavar="TEXT", required=True, help="Why.")
_RAIL = click.option("--rail", metavar="RAIL", required=True, help="The way of paying.")
_BRAND = click.option("--brand", metavar="CODE", help="Whose book; needed once there are several.")
_PAY_IN = click.option("--pay-in", metavar="CUR", help="Pay from this currency, at its rate.")
_FEE = click.option("--fee", metavar="AMOUNT", help="What the rail takes for each, if it says not.")


def _part(text: str) -> tuple[str, str]:
    creator, found, amount = text.partition("=")
    if not found:
        raise ValueError(f"{text[:40]!r} is no part; write HANDLE=AMOUNT, such as mika=12.50.")
    return creator, amount


_PART = Reader("handle=amount", _part)

_NOTHING_LEFT = (
    "nothing is left to send; a batch of a rail that takes files is sent by liveshop payouts file"
)


@click.group(cls=ShopGroup)
def payouts() -> None:
    """Payouts to creators; no item is ever sent twice."""


@payouts.command("plan")
@_RAIL
@_BY
@_BRAND
@click.option("--currency", metavar="CUR", help="Default: the brand's own.")
@click.option("--minimum", metavar="AMOUNT", help="Who has less payable waits. Default: anything.")
@click.option("--pay", "parts", type=_PART, multiple=True, help="Only this much, to this creator.")
def plan(
    session: Session,
    rail: str,
    by: str,
    brand: str | None,
    currency: str | None,
    minimum: str | None,
    parts: tuple[tuple[str, str], ...],
) -> Answer:
    """Reserve what is payable to the payees of a rail; another person approves it."""
    shop = session.shop
    code = currency or shop.payouts.currency(brand=brand)
    amounts = {creator: Money.parse(amount, code).amount for creator, amount in parts}
    if len(amounts) < len(parts):
        usage("A creator is named twice in --pay.")
    made = shop.payouts.plan(
        rail=rail,
        by=by,
        brand=brand,
        currency=code,
        minimum=1 if minimum is None else Money.parse(minimum, code).amount,
        amounts=amounts or None,
    )
    skipped = [{"creator": creator, "why": why} for creator, why in made.skipped]
    document: dict[str, Any] = {
        "batch": made.batch.as_json() if made.batch else None,
        "items": [item.as_json() for item in made.items],
        "skipped": skipped,
    }
    lines = [f"{creator} waits: {why}" for creator, why in made.skipped]
    head = _batch_line(made.batch) if made.batch else f"nothing is left to pay by {rail}"
    return Answer(document=document, text="\n".join([head, *lines]))


@payouts.command("approve")
@click.argument("batch")
@_BY
def approve(session: Session, batch: str, by: str) -> Answer:
    """Let a planned batch be sent; not by the person who planned it."""
    done = session.shop.payouts.approve(batch, by=by)
    return Answer(document=done.as_json(), text=_batch_line(done))


@payouts.command("reject")
@click.argument("batch")
@_BY
@_REASON
def reject(session: Session, batch: str, by: str, reason: str) -> Answer:
    """Take a planned batch back; all of it is payable again."""
    done = session.shop.payouts.reject(batch, by=by, reason=reason)
    return Answer(document=done.as_json(), text=_batch_line(done))


@payouts.command("send")
@click.argument("batch", required=False)
@_BY
@_PAY_IN
@_FEE
def send(
    session: Session, batch: str | None, by: str, pay_in: str | None, fee: str | None
) -> Answer:
    """Send what is approved and was not sent yet; safe to repeat at any time."""
    if fee is not None and batch is None:
        usage("--fee needs a BATCH: an amount is in one currency.")
    report = session.shop.payouts.send(
        batch, by=by, pay_in=pay_in, fee=_fee(session, batch or "", pay_in, fee)
    )
    told = ", ".join(f"{name} {count}" for name, count in report.as_json().items() if count)
    return Answer(document=report.as_json(), text=told or _NOTHING_LEFT)


@payouts.command("file")
@click.argument("batch")
@_RAIL
@click.option(
    "--output",
    type=OUTPUT,
    required=True,
    help="Where to; several files are numbered.",
)
@_PAY_IN
@_FEE
def file(
    session: Session, batch: str, rail: str, output: Path, pay_in: str | None, fee: str | None
) -> Answer:
    """Write the file that pays an approved batch; however often, the same bytes."""
    made = session.shop.payouts.file(
        batch, rail=rail, pay_in=pay_in, fee=_fee(session, batch, pay_in, fee)
    )
    paths = [
        output if len(made) == 1 else output.with_name(f"{output.stem}.{ending}")
        for ending, _content in made
    ]
    for path, (_ending, content) in zip(paths, made, strict=True):
        write_file(path, lambda out, content=content: out.write(content))  # type: ignore[misc]
    names = [str(path) for path in paths]
    return Answer(document={"batch": batch, "rail": rail, "files": names}, text="\n".join(names))


@payouts.command("confirm")
@click.argument("item", nargs=-1, required=True)
@_BY
def confirm(session: Session, item: tuple[str, ...], by: str) -> Answer:
    """Note that creators have the money."""
    return _items([session.shop.payouts.confirm(one, by=by) for one in item])


@payouts.command("fail")
@click.argument("item")
@_BY
@_REASON
def fail(session: Session, item: str, by: str, reason: str) -> Answer:
    """Give up an item that never left; its money is payable again."""
    return _items([session.shop.payouts.fail(item, by=by, reason=reason)])


@payouts.command("return")
@click.argument("item")
@_BY
@_REASON
@click.option("--amount", help="What arrived, if less; the brand bears the rest.")
def return_(session: Session, item: str, by: str, reason: str, amount: str | None) -> Answer:
    """Book that a payment came back; what was owed is owed again."""
    desk = session.shop.payouts
    arrived = None
    if amount is not None:
        arrived = Money.parse(amount, desk.item(item).paid_from.currency).amount
    return _items([desk.returned(item, by=by, reason=reason, amount=arrived)])


@payouts.command("status")
@click.argument("batch", required=False)
@_BRAND
@click.option("--check", is_flag=True, help="Compare items, ledger and rails; exit code 3.")
def status(session: Session, batch: str | None, brand: str | None, check: bool) -> Answer:
    """Show batches, or the items of one."""
    desk = session.shop.payouts
    if batch is not None:
        if check:
            usage("--check looks at all batches of a brand.")
        found, items = desk.batch(batch)
        shown = _items(items)
        document = {"batch": found.as_json(), **shown.document}
        return Answer(document=document, text=f"{_batch_line(found)}\n{shown.text}")
    batches = desk.batches(brand=brand)
    document = {"batches": [one.as_json() for one in batches]}
    text = "\n".join(_batch_line(one) for one in batches) or "no payouts yet"
    if not check:
        return Answer(document=document, text=text)
    differences = desk.reconcile(brand=brand)
    document |= {"ok": not differences, "differences": [one.as_json() for one in differences]}
    told = "\n".join(f"{one.item or 'ledger'}: {one.problem}" for one in differences)
    return Answer(
        document=document,
        text=f"{text}\n{told or 'items, ledger and rails agree'}",
        exit_code=DIFFERENCE if differences else DONE,
    )


def _items(items: Sequence[Item]) -> Answer:
    rows = [
        (one.id, one.creator, str(one.net), one.state, one.rail_ref or "", one.problem)
        for one in items
    ]
    heads = ("ITEM", "CREATOR", "SENT", "STATE", "REFERENCE", "PROBLEM")
    return Answer(
        document={"items": [one.as_json() for one in items]},
        text=listing(heads, rows, empty="no items", right=[2]),
    )


def _batch_line(batch: Batch) -> str:
    text = f"{batch.id}: {batch.total} to {batch.items} by {batch.rail}, {batch.state}"
    return f"{text} by {batch.decided_by}" if batch.decided_by else text


def _fee(session: Session, batch: str, pay_in: str | None, fee: str | None) -> int:
    if fee is None:
        return 0
    currency = pay_in or session.shop.payouts.batch(batch)[0].currency
    return Money.parse(fee, currency).amount
