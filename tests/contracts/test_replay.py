"""A book posted once more from its facts is the same book, to the last byte."""

import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate import replay
from liveshop_sdk.affiliate import tables as affiliate
from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.chain import Frontier
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import BookUnknownError, ReplayTargetError
from liveshop_sdk.events import tables as events
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    RefundFailed,
)
from liveshop_sdk.money import Rate
from tests.contracts.ledger_support import drop_every_guard, tampering
from tests.contracts.shop_support import START, Shop, about, line, refund, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def facts_of(ref: str) -> list[Fact]:
    """All that can happen to an order, some of it without effect."""
    dispute: dict[str, Any] = {**about(ref), "dispute_id": f"dp_{ref}"}
    lost: dict[str, Any] = {**about(ref), "dispute_id": f"dq_{ref}"}
    until = START + timedelta(days=14)
    return [
        sale(ref, line("li_1"), line("li_2", "sku_mug", 1001), codes=("MIKA20",)),
        refund(ref, f"re_{ref}", 700),
        refund(ref, f"rf_{ref}", 1100),
        RefundFailed(**about(ref), refund_id=f"rf_{ref}"),
        DisputeOpened(**dispute, amount=2000, currency="EUR"),
        DisputeWon(**dispute),
        DisputeOpened(**lost, amount=1500, currency="EUR"),
        DisputeLost(**lost),
        HoldReleased(**{**about(ref), "hold_until": until}),
    ]


def sell(shop: Shop, count: int = 3) -> None:
    for number in range(count):
        shop.record(*facts_of(f"o{number}")[:1])
        shop.clock.advance(timedelta(seconds=1))
        shop.record(*facts_of(f"o{number}")[1:5])
        shop.clock.advance(timedelta(seconds=1))


def test_every_entry_follows_from_its_facts_again(shop: Shop) -> None:
    sell(shop)
    shop.clock.advance(timedelta(days=20))
    shop.live.releases.due()
    before, head = shop.counts(), shop.live.ledger.head()
    told: list[tuple[int, int]] = []
    report = shop.live.proofs.replay(progress=lambda *now: told.append(now))
    assert report.as_json() == {
        "ok": True,
        "entries": head.seq,
        "derived": head.seq,
        "reposted": {},
        "root_hash": head.root_hash,
        "expected_root_hash": head.root_hash,
        "first_bad_seq": None,
        "problem": None,
    }
    assert told == [(head.seq, head.seq)]
    assert shop.counts() == before


@pytest.mark.parametrize("size", [1, 4])
def test_orders_that_go_on_over_pages_are_posted_again(
    shop: Shop, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop)
    shop.clock.advance(timedelta(days=20))
    shop.live.releases.due()
    monkeypatch.setattr(replay, "_PAGE", size)
    told: list[tuple[int, int]] = []
    report = shop.live.proofs.replay(progress=lambda *now: told.append(now))
    last = shop.live.ledger.head().seq
    assert (report.ok, report.derived, report.root_hash) == (True, last, report.expected)
    assert told == [(min(seq, last), last) for seq in range(size, last + size, size)]


def test_statements_do_not_grow_with_entries(shop: Shop) -> None:
    statements: list[str] = []

    def note(*args: Any) -> None:
        statements.append(args[2])

    def cost() -> int:
        before = len(statements)
        assert shop.live.proofs.replay().ok
        return len(statements) - before

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        sell(shop, 1)
        few = cost()
        sell(shop, 30)
        assert cost() <= few + 5
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("seed", range(12))
def test_any_batches_in_any_order_are_posted_again(shop: Shop, seed: int) -> None:
    """Facts that arrive together, out of order, at one instant or one after another."""
    chance = random.Random(seed)
    waiting: list[Fact] = [fact for ref in ("o1", "o2") for fact in facts_of(ref)]
    chance.shuffle(waiting)
    while waiting:
        batch = [waiting.pop() for _ in range(min(len(waiting), chance.randint(1, 6)))]
        recording = shop.record(*batch)
        late = [fact for fact in batch if fact.order_key in recording.waiting]
        waiting[:0] = late
        if chance.random() < 0.5:
            shop.clock.advance(timedelta(microseconds=chance.randint(1, 10**7)))
    report = shop.live.proofs.replay()
    assert (report.ok, report.problem) == (True, "")
    assert report.derived == report.entries == shop.live.ledger.head().seq > 6


def test_facts_of_one_commit_that_posted_nothing_may_be_known_or_not(shop: Shop) -> None:
    shop.record(sale("o1", codes=("MIKA20",)))
    lost: dict[str, Any] = {**about("o1"), "dispute_id": "dp_m"}
    shop.record(
        DisputeLost(**lost),  # of nothing yet: posts nothing, and is known to the next
        DisputeOpened(**lost, amount=700, currency="EUR"),
        refund("o1", "re_1", 4290),  # all the rest
        DisputeOpened(**{**lost, "dispute_id": "dp_a"}, amount=500, currency="EUR"),  # of nothing
    )
    assert [entry.kind for entry in shop.live.ledger.entries()] == [
        "sale",
        "dispute_opened",
        "refund",
    ]
    report = shop.live.proofs.replay()
    assert (report.problem, report.ok, report.derived) == ("", True, 3)


