"""The commands people run, in the order they run them, and the shapes scripts rely on."""

import csv
import io
import json
import os
import re
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import ScriptInfo

from liveshop_sdk.cli import cli as tree
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.shop.doctor import examine_shop
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import sandbox_shop
from liveshop_sdk.web import LiveShopFlask
from tests.flows.cli_support import EUR, FOR_MIKA, OPEN, Cli, deliver, furnish

ISSUE = ("links", "issue", *FOR_MIKA, "--item", "sku_tee=1")
HEADS = (
    "book,seq,line_no,effective_date,recorded_at,kind,source,event_id,account,creator,"
    "currency,amount_minor,amount,line_ref,period,chain_hash"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def cli(url: str) -> Cli:
    made = Cli(url)
    furnish(made)
    return made


@pytest.fixture
def sold(url: str, cli: Cli) -> str:
    """The checkout id of a tee bought through Mika's link with her coupon."""
    link = cli.json(*ISSUE, "--coupon", "MIKA20")
    visit = _open(url, link["token"])
    cli.json("sandbox", "pay", visit)
    deliver(url)
    return visit


def _open(url: str, token: str) -> str:
    shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": url})
    visit = shop.links.open(token).checkout_id
    shop.close()
    return visit


def test_a_link_has_the_five_fields(cli: Cli) -> None:
    link = cli.json(*ISSUE, "--coupon", "MIKA20", "--expires-in", "7d")
    assert set(link) == {"id", "url", "short_url", "token", "expires_at"}
    assert link["url"] == f"http://127.0.0.1:8000/l/{link['token']}"
    found = cli.json("links", "verify", link["token"])
    assert (found["valid"], found["id"], found["items"]) == (True, link["id"], {"sku_tee": 1})


def test_a_revoked_link_is_refused_by_name(cli: Cli) -> None:
    link = cli.json(*ISSUE)
    cli.json("links", "revoke", link["id"])
    assert cli.run("links", "verify", link["token"], "--json", code=1).error == "link_revoked"
    listed = cli.json("links", "list", "--creator", "mika")["links"]
    assert [(one["id"], one["revoked_at"] is not None) for one in listed] == [(link["id"], True)]


def test_a_list_of_links_says_how_long_each_is_good(cli: Cli) -> None:
    kept, gone = cli.json(*ISSUE), cli.json(*ISSUE)
    cli.json("links", "revoke", gone["id"])
    heads, *rows = cli.run("links", "list").out.splitlines()
    assert heads.split()[-3:] == ["UNTIL", "SHORT", "URL"]
    shown = {row.split()[0]: row.split()[-2] for row in rows}
    assert shown == {kept["id"]: kept["expires_at"], gone["id"]: "revoked"}


def test_lists_show_what_was_added(cli: Cli) -> None:
    assert cli.json("brands", "list") == {
        "brands": [{"code": "main", "currency": "EUR", "timezone": "UTC"}]
    }
    products = cli.json("products", "list")["products"]
    assert [one["price"] for one in products] == [
        {"amount": 1850, "currency": "EUR"},
        {"amount": 4990, "currency": "EUR"},
    ]
    (creator,) = cli.json("creators", "list")["creators"]
    assert [one["rate"] for one in creator["agreements"]] == ["12%"]
    (stream,) = cli.json("streams", "list")["streams"]
    assert (stream["phase"], stream["hosts"]) == ("open", [{"creator": "mika", "share": None}])
    (coupon,) = cli.json("coupons", "list")["coupons"]
    assert (coupon["code"], coupon["status"], coupon["limit"]) == ("MIKA20", "ready", 5)


def test_hosts_can_be_given_shares(cli: Cli) -> None:
    cli.run("creators", "add", "ana", "--rate", "10%", "--hold", "12h")
    made = cli.json("streams", "add", "duo", "--host", "mika:60", "--host", "ana:40", *OPEN)
    assert made["hosts"] == [{"creator": "mika", "share": 60}, {"creator": "ana", "share": 40}]


def test_terms_are_followed_not_changed(cli: Cli) -> None:
    made = cli.json("creators", "agree", "mika", "--rate", "15%", "--hold", "7d")
    assert (made["version"], made["rate"], made["hold_seconds"]) == (2, "15%", 7 * 86400)


def test_a_product_is_updated_in_its_own_currency(cli: Cli) -> None:
    changed = cli.json("products", "update", "sku_tee", "--amount", "45.00")
    assert changed["price"] == {"amount": 4500, "currency": "EUR"}


def test_a_sale_reaches_the_ledger(cli: Cli, sold: str) -> None:
    found = cli.json("ledger", "balance")
    # 49.90 less 20 % is 39.92; 12 % of it, half up, is 4.79
    assert found["balances"] == [
        {"account": "brand:commission_expense", "currency": "EUR", "amount": 479},
        {"account": "creator:mika:pending", "currency": "EUR", "amount": -479},
    ]
    assert (found["brand"], found["as_of_seq"]) == ("main", 1)
    mine = cli.json("ledger", "balance", "--creator", "mika", "--as-of-seq", "0")
    assert (mine["as_of_seq"], mine["balances"]) == (0, [])
    report = cli.json("ledger", "verify")
    assert report == {
        "brand": "main",
        "ok": True,
        "entries": 1,
        "root_hash": found["root_hash"],
        "first_bad_seq": None,
        "checkpoints": 0,
        "begun_behind": 0,
        "problem": None,
    }
    listed = cli.json("ledger", "entries")
    (entry,) = listed["entries"]
    assert (listed["brand"], entry["book"]) == ("main", "main")
    assert (entry["seq"], entry["kind"], len(entry["postings"])) == (1, "sale", 2)


def test_an_entry_that_moves_nothing_is_listed(cli: Cli, sold: str) -> None:
    cli.run("ledger", "annotate", "looked at it", "--about", "1", "--by", "uma")
    rows = cli.run("ledger", "entries").out.splitlines()
    assert [row.split()[0] for row in rows] == ["SEQ", "1", "creator:mika:pending", "2"]
    assert rows[3].split()[2:] == ["annotation"]


def test_a_refund_and_a_dispute_reverse_it(cli: Cli, url: str, sold: str) -> None:
    refund = cli.json("sandbox", "refund", sold, "--amount", "10.00")
    assert refund["amount"] == {"amount": 1000, "currency": "EUR"}
    assert cli.json("sandbox", "fail-refund", refund["refund"])["state"] == "failed"
    assert cli.json("sandbox", "dispute", sold)["state"] == "open"
    assert cli.json("sandbox", "lose", sold)["state"] == "lost"
    deliver(url)
    balances = {row["account"]: row["amount"] for row in cli.json("ledger", "balance")["balances"]}
    assert balances["brand:commission_expense"] == 0
    assert cli.json("ledger", "verify")["ok"] is True


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        (["decline"], "declined"),
        (["abandon"], "abandoned"),
        (["pay-later"], "pending"),
        (["pay-later", "decline"], "failed"),
        (["pay-later", "settle"], "paid"),
    ],
)
def test_a_checkout_can_end_in_every_way(cli: Cli, url: str, steps: list[str], state: str) -> None:
    visit = _open(url, cli.json(*ISSUE)["token"])
    assert [cli.json("sandbox", step, visit)["state"] for step in steps][-1] == state


