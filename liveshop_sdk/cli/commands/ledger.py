"""``liveshop ledger``: balances, entries, export and verification of one book."""

import sys
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

import click

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.ledger.verify import VerifyReport
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer, listing, table
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.cli.values import usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.money import Money

T = TypeVar("T")
SEQ, SEQ_OR_0 = click.IntRange(1, 2**62), click.IntRange(0, 2**62)
_BRAND = click.option("--brand", metavar="CODE", help="Whose book; needed once there are several.")


@click.group(cls=ShopGroup)
def ledger() -> None:
    """The sealed commission ledger; amounts are debit positive."""


@ledger.command("balance")
@_BRAND
@click.option("--creator", metavar="HANDLE", help="Only this creator's accounts.")
@click.option("--as-of-seq", type=SEQ_OR_0, metavar="N", help="After that entry.")
def balance(
    session: Session, brand: str | None, creator: str | None, as_of_seq: int | None
) -> Answer:
    """Show what every account stands at."""
    found = session.shop.ledger.balance(brand=brand, creator=creator, as_of_seq=as_of_seq)
    rows = [
        (row.account, Money(row.amount, row.currency).decimal_text(), row.currency)
        for row in found.balances
    ]
    accounts = table(rows, right=[1]) if rows else "nothing was posted yet"
    text = f"{found.brand} after entry {found.head.seq}\n{accounts}"
    return Answer(document=found.as_json(), text=text)


@ledger.command("entries")
@_BRAND
@click.option(
    "--after-seq",
    type=SEQ_OR_0,
    default=0,
    show_default=True,
    metavar="N",
    help="Begin behind.",
)
@click.option("--to-seq", type=SEQ, metavar="N", help="The last one wanted.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most."
)
def entries(
    session: Session, brand: str | None, after_seq: int, to_seq: int | None, limit: int
) -> Answer:
    """List entries with their postings, in order."""
    found = session.shop.ledger.entries(brand=brand, after_seq=after_seq, to_seq=to_seq)
    page = list(islice(found, limit))
    rows = [
        (
            entry.seq if first else "",
            entry.effective_date if first else "",
            entry.kind if first else "",
            line.account,
            Money(line.amount, line.currency).decimal_text(),
            line.currency,
        )
        for entry in page
        for first, line in zip([True, *[False] * len(entry.postings)], entry.postings, strict=False)
    ]
    heads = ("SEQ", "DATE", "KIND", "ACCOUNT", "AMOUNT", "")
    return Answer(
        document={"brand": _brand(session, brand), "entries": [_entry(one) for one in page]},
        text=listing(heads, rows, empty="no entries", right=[0, 4]),
    )


@ledger.command("verify")
@_BRAND
@click.option("--all", "every", is_flag=True, help="The books of all brands, one after another.")
@click.option("--at-seq", type=SEQ, metavar="N", help="With --root: where it was.")
@click.option("--root", metavar="HEX", help="A root noted elsewhere, which the book must have had.")
def verify(
    session: Session, brand: str | None, every: bool, at_seq: int | None, root: str | None
) -> Answer:
    """Recompute the whole book; exit code 3 names the first entry that does not hold."""
    ledger = session.shop.ledger
    if (at_seq is None) != (root is None):
        usage("--at-seq and --root go together.")
    if every:
        if brand is not None or root is not None:
            usage("--all excludes --brand and --root.")
        reports = {
            code: _noted(f"verifying {code}", lambda code=code: ledger.verify(brand=code))  # type: ignore[misc]
            for code in ledger.books()
        }
    else:
        code = ledger.brand(brand)
        report = _noted("verifying", lambda: ledger.verify(brand=brand, at_seq=at_seq, root=root))
        reports = {code: report}
    documents = [_verified(code, report) for code, report in reports.items()]
    is_ok = all(report.ok for report in reports.values())
    return Answer(
        document={"ok": is_ok, "books": documents} if every else documents[0],
        text="\n".join(_verdict(code, report) for code, report in reports.items()),
        exit_code=DONE if is_ok else DIFFERENCE,
    )


def _verified(brand: str, report: VerifyReport) -> dict[str, Any]:
    return {
        "brand": brand,
        "ok": report.ok,
        "entries": report.entries,
        "root_hash": report.root_hash,
        "first_bad_seq": report.first_bad_seq,
        "problem": report.problem or None,
    }


def _verdict(brand: str, report: VerifyReport) -> str:
    if report.ok:
        return f"{brand}: the book holds, entries: {report.entries}, root: {report.root_hash}"
    return f"{brand}: entry {report.first_bad_seq} does not hold: {report.problem}"


def _brand(session: Session, code: str | None) -> str:
    """Return whose book is meant: the one named, else the only one."""
    return session.shop.ledger.brand(code)


def _noted(doing: str, work: Callable[[], T]) -> T:
    """Do long work; a person at a terminal sees that it runs."""
    if not sys.stderr.isatty():
        return work()
    click.echo(f"{doing} …", err=True, nl=False)
    try:
        return work()
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def _entry(entry: PostedEntry) -> dict[str, Any]:
    return {
        "book": entry.book,
        "seq": entry.seq,
        "kind": entry.kind,
        "source": entry.source,
        "event_id": entry.event_id,
        "effective_date": entry.effective_date.isoformat(),
        "period": entry.period,
        "occurred_at": to_iso(entry.occurred_at),
        "recorded_at": to_iso(entry.recorded_at),
        "chain_hash": entry.chain_hash.hex(),
        "postings": [
            {
                "line_no": line.line_no,
                "account": line.account,
                "amount": line.amount,
                "currency": line.currency,
                "balance_after": line.balance_after,
                "line_ref": line.line_ref,
            }
            for line in entry.postings
        ],
    }
