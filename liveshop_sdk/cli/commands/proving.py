"""``liveshop ledger verify | checkpoint | prove | bundle | verifier | replay``."""

import io
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import click

from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint
from liveshop_sdk.affiliate.ledger.verify import VerifyReport
from liveshop_sdk.cli.answers import DIFFERENCE, DONE, Answer
from liveshop_sdk.cli.commands.ledger import SEQ, SEQ_OR_0
from liveshop_sdk.cli.files import OUTPUT, write_file
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import usage
from liveshop_sdk.clock import to_iso
from liveshop_sdk.shop.checkpoint_keys import new_key

_BRAND = click.option("--brand", metavar="CODE", help="Whose book; needed once there are several.")
_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_LARGEST = 2**62
_VERIFIER = "verify_bundle.py"


@click.command("verify", cls=ShopCommand)
@_BRAND
@click.option("--all", "every", is_flag=True, help="The books of all brands, one after another.")
@click.option("--at-seq", type=SEQ, metavar="N", help="With --root: where it was.")
@click.option("--root", metavar="HEX", help="A root noted elsewhere, which the book must have had.")
@click.option(
    "--checkpoint", "notes", multiple=True, type=_READ, help="A note kept elsewhere; repeatable."
)
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Who else may have signed.")
@click.option("--from", "start", metavar="N|FILE", help="Begin behind this checkpoint.")
def verify(
    session: Session,
    brand: str | None,
    every: bool,
    at_seq: int | None,
    root: str | None,
    notes: tuple[Path, ...],
    keys: tuple[str, ...],
    start: str | None,
) -> Answer:
    """Recompute the book; exit code 3 names the first entry that does not hold."""
    if (at_seq is None) != (root is None):
        usage("--at-seq and --root go together.")
    if every and (brand is not None or root is not None or notes or start is not None):
        usage("--all excludes --brand, --root, --checkpoint and --from.")
    ledger = session.shop.ledger
    texts = [_text(path) for path in notes]
    begin = None if start is None else _beginning(start)
    reports = {}
    for code in ledger.books() if every else [ledger.brand(brand)]:
        with Progress(f"verifying {code}:") as told:
            reports[code] = ledger.verify(
                brand=code if every else brand,
                at_seq=at_seq,
                root=root,
                checkpoints=texts,
                keys=keys,
                start=begin,
                progress=told,
            )
    documents = [_verified(code, report) for code, report in reports.items()]
    is_ok = all(report.ok for report in reports.values())
    return Answer(
        document={"ok": is_ok, "books": documents} if every else documents[0],
        text="\n".join(_verdict(code, report) for code, report in reports.items()),
        exit_code=DONE if is_ok else DIFFERENCE,
    )


def _beginning(start: str) -> int | str:
    """Read a size, or the note in a file of that name."""
    if not start.isdecimal():
        return _text(Path(start))
    if int(start) > _LARGEST:
        usage("--from is larger than any book.")
    return int(start)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{path} cannot be read as text") from None


def _verified(brand: str, report: VerifyReport) -> dict[str, Any]:
    return {
        "brand": brand,
        "ok": report.ok,
        "entries": report.entries,
        "root_hash": report.root_hash,
        "first_bad_seq": report.first_bad_seq,
        "problem": report.problem or None,
        "checkpoints": report.checkpoints,
        "begun_behind": report.after,
    }


def _verdict(brand: str, report: VerifyReport) -> str:
    if not report.ok:
        return f"{brand}: entry {report.first_bad_seq} does not hold: {report.problem}"
    told = f"{brand}: the book holds, entries: {report.entries}, root: {report.root_hash}"
    if report.checkpoints:
        plural = "" if report.checkpoints == 1 else "s"
        told += f"\nCompared with {report.checkpoints} checkpoint{plural}."
    if report.after:
        told += (
            f"\nNot looked at: the content, lines, balances and floors of entries 1 to "
            f"{report.after}; the checkpoint there says what their leaves were."
        )
    return told


@click.command("checkpoint", cls=ShopCommand)
@_BRAND
@click.option("--output", type=OUTPUT, help="Write the note to this file as well.")
@click.option(
    "--new-key", "is_new", is_flag=True, help="Print a new key instead; nothing is signed."
)
@click.option("--list", "every", is_flag=True, help="Show those signed so far; signs nothing.")
def checkpoint(
    session: Session, brand: str | None, output: Path | None, is_new: bool, every: bool
) -> Answer:
    """Sign how far the book goes, and print the note to be kept elsewhere."""
    if is_new:
        return _new_key()
    proofs = session.shop.proofs
    if every:
        found = proofs.checkpoints(brand=brand)
        text = "\n".join(f"{one.book} {one.size} {one.root_hash}" for one in found)
        document = {"checkpoints": [_told(one) for one in found]}
        return Answer(document=document, text=text or "none was signed yet")
    signed = proofs.checkpoint(brand=brand, output=output)
    return Answer(document=_told(signed), text=signed.note.removesuffix("\n"))


