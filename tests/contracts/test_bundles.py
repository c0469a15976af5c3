"""A bundle proves a book to somebody who has nothing of ours but one file."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.affiliate.ledger import documents
from liveshop_sdk.affiliate.ledger.bundle import write_bundle
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey, public_text, verifier_key
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoints
from liveshop_sdk.affiliate.ledger.proofs import is_consistent, is_included
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.cli import verify_bundle
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LedgerTamperedError, SeqUnknownError
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import drop_guards, opened, story, tampering

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
LAST, SIGNED = len(story()), 6
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the verifier as a stranger would: no package, no site, no environment."""

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", verify_bundle.__file__, *arguments],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == "" or done.returncode == 2
        return done.returncode, done.stdout

    return run


class Book:
    """A book on a test's database, signed at six of its eleven entries."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.ledger, self.folder = db, Ledger(support.clock()), folder
        self.book = opened(db, self.ledger)
        signer = Checkpoints(support.clock(), self.ledger, lambda tx: KEY)
        with db.transaction() as tx:
            self.ledger.post_many(tx, self.book, story()[:SIGNED])
            self.signed = signer.sign(tx, self.book)
            self.ledger.post_many(tx, self.book, story()[SIGNED:])

    def bundle(self) -> str:
        out = io.StringIO(newline="")
        assert write_bundle(self.db, self.ledger, self.book, out, keys=[KEY.public]) == LAST
        return out.getvalue()

    def file(self, text: str, name: str = "book.jsonl") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        return str(path)


@pytest.fixture
def book(db: Database, tmp_path: Path) -> Book:
    return Book(db, tmp_path)


def test_a_true_bundle_holds(book: Book, run: Run) -> None:
    name, note = book.file(book.bundle()), book.file(book.signed.note, "note.txt")
    code, told = run(name)
    assert code == 0
    assert f"holds: {LAST} entries of book main, each balanced" in told
    assert "not proved: who signed" in told
    assert "not proved: that nobody made book and checkpoints anew" in told
    with book.db.reading() as tx:
        head = book.ledger.head(tx, book.book)
    assert head.root_hash in told
    key = verifier_key(f"liveshop/{book.book.genesis_hash[:8].hex()}/main", KEY.public)
    code, told = run("--key", key, "--checkpoint", note, name)
    assert (code, told.count("not proved")) == (0, 1)
    assert "no fact was posted twice" in told


def test_the_same_book_is_the_same_bundle(book: Book) -> None:
    once = book.bundle()
    assert book.bundle() == once
    lines = [json.loads(line) for line in once.splitlines()]
    assert [list(line) for line in lines] == [
        [
            "bundle",
            "version",
            "book",
            "genesis_hash",
            "size",
            "root_hash",
            "chain_hash",
            "keys",
        ],
        ["checkpoint"],
        *[["entry", "chain_hash"]] * LAST,
        ["end", "balances"],
    ]


def test_another_key_or_note_does_not_hold(book: Book, run: Run) -> None:
    name = book.file(book.bundle())
    code, told = run("--key", public_text(OTHER.public), name)
    assert (code, "no known key signed the checkpoint at 6" in told) == (3, True)
    foreign = book.file(book.signed.note.replace("main", "mine"), "foreign.txt")
    code, told = run("--checkpoint", foreign, name)
    assert code == 3
    bent = book.file(book.signed.note.replace("\n6\n", "\n7\n"), "bent.txt")
    code, told = run("--checkpoint", bent, name)
    assert (code, "signature" in told) == (3, True)
    assert run("--checkpoint", str(book.folder / "absent"), name)[0] == 2
    assert run()[0] == 2
    assert run(str(book.folder / "absent"))[0] == 3


def _lines(lines: list[dict[str, Any]]) -> str:
    return "".join(
        json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines
    )


def _edits(lines: list[dict[str, Any]]) -> dict[str, tuple[Callable[[], object], str]]:
    """Return ways to bend a bundle, and what must be named then."""
    entry, end = lines[4], lines[-1]  # entry 3

    def put(line: dict[str, Any], name: str, value: object) -> Callable[[], object]:
        return lambda: line.__setitem__(name, value)

    other = entry["entry"].replace('"amount":"200"', '"amount":"201"')
    spaced = entry["entry"].replace(",", ", ")
    return {
        "amount": (put(entry, "entry", other), "entry 3"),
        "spelling": (put(entry, "entry", spaced), "entry 3"),
        "link": (put(entry, "chain_hash", "0" * 64), "entry 3"),
        "no entry": (put(entry, "entry", "{}"), "entry 3"),
        "gone": (lambda: lines.remove(entry), "entry 3"),
        "again": (lambda: lines.insert(5, entry), "entry 4"),
        "swapped": (lambda: lines.insert(3, lines.pop(4)), "entry 2"),
        "cut": (lambda: lines.__delitem__(slice(9, -1)), "instead of 11"),
        "broken off": (lines.pop, "breaks off after entry 11"),
        "more": (lambda: lines.append(end), "follows its end"),
        "count": (put(end, "end", 10), "instead of 11"),
        "balance": (lambda: end["balances"][0].__setitem__("amount", 1), "balance of brand:"),
        "root": (put(lines[0], "root_hash", "0" * 64), "root or the chain"),
        "size": (put(lines[0], "size", 12), "instead of 12"),
        "genesis": (lambda: lines[0]["book"].__setitem__("timezone", "UTC"), "genesis"),
        "checkpoint": (
            lambda: lines[1].__setitem__("checkpoint", lines[1]["checkpoint"][:-9] + "\n"),
            "checkpoint",
        ),
        "version": (put(lines[0], "version", 2), "another version"),
        "no book": (lambda: lines[0].pop("book"), "KeyError"),
    }


def test_whatever_is_bent_is_named(book: Book, run: Run) -> None:
    text = book.bundle()
    for name in _edits([json.loads(line) for line in text.splitlines()]):
        lines = [json.loads(line) for line in text.splitlines()]
        edit, named = _edits(lines)[name]
        edit()
        code, told = run(book.file(_lines(lines)))
        assert code == 3, name
        assert named in told, (name, told)


def test_a_bundle_made_anew_is_found_by_a_note_from_elsewhere(book: Book, run: Run) -> None:
    lines = [json.loads(line) for line in book.bundle().splitlines()]
    del lines[1]
    tree, chain = verify_bundle.Tree(), bytes.fromhex(lines[0]["genesis_hash"])
    for line in lines[1:-1]:
        line["entry"] = line["entry"].replace("refund:1", "refund:9")
        leaf = verify_bundle.sha(b"\x00", line["entry"].encode())
        tree.add(leaf)
        chain = verify_bundle.sha(b"\x02", b"\x00\x00\x00\x04main", chain, leaf)
        line["chain_hash"] = chain.hex()
    lines[0] |= {"root_hash": tree.root().hex(), "chain_hash": chain.hex()}
    name = book.file(_lines(lines))
    code, told = run(name)
    assert (code, "not proved: that nobody made the book anew" in told) == (0, True)
    code, told = run("--checkpoint", book.file(book.signed.note, "note.txt"), name)
    assert (code, "the book up to entry 6 is not the one signed there" in told) == (3, True)


def test_proofs_stand_alone(book: Book, run: Run) -> None:
    found = documents.inclusion(
        book.db, book.book, [2, 5, 6], size=SIGNED, checkpoint=book.signed.note
    )
    grown = documents.consistency(
        book.db, book.book, old=SIGNED, size=LAST, old_checkpoint=book.signed.note
    )
    for one in found:
        assert is_included(
            bytes.fromhex(str(one["leaf_hash"])),
            seq=int(str(one["seq"])),
            size=SIGNED,
            path=[bytes.fromhex(step) for step in one["path"]],  # type: ignore[union-attr, arg-type]
            root=bytes.fromhex(book.signed.root_hash),
        )
    assert is_consistent(
        old=SIGNED,
        old_root=bytes.fromhex(book.signed.root_hash),
        size=LAST,
        root=bytes.fromhex(str(grown["root_hash"])),
        path=[bytes.fromhex(step) for step in grown["path"]],  # type: ignore[union-attr, arg-type]
    )
    names = [
        book.file(json.dumps({"proofs": found}, indent=2), "entries.json"),
        book.file(json.dumps(grown), "grown.json"),
    ]
    code, told = run("--key", public_text(KEY.public), *names)
    assert code == 0
    assert told.count("holds: entry") == 3
    assert f"holds: book main at size {LAST} extends what it was at {SIGNED}" in told
    assert told.count("was signed as that of liveshop/") == 4
    assert "mika" not in json.dumps(found[0])  # entry 2 is ana's: nobody else is shown


def test_a_bent_proof_does_not_hold(book: Book, run: Run) -> None:
    [one] = documents.inclusion(book.db, book.book, [3], size=LAST)
    grown = documents.consistency(book.db, book.book, old=5, size=LAST)
    path = list(one["path"])  # type: ignore[arg-type]
    steps = list(grown["path"])  # type: ignore[arg-type]
    bent: list[dict[str, Any]] = [
        one | {"seq": 4},
        one | {"size": 0},
        one | {"path": path[1:]},
        one | {"path": [*path, path[0]]},
        one | {"path": [path[0], *path]},
        one | {"root_hash": "0" * 64},
        one | {"book": "other"},
        one | {"entry": str(one["entry"]).replace("refund:1", "refund:2")},
        one | {"checkpoint": book.signed.note},
        grown | {"from": 4},
        grown | {"to": 40},
        grown | {"path": steps[1:]},
        grown | {"path": [*steps, steps[0]]},
        grown | {"from_root_hash": "0" * 64},
        grown | {"from": LAST},
        {"proof": "inclusion"},
    ]
    for number, document in enumerate(bent):
        name = book.file(json.dumps(document), f"{number}.json")
        code, told = run("--key", public_text(KEY.public), name)
        assert (code, "DOES NOT HOLD" in told) == (3, True), document


def test_what_the_book_does_not_have_is_not_proved(book: Book) -> None:
    for seqs, size in (([LAST + 1], LAST), ([1], LAST + 1), ([7], SIGNED), ([0], SIGNED)):
        with pytest.raises(SeqUnknownError):
            documents.inclusion(book.db, book.book, seqs, size=size)
    for old, size in ((7, 6), (1, LAST + 1)):
        with pytest.raises(SeqUnknownError):
            documents.consistency(book.db, book.book, old=old, size=size)


def test_an_edited_entry_is_not_proved(book: Book) -> None:
    drop_guards(book.db)
    with tampering(book.db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_entry SET reason = 'x' WHERE seq = 3")
    with pytest.raises(LedgerTamperedError):
        documents.inclusion(book.db, book.book, [3], size=LAST)
    with tampering(book.db) as tx:
        tx.exec_driver_sql("DELETE FROM ls_ledger_posting WHERE seq = 3")
        tx.exec_driver_sql("DELETE FROM ls_ledger_entry WHERE seq = 3")
    with pytest.raises(LedgerTamperedError):
        documents.consistency(book.db, book.book, old=2, size=LAST)


def test_a_tampered_book_makes_a_bundle_that_does_not_hold(book: Book, run: Run) -> None:
    drop_guards(book.db)
    with tampering(book.db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_posting SET amount = amount + 1 WHERE seq = 4")
    code, told = run(book.file(book.bundle()))
    assert (code, "entry 4 does not hold" in told) == (3, True)