def test_what_follows_from_no_fact_is_posted_from_its_record(shop: Shop) -> None:
    sell(shop, 1)
    ledger = shop.live._rooms.ledger
    drafts = [
        EntryDraft(
            kind="adjustment",
            source="finance",
            event_id="adjustment:1",
            occurred_at=START + timedelta(days=40),
            postings=(
                Posting("brand:commission_expense", 250, "EUR"),
                Posting("creator:mika:pending", -250, "EUR", memo="a word", payout_item_id="p"),
            ),
            created_by="u1",
            approved_by="u2",
            reason="promised",
            applies_to_period="2026-09",
            corrects_seq=1,
        ),
        EntryDraft(
            kind="period_close", source="close", event_id="close:2026-10", occurred_at=START
        ),
    ]
    with shop.db.transaction() as tx:
        ledger.post_many(tx, shop.live.ledger.book_of(tx), drafts)
    shop.record(sale("o9", codes=("MIKA20",)))
    report = shop.live.proofs.replay()
    assert (report.ok, dict(report.reposted)) == (True, {"adjustment": 1, "period_close": 1})
    assert report.derived == report.entries - 2


def test_books_of_several_brands_are_replayed_one_by_one(shop: Shop) -> None:
    shop.live.brands.add("acme", currency="EUR", timezone="Asia/Tokyo")
    shop.live.products.add("sku_pin", title="Pin", amount=300, currency="EUR", brand="acme")
    shop.live.creators.add("ben", rate=Rate.percent("5"), brand="acme")
    shop.live.creators.add("mika", rate=Rate.percent("30"), brand="acme")
    shop.stream("both", "mika", brands=["main", "acme"])
    shop.coupon("BOTH", stream="both")
    shop.record(sale("o1", line("li_1"), line("li_2", "sku_pin", 300), codes=("BOTH",)))
    shop.record(refund("o1", amount=1000))
    for brand in ("main", "acme"):
        report = shop.live.proofs.replay(brand=brand)
        assert (report.ok, report.derived) == (True, 2), report


def test_a_book_can_be_kept_elsewhere(shop: Shop, bare_db_url: str) -> None:
    sell(shop)
    shop.live.brands.add("acme", currency="EUR")
    with pytest.raises(BookUnknownError):
        shop.live.proofs.replay(brand="acme", into=bare_db_url)
    assert shop.live.proofs.replay(brand="main", into=bare_db_url).ok
    kept = Database.connect(bare_db_url)
    twin = Shop(kept, shop.clock)
    with kept.reading() as tx:
        book = twin.live._rooms.ledger.book(tx, "main")
    report = verify(kept, book)
    assert (report.ok, report.root_hash) == (True, shop.live.ledger.head(brand="main").root_hash)
    before = twin.counts()
    with pytest.raises(ReplayTargetError):
        shop.live.proofs.replay(brand="main", into=bare_db_url)
    assert twin.counts() == before
    kept.dispose()


def test_edits_that_no_hash_covers_are_found(shop: Shop) -> None:
    """Commission lines are hashed nowhere; what follows from an edited one is another book."""
    sell(shop)
    drop_every_guard(shop.db)
    lines = affiliate.commission_line
    for changed in ({"amount": 1}, {"base": 4000}, {"creator": "ana"}, {"terms_version": 9}):
        with tampering(shop.db) as tx:
            was = dict(
                tx.execute(sa.select(lines).filter_by(order_ref="o1")).mappings().first() or {}
            )
            own = sa.update(lines).filter_by(line_ref=was["line_ref"])
            tx.execute(own.values(changed))
        report = shop.live.proofs.replay()
        assert (report.ok, shop.live.ledger.verify().ok) == (False, True), changed
        assert report.first_bad_seq is not None
        with tampering(shop.db) as tx:
            tx.execute(own.values({name: was[name] for name in changed}))
    assert shop.live.proofs.replay().ok


def test_what_a_line_only_shows_is_not_seen(shop: Shop) -> None:
    """The columns are those that docs/reference/proof.md names."""
    why = {"rate_bps", "rule", "per_unit", "quantity", "uncapped", "cap", "weight", "weight_total"}
    shown = {"stream", "month", "created_at"} | why
    sell(shop, 1)
    shop.clock.advance(timedelta(days=20))
    shop.live.releases.due()
    drop_every_guard(shop.db)
    table, row = affiliate.commission_line, shop.rows(affiliate.commission_line)[0]
    other = {
        name: "XXX" if isinstance(table.c[name].type, sa.String) else (value or 0) + 500
        for name, value in row.items()
    }

    def edit(ref: str, values: dict[str, Any], names: tuple[str, ...]) -> None:
        wanted = {name: values[name] for name in names}
        with tampering(shop.db) as tx:
            tx.execute(sa.update(table).filter_by(line_ref=ref).values(wanted))

    def is_seen(*names: str) -> bool:
        edit(row["line_ref"], other, names)
        report = shop.live.proofs.replay()
        edit((row | {name: other[name] for name in names})["line_ref"], row, names)
        return not report.ok

    assert not is_seen(*shown)
    assert [name for name in row.keys() - shown if not is_seen(name)] == []