def test_a_code_can_be_typed_at_the_shop(cli: Cli, url: str) -> None:
    visit = _open(url, cli.json(*ISSUE)["token"])
    paid = cli.json("sandbox", "pay", visit, "--code", "mika20", "--email", "a@example.com")
    assert paid["total"] == {"amount": 3992, "currency": "EUR"}


def test_holds_are_released_when_they_are_over(cli: Cli, sold: str) -> None:
    assert cli.json("release-due") == {"released": 0, "entries": 0, "windows": 0}
    assert cli.json("release-due", "--as-of", "2099-01-01T00:00:00Z") == {
        "released": 1,
        "entries": 1,
        "windows": 0,
    }
    assert cli.json("release-due", "--order", sold) == {"released": 0, "entries": 0, "windows": 0}


def test_the_export_is_the_same_on_stdout_and_in_a_file(
    cli: Cli, sold: str, tmp_path: Path
) -> None:
    out = tmp_path / "ledger.csv"
    told = cli.json("ledger", "export", "--output", str(out))
    text = out.read_bytes().decode()
    digest = sha256(out.read_bytes()).hexdigest()
    where = {"brand": "main", "format": "csv", "from_seq": 1, "to_seq": 1, "sha256": digest}
    assert told.items() >= (where | {"rows": 2, "output": str(out), "repeats": None}).items()
    assert told["checksums"] == [f"{digest}  {out}"]
    assert text.splitlines()[0] == HEADS
    assert [row["amount"] for row in csv.DictReader(io.StringIO(text))] == ["4.79", "-4.79"]
    assert cli.run("ledger", "export").out.splitlines() == text.splitlines()
    again = cli.json("ledger", "export")
    assert again.items() >= (where | {"rows": 2, "csv": text, "repeats": told["run"]}).items()
    assert cli.json("ledger", "export", "--from-seq", "2")["rows"] == 0
    assert cli.json("ledger", "export", "--to-seq", "1")["csv"] == text
    assert cli.run("ledger", "export", "--period", "2001-01").out.splitlines() == [HEADS]
    assert [path.name for path in tmp_path.iterdir() if "csv" in path.name] == ["ledger.csv"]


