"""Triggers gone: what a book was made from is edited, moved or deleted, and named."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate import tables as a
from liveshop_sdk.affiliate.ledger import tables as t
from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT
from liveshop_sdk.affiliate.ledger.verify import VerifyReport
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, expected_triggers
from liveshop_sdk.errors import BrandNotFoundError, SeqUnknownError
from liveshop_sdk.events.tables import fact
from liveshop_sdk.money import Rate
from liveshop_sdk.registry.tables import brand
from tests.contracts.ledger_support import tampering
from tests.contracts.shop_support import Shop, refund, sale

LEDGER = (t.posting, t.entry, t.head, t.account, t.book)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    """A shop whose book holds a sale, another one, and a refund of the first."""
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    for number in (1, 2):
        shop.record(sale(f"o{number}", codes=("MIKA20",)))
    shop.record(refund("o1"))
    return shop


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    """The same with all its triggers gone."""
    with shop.db.transaction() as tx:
        if shop.db.dialect == "sqlite":
            for name in expected_triggers["sqlite"]:
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in (*LEDGER, a.commission_line, fact, brand, *brand.metadata.sorted_tables):
                tx.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL")
    return shop


def tampered(shop: Shop, *statements: str | sa.Executable) -> VerifyReport:
    with tampering(shop.db) as tx:
        for statement in statements:
            tx.execute(sa.text(statement) if isinstance(statement, str) else statement)
    return shop.live.ledger.verify()


def moved(table: sa.Table) -> str:
    return f"UPDATE {table.name} SET book_id = 42"


def test_a_book_and_what_it_was_made_from_agree(shop: Shop) -> None:
    report = shop.live.ledger.verify()
    assert (report.ok, report.entries, report.problem) == (True, 3, "")


# --- facts


@pytest.mark.parametrize(
    "change",
    [
        "body = '{}'",
        "occurred_at = occurred_at + 1",
        "kind = 'refund_failed'",
        "order_ref = 'o1'",
        "account = 'another'",
        "fact_key = 'order:o9'",
    ],
)
def test_an_edited_fact_is_named_with_its_entry(open_shop: Shop, change: str) -> None:
    report = tampered(open_shop, f"UPDATE ls_fact SET {change} WHERE fact_key = 'order:o2'")
    assert (report.ok, report.first_bad_seq, report.entries) == (False, 2, 3)
    assert "order:o2" in report.problem


def test_a_deleted_fact_is_named_with_its_entry(open_shop: Shop) -> None:
    report = tampered(open_shop, "DELETE FROM ls_fact WHERE kind = 'refund'")
    assert (report.ok, report.first_bad_seq) == (False, 3)


# --- commission lines


def test_a_sale_that_was_never_posted_is_missed(open_shop: Shop) -> None:
    line = open_shop.rows(a.commission_line)[0] | {"line_ref": "l9", "order_ref": "o9"}
    report = tampered(open_shop, sa.insert(a.commission_line).values(line))
    assert (report.ok, report.first_bad_seq) == (False, 4)
    assert report.problem == "1 commission lines have no entry"


def test_a_line_that_earned_nothing_needs_no_entry(shop: Shop) -> None:
    shop.live.creators.agree("ana", rate=Rate.percent(0))
    line = shop.rows(a.commission_line)[0] | {"line_ref": "l9", "order_ref": "o9", "amount": 0}
    with shop.db.transaction() as tx:
        tx.execute(sa.insert(a.commission_line).values(line))
    assert shop.live.ledger.verify().ok


def test_a_ledger_without_a_row_is_missed(open_shop: Shop) -> None:
    report = tampered(open_shop, *map(sa.delete, LEDGER))
    assert (report.ok, report.entries, report.first_bad_seq) == (False, 0, 1)
    assert report.problem == "2 commission lines have no entry"
    assert open_shop.rows(t.book) == []


# --- books and brands


def test_a_renamed_brand_opens_no_book(open_shop: Shop) -> None:
    report = tampered(open_shop, "UPDATE ls_brand SET code = 'evil'")
    assert (report.ok, report.first_bad_seq) == (False, 1)
    assert report.problem == "the book main is no brand's"
    assert [row["code"] for row in open_shop.rows(t.book)] == ["main"]
    assert open_shop.live.ledger.books() == ["evil", "main"]
    assert not open_shop.live.ledger.verify(brand="main").ok


def test_a_renamed_book_is_named(open_shop: Shop) -> None:
    report = tampered(open_shop, "UPDATE ls_ledger_book SET code = 'evil'")
    assert (report.ok, report.first_bad_seq) == (False, 1)
    assert report.problem == "the book evil is no brand's"
    assert [row["code"] for row in open_shop.rows(t.book)] == ["evil"]


@pytest.mark.parametrize("change", ["currency = 'USD'", "timezone = 'Asia/Tokyo'"])
def test_a_brand_that_changed_its_terms_is_named(open_shop: Shop, change: str) -> None:
    report = tampered(open_shop, f"UPDATE ls_brand SET {change}")
    assert (report.ok, report.first_bad_seq) == (False, 4)


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        ([moved(t.posting), moved(t.entry), moved(t.head), moved(t.account)], 1),
        (["UPDATE ls_ledger_posting SET book_id = 42 WHERE seq = 3"], 3),
        (["UPDATE ls_ledger_entry SET book_id = 42 WHERE seq = 2"], 2),
    ],
)
def test_rows_moved_to_a_book_that_is_not_there_are_named(
    open_shop: Shop, statements: list[str], seq: int
) -> None:
    report = tampered(open_shop, *statements)
    assert (report.ok, report.first_bad_seq) == (False, seq)


def test_a_deleted_book_leaves_rows_that_are_named(open_shop: Shop) -> None:
    report = tampered(open_shop, sa.delete(t.head), sa.delete(t.book))
    assert (report.ok, report.first_bad_seq, report.entries) == (False, 1, 0)
    assert "of no book" in report.problem


@pytest.mark.parametrize(
    ("book_id", "seq", "found"), [(1, 0, 0), (1, -3, -3), (1, 900, 4), (999, 1000, 1000)]
)
def test_a_posting_where_no_entry_is_changes_nothing_and_is_named(
    open_shop: Shop, book_id: int, seq: int, found: int
) -> None:
    before = open_shop.standing()
    line = open_shop.rows(t.posting)[1] | {"book_id": book_id, "seq": seq, "balance_after": 7}
    report = tampered(open_shop, sa.insert(t.posting).values(line))
    assert (report.ok, report.first_bad_seq) == (False, found)
    assert open_shop.standing() == before
    open_shop.record(refund("o2", "re_2"))
    assert set(open_shop.standing().values()) <= {0}


# --- reading writes nothing


def _reads(shop: Shop) -> list[Callable[[], object]]:
    ledger = shop.live.ledger
    return [
        ledger.balance,
        ledger.verify,
        ledger.head,
        ledger.books,
        ledger.brand,
        lambda: list(ledger.entries()),
        lambda: ledger.export(io.StringIO()),
    ]


@pytest.mark.parametrize("has_brand", [True, False])
def test_reading_opens_no_book(db: Database, clock: ManualClock, has_brand: bool) -> None:
    shop = Shop(db, clock)
    if has_brand:
        shop.live.brands.add("main", currency="EUR")
    before = shop.counts()
    for read in _reads(shop):
        read()
    assert shop.counts() == before
    ledger = shop.live.ledger
    assert ledger.verify() == VerifyReport(
        ok=True, entries=0, root_hash=EMPTY_ROOT.hex(), first_bad_seq=None, problem=""
    )
    found = ledger.balance(as_of_seq=0)
    assert (found.brand, found.head.seq, found.balances) == ("main", 0, ())
    with pytest.raises(SeqUnknownError):
        ledger.balance(as_of_seq=1)
    with pytest.raises(BrandNotFoundError):
        ledger.verify(brand="evil")
    report = ledger.verify(at_seq=3, root="0" * 64)
    assert (report.ok, report.first_bad_seq) == (False, 1)