def test_an_edited_entry_or_fact_is_named(shop: Shop) -> None:
    sell(shop, 2)
    drop_every_guard(shop.db)
    edits: list[tuple[sa.Table, dict[str, Any], dict[str, Any]]] = [
        (tables.entry, {"seq": 3}, {"reason": "x"}),
        (tables.entry, {"seq": 3}, {"chain_hash": b"x" * 32}),
        (tables.posting, {"seq": 3, "line_no": 1}, {"amount": 1}),
        (events.fact, {"fact_key": "refund:rf_o0"}, {"occurred_at": 1}),
    ]
    for table, where, changed in edits:
        with tampering(shop.db) as tx:
            was = tx.execute(sa.select(table).filter_by(**where)).mappings().one()
            tx.execute(sa.update(table).filter_by(**where).values(changed))
        report = shop.live.proofs.replay()
        assert (report.ok, report.first_bad_seq) == (False, 3), (changed, report)
        with tampering(shop.db) as tx:
            back = {name: was[name] for name in changed}
            tx.execute(sa.update(table).filter_by(**where).values(back))
    assert shop.live.proofs.replay().ok


@pytest.mark.parametrize("changed", [{"kind": "ordered"}, {"body": "x"}, {"body": "{}"}])
def test_a_fact_that_cannot_be_read_is_named(shop: Shop, changed: dict[str, str]) -> None:
    sell(shop, 1)
    drop_every_guard(shop.db)
    with tampering(shop.db) as tx:
        tx.execute(sa.update(events.fact).filter_by(fact_key="order:o0").values(changed))
    report = shop.live.proofs.replay()
    assert (report.ok, report.first_bad_seq) == (False, 1)
    assert "cannot be read" in str(report.problem)


def test_a_fact_without_an_entry_that_cannot_be_read_is_named(shop: Shop) -> None:
    sell(shop, 1)
    shop.record(refund("o0", "re_nothing", 0))
    drop_every_guard(shop.db)
    with tampering(shop.db) as tx:
        tx.execute(sa.update(events.fact).filter_by(fact_key="refund:re_nothing").values(body="x"))
    report, last = shop.live.proofs.replay(), shop.live.ledger.head().seq
    assert (report.ok, report.first_bad_seq) == (False, last + 1)
    assert "cannot be read" in report.problem


@pytest.mark.parametrize("changed", [{"timezone": "Mars/Olympus"}, {"functional_currency": "QQQ"}])
def test_a_book_that_cannot_be_opened_again_is_named(shop: Shop, changed: dict[str, str]) -> None:
    sell(shop, 1)
    drop_every_guard(shop.db)
    with tampering(shop.db) as tx:
        tx.execute(sa.update(tables.book).values(changed))
    report = shop.live.proofs.replay()
    assert (report.ok, report.entries, report.first_bad_seq) == (False, 0, 1)
    assert report.problem == "the book's own row was changed"


@pytest.mark.parametrize("changed", [{"meta": "x"}, {"effective_date": "x"}])
def test_an_entry_that_cannot_be_read_is_named(shop: Shop, changed: dict[str, str]) -> None:
    sell(shop, 2)
    drop_every_guard(shop.db)
    with tampering(shop.db) as tx:
        tx.execute(sa.update(tables.entry).filter_by(seq=3).values(changed))
    report = shop.live.proofs.replay()
    assert (report.ok, report.entries, report.first_bad_seq) == (False, 2, 3)
    assert report.problem == "its content is not what was sealed"


def test_an_entry_that_is_missing_is_named_though_the_head_was_rewritten(shop: Shop) -> None:
    sell(shop, 2)
    drop_every_guard(shop.db)
    last = shop.live.ledger.head().seq
    with tampering(shop.db) as tx:
        book = shop.live.ledger.book_of(tx)
        seals = list(BookReader(tx, book.id).seals(up_to=last - 1))
        frontier = Frontier()
        for leaf, _chain in seals:
            frontier.append(leaf)
        for table in (tables.posting, tables.entry):
            tx.execute(sa.delete(table).where(table.c.seq == last))
        head = {"seq": last - 1, "chain_hash": seals[-1][1], "frontier": frontier.stored()}
        at = sa.select(tables.entry.c.recorded_at).filter_by(seq=last - 1)
        tx.execute(sa.update(tables.head).values(head | {"recorded_at": at.scalar_subquery()}))
    assert shop.live.ledger.verify().ok
    report = shop.live.proofs.replay()
    assert (report.ok, report.first_bad_seq) == (False, last)
    assert report.problem == "the entry for the fact dispute_opened:dp_o1 is missing"
