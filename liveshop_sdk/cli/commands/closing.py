"""``liveshop ledger close`` and what else people do to a book by hand."""

from typing import Any

import click

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.ledger.periods.months import Period, totals
from liveshop_sdk.affiliate.ledger.records import entry_json
from liveshop_sdk.cli.answers import Answer, listing, table
from liveshop_sdk.cli.commands.ledger import BRAND, SEQ
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.money import Money, decimals

_MONTH = click.argument("month", metavar="YYYY-MM")
_WHO = click.option("--by", metavar="NAME", help="Who does it, as your own system names them.")
_ASKS = click.option("--by", metavar="NAME", required=True, help="Who asks for it.")
_APPROVES = click.option(
    "--approved-by", metavar="NAME", required=True, help="Who approves it: somebody else."
)
_REASON = click.option("--reason", metavar="TEXT", required=True, help="Why; it stays for ever.")
_KEY = click.option("--key", metavar="KEY", help="The same key again posts nothing twice.")
_CREATOR = click.argument("creator", metavar="HANDLE")
_AMOUNT = click.argument("amount", metavar="AMOUNT")
_CURRENCY = click.option("--currency", metavar="C", required=True, help="Of the amount.")


@click.command("periods", cls=ShopCommand)
@BRAND
def periods(session: Session, brand: str | None) -> Answer:
    """List the months that were closed, and the first open one."""
    found = session.shop.periods.all(brand=brand)
    rows = [(one.code, one.status, one.close_seq, one.trial_balance_hash) for one in found]
    heads = ("PERIOD", "STATUS", "ENTRY", "TRIAL BALANCE")
    return Answer(
        document={"periods": [one.as_json() for one in found]},
        text=listing(heads, rows, empty="nothing was posted yet", right=[2]),
    )


@click.command("close", cls=ShopCommand)
@BRAND
@_MONTH
@_WHO
@click.option("--begin", is_flag=True, help="Only begin: later sales of it go to the next month.")
def close(session: Session, brand: str | None, month: str, by: str | None, begin: bool) -> Answer:
    """Close a month that is over; closing it again shows it as it was closed."""
    if begin:
        period = session.shop.periods.begin(month, brand=brand, by=by)
        return Answer(document=period.as_json(), text=f"{period.code} is {period.status}")
    closed = session.shop.periods.close(month, brand=brand, by=by)
    closing = closed.closing
    rows = [
        (
            row.path,
            *(
                Money(amount, row.currency).decimal_text()
                for amount in (row.opening, row.debit, row.credit, row.closing)
            ),
            row.currency,
        )
        for row in closing.balances
    ]
    sums = [
        (
            "total",
            "",
            decimals(debit, code),  # a sum may be more than any amount
            decimals(credit, code),
            "",
            code,
        )
        for code, (debit, credit) in sorted(totals(closing.balances).items())
    ]
    heads = ("ACCOUNT", "OPENING", "DEBIT", "CREDIT", "CLOSING", "")
    shown = listing(heads, [*rows, *sums], empty="no account moved", right=[1, 2, 3, 4])
    head = f"{month} of {closing.period.brand} is {closing.period.status}"
    foot = f"trial balance {closing.period.trial_balance_hash}, root {closing.root_before}"
    note = closed.checkpoint.note.rstrip() if closed.checkpoint else "no key: nothing was signed"
    return Answer(document=closed.as_json(), text="\n".join([head, shown, foot, note]))


@click.command("lock", cls=ShopCommand)
@BRAND
@_MONTH
@_WHO
def lock(session: Session, brand: str | None, month: str, by: str | None) -> Answer:
    """Lock a closed month, and all before it, for good."""
    locked = session.shop.periods.lock(month, brand=brand, by=by)
    told = ", ".join(one.code for one in locked) or "nothing new"
    return Answer(document={"locked": [one.code for one in locked]}, text=f"locked: {told}")


@click.command("reopen", cls=ShopCommand)
@BRAND
@_MONTH
@_REASON
@_ASKS
@_APPROVES
def reopen(
    session: Session, brand: str | None, month: str, reason: str, by: str, approved_by: str
) -> Answer:
    """Open the last closed month again, unless it is locked."""
    period: Period = session.shop.periods.reopen(
        month, brand=brand, reason=reason, by=by, approved_by=approved_by
    )
    return Answer(document=period.as_json(), text=f"{period.code} is open")


@click.command("adjust", cls=ShopCommand)
@BRAND
@_CREATOR
@_AMOUNT
@_CURRENCY
@_REASON
@_ASKS
@_APPROVES
@_KEY
def adjust(session: Session, creator: str, amount: str, currency: str, **more: Any) -> Answer:
    """Owe a creator more, or less: write a negative amount behind ``--``."""
    money = Money.parse(amount, currency)
    return _posted(session.shop.adjustments.adjust(creator, money, **more))


@click.command("write-off", cls=ShopCommand)
@BRAND
@_CREATOR
@_AMOUNT
@_CURRENCY
@_REASON
@_ASKS
@_APPROVES
@_KEY
def write_off(session: Session, creator: str, amount: str, currency: str, **more: Any) -> Answer:
    """Give up what a creator owes back."""
    money = Money.parse(amount, currency)
    return _posted(session.shop.adjustments.write_off(creator, money, **more))


@click.command("correct", cls=ShopCommand)
@BRAND
@click.argument("seq", type=SEQ)
@_AMOUNT
@_CURRENCY
@click.option("--line", "line_ref", metavar="REF", help="Which line, if the entry has several.")
@_REASON
@_ASKS
@_APPROVES
@_KEY
def correct(session: Session, seq: int, amount: str, currency: str, **more: Any) -> Answer:
    """Set what a line of entry SEQ should have earned; posts the difference."""
    made = session.shop.adjustments.correct(seq, Money.parse(amount, currency), **more)
    if made is None:
        return Answer(document={"entry": None}, text="nothing to post: it is so already")
    return _posted(made)


@click.command("dispute-fee", cls=ShopCommand)
@BRAND
@click.argument("dispute_id", metavar="DISPUTE")
@_AMOUNT
@_CURRENCY
@click.option("--rail", metavar="R", required=True, help="Who charged it, such as stripe.")
@_ASKS
def dispute_fee(
    session: Session, dispute_id: str, amount: str, currency: str, **more: Any
) -> Answer:
    """Book what a platform charged for a dispute, once per dispute."""
    money = Money.parse(amount, currency)
    return _posted(session.shop.adjustments.dispute_fee(dispute_id, money, **more))


@click.command("annotate", cls=ShopCommand)
@BRAND
@click.argument("text")
@click.option("--about", type=SEQ, metavar="N", help="The entry it is about.")
@_ASKS
@_KEY
def annotate(session: Session, text: str, **more: Any) -> Answer:
    """Add a remark to the book; it moves nothing and is never taken back."""
    return _posted(session.shop.adjustments.annotate(text, **more))


def _posted(entry: PostedEntry) -> Answer:
    rows = [
        (line.account, Money(line.amount, line.currency).decimal_text(), line.currency)
        for line in entry.postings
    ]
    told = f"entry {entry.seq} of {entry.book}: {entry.kind}, {entry.effective_date}"
    told += ", posted before" if entry.repeated else ""
    text = "\n".join([told, *([table(rows, right=[1])] if rows else [])])
    return Answer(document={"entry": entry_json(entry)}, text=text)


COMMANDS = (
    periods,
    close,
    lock,
    reopen,
    adjust,
    write_off,
    correct,
    dispute_fee,
    annotate,
)
"""What joins ``liveshop ledger``."""
