"""Posting to a book, on both engines: once, balanced, within floors, one history."""

# ruff: noqa: PT012 - the transaction that is refused has several statements

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import store
from liveshop_sdk.affiliate.ledger.models import Balance, EntryDraft, PostedEntry, Staged
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AccountFloorError,
    BookDiffersError,
    BookUnknownError,
    CurrencyUnknownError,
    EntryInvalidError,
    EntryUnbalancedError,
    IdempotencyConflictError,
    LiveShopError,
    NettingError,
    PostingRuleError,
)
from liveshop_sdk.money import MAX_AMOUNT
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import EXPENSE, START, draft, opened, sale, story

STORY_ROOT = "3298174503c0061ef01fde573d1820faa6e4a0c54f026b94b9486ae208b1b171"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(support.clock())


def _post(database: Database, ledger: Ledger, *drafts: EntryDraft) -> list[PostedEntry]:
    with database.transaction() as tx:
        return ledger.post_many(tx, ledger.book(tx, "main"), drafts)


def test_a_book_is_opened_once(db: Database, ledger: Ledger) -> None:
    first = opened(db, ledger)
    assert opened(db, ledger) == first
    with db.transaction() as tx:
        assert ledger.book(tx, "main") == first
        assert ledger.books(tx) == ["main"]
        with pytest.raises(BookDiffersError):
            ledger.open_book(tx, "main", "USD", "Europe/Berlin")
        with pytest.raises(BookDiffersError):
            ledger.open_book(tx, "main", "EUR", "UTC")
        with pytest.raises(EntryInvalidError):
            ledger.open_book(tx, "other", "EUR", "Mars/Olympus")
        with pytest.raises(CurrencyUnknownError):
            ledger.open_book(tx, "other", "EURO", "UTC")
        with pytest.raises(BookUnknownError):
            ledger.book(tx, "other")
    assert support.counts(db) == [1, 1, 0, 0, 0, 0]


