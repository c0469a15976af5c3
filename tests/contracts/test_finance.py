"""What finance asks of a book: as it was then, by month, against a root it noted."""

import io

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate.ledger import tables
from liveshop_sdk.affiliate.ledger.chain import EMPTY_ROOT, Frontier
from liveshop_sdk.affiliate.ledger.models import Balance
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import PeriodInvalidError, RootInvalidError, SeqUnknownError
from liveshop_sdk.money import Rate
from tests.contracts.ledger_support import drop_guards, tampering
from tests.contracts.shop_support import Shop, refund, sale


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


def entries(shop: Shop, count: int) -> dict[int, tuple[str, list[Balance]]]:
    """Post so many entries; returns root and balances as they were after each."""
    seen = {}
    for number in range(1, count + 1):
        shop.record(sale(f"o{number}", codes=("MIKA20",)))
        found = shop.live.ledger.balance()
        seen[number] = (found.head.root_hash, list(found.balances))
    return seen


def test_a_book_is_shown_as_it_was_then_with_the_root_it_had_then(shop: Shop) -> None:
    seen = entries(shop, 9)
    for number, (root, balances) in seen.items():
        found = shop.live.ledger.balance(as_of_seq=number)
        assert (found.head.seq, found.head.root_hash) == (number, root)
        assert list(found.balances) == balances
        assert found.as_json()["as_of_seq"] == number
    empty = shop.live.ledger.balance(as_of_seq=0)
    assert (empty.head.root_hash, empty.balances) == (EMPTY_ROOT.hex(), ())


@pytest.mark.parametrize("number", [-1, 3, 10**18])
def test_a_number_the_book_does_not_have_is_refused(shop: Shop, number: int) -> None:
    entries(shop, 2)
    with pytest.raises(SeqUnknownError) as caught:
        shop.live.ledger.balance(as_of_seq=number)
    assert caught.value.last == 2


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "2026-1", "10/2026", "", "٢٠٢٦-١٠"])
def test_a_month_that_is_none_is_refused_not_exported_empty(shop: Shop, period: str) -> None:
    out = io.StringIO()
    with pytest.raises(PeriodInvalidError):
        shop.live.ledger.export(out, period=period)
    assert out.getvalue() == ""


def test_a_noted_root_is_found_again(shop: Shop) -> None:
    seen = entries(shop, 5)
    for number, (root, _) in seen.items():
        assert shop.live.ledger.verify(at_seq=number, root=root).ok
        assert shop.live.ledger.verify(at_seq=number, root=root.upper()).ok


def test_another_book_than_the_noted_one_is_named(shop: Shop) -> None:
    seen = entries(shop, 5)
    report = shop.live.ledger.verify(at_seq=3, root=seen[4][0])
    assert (report.ok, report.first_bad_seq) == (False, 3)
    report = shop.live.ledger.verify(at_seq=6, root=seen[5][0])
    assert (report.ok, report.first_bad_seq) == (False, 6)


def test_a_cut_tail_with_a_rewritten_head_is_found_by_the_noted_root_alone(
    shop: Shop, db: Database
) -> None:
    """What the cut entry was posted for must not be a sale: those are missed."""
    seen = entries(shop, 4)
    shop.record(refund("o4"))
    root = shop.live.ledger.head().root_hash
    drop_guards(db)
    with db.reading() as tx:
        frontier_at_4 = _frontier(tx, 4)
    with tampering(db) as tx:
        chain, recorded = tx.execute(
            sa.select(tables.entry.c.chain_hash, tables.entry.c.recorded_at).where(
                tables.entry.c.seq == 4
            )
        ).one()
        tx.execute(sa.delete(tables.posting).where(tables.posting.c.seq == 5))
        tx.execute(sa.delete(tables.entry).where(tables.entry.c.seq == 5))
        tx.execute(
            sa.update(tables.head).values(
                seq=4, chain_hash=chain, frontier=frontier_at_4, recorded_at=recorded
            )
        )
    assert shop.live.ledger.verify().root_hash == seen[4][0]
    assert shop.live.ledger.verify().ok
    report = shop.live.ledger.verify(at_seq=5, root=root)
    assert (report.ok, report.first_bad_seq) == (False, 5)


def _frontier(tx: sa.Connection, size: int) -> bytes:
    frontier = Frontier()
    leaves = sa.select(tables.entry.c.leaf_hash).order_by(tables.entry.c.seq).limit(size)
    for leaf in tx.execute(leaves).scalars():
        frontier.append(leaf)
    return frontier.stored()


@pytest.mark.parametrize(
    ("at_seq", "root"), [(1, None), (None, "0" * 64), (0, "0" * 64), (1, "0" * 63), (1, "x" * 64)]
)
def test_half_a_note_is_refused(shop: Shop, at_seq: int | None, root: str | None) -> None:
    with pytest.raises(RootInvalidError):
        shop.live.ledger.verify(at_seq=at_seq, root=root)


def test_a_refund_after_the_export_changes_no_byte_of_it(shop: Shop) -> None:
    entries(shop, 2)
    first, again = io.StringIO(), io.StringIO()
    assert shop.live.ledger.export(first, to_seq=2) == 4
    shop.record(refund("o1"))
    shop.live.creators.agree("mika", rate=Rate.percent(50))
    assert shop.live.ledger.export(again, to_seq=2) == 4
    assert first.getvalue() == again.getvalue()
