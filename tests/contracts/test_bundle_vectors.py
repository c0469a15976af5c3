"""The package writes, on both engines, the very bytes of vectors made without it."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.ledger import documents
from liveshop_sdk.affiliate.ledger.bundle import write_bundle
from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey
from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoints
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.cli import verify_bundle
from liveshop_sdk.db import Database
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import START, opened
from tests.house.source import ROOT
from tests.vectors import make_ledger_bundle as vectors

FOLDER = ROOT / "tests/vectors"
BUNDLE, PROOFS = FOLDER / "ledger-bundle.jsonl", FOLDER / "ledger-proofs.json"
KEY = SigningKey(vectors.SEED)


def _draft(seq: int) -> EntryDraft:
    kind, fact, lines = vectors.STORY[seq - 1]
    return EntryDraft(
        kind=kind,
        source="stripe",
        event_id=fact,
        occurred_at=START + timedelta(minutes=seq),
        postings=tuple(
            Posting(account, amount, "JPY" if seq == 4 else "EUR", line_ref=f"{seq}/L1")
            for account, amount in lines
        ),
        terms_version="mika:1",
        meta={"größe": seq},
        request_hash=bytes([seq] * 32),
    )


@pytest.fixture
def book(db: Database) -> Book:
    ledger = Ledger(support.clock())
    made = opened(db, ledger)
    signer = Checkpoints(support.clock(), ledger, lambda tx: KEY)
    with db.transaction() as tx:
        signer.sign(tx, made)
        for seq in range(1, len(vectors.STORY) + 1):
            ledger.post(tx, made, _draft(seq))
            if seq in vectors.SIGNED:
                signer.sign(tx, made)
    return made


def test_the_bundle_is_the_vector(db: Database, book: Book) -> None:
    out = io.StringIO(newline="")
    write_bundle(db, Ledger(support.clock()), book, out, keys=[KEY.public])
    assert out.getvalue() == BUNDLE.read_text(encoding="utf-8")
    assert verify(db, book, keys=[KEY.public]).ok


def test_the_proofs_are_the_vectors(db: Database, book: Book) -> None:
    for wanted in json.loads(PROOFS.read_text(encoding="utf-8"))["proofs"]:
        assert _proof(db, book, wanted) == wanted


def _proof(db: Database, book: Book, like: dict[str, Any]) -> dict[str, Any]:
    note = like["checkpoint"]
    if like["proof"] == "inclusion":
        seqs = [like["seq"]]
        return documents.inclusion(db, book, seqs, size=like["size"], checkpoint=note)[0]
    return documents.consistency(
        db,
        book,
        old=like["from"],
        size=like["to"],
        old_checkpoint=like["from_checkpoint"],
        checkpoint=note,
    )


def test_the_verifier_believes_the_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    key = json.loads(PROOFS.read_text(encoding="utf-8"))["key"]
    assert verify_bundle.main(["--key", key, str(BUNDLE), str(PROOFS)]) == 0
    told = capsys.readouterr().out
    assert told.count("holds: entry") == 1 + 3 + 6 + 7
    assert told.count("extends what it was") == 2 + 4 + 7 + 8
    assert "holds: 3 checkpoints of the bundle" in told


def test_the_vectors_are_what_their_maker_writes() -> None:
    for name, text in vectors.made().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text