def test_an_empty_book_has_the_empty_root(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    with db.reading() as tx:
        head = ledger.head(tx, book)
    assert head.seq == 0
    assert head.root_hash == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert verify(db, book).ok


def test_an_entry_comes_back_as_it_was_posted(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    late = START + timedelta(days=29, hours=5)
    asked = sale(1, meta={"b": 1, "a": ["ü"]}, reason="why").postings
    entry = EntryDraft(
        kind="sale",
        source="stripe",
        event_id="order:1",
        occurred_at=late,
        postings=asked,
        meta={"b": 1, "a": ["ü"]},
        reason="why",
    )
    (posted,) = _post(db, ledger, entry)
    assert (posted.seq, posted.kind, posted.event_id) == (1, "sale", "order:1")
    assert (posted.effective_date, posted.period) == (date(2026, 11, 1), "2026-11")
    assert (posted.occurred_at, posted.recorded_at) == (late, START)
    assert posted.meta == {"b": 1, "a": ["ü"]}
    assert [(line.account, line.amount, line.balance_after) for line in posted.postings] == [
        (EXPENSE, 1200, 1200),
        ("creator:mika:pending", -1200, -1200),
    ]
    with db.reading() as tx:
        assert list(ledger.entries(tx, book)) == [[posted]]


def test_the_story_ends_in_known_balances_and_one_root(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    _post(db, ledger, *story())
    with db.reading() as tx:
        assert ledger.balances(tx, book) == [
            Balance(EXPENSE, "EUR", 601),
            Balance(EXPENSE, "JPY", 50),
            Balance("creator:ana:pending", "EUR", -801),
            Balance("creator:ben:pending", "JPY", -50),
            Balance("creator:mika:clawback_receivable", "EUR", 200),
            Balance("creator:mika:disputed", "EUR", 0),
            Balance("creator:mika:payable", "EUR", 0),
            Balance("creator:mika:pending", "EUR", 0),
        ]
        assert ledger.balances(tx, book, "creator:mika:", as_of_seq=5) == [
            Balance("creator:mika:payable", "EUR", -1200),
            Balance("creator:mika:pending", "EUR", 0),
        ]
        head = ledger.head(tx, book)
    assert (head.seq, head.root_hash) == (11, STORY_ROOT)
    report = verify(db, book, page_size=3)
    assert (report.ok, report.entries, report.root_hash) == (True, 11, STORY_ROOT)
    assert report.first_bad_seq is None


def test_a_batch_and_singles_are_the_same_bytes(db: Database, ledger: Ledger) -> None:
    drafts = [sale(number, 1 + number, f"host{number % 13}") for number in range(1, 1001)]
    one, other = opened(db, ledger), opened(db, ledger, "other")
    with db.transaction() as tx:
        batch = ledger.post_many(tx, one, drafts)
    with db.transaction() as tx:
        singles = [ledger.post(tx, other, entry) for entry in drafts]
    assert [entry.postings for entry in batch] == [entry.postings for entry in singles]
    twin = Ledger(support.clock())
    assert verify(db, one).ok
    assert verify(db, other).ok
    columns = "seq, line_no, currency, amount, balance_after, line_ref, payout_item_id, memo"
    with db.reading() as tx:
        rows = [
            tx.exec_driver_sql(
                f"SELECT {columns} FROM ls_ledger_posting WHERE book_id = {book.id}"
                " ORDER BY seq, line_no"
            ).all()
            for book in (one, other)
        ]
        assert rows[0] == rows[1]
        assert twin.head(tx, one).seq == twin.head(tx, other).seq == 1000


def test_a_batch_and_singles_have_one_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    drafts = [sale(number, 1 + number, f"host{number % 13}") for number in range(1, 1001)]
    roots = set()
    for size in (1, 7, 1000):
        database = support.sqlite(tmp_path_factory.mktemp("batch"))
        support.make_schema(database)
        ledger = Ledger(support.clock())
        book = opened(database, ledger)
        with database.transaction() as tx:
            for at in range(0, 1000, size):
                ledger.post_many(tx, book, drafts[at : at + size])
        with database.reading() as tx:
            roots.add(ledger.head(tx, book))
        database.dispose()
    assert len(roots) == 1


def test_a_repeat_is_the_same_entry(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    (first,) = _post(db, ledger, sale(1))
    again, new, twice = _post(db, ledger, sale(1), sale(2), sale(2))
    assert (again.seq, again.repeated, again.leaf_hash) == (1, True, first.leaf_hash)
    assert (new.seq, twice.seq) == (2, 2)
    assert support.counts(db)[3:] == [2, 4, 0]
    with db.reading() as tx:
        assert ledger.head(tx, book).seq == 2


def test_the_same_id_with_other_content_is_a_conflict(db: Database, ledger: Ledger) -> None:
    opened(db, ledger)
    _post(db, ledger, sale(1))
    before = support.counts(db)
    with pytest.raises(IdempotencyConflictError) as caught:
        _post(db, ledger, sale(2), sale(1, 1300))
    assert caught.value.details() == {"source": "stripe", "event_id": "order:1", "seq": 1}
    assert support.counts(db) == before


def test_a_given_request_hash_recognises_a_repeat_with_other_postings(
    db: Database, ledger: Ledger
) -> None:
    opened(db, ledger)
    _post(db, ledger, sale(1, 1200, request_hash=b"r" * 32))
    (again,) = _post(db, ledger, sale(1, 5, request_hash=b"r" * 32))
    assert (again.repeated, again.postings[0].amount) == (True, 1200)
    with pytest.raises(IdempotencyConflictError):
        _post(db, ledger, sale(1, 1200, request_hash=b"s" * 32))


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (draft("sale", "x", (EXPENSE, 10), ("mika:pending", -9)), EntryUnbalancedError),
        (draft("sale", "x", (EXPENSE, 10), ("mika:payable", -10)), PostingRuleError),
        (draft("refund", "x", (EXPENSE, -1201), ("mika:pending", 1201)), AccountFloorError),
        (draft("refund", "x", (EXPENSE, -1), ("ana:payable", 1)), AccountFloorError),
        (
            draft("release", "x", ("mika:pending", 1), ("mika:clawback_receivable", -1)),
            AccountFloorError,
        ),
        (
            draft(
                "order_changed",
                "x",
                ("mika:pending", 5),
                ("mika:payable", -6),
                ("mika:clawback_receivable", 1),
            ),
            NettingError,
        ),
    ],
)
def test_a_refusal_writes_nothing(
    db: Database, ledger: Ledger, refused: EntryDraft, error: type[LiveShopError]
) -> None:
    book = opened(db, ledger)
    _post(db, ledger, sale(1))
    before = support.counts(db)
    with pytest.raises(error):
        _post(db, ledger, sale(2, 10, "new"), refused)
    assert support.counts(db) == before
    assert verify(db, book).entries == 1


def test_no_balance_goes_beyond_what_money_can_be(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    _post(db, ledger, sale(1, MAX_AMOUNT - 10))
    before = support.counts(db)
    with pytest.raises(EntryInvalidError) as caught:
        _post(db, ledger, sale(2, 10, "ana"), sale(3, MAX_AMOUNT, "ben"))
    problem = f"{EXPENSE} would stand at {2 * MAX_AMOUNT} EUR minor units, beyond ±{MAX_AMOUNT}"
    assert caught.value.details() == {"field": "amount", "problem": problem}
    assert support.counts(db) == before
    _post(db, ledger, sale(2, 10, "ana"))
    with db.reading() as tx:
        amounts = [row.amount for row in ledger.balances(tx, book)]
    assert amounts == [MAX_AMOUNT, -10, 10 - MAX_AMOUNT]
    assert verify(db, book).ok


def test_netting_names_what_stands_against_what(db: Database, ledger: Ledger) -> None:
    opened(db, ledger)
    _post(db, ledger, *story()[:8])
    with pytest.raises(NettingError) as caught:
        _post(db, ledger, draft("order_changed", "x", (EXPENSE, 7), ("mika:payable", -7)))
    assert caught.value.details() == {
        "creator": "mika",
        "currency": "EUR",
        "payable": 7,
        "clawback": 300,
    }


def test_a_journal_sees_what_it_has_staged(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    _post(db, ledger, sale(1))
    with db.transaction() as tx:
        journal = ledger.journal(tx, book)
        assert journal.balance("creator:mika:pending", "EUR") == -1200
        staged = journal.stage(sale(2, 300))
        assert isinstance(staged, Staged)
        assert (staged.seq, journal.seq) == (2, 2)
        assert journal.stage(sale(2, 300)) == staged
        assert journal.balances(
            [("creator:mika:pending", "EUR"), ("creator:zoe:payable", "EUR")]
        ) == {
            ("creator:mika:pending", "EUR"): -1500,
            ("creator:zoe:payable", "EUR"): 0,
        }
        assert journal.posted(["1/L1", "2/L1", "3/L1", ""]) == {
            ("1/L1", EXPENSE, "EUR"): 1200,
            ("1/L1", "creator:mika:pending", "EUR"): -1200,
            ("2/L1", EXPENSE, "EUR"): 300,
            ("2/L1", "creator:mika:pending", "EUR"): -300,
        }
        seen = journal.seen("stripe", ["order:1", "order:2", "order:3"])
        assert {event_id: seq for event_id, (seq, _hash) in seen.items()} == {
            "order:1": 1,
            "order:2": 2,
        }
        assert journal.seen("shopify", ["order:1"]) == {}
        assert [entry.seq for entry in journal.flush()] == [2]
        assert journal.flush() == []
        journal.stage(sale(3, 1))
        assert [entry.seq for entry in journal.flush()] == [3]
    assert verify(db, book).entries == 3


def test_a_rolled_back_batch_leaves_no_gap(db: Database, ledger: Ledger) -> None:
    book = opened(db, ledger)
    with pytest.raises(RuntimeError), db.transaction() as tx:
        ledger.post_many(tx, book, [sale(1), sale(2)])
        raise RuntimeError
    assert [entry.seq for entry in _post(db, ledger, sale(3), sale(4))] == [1, 2]
    assert verify(db, book).entries == 2


def test_books_share_nothing(db: Database, ledger: Ledger) -> None:
    one, other = opened(db, ledger), opened(db, ledger, "other")
    with db.transaction() as tx:
        ledger.post(tx, one, sale(1))
        assert ledger.post(tx, other, sale(1, 5)).seq == 1
        assert ledger.balances(tx, other)[0].amount == 5
        assert ledger.journal(tx, other).posted(["1/L1"])["1/L1", EXPENSE, "EUR"] == 5
    assert verify(db, one).ok
    assert verify(db, other).ok


def test_writers_at_once_make_one_history(db: Database) -> None:
    """Eighty calls race for twenty events: twenty entries, no gap, all linked."""
    ledger = Ledger(support.clock())
    book = opened(db, ledger)

    def post(number: int) -> int:
        with db.transaction() as tx:
            return ledger.post(tx, book, sale(number % 20)).seq

    with ThreadPoolExecutor(4) as pool:
        seqs = list(pool.map(post, range(80)))
    assert set(seqs) == set(range(1, 21))
    assert all(len({seqs[at] for at in range(number, 80, 20)}) == 1 for number in range(20))
    assert verify(db, book).entries == 20


def test_two_may_open_the_same_book_at_once(db: Database) -> None:
    ledger = Ledger(support.clock())
    with ThreadPoolExecutor(4) as pool:
        books = list(pool.map(lambda _: opened(db, ledger), range(8)))
    assert len({book.id for book in books}) == 1
    assert support.counts(db) == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("_BALANCES", "ix_ls_ledger_posting_account"),
        ("_POSTED", "ix_ls_ledger_posting_line_ref"),
        ("_ALL_BALANCES", "ix_ls_ledger_posting_account"),
    ],
)
def test_a_look_up_goes_by_account_or_line_and_never_through_a_book(
    db: Database, query: str, index: str
) -> None:
    opened(db, Ledger(support.clock()))
    is_sqlite = db.dialect == "sqlite"
    engine = "" if query == "_ALL_BALANCES" else "_SQLITE" if is_sqlite else "_PG"
    text = getattr(store, query + engine).text
    wanted: dict[str, object] = {
        "wanted": '[["a", "EUR"]]',
        "paths": ["a"],
        "currencies": ["EUR"],
        "refs": ["r"],
    }
    wanted |= {"book": 1, "prefix": "", "seq": 1}
    given = {name: value for name, value in wanted.items() if f":{name}" in text}
    with db.reading() as tx:
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plan = [str(row[-1]) for row in tx.execute(sa.text(f"{explain} {text}"), given)]
    assert any(index in line for line in plan), plan
    assert not any("pk_ls_ledger_posting" in line for line in plan), plan
    assert not any(line.startswith("SEARCH p USING PRIMARY KEY") for line in plan), plan
