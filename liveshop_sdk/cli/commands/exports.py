"""``liveshop ledger export``, ``exports``, ``mapping``: for other programs."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from liveshop_sdk.affiliate.exports import defaults
from liveshop_sdk.affiliate.exports.formats import FORMATS, format_of
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.runs import ExportRun
from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.cli.answers import Answer, instant, listing
from liveshop_sdk.cli.files import OUTPUT
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import MappingInvalidError
from liveshop_sdk.shop.exports import Exported, Tell

_SEQ = click.IntRange(1, 2**62)
_BRAND = click.option("--brand", metavar="CODE", help="Whose book; needed once there are several.")
_FORMAT = click.option("--format", "kind", metavar="F", help=f"One of {', '.join(FORMATS)}.")
_MOST_MAPPING = 1 << 20


@click.command("export", cls=ShopCommand)
@_BRAND
@click.option(
    "--format",
    "kind",
    default="csv",
    show_default=True,
    metavar="F",
    help=f"One of {', '.join(FORMATS)}.",
)
@click.option("--period", metavar="YYYY-MM", help="By effective date; the year for 1099.")
@click.option("--from-seq", type=_SEQ, metavar="N", help="The first entry; 1 by default.")
@click.option("--to-seq", type=_SEQ, metavar="N", help="The last entry; the newest by default.")
@click.option("--new", is_flag=True, help="Behind the last run of the format's series.")
@click.option("--again", is_flag=True, help="A recorded run once more, byte for byte.")
@click.option("--detail", is_flag=True, help="A journal an entry: qbo, xero, netsuite.")
@click.option("--functional", is_flag=True, help="In the book's currency: qbo, xero, netsuite.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The accounts' names, as TOML or JSON.",
)
@click.option("--by", default="cli", show_default=True, metavar="WHO", help="For the record.")
@click.option(
    "--output",
    type=OUTPUT,
    help="Default: stdout, or a text in the JSON document.",
)
def export(
    session: Session,
    brand: str | None,
    kind: str,
    mapping: Path | None,
    output: Path | None,
    **asked: Any,
) -> Answer:
    """Write the ledger for other programs; the same range gives the same bytes."""
    request = ExportRequest(format=kind, mapping=_read_mapping(mapping, kind), **asked)
    desk = session.shop.exports
    if output is not None:
        with _progress() as tell, _writable(output):
            return _saved(desk.save(output, request, brand=brand, tell=tell), output)
    if session.as_json:
        if not format_of(kind).is_text:
            usage(f"{kind} is no text; name a file with --output.")
        out = io.BytesIO()
        made = desk.write(out, request, brand=brand)
        return Answer(document={**made.as_json(), kind: out.getvalue().decode()})
    with _progress() as tell:
        desk.write(sys.stdout.buffer, request, brand=brand, tell=tell)
    return Answer(document={})


@click.command("exports", cls=ShopCommand)
@_BRAND
@_FORMAT
def exports(session: Session, brand: str | None, kind: str | None) -> Answer:
    """List what was exported, when and by whom, with the SHA-256 of the bytes."""
    runs = session.shop.exports.runs(brand=brand, format=kind)
    heads = ("RUN", "FORMAT", "ENTRIES", "PERIOD", "ROWS", "BY", "AT", "SHA-256")
    return Answer(
        document={
            "brand": session.shop.ledger.brand(brand),
            "exports": [_document(run) for run in runs],
        },
        text=listing(heads, [_row(run) for run in runs], empty="nothing was exported yet"),
    )


@click.command("mapping", cls=ShopCommand)
@_FORMAT
def mapping(session: Session, kind: str | None) -> Answer:
    """Print what the accounts are called in a format, as a file to edit."""
    named = [name for name in FORMATS if defaults.has_mapping(name)]
    if kind not in named:
        usage(f"--format names one of {', '.join(named)}.")
    made = session.shop.exports.mapping(kind)
    return Answer(document=made.as_json(), text=made.as_toml().rstrip("\n"))


def _read_mapping(path: Path | None, kind: str) -> Mapping | None:
    if path is None:
        return None
    if path.stat().st_size > _MOST_MAPPING:
        raise MappingInvalidError(problem=f"{path.name} is no table: it is too large")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise MappingInvalidError(problem=f"{path.name} is not UTF-8") from None
    return Mapping.parse(text, format_of(kind).name, is_json=path.suffix.lower() == ".json")


def _saved(made: Exported, output: Path) -> Answer:
    if made.run is None and made.rows == 0:
        text = f"nothing to export behind entry {made.to_seq}; {output} has no rows"
    else:
        text = f"{made.rows} rows in {output}, up to entry {made.to_seq}"
    lines = [f"{sha256}  {name}" for name, sha256 in made.files]
    document = {**made.as_json(), "output": str(output), "checksums": lines}
    return Answer(document=document, text="\n".join([text, *lines]))


def _document(run: ExportRun) -> dict[str, Any]:
    return {
        "run": run.id,
        "format": run.format,
        "mapping_version": run.mapping_version,
        "from_seq": run.scope.from_seq,
        "to_seq": run.scope.to_seq,
        "period": run.scope.period or None,
        "rows": run.rows,
        "sha256": run.sha256,
        "in_series": run.is_in_series,
        "repeats": run.repeats,
        "created_by": run.created_by,
        "created_at": to_iso(run.created_at),
    }


def _row(run: ExportRun) -> tuple[object, ...]:
    scope = run.scope
    return (
        run.id,
        run.format,
        f"{scope.from_seq}-{scope.to_seq}",
        scope.period,
        run.rows,
        run.created_by,
        instant(run.created_at),
        run.sha256,
    )


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def _progress() -> Iterator[Tell | None]:
    """Show at a terminal how far it is."""
    if not sys.stderr.isatty():
        yield None
        return
    try:
        yield _show
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def _show(seq: int, last: int) -> None:
    click.echo(f"\rexporting … {100 * seq // max(last, 1)} %", err=True, nl=False)
