"""``liveshop fees``: what the platform charged, read from it and summed."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from liveshop_sdk.affiliate.exports.cells import guarded
from liveshop_sdk.checkout.fees.models import Fee
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer, instant, listing
from liveshop_sdk.cli.commands.proving import Progress
from liveshop_sdk.cli.files import OUTPUT, write_file
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import INSTANT
from liveshop_sdk.clock import to_iso
from liveshop_sdk.shop.fees import FeeList

COLUMNS = ("order_ref", "ref", "kind", "occurred_at", "currency", "gross", "fee", "net")
SHOWN = 1_000
"""So many rows a person is shown; a file or a document has all."""


@click.group(cls=ShopGroup)
def fees() -> None:
    """Fees: what the platform charged for orders; no commission depends on it."""


@fees.command("sync")
@click.option("--since", type=INSTANT, metavar="ISO", help="From then on; 7 days by default.")
@click.option("--until", type=INSTANT, metavar="ISO", help="Until then; now by default.")
def sync_fees(session: Session, since: datetime | None, until: datetime | None) -> Answer:
    """Read what was charged for our orders; repeating it changes nothing."""
    with Progress("reading:") as progress:
        report = session.shop.fees.sync(since, until, progress=progress)
    head = (
        f"{report.seen} movements read, {instant(report.since)} to {instant(report.until)}: "
        f"{report.added} new, {report.same} known, {report.foreign} of no order of ours"
    )
    lines = [f"{one.key}: {one.problem}" for one in report.problems]
    code = DIFFERENCE if report.problems else DONE
    return Answer(document=report.as_json(), text="\n".join([head, *lines]), exit_code=code)


@fees.command("list")
@click.option("--order", metavar="REF", help="Of this order.")
@click.option("--stream", metavar="ID", help="Of orders credited to this stream.")
@click.option("--month", metavar="YYYY-MM", help="Charged in this month.")
@click.option("--csv", "output", type=OUTPUT, metavar="FILE", help="Write the rows to this file.")
def list_fees(
    session: Session, order: str | None, stream: str | None, month: str | None, output: Path | None
) -> Answer:
    """List what was charged, with sums per currency, and what is not known yet."""
    found = session.shop.fees.list(order=order, stream=stream, month=month)
    document = found.as_json()
    if output is None:
        return Answer(document=document, text=_text(found))
    write_file(output, lambda out: _write_csv(out, found.fees))
    document["output"] = str(output)
    return Answer(document=document, text=f"{len(found.fees)} rows in {output}")


def _text(found: FeeList) -> str:
    if not found.is_shown and not found.fees:
        return f"not shown by this shop: {found.platform} does not say what it charged"
    rows = [
        (instant(one.occurred_at), one.order_ref, one.kind, one.gross, one.fee, one.net)
        for one in found.fees[:SHOWN]
    ]
    heads = ("AT", "ORDER", "KIND", "GROSS", "FEE", "NET")
    lines = [listing(heads, rows, empty="no fees are known", right=[3, 4, 5])]
    if len(found.fees) > SHOWN:
        lines.append(f"and {len(found.fees) - SHOWN} more; --csv FILE writes all")
    lines += [f"fees: {one.fee} of {one.gross}, left {one.net}" for one in found.sums]
    if found.unknown:
        named = ", ".join(found.unknown[:3]) + (", …" if len(found.unknown) > 3 else "")
        lines.append(f"not known yet of {len(found.unknown)} paid orders: {named}")
    return "\n".join(lines)


def _write_csv(out: BinaryIO, fees: Sequence[Fee]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for one in fees:
        sums = [money.decimal_text() for money in (one.gross, one.fee, one.net)]
        named = [guarded(word) for word in (one.order_ref, one.ref, one.kind)]
        table.writerow([*named, to_iso(one.occurred_at), one.gross.currency, *sums])
    text.detach()
