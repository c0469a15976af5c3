"""``liveshop statements``: files, documents, and what is refused."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import ExtraMissingError
from tests.contracts.shop_support import Shop, sale
from tests.flows.cli_support import Cli, everything
from tests.fonts import font_with

MONTH = ("--period", "2026-10")


@pytest.fixture
def cli(db: Database, db_url: str, clock: ManualClock) -> Cli:
    """A shop where mika and ana sold one tee each, and ben none."""
    shop = Shop(db, clock)
    shop.stock()
    shop.live.creators.add("ben", rate="10%")
    shop.stream("late", "ana")
    shop.coupon()
    shop.coupon("ANA20", "ana", stream="late")
    shop.record(sale("o1", codes=("MIKA20",)), sale("o2", codes=("ANA20",)))
    return Cli(db_url, LIVESHOP_SECRET_KEYS="x" * 40)


@pytest.mark.parametrize("kind", ["html", "pdf", "json"])
def test_every_creator_with_something_gets_a_file(cli: Cli, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "new" / "out"
    args = ("statements", *MONTH, "--format", kind, "--output", str(folder))
    found = cli.json(*args)
    names = [f"statement-2026-10-{handle}.{kind}" for handle in ("ana", "mika")]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert [one["file"] for one in found["statements"]] == [str(folder / name) for name in names]
    digests = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]
    assert [one["sha256"] for one in found["statements"]] == digests
    assert cli.json(*args) == found
    assert cli.run(*args).out.splitlines() == [str(folder / name) for name in names]


def test_one_statement_goes_to_stdout(cli: Cli, tmp_path: Path) -> None:
    one = ("statements", *MONTH, "--creator", "mika")
    cli.run(*one, "--output", str(tmp_path))
    page = (tmp_path / "statement-2026-10-mika.html").read_text(encoding="utf-8")
    assert cli.run(*one).out == page
    assert cli.json(*one)["statements"] == [{"creator": "mika", "html": page}]
    data = json.loads(cli.run(*one, "--format", "json").out)
    assert data["brands"][0]["currencies"][0]["closing"]["pending"]["amount"] == 599
    assert cli.json(*one, "--format", "json")["statements"] == [{"creator": "mika", "json": data}]


def test_a_statement_can_be_made_again_as_it_was(cli: Cli) -> None:
    one = ("statements", *MONTH, "--creator", "mika", "--format", "json")
    now = json.loads(cli.run(*one).out)
    then = json.loads(cli.run(*one, "--as-of-seq", "1").out)
    assert (now["brands"][0]["as_of_seq"], then["brands"][0]["as_of_seq"]) == (2, 1)
    assert then["brands"][0]["root_hash"] != now["brands"][0]["root_hash"]


def test_nobody_with_anything_is_no_refusal(cli: Cli, tmp_path: Path) -> None:
    args = ("statements", "--period", "2026-09", "--output", str(tmp_path))
    assert cli.json(*args)["statements"] == []
    assert cli.run(*args).out == "nothing was earned or moved\n"
    assert list(tmp_path.iterdir()) == []
    assert "Nothing was earned" in cli.run("statements", *MONTH, "--creator", "ben").out


@pytest.mark.parametrize(
    ("args", "code", "error"),
    [
        (("--period", "2026-13", "--creator", "mika"), 1, "period_invalid"),
        (("--period", "2026-13", "--output", "out"), 1, "period_invalid"),
        ((*MONTH, "--creator", "nobody"), 1, "creator_not_found"),
        ((*MONTH, "--creator", "mika", "--brand", "nobody"), 1, "brand_not_found"),
        ((*MONTH, "--brand", "nobody", "--output", "out"), 1, "brand_not_found"),
        ((*MONTH, "--creator", "mika", "--as-of-seq", "9"), 1, "seq_unknown"),
        (MONTH, 2, "usage"),
        ((*MONTH, "--as-of-seq", "1", "--output", "out"), 2, "usage"),
        ((*MONTH, "--creator", "mika", "--format", "pdf"), 2, "usage"),
        ((*MONTH, "--creator", "mika", "--format", "doc"), 2, "usage"),
        (("--creator", "mika"), 2, "usage"),
    ],
)
def test_what_is_refused_writes_nothing(
    cli: Cli,
    db_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    code: int,
    error: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = everything(db_url)
    assert cli.run("statements", *args, "--json", code=code).error == error
    assert everything(db_url) == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_file_where_a_folder_should_be_is_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    below = str(tmp_path / "file" / "below")
    ran = cli.run("statements", *MONTH, "--output", below, "--json", code=2)
    assert "cannot be written" in ran.document["error"]["message"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_letters_that_no_font_has_are_told_and_nothing_stops(cli: Cli, tmp_path: Path) -> None:
    cli.run("creators", "update", "mika", "--name", "Łukasz Жанна")
    args = ("statements", *MONTH, "--format", "pdf")
    ran = cli.run(*args, "--output", str(tmp_path), "--json")
    told = {one["creator"]: one["undrawn"] for one in ran.document["statements"]}
    assert told == {"ana": "", "mika": "Жан"}
    warning = (
        "warning: the PDF of mika shows ? for Ж а н: "
        "name a font that has them in LIVESHOP_PDF_FONTS, or send the html"
    )
    assert ran.err.splitlines() == [warning]
    assert len(list(tmp_path.iterdir())) == 2
    assert cli.run(*args, "--output", str(tmp_path)).err.splitlines() == [warning]
    page = cli.run("statements", *MONTH, "--creator", "mika")
    assert ("Łukasz Жанна" in page.out, page.err) == (True, "")

    cli.env["LIVESHOP_PDF_FONTS"] = font_with(tmp_path / "font.ttf", "Жан")
    ran = cli.run(*args, "--output", str(tmp_path), "--json")
    assert {one["undrawn"] for one in ran.document["statements"]} == {""}
    assert ran.err == ""


def test_a_font_that_is_none_is_named_before_anything_is_written(cli: Cli, tmp_path: Path) -> None:
    cli.env["LIVESHOP_PDF_FONTS"] = str(tmp_path / "nowhere.ttf")
    out = tmp_path / "out"
    args = ("statements", *MONTH, "--format", "pdf", "--output", str(out))
    ran = cli.run(*args, "--json", code=2)
    assert ran.error == "pdf_font_invalid"
    assert "LIVESHOP_PDF_FONTS names" in ran.document["error"]["message"]
    assert list(out.iterdir()) == []
    cli.run("statements", *MONTH, "--output", str(out))  # the page needs no font
    [found] = [one for one in cli.json("doctor", code=1)["findings"] if one["name"] == "fonts"]
    assert (found["ok"], found["fix"]) == (False, "Correct LIVESHOP_PDF_FONTS.")
    cli.env["LIVESHOP_PDF_FONTS"] = font_with(tmp_path / "font.ttf", "Ж")
    [found] = [one for one in cli.json("doctor")["findings"] if one["name"] == "fonts"]
    assert str(tmp_path / "font.ttf") in found["text"]


def test_a_pdf_without_its_extra_says_what_to_install(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "reportlab"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "reportlab", None)
    args = ("statements", *MONTH, "--format", "pdf", "--output", str(tmp_path))
    ran = cli.run(*args, "--json", code=2)
    assert ran.error == ExtraMissingError.code
    assert "liveshop-sdk[pdf]" in ran.document["error"]["message"]
    assert list(tmp_path.iterdir()) == []
