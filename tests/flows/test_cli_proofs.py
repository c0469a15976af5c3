"""Signing, proving, bundling, verifying and replaying a book from the command line."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from liveshop_sdk.cli import verify_bundle
from liveshop_sdk.shop.live_shop import LiveShop
from tests.flows.cli_support import Cli, deliver, furnish


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    cli = Cli(url)
    cli.run("db", "upgrade")
    furnish(cli)
    sell(cli, url)
    return cli


def sell(cli: Cli, url: str) -> None:
    where = ("--creator", "mika", "--stream", "friday", "--item", "sku_tee=1", "--coupon", "MIKA20")
    token = cli.json("links", "issue", *where)["token"]
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(token).checkout_id
    shop.close()
    cli.run("sandbox", "pay", visit)
    deliver(url)


def test_a_note_kept_elsewhere_is_compared(cli: Cli, url: str, tmp_path: Path) -> None:
    note = tmp_path / "october.checkpoint"
    told = cli.json("ledger", "checkpoint", "--output", str(note))
    assert (told["brand"], told["size"], told["anchors"]) == ("main", 1, [])
    assert note.read_text() == told["note"] == cli.run("ledger", "checkpoint").out
    sell(cli, url)
    assert cli.json("ledger", "checkpoint")["size"] == 2
    listed = cli.json("ledger", "checkpoint", "--list")["checkpoints"]
    assert [one["size"] for one in listed] == [1, 2]
    report = cli.json("ledger", "verify", "--checkpoint", str(note))
    assert (report["ok"], report["checkpoints"], report["begun_behind"]) == (True, 2, 0)
    for start in ("1", str(note)):
        ran = cli.run("ledger", "verify", "--from", start)
        assert "Not looked at: the content, lines, balances and floors of entries 1 to 1" in ran.out
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DROP TRIGGER ls_ledger_checkpoint_no_update")
        raw.execute("UPDATE ls_ledger_checkpoint SET root_hash = zeroblob(32) WHERE tree_size = 2")
    raw.close()
    report = cli.json("ledger", "verify", code=3)
    assert (report["first_bad_seq"], report["problem"]) == (2, "its checkpoint was changed")


def test_a_note_that_cannot_be_used_is_refused(cli: Cli, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("nothing")
    refused = cli.run("ledger", "verify", "--checkpoint", str(note), "--json", code=1)
    assert refused.error == "checkpoint_invalid"
    refused = cli.run("ledger", "checkpoint", "--output", str(note), "--json", code=3)
    assert (refused.error, note.read_text()) == ("checkpoint_file_differs", "nothing")
    refused = cli.run("ledger", "verify", "--from", "9", "--json", code=1)
    assert refused.error == "checkpoint_unknown"
    cli.run("ledger", "verify", "--from", str(tmp_path / "absent"), code=2)
    cli.run("ledger", "verify", "--from", "9" * 30, code=2)
    cli.run("ledger", "verify", "--all", "--from", "1", code=2)
    cli.run("ledger", "verify", "--checkpoint", str(tmp_path / "absent"), code=2)


def test_a_new_key_is_printed_and_never_stored(cli: Cli, url: str) -> None:
    made = cli.json("ledger", "checkpoint", "--new-key")
    assert cli.json("ledger", "checkpoint", "--list") == {"checkpoints": []}
    signing = Cli(url, LIVESHOP_CHECKPOINT_KEY=made["private_key"])
    told = [one["text"] for one in signing.json("doctor")["findings"]]
    assert f"signed with the public key {made['public_key']}" in told
    assert made["private_key"] not in signing.run("doctor").out
    signing.run("ledger", "checkpoint")
    refused = Cli(url).json("ledger", "verify", code=0)  # a sandbox without a key looks at none
    assert refused["checkpoints"] == 1
    bad = Cli(url, LIVESHOP_CHECKPOINT_KEY="short").run("ledger", "checkpoint", code=2)
    assert "LIVESHOP_CHECKPOINT_KEY" in bad.err


def test_a_stranger_can_check_book_and_proofs(cli: Cli, url: str, tmp_path: Path) -> None:
    sell(cli, url)
    cli.run("ledger", "checkpoint")
    bundle, proof, verifier = (tmp_path / name for name in ("b.jsonl", "p.json", "verify.py"))
    told = cli.json("ledger", "bundle", "--output", str(bundle))
    assert told == {"brand": "main", "entries": 2, "output": str(bundle)}
    proof.write_text(cli.run("ledger", "prove", "1", "2", "--json").out)
    both = json.loads(proof.read_text())["proofs"]
    assert [(one["seq"], one["size"]) for one in both] == [(1, 2), (2, 2)]
    grown = cli.json("ledger", "prove", "--from", "1")
    assert (grown["from"], grown["to"], grown["from_checkpoint"]) == (1, 2, None)
    verifier.write_text(cli.run("ledger", "verifier").out)
    assert verifier.read_text() == Path(verify_bundle.__file__).read_text()
    assert cli.json("ledger", "verifier")["verifier"] == verifier.read_text()
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), str(bundle), str(proof)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "holds: 2 entries of book main" in done.stdout


def test_what_is_asked_wrongly_is_said(cli: Cli) -> None:
    for wrong in ((), ("1", "--from", "0"), ("--to", "1"), ("--from", "0", "--size", "1")):
        cli.run("ledger", "prove", *wrong, code=2)
    assert cli.run("ledger", "prove", "7", "--json", code=1).error == "seq_unknown"
    assert "entry 1 is in the book at 1" in cli.run("ledger", "prove", "1").out
    assert cli.run("ledger", "prove", "--from", "0").out.startswith("the book at 1 extends")


def test_a_replay_ends_with_the_same_root(cli: Cli, url: str, tmp_path: Path) -> None:
    told = cli.json("ledger", "replay")
    assert told["root_hash"] == cli.json("ledger", "verify")["root_hash"]
    assert (told["ok"], told["entries"], told["derived"], told["reposted"]) == (True, 1, 1, {})
    kept = f"sqlite:///{tmp_path / 'kept.db'}"
    assert "the same 1 entries" in cli.run("ledger", "replay", "--into", kept).out
    assert cli.run("ledger", "replay", "--into", kept, "--json", code=1).error == "replay_target"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DROP TRIGGER ls_commission_line_no_update")
        raw.execute("UPDATE ls_commission_line SET amount = amount + 1")
    raw.close()
    told = cli.json("ledger", "replay", code=3)
    assert (told["first_bad_seq"], told["problem"]) == (1, "other postings follow from its fact")


def test_a_replay_of_a_book_in_no_time_zone_names_it(cli: Cli, url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DROP TRIGGER ls_ledger_book_no_update")
        raw.execute("UPDATE ls_ledger_book SET timezone = 'Mars/Olympus'")
    raw.close()
    told = cli.json("ledger", "replay", code=3)
    assert (told["first_bad_seq"], told["problem"]) == (1, "the book's own row was changed")


def test_the_worker_signs_what_went_on(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    Cli(cli.env["LIVESHOP_DATABASE_URL"] or "", LIVESHOP_CHECKPOINT_DIR=str(folder)).run(
        "worker", "--drain"
    )
    assert [path.name for path in folder.iterdir()] == ["main-000000000001.checkpoint"]


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_note_that_goes_nowhere_is_not_signed(cli: Cli, path: str) -> None:
    cli.run("ledger", "checkpoint", "--output", path, "--json", code=2)
    assert cli.json("ledger", "checkpoint", "--list")["checkpoints"] == []