def _new_key() -> Answer:
    private, public = new_key()
    text = (
        f"LIVESHOP_CHECKPOINT_KEY={private}\n"
        f"public key: {public}\n"
        "Keep the first line as you keep passwords, and give the second to whoever verifies."
    )
    return Answer(document={"private_key": private, "public_key": public}, text=text)


def _told(one: Checkpoint) -> dict[str, Any]:
    return {
        "brand": one.book,
        "size": one.size,
        "root_hash": one.root_hash,
        "chain_hash": one.chain_hash,
        "created_at": to_iso(one.created_at),
        "anchors": list(one.anchors),
        "note": one.note,
    }


@click.command("prove", cls=ShopCommand)
@click.argument("seqs", nargs=-1, type=SEQ, metavar="[SEQ]...")
@_BRAND
@click.option("--size", type=SEQ, metavar="N", help="Of the book that holds the entries.")
@click.option("--from", "old", type=SEQ_OR_0, metavar="M", help="The size it had then.")
@click.option("--to", "new", type=SEQ, metavar="N", help="The size it has since; now by default.")
def prove(
    session: Session,
    seqs: tuple[int, ...],
    brand: str | None,
    size: int | None,
    old: int | None,
    new: int | None,
) -> Answer:
    """Prove that entries are in the book, or that it extends what it was.

    The document needs nothing else to be verified: see `ledger verifier`.
    """
    if bool(seqs) == (old is not None) or (new is not None and old is None):
        usage("Name entries, or say --from M and perhaps --to N.")
    if size is not None and not seqs:
        usage("--size goes with entries; --to is the size --from is proved against.")
    proofs = session.shop.proofs
    if old is not None:
        document = proofs.consistency(old, new, brand=brand)
        text = f"the book at {document['to']} extends the book at {old}"
        return Answer(document=document, text=f"{text}; --json prints the proof")
    found = proofs.inclusion(seqs, brand=brand, size=size)
    lines = [f"entry {one['seq']} is in the book at {one['size']}" for one in found]
    return Answer(
        document=found[0] if len(found) == 1 else {"proofs": found},
        text="\n".join([*lines, "--json prints the proof"]),
    )


@click.command("bundle", cls=ShopCommand)
@_BRAND
@click.option("--output", type=OUTPUT, required=True, help="The file to write.")
def bundle(session: Session, brand: str | None, output: Path) -> Answer:
    """Write the whole book with its checkpoints, for the stand-alone verifier."""
    shop = session.shop
    code = shop.ledger.brand(brand)

    def write(out: BinaryIO) -> int:
        text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        entries = shop.proofs.bundle(text, brand=code, progress=told)
        text.detach()
        return entries

    with Progress("writing") as told:
        entries = write_file(output, write)
    document = {"brand": code, "entries": entries, "output": str(output)}
    return Answer(document=document, text=f"{entries} entries of {code} in {output}")


@click.command("verifier", cls=ShopCommand)
def verifier(session: Session) -> Answer:
    """Print the stand-alone verifier: one file of Python that needs nothing else."""
    source = files("liveshop_sdk.cli").joinpath(_VERIFIER).read_text(encoding="utf-8")
    if session.as_json:
        return Answer(document={"verifier": source})
    sys.stdout.write(source)
    return Answer(document={})


@click.command("replay", cls=ShopCommand)
@_BRAND
@click.option("--into", metavar="URL", help="An empty database to keep the new book in.")
def replay(session: Session, brand: str | None, into: str | None) -> Answer:
    """Post the book again from its facts; exit code 3 names what comes out different."""
    shop = session.shop
    code = shop.ledger.brand(brand)
    with Progress(f"replaying {code}:") as told:
        report = shop.proofs.replay(brand=brand, into=into, progress=told)
    if report.ok:
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.reposted.items())
        text = (
            f"{code}: the same {report.entries} entries and root {report.root_hash}\n"
            f"from facts: {report.derived}; from their record: {kinds or 'none'}"
        )
    else:
        text = f"{code}: entry {report.first_bad_seq} comes out different: {report.problem}"
    return Answer(
        document={"brand": code, **report.as_json()},
        text=text,
        exit_code=DONE if report.ok else DIFFERENCE,
    )


class Progress:
    """Tells a person at a terminal how far long work is; silent elsewhere."""

    def __init__(self, doing: str) -> None:
        """Show it as ``doing 1000 of 5000``, or ``doing 1000`` where nobody knows the end."""
        self._doing, self._is_seen = doing, sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        """Begin; nothing is shown before the first call."""
        return self

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show how many are done of how many."""
        if self._is_seen:
            of = "" if total is None else f" of {total}"
            click.echo(f"\r{self._doing} {done}{of} …\x1b[K", err=True, nl=False)

    def __exit__(self, *_error: object) -> None:
        """Wipe the line."""
        if self._is_seen:
            click.echo("\r\x1b[K", err=True, nl=False)
