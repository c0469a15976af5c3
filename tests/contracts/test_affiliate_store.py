"""Terms, decisions and commission lines on both engines; none is ever changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from liveshop_sdk.affiliate import tables as a
from liveshop_sdk.affiliate import triggers as affiliate_triggers
from liveshop_sdk.affiliate.attribution import Policy
from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout import triggers as checkout_triggers
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.errors import AgreementExistsError, AgreementInvalidError
from liveshop_sdk.money import Money, Rate
from tests.contracts.shop_support import END, START, Shop, sale

FOR_EVER = (
    t.touch,
    t.redemption,
    a.agreement,
    a.acceptance,
    a.policy,
    a.attribution,
    a.commission_line,
    a.waiting_line,
    a.seeding,
    a.seeding_return,
)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    shop.live.brands.set_policy("main", Policy(tie="first"))
    (terms,) = shop.live.creators.agreements("mika")
    shop.live.creators.accept("mika", version=1, terms_hash=terms.terms_hash, accepted_by="mika")
    return shop


def test_every_table_that_is_for_ever_has_its_triggers(shop: Shop) -> None:
    guarded = {*checkout_triggers.TABLES, *affiliate_triggers.TABLES}
    assert guarded == {table.name for table in FOR_EVER}
    assert migrate.check(shop.db) == []


def fill(shop: Shop) -> None:
    """Put a row into every table that is for ever."""
    shop.record(sale(checkout_id=shop.visit("MIKA20"), codes=("MIKA20",)))
    shop.live.streams.schedule(
        "air", hosts=["mika"], opens_at=START, closes_at=END, shares="air_time"
    )
    shop.coupon("AIR", stream="air")
    shop.record(sale("o2", codes=("AIR",)))
    price = Money(4990, "EUR")
    gift = shop.live.seeding.give("mika", "sku_tee", cost=price, fair_value=price)
    shop.live.seeding.take_back(gift.id)


def test_rows_that_are_for_ever_cannot_be_changed(shop: Shop) -> None:
    fill(shop)
    for table in FOR_EVER:
        before = shop.rows(table)
        assert before
        column = next(iter(table.columns))
        for statement in (sa.update(table).values({column: column}), sa.delete(table)):
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), shop.db.transaction() as tx:
                tx.execute(statement)
        assert shop.rows(table) == before


def test_rows_that_are_for_ever_cannot_be_truncated(shop: Shop) -> None:
    """SQLite has no TRUNCATE; what REPLACE does there: test_ledger_strangers."""
    if shop.db.dialect == "sqlite":
        return
    fill(shop)
    for table in FOR_EVER:
        before = shop.rows(table)
        statement = f"TRUNCATE {table.name} CASCADE"
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), shop.db.transaction() as tx:
            tx.exec_driver_sql(statement)
        assert shop.rows(table) == before


def test_terms_are_versioned(shop: Shop, clock: ManualClock) -> None:
    creators = shop.live.creators
    assert [version.version for version in creators.agreements("mika")] == [1]
    creators.agree("mika", rate=Rate.percent("12"))
    assert len(creators.agreements("mika")) == 1
    clock.advance(timedelta(days=1))
    later = clock.now() + timedelta(days=7)
    second = creators.agree("mika", rate=Rate.percent("15"), effective_from=later)
    assert (second.version, second.effective_from) == (2, later)
    assert creators.agree("mika", rate=Rate.percent("15"), effective_from=later) == second
    assert [version.version for version in creators.agreements("mika")] == [1, 2]


def test_terms_that_cannot_be_are_refused(shop: Shop) -> None:
    before = shop.counts()
    with pytest.raises(AgreementInvalidError):
        shop.live.creators.agree("mika", rate=Rate.percent("15"), hold=timedelta(days=-1))
    with pytest.raises(AgreementExistsError):
        shop.live.creators.add("mika", rate=Rate.percent("15"))
    assert shop.counts() == before


def test_eight_threads_agree_on_eight_versions(shop: Shop) -> None:
    start = Barrier(8)

    def agree(number: int) -> int:
        start.wait()
        return shop.live.creators.agree("mika", rate=Rate.percent(20 + number)).version

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(agree, range(8))) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_two_accounts_of_one_platform_keep_apart(shop: Shop) -> None:
    keys = [("sandbox", account, "o1") for account in ("sandbox", "else")]
    shop.record(sale(codes=("MIKA20",)))
    with shop.db.reading() as tx:
        found = shop.live._rooms.affiliate._store.lines_of(tx, keys)
    assert [len(found[key]) for key in keys] == [1, 0]


def test_holds_are_due_in_order_and_once(shop: Shop, clock: ManualClock) -> None:
    for minute in (2, 1, 3):
        at = START + timedelta(minutes=minute)
        shop.record(sale(f"o{minute}", codes=("MIKA20",), occurred_at=at))
    store = shop.live._rooms.affiliate
    until = START + timedelta(days=14, minutes=2)
    with shop.db.transaction() as tx:
        due = store.due_holds(tx, as_of=until, limit=10)
        assert [key[2] for key, _ in due] == ["o1", "o2"]
        store.mark_released(tx, due[:1])
        assert store.due_holds(tx, as_of=until, limit=10) == due[1:]
        assert store.due_holds(tx, as_of=until, limit=0) == []
    clock.set(until)
    assert shop.live.releases.due().as_json() == {"released": 1, "entries": 1, "windows": 0}
