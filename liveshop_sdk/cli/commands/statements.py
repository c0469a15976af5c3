"""``liveshop statements``: what creators earned in a month, each as a file."""

import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from liveshop_sdk.cli.answers import Answer
from liveshop_sdk.cli.files import write_file
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import usage
from liveshop_sdk.shop.statements import FORMATS, CreatorStatement


@click.command("statements", cls=ShopCommand)
@click.option("--creator", metavar="HANDLE", help="Only this one; all who have something else.")
@click.option("--period", required=True, metavar="YYYY-MM", help="The month.")
@click.option("--brand", metavar="CODE", help="Only this brand's part.")
@click.option(
    "--as-of-seq",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="As one brand's book was after that entry; with --creator.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="html",
    show_default=True,
    help="A page, a PDF or data.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="A folder for the files; without it, one creator's statement goes to stdout.",
)
def statements(
    session: Session,
    creator: str | None,
    period: str,
    brand: str | None,
    as_of_seq: int | None,
    kind: str,
    output: Path | None,
) -> Answer:
    """Write each creator's month: balances, every movement, what is held, payouts."""
    if as_of_seq is not None and creator is None:
        usage("--as-of-seq needs --creator.")
    desk = session.shop.statements
    if creator is not None:
        found = desk.of(creator, period=period, brand=brand, as_of_seq=as_of_seq)
        if output is None:
            return _told(session, found, kind)
        written = [_written(found, kind, output)]
    elif output is None:
        usage("Say where the files go with --output, or whose statement it is with --creator.")
    else:
        waiting = desk.creators(brand=brand)
        every = desk.all(period=period, brand=brand)
        written = [_written(one, kind, output) for one in _watched(every, len(waiting))]
    for one in written:
        _warn(one["creator"], one["undrawn"])
    return Answer(
        document={"period": period, "format": kind, "statements": written},
        text="\n".join(one["file"] for one in written) or "nothing was earned or moved",
    )


def _told(session: Session, found: CreatorStatement, kind: str) -> Answer:
    """Write one statement to stdout, in a document where JSON is wanted."""
    if not session.as_json:
        if kind == "pdf" and sys.stdout.isatty():
            usage("A PDF is no text for a terminal: name a folder with --output.")
        with click.open_file("-", "wb") as out:
            undrawn = found.write(out, format=kind)
        _warn(found.statement.creator, undrawn)
        return Answer(document={})
    if kind == "pdf":
        usage("A PDF fits in no JSON document: name a folder with --output.")
    whole = io.BytesIO()
    found.write(whole, format=kind)
    text = whole.getvalue().decode()
    return Answer(
        document={
            "period": found.statement.period,
            "format": kind,
            "statements": [
                {
                    "creator": found.statement.creator,
                    kind: json.loads(text) if kind == "json" else text,
                }
            ],
        }
    )


def _written(found: CreatorStatement, kind: str, folder: Path) -> dict[str, Any]:
    path = folder / f"statement-{found.statement.period}-{found.statement.creator}.{kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    undrawn = write_file(path, lambda out: found.write(out, format=kind))
    with path.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    return {
        "creator": found.statement.creator,
        "file": str(path),
        "sha256": digest,
        "undrawn": undrawn,
    }


def _warn(creator: str, undrawn: str) -> None:
    """Tell on stderr which letters a PDF shows as ``?``, and what to do about it."""
    if undrawn:
        shown = (one if one.isprintable() else f"U+{ord(one):04X}" for one in undrawn)
        text = f"warning: the PDF of {creator} shows ? for {' '.join(shown)}"
        mend = "name a font that has them in LIVESHOP_PDF_FONTS, or send the html"
        click.echo(f"{text}: {mend}", err=True)


def _watched(found: Iterator[CreatorStatement], most: int) -> Iterator[CreatorStatement]:
    """Pass statements on; a person at a terminal sees how far it is."""
    is_watched = sys.stderr.isatty()
    for number, one in enumerate(found, start=1):
        if is_watched:
            whose = one.statement.creator
            click.echo(
                f"\r\x1b[Kstatement {number} of at most {most}: {whose} …", err=True, nl=False
            )
        yield one
    if is_watched:
        click.echo("\r\x1b[K", err=True, nl=False)
