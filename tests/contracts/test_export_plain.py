"""hledger and beancount read what we write: late facts, part of a book, other names."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.ledger.models import EntryDraft
from liveshop_sdk.db import Database
from liveshop_sdk.errors import AccountUnmappedError, ExportRowRefusedError
from tests import tools
from tests.contracts.exports_support import Desk
from tests.contracts.ledger_support import EXPENSE, START, draft, sale
from tests.contracts.random_books import RandomBook


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


def late(number: int, days: int) -> EntryDraft:
    made = draft("sale", f"late:{number}", (EXPENSE, 300), ("mika:pending", -300))
    return replace(made, occurred_at=START + timedelta(days=days))


def stands(path: Path, account: str) -> str:
    found = tools.run("hledger", "-f", path, "bal", account, "-NE", "--layout=bare", "-O", "csv")
    return next(csv.DictReader(io.StringIO(found)))["balance"]


def test_a_small_book_is_written_exactly(desk: Desk) -> None:
    desk.post([sale(1), draft("annotation", "note:1")])
    with desk.db.reading() as tx:
        first, second = next(desk.ledger.entries(tx, desk.book))
        root = desk.ledger.head(tx, desk.book).root_hash
    preface = (
        "; liveshop ledger of main, entries 1 to 2; days in Europe/Berlin\n"
        f"; root {root}\n"
        "; Made to stand alone: a range that begins later opens with the balances before it.\n"
    )
    assert desk.text("hledger") == (
        f"{preface}"
        "commodity 1000.00 EUR\n"
        "account expenses:brand:commission_expense\n"
        "account liabilities:creator:mika:pending\n"
        f"\n2026-10-02 * (1) sale | stripe order:1  ; seq:1, entry_hash:{first.chain_hash.hex()}\n"
        "    expenses:brand:commission_expense  12.00 EUR = 12.00 EUR\n"
        "    liabilities:creator:mika:pending  -12.00 EUR = -12.00 EUR\n"
        "\n; 2026-10-02 * (2) annotation | stripe note:1  ; "
        f"seq:2, entry_hash:{second.chain_hash.hex()}\n"
    )
    assert desk.text("beancount") == (
        f"{preface}"
        'option "title" "liveshop main"\n'
        'option "operating_currency" "EUR"\n'
        "\n2026-10-02 open Expenses:Brand:Commission-expense\n"
        '  path: "brand:commission_expense"\n'
        "\n2026-10-02 open Liabilities:Creator:Mika:Pending\n"
        '  path: "creator:mika:pending"\n'
        '  creator: "mika"\n'
        '\n2026-10-02 * "sale" "stripe order:1"\n'
        f'  seq: 1\n  entry_hash: "{first.chain_hash.hex()}"\n'
        "  Expenses:Brand:Commission-expense  12.00 EUR\n"
        "  Liabilities:Creator:Mika:Pending  -12.00 EUR\n"
        '\n2026-10-02 * "annotation" "stripe note:1"\n'
        f'  seq: 2\n  entry_hash: "{second.chain_hash.hex()}"\n'
        "\n2026-10-03 balance Expenses:Brand:Commission-expense  12.00 ~ 0 EUR\n"
        "2026-10-03 balance Liabilities:Creator:Mika:Pending  -12.00 ~ 0 EUR\n"
    )


def test_a_late_fact_is_asserted_in_the_order_of_days(desk: Desk) -> None:
    desk.post([sale(1), late(1, days=-9), sale(2), late(2, days=-9), late(3, days=4)])
    path = desk.export("hledger")
    text = path.read_text()
    assert "2026-09-23 * (2) sale" in text
    # 12.00 of entry 1 is a later day: behind entry 2 the account stands at its 3.00 alone.
    assert "    expenses:brand:commission_expense  3.00 EUR = 3.00 EUR\n" in text
    assert "    expenses:brand:commission_expense  12.00 EUR = 18.00 EUR\n" in text
    tools.run("hledger", "-f", path, "check", "--strict")
    tools.run("bean-check", desk.export("beancount"))


def test_a_wrong_amount_is_seen_by_both_programs(desk: Desk) -> None:
    """Else the assertions would assert nothing."""
    desk.post([sale(1), sale(2)])
    for name, tool in (("hledger", ("hledger", "check", "-f")), ("beancount", ("bean-check",))):
        path = desk.export(name)
        changed = path.read_text().replace("-12.00 EUR = -12.00", "-12.00 EUR = -12.01")
        path.write_text(changed.replace("mission-expense  24.00", "mission-expense  24.01"))
        tools.run(tool[0], *tool[1:], path, expect=1)


@pytest.mark.parametrize("asked", [{"from_seq": 40}, {"period": "2026-10"}, {"to_seq": 30}])
def test_a_part_of_a_book_stands_alone(desk: Desk, asked: dict[str, object]) -> None:
    desk.post(RandomBook(5).orders(60))
    path = desk.export("hledger", **asked)
    tools.run("hledger", "-f", path, "check", "--strict")
    tools.run("bean-check", desk.export("beancount", **asked))
    if "to_seq" not in asked:
        assert " * opening balances\n" in path.read_text()


def test_a_later_part_ends_where_the_book_stands(desk: Desk) -> None:
    desk.post([sale(1), sale(2), late(1, days=-9)])
    path = desk.export("hledger", from_seq=3)
    assert path.read_text().count("sale | ") == 1
    assert stands(path, "expenses:brand:commission_expense") == "27.00"


def test_handles_that_beancount_could_not_read_stay_apart(desk: Desk) -> None:
    names = ("_x", "x", "xx", "x_x", "0_x", "uu_x", "_xx")
    desk.post(
        [
            draft("sale", f"o:{one}", (EXPENSE, n + 1), (f"{one.ljust(2, '9')}:pending", -n - 1))
            for n, one in enumerate(names)
        ]
    )
    path = desk.export("beancount")
    tools.run("bean-check", path)
    opened = [line.split()[-1] for line in path.read_text().splitlines() if " open Liab" in line]
    assert len(set(opened)) == len(names)


def test_names_of_ones_own_are_used_and_may_be_shared(desk: Desk) -> None:
    desk.post([sale(1), sale(2, creator="ana"), sale(3)])
    mapping = Mapping.parse(
        'accounts = {"brand:commission_expense" = "expenses:creators",'
        ' "creator:*:pending" = "liabilities:creators", "creator:ana:pending" = "liabilities:ana"}',
        "hledger",
    )
    path = desk.export("hledger", mapping=mapping)
    tools.run("hledger", "-f", path, "check", "--strict")
    assert stands(path, "liabilities:creators") == "-24.00"
    assert stands(path, "liabilities:ana") == "-12.00"
    short = Mapping.parse('accounts = {"brand:commission_expense" = "expenses:x"}', "hledger")
    with pytest.raises(AccountUnmappedError) as caught:
        desk.export("hledger", mapping=short)
    assert caught.value.accounts == "creator:ana:pending, creator:mika:pending"


def test_one_account_may_be_above_another(desk: Desk) -> None:
    """Beancount adds the accounts below to a balance, hledger does not."""
    desk.post([sale(1), sale(2, creator="ana"), sale(3)])
    for program, top in (("beancount", "Liabilities:All"), ("hledger", "liabilities:all")):
        accounts = {
            "brand:commission_expense": "Expenses:All",
            "creator:*:pending": top,
            "creator:ana:pending": f"{top}:Of:Ana",
        }
        mapping = Mapping.parse(json.dumps({"accounts": accounts}), program, is_json=True)
        path = desk.export(program, mapping=mapping)
        check = ["bean-check"] if program == "beancount" else ["hledger", "check", "-f"]
        tools.run(*check, path)
        if program == "beancount":
            found = path.read_text()
            assert "balance Liabilities:All  -36.00 ~ 0 EUR" in found
            assert "balance Liabilities:All:Of:Ana  -12.00 ~ 0 EUR" in found


@pytest.mark.parametrize("event_id", ["a;date:2020-01-01", "a\n    evil  9 EUR"])
def test_a_text_that_would_be_read_as_more_is_refused(desk: Desk, event_id: str) -> None:
    desk.post([sale(1), draft("sale", event_id, (EXPENSE, 5), ("mika:pending", -5))])
    with pytest.raises(ExportRowRefusedError) as caught:
        desk.export("hledger")
    assert caught.value.seq == 2


def test_quotes_are_kept_by_beancount(desk: Desk) -> None:
    desk.post([draft("sale", 'a "b" \\c', (EXPENSE, 5), ("mika:pending", -5))])
    path = desk.export("beancount")
    tools.run("bean-check", path)
    found = tools.run("bean-query", "-f", "csv", path, "SELECT DISTINCT narration")
    assert list(csv.reader(io.StringIO(found)))[1] == ['stripe a "b" \\c']
