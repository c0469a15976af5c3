"""``liveshop coupons issue-codes`` and ``codes``: many codes of one coupon."""

import csv
import io
from pathlib import Path

import click

from liveshop_sdk.checkout.personal.models import CodeBatch, PersonalCode
from liveshop_sdk.checkout.personal.service import MAX_BATCH
from liveshop_sdk.cli.answers import Answer, instant, listing, table
from liveshop_sdk.cli.commands.proving import Progress
from liveshop_sdk.cli.files import OUTPUT, write_file
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.shop.live_shop import LiveShop

_PAGE = 1000
_HEADS = ("code", "batch", "n", "uses", "order_id", "used_at")


@click.command("issue-codes", cls=ShopCommand)
@click.argument("code")
@click.option(
    "--count",
    type=click.IntRange(1, MAX_BATCH),
    required=True,
    metavar="N",
    help=f"How many, 1 to {MAX_BATCH}.",
)
def issue_codes(session: Session, code: str, count: int) -> Answer:
    """Make so many more codes of a coupon, each for one use.

    Each call makes another batch. If it is stopped, `liveshop worker` makes the
    rest of this one.
    """
    shop = session.shop
    batch = shop.coupons.issue_codes(code, count=count)
    if batch.status == "pending":
        with Progress("making codes:") as told:
            batch = shop.coupons.make_codes(batch.id, progress=told)
    hint = "" if batch.status == "ready" else "; `liveshop worker` makes the rest"
    text = f"{batch.made} of {batch.size} codes of {code.upper()} exist{hint}"
    return Answer(document=batch.as_json(), text=text)


@click.command("codes", cls=ShopCommand)
@click.argument("code")
@click.option("--csv", "output", type=OUTPUT, metavar="FILE", help="Write them there instead.")
def list_codes(session: Session, code: str, output: Path | None) -> Answer:
    """List the personal codes of a coupon that exist at the platform.

    Whoever has a code may use it: keep the list as you keep passwords.
    """
    shop = session.shop
    batches, found = shop.coupons.batches(code), _all(shop, code)
    document = {"batches": [one.as_json() for one in batches]}
    if output is not None:
        text = _csv(found)
        write_file(output, lambda file: file.write(text.encode()))
        document |= {"file": str(output), "codes_written": len(found)}  # type: ignore[dict-item]
        return Answer(document=document, text=f"{len(found)} codes written to {output}")
    rows = [(one.text, one.uses, one.order_id, instant(one.used_at)) for one in found]
    shown = listing(("CODE", "USES", "ORDER", "FIRST USED"), rows, empty="no codes yet", right=[1])
    pending = [_pending(one) for one in batches if one.status != "ready"]
    more = [table(pending)] if pending else []
    return Answer(
        document=document | {"codes": [one.as_json() for one in found]},
        text="\n\n".join([shown, *more]),
    )


def _all(shop: LiveShop, code: str) -> list[PersonalCode]:
    found: list[PersonalCode] = []
    while True:
        after = found[-1].id if found else None
        page = shop.coupons.codes(code, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


def _csv(codes: list[PersonalCode]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _HEADS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(one.as_json() for one in codes)
    return out.getvalue()


def _pending(batch: CodeBatch) -> tuple[str, str, str]:
    return batch.id, f"{batch.made} of {batch.size}", batch.problem or batch.status
