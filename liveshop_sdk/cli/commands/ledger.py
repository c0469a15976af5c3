"""``liveshop ledger``: balances, entries and export; ``proving`` adds more."""

import io
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from liveshop_sdk.affiliate.ledger.models import PostedEntry
from liveshop_sdk.cli.answers import Answer, listing, table
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


@ledger.command("export")
@_BRAND
@click.option("--format", "kind", default="csv", show_default=True, help="Only csv so far.")
@click.option("--period", metavar="YYYY-MM", help="By effective date in the book's time zone.")
@click.option(
    "--from-seq",
    type=SEQ,
    default=1,
    show_default=True,
    metavar="N",
    help="The first entry.",
)
@click.option(
    "--to-seq",
    type=SEQ,
    metavar="N",
    help="The last entry; the newest by default.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: stdout, or a text in the JSON document.",
)
def export(
    session: Session,
    brand: str | None,
    kind: str,
    period: str | None,
    from_seq: int,
    to_seq: int | None,
    output: Path | None,
) -> Answer:
    """Write one row per posting; the same range gives the same bytes for ever."""
    if output is not None and not output.name:
        usage("--output names no file.")
    ledger = session.shop.ledger
    last = ledger.head(brand=brand).seq
    end = last if to_seq is None else min(to_seq, last)

    def write(out: TextIO) -> int:
        return ledger.export(
            out, format=kind, brand=brand, period=period, from_seq=from_seq, to_seq=end
        )

    document: dict[str, Any] = {"brand": _brand(session, brand), "format": kind, "to_seq": end}
    if output is None and session.as_json:
        text = io.StringIO(newline="")
        return Answer(document=document | {"rows": write(text), kind: text.getvalue()})
    if output is None:
        _write_stdout(write)
        return Answer(document={})
    rows = _noted("exporting", lambda: write_file(output, write))
    told = document | {"rows": rows, "output": str(output)}
    return Answer(document=told, text=f"{rows} rows in {output}, up to entry {end}")


def _brand(session: Session, code: str | None) -> str:
    """Return whose book is meant: the one named, else the only one."""
    return session.shop.ledger.brand(code)


def write_file(path: Path, write: Callable[[TextIO], int]) -> int:
    """Write beside a file and move it into place, so that no half is left."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            rows = write(out)
        part.replace(path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return rows


def _write_stdout(write: Callable[[TextIO], int]) -> None:
    """Write to stdout with the very line ends of the format, on every system."""
    out = sys.stdout
    if hasattr(out, "reconfigure"):
        out.reconfigure(newline="", encoding="utf-8")
    write(out)
    out.flush()


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
