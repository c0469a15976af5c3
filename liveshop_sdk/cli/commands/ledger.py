"""``liveshop ledger``: balances, entries and export; ``proving`` adds more."""

from collections.abc import Iterator
from itertools import islice

import click

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.affiliate.ledger.records import entry_json
from liveshop_sdk.cli.answers import Answer, listing, table
from liveshop_sdk.cli.running import Session, ShopGroup
from liveshop_sdk.money import Money

SEQ, SEQ_OR_0 = click.IntRange(1, 2**62), click.IntRange(0, 2**62)
BRAND = click.option("--brand", metavar="CODE", help="Whose book; needed once there are several.")


@click.group(cls=ShopGroup)
def ledger() -> None:
    """The sealed commission ledger; amounts are debit positive."""


@ledger.command("balance")
@BRAND
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
@BRAND
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
    rows = [row for entry in page for row in _rows(entry)]
    heads = ("SEQ", "DATE", "KIND", "ACCOUNT", "AMOUNT", "")
    return Answer(
        document={"brand": _brand(session, brand), "entries": [entry_json(one) for one in page]},
        text=listing(heads, rows, empty="no entries", right=[0, 4]),
    )


def _rows(entry: PostedEntry) -> Iterator[tuple[object, ...]]:
    """Yield a row a posting; an entry that moves nothing has one as well."""
    begin: tuple[object, ...] = (entry.seq, entry.effective_date, entry.kind)
    if not entry.postings:
        yield (*begin, "", "", "")
    for line in entry.postings:
        yield (
            *begin,
            line.account,
            Money(line.amount, line.currency).decimal_text(),
            line.currency,
        )
        begin = ("", "", "")


def _brand(session: Session, code: str | None) -> str:
    """Return whose book is meant: the one named, else the only one."""
    return session.shop.ledger.brand(code)