def test_verification_of_a_changed_ledger_ends_with_three(cli: Cli, url: str, sold: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("DROP TRIGGER ls_ledger_posting_no_update")
        raw.execute("UPDATE ls_ledger_posting SET amount = amount * 2")
    raw.close()
    report = cli.json("ledger", "verify", code=3)
    assert (report["ok"], report["first_bad_seq"]) == (False, 1)
    checked = cli.json("db", "check", code=3)
    assert checked["problems"] == ["trigger ls_ledger_posting_no_update is missing"]
    doctor = cli.json("doctor", code=1)
    assert [one["name"] for one in doctor["findings"] if not one["ok"]] == ["schema"]


def test_the_worker_leaves_what_cannot_be_delivered(cli: Cli, url: str) -> None:
    cli.env["LIVESHOP_BASE_URL"] = "http://127.0.0.1:9"  # nobody answers there
    visit = _open(url, cli.json(*ISSUE)["token"])
    cli.json("sandbox", "pay", visit)
    report = cli.json("worker", "--drain")
    assert (report["sent"], report["retried"], report["waiting"]) == (0, 1, 1)
    state = cli.json("events", "list")
    assert (state["inbox"]["new"], state["outbox"]["pending"]) == (0, 1)
    assert cli.json("events", "dead") == {"dead": [], "unsent": []}
    assert cli.json("events", "replay", "--all-dead") == {"replayed": 0}


def test_unattributed_orders_are_listed(cli: Cli, sold: str) -> None:
    assert cli.json("unattributed") == {"orders": []}
    assert cli.run("unattributed").out == "every order is credited\n"


# --- doctor, db, help


def test_doctor_is_content_with_a_healthy_shop(cli: Cli, sold: str) -> None:
    found = cli.json("doctor")
    names = [one["name"] for one in found["findings"]]
    assert found["ok"] is True
    assert names[:4] == ["settings", "database", "durability", "schema"]


def test_a_sandbox_without_its_file_yet_is_well(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    found = Cli(f"sqlite:///{path}").json("doctor")["findings"]
    assert found[1]["text"] == f"{path} does not exist yet; it is made on first use"
    assert not path.exists()
    assert [one["name"] for one in Cli("sqlite://").json("doctor")["findings"]] == [
        *("settings", "database")
    ]


def test_doctor_says_how_a_real_shop_gets_its_file(tmp_path: Path) -> None:
    stripe = {
        "LIVESHOP_PLATFORM": "stripe",
        "LIVESHOP_SECRET_KEYS": "k" * 32,
        "LIVESHOP_STRIPE_API_KEY": "sk_test_1",
        "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_1",
    }
    found = Cli(f"sqlite:///{tmp_path / 'none.db'}", **stripe).json("doctor", code=1)
    assert [(one["name"], one["fix"]) for one in found["findings"] if not one["ok"]] == [
        ("database", "liveshop db upgrade")
    ]


def test_doctor_knows_a_folder_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, problem in (
        (f"sqlite:///{tmp_path / 'gone' / 'shop.db'}", "does not exist"),
        (f"sqlite:///{tmp_path / 'shop.db'}", "cannot be written by this user"),
    ):
        monkeypatch.setattr(os, "access", lambda *_: False)
        found = Cli(url).json("doctor", code=1)["findings"][1]
        assert problem in found["text"]
        assert "LIVESHOP_DATABASE_URL" in found["fix"]


def test_doctor_says_what_to_do_about_a_file_it_cannot_write(cli: Cli, url: str) -> None:
    path = url.removeprefix("sqlite:///")
    read_only = Cli(f"sqlite:///file:{path}?mode=ro&uri=true")
    (found,) = [one for one in read_only.json("doctor", code=1)["findings"] if not one["ok"]]
    assert "readonly" in found["text"]
    assert "may read and write both the file and its folder" in found["fix"]


def test_doctor_knows_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all, this is not a database. " * 99)
    found = Cli(f"sqlite:///{tmp_path / 'letter.txt'}").json("doctor", code=1)["findings"][1]
    assert "not a database" in found["text"]
    assert "is damaged or no SQLite database" in found["fix"]


def test_doctor_says_that_no_database_answers() -> None:
    found = Cli("postgresql://nobody@127.0.0.1:9/none").json("doctor", code=1)
    assert [one["name"] for one in found["findings"] if not one["ok"]] == ["database"]


def test_doctor_names_every_setting_that_is_wrong_and_shows_no_value() -> None:
    ran = Cli("mysql://u:hunter2@x/y", LIVESHOP_PLATFORM="amazon").run("doctor", code=1)
    assert "LIVESHOP_PLATFORM" in ran.out
    assert "LIVESHOP_DATABASE_URL" in ran.out
    assert "hunter2" not in ran.out + ran.err


def test_doctor_tells_of_a_stuck_worker_and_dead_letters(cli: Cli, url: str, sold: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute("UPDATE ls_inbox SET state = 'dead', reason = 'unknown_order'")
        raw.execute("UPDATE ls_outbox SET state = 'pending', next_at = 1, created_at = 1")
    raw.close()
    found = cli.json("doctor", code=1)
    assert [one["name"] for one in found["findings"] if not one["ok"]] == ["worker", "dead letters"]
    (dead,) = cli.json("events", "dead")["dead"]
    assert dead["reason"] == "unknown_order"
    assert cli.json("events", "replay", dead["id"]) == {"replayed": 1}


def test_a_shop_in_memory_is_not_told_about_journals(clock: ManualClock) -> None:
    shop = sandbox_shop(clock=clock)
    found = {one.name: one.text for one in examine_shop(shop)}
    shop.close()
    assert found["durability"] == "in memory: gone when this process ends"


def test_a_database_is_upgraded_once(bare_db_url: str) -> None:
    cli = Cli(bare_db_url)
    assert cli.json("db", "current")["is_current"] is False
    assert cli.json("db", "upgrade")["from"] is None
    assert cli.run("db", "upgrade").out.endswith(" already\n")
    assert cli.json("db", "check") == {"ok": True, "problems": []}


def test_every_command_takes_json_and_has_a_first_line() -> None:
    def commands(group: object, path: str) -> list[tuple[str, object]]:
        found = getattr(group, "commands", None)
        if found is None:
            return [(path, group)]
        return [x for name, one in found.items() for x in commands(one, f"{path} {name}".strip())]

    for path, command in commands(tree, ""):
        options = {name for one in command.params for name in one.opts}  # type: ignore[attr-defined]
        assert "--json" in options, path
        assert command.help, path  # type: ignore[attr-defined]


# --- the same tree under flask


def test_under_flask_the_apps_own_shop_is_used(clock: ManualClock) -> None:
    shop = sandbox_shop(clock=clock)
    shop.products.add("sku_app", title="App", amount=100, currency="EUR")
    app = Flask("store")
    LiveShopFlask(app, shop)
    runner = app.test_cli_runner()
    result = runner.invoke(
        tree, ["products", "list", "--json"], obj=ScriptInfo(create_app=lambda: app)
    )
    assert [one["sku"] for one in json.loads(result.stdout)["products"]] == ["sku_app"]
    doctor = runner.invoke(tree, ["doctor", "--json"], obj=ScriptInfo(create_app=lambda: app))
    assert json.loads(doctor.stdout)["ok"] is True
    shop.close()


def test_human_output_is_plain_and_aligned(cli: Cli) -> None:
    out = cli.run("products", "list").out
    assert out.splitlines() == [
        "SKU      BRAND      PRICE  TITLE",
        "sku_mug  main   18.50 EUR  Mug",
        "sku_tee  main   49.90 EUR  Tee",
    ]
    assert not re.search(r"\x1b", out)


def test_several_brands_keep_several_books(cli: Cli) -> None:
    cli.json("brands", "add", "us", "--currency", "USD", "--timezone", "America/New_York")
    assert cli.run("ledger", "verify", "--json", code=2).error == "brand_ambiguous"
    assert cli.json("ledger", "balance", "--brand", "us")["brand"] == "us"
    added = ("products", "add", "cap", "--title", "Cap", "--amount", "9.00")
    assert cli.run(*added, *EUR, "--json", code=2).error == "brand_ambiguous"


def test_a_fresh_shop_has_no_book_to_fail(url: str) -> None:
    fresh = Cli(url)
    for command in (("verify",), ("verify", "--all"), ("balance",), ("export",)):
        assert fresh.run("ledger", *command).code == 0
    assert fresh.json("brands", "list")["brands"] == []
