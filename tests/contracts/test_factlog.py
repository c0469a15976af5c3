"""The log of facts on both engines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import FactConflictError
from liveshop_sdk.events import FactLog, Recorded
from liveshop_sdk.facts import DisputeOpened, Fact, OrderPaid, OrderRefunded, RefundFailed, SoldLine

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)


@pytest.fixture
def log(clock: ManualClock) -> FactLog:
    return FactLog(clock)


def refund(refund_id: str, order_ref: str = "o1", *, amount: int = 500) -> OrderRefunded:
    return OrderRefunded(
        platform="sandbox",
        account="acct_1",
        order_ref=order_ref,
        occurred_at=NOW,
        refund_id=refund_id,
        amount=amount,
        currency="EUR",
        lines=(("l1", 300), ("l2", 200)),
    )


def stored(db: Database, log: FactLog) -> list[Fact]:
    with db.reading() as tx:
        return [logged.fact for logged in log.all(tx)]


def test_a_fact_is_recorded_once(db: Database, log: FactLog) -> None:
    with db.transaction() as tx:
        assert log.add(tx, refund("r1")) is Recorded.NEW
        assert log.add(tx, refund("r1")) is Recorded.DUPLICATE
    with db.transaction() as tx:
        assert log.add(tx, refund("r1")) is Recorded.DUPLICATE
    assert stored(db, log) == [refund("r1")]


def test_the_first_instant_stands(db: Database, log: FactLog) -> None:
    later = replace(refund("r1"), occurred_at=NOW + timedelta(seconds=2))
    with db.transaction() as tx:
        log.add(tx, refund("r1"))
        assert log.add(tx, later) is Recorded.DUPLICATE
    assert stored(db, log) == [refund("r1")]


@pytest.mark.parametrize(
    "other", [refund("r1", amount=501), refund("r1", "o2")], ids=["body", "order"]
)
def test_the_same_key_with_other_content_is_refused(
    db: Database, log: FactLog, other: Fact
) -> None:
    with db.transaction() as tx:
        log.add(tx, refund("r1"))
    with pytest.raises(FactConflictError) as refused, db.transaction() as tx:
        log.add_many(tx, [refund("r2"), other])
    assert refused.value.key == "refund:r1"
    assert stored(db, log) == [refund("r1")]


def sold(ref: str, base: int) -> SoldLine:
    return SoldLine(
        ref=ref,
        sku="tee",
        item_ref="variant/1",
        title="Tee",
        quantity=1,
        gross=base,
        discount=0,
        tax=0,
        base=base,
    )


SALE = OrderPaid(
    platform="shopify",
    account="acct_1",
    order_ref="o1",
    occurred_at=NOW,
    currency="EUR",
    total=3000,
    shipping=0,
    tax=0,
    tax_included=False,
    lines=(sold("1", 1000), sold("2", 2000)),
    checkout_id="chk_1",
    codes=("MIKA20",),
    customer_key="key:ana",
    market="DE",
)
DISPUTE = DisputeOpened(
    platform="stripe",
    account="acct_1",
    order_ref="o1",
    occurred_at=NOW,
    dispute_id="dp_1",
    amount=2000,
    currency="EUR",
)
RETOLD: dict[str, tuple[Fact, Fact]] = {
    "address": (SALE, replace(SALE, customer_key="key:ben", market="FR")),
    "codes": (SALE, replace(SALE, codes=("mika20",), coupon_refs=("promo_1",))),
    "references": (SALE, replace(SALE, checkout_id=None, cart_token="c1")),
    "lines": (
        SALE,
        replace(
            SALE,
            lines=(
                replace(sold("2", 2000), title="New", item_ref=""),
                replace(sold("1", 1000), sku=""),
            ),
        ),
    ),
    "disputed": (DISPUTE, replace(DISPUTE, amount=2500)),
}
CONTRADICTED: dict[str, tuple[Fact, Fact]] = {
    "total": (SALE, replace(SALE, total=3001)),
    "base": (SALE, replace(SALE, lines=(sold("1", 1000), sold("2", 1999)))),
    "line": (SALE, replace(SALE, lines=(*SALE.lines, sold("3", 0)))),
    "quantity": (SALE, replace(SALE, lines=(replace(sold("1", 1000), quantity=2), SALE.lines[1]))),
    "currency": (SALE, replace(SALE, currency="USD")),
    "test": (SALE, replace(SALE, is_test=True)),
    "disputed in": (DISPUTE, replace(DISPUTE, currency="USD")),
}


@pytest.mark.parametrize("case", RETOLD)
def test_the_same_money_told_otherwise_is_a_repeat(db: Database, log: FactLog, case: str) -> None:
    first, again = RETOLD[case]
    with db.transaction() as tx:
        assert log.add_many(tx, [first, again]) == [Recorded.NEW, Recorded.DUPLICATE]
    with db.transaction() as tx:
        assert log.add(tx, again) is Recorded.DUPLICATE
    assert stored(db, log) == [first]


@pytest.mark.parametrize("case", CONTRADICTED)
def test_other_money_stays_a_contradiction(db: Database, log: FactLog, case: str) -> None:
    first, other = CONTRADICTED[case]
    with db.transaction() as tx:
        log.add(tx, first)
    with pytest.raises(FactConflictError), db.transaction() as tx:
        log.add(tx, other)
    with pytest.raises(FactConflictError), db.transaction() as tx:
        log.add_many(tx, [first, other])
    assert stored(db, log) == [first]


def test_a_contradiction_within_one_call_is_refused(db: Database, log: FactLog) -> None:
    with pytest.raises(FactConflictError), db.transaction() as tx:
        log.add_many(tx, [refund("r1"), refund("r1", amount=1)])
    assert stored(db, log) == []


def test_the_same_key_at_two_accounts_is_two_facts(db: Database, log: FactLog) -> None:
    with db.transaction() as tx:
        assert log.add(tx, refund("r1")) is Recorded.NEW
        assert log.add(tx, replace(refund("r1", amount=7), account="acct_2")) is Recorded.NEW
        assert log.add(tx, replace(refund("r1", amount=8), platform="stripe")) is Recorded.NEW
    assert len(stored(db, log)) == 3


def test_many_facts_answer_in_their_order(db: Database, log: FactLog) -> None:
    facts = [refund(f"r{n:03}") for n in range(450)]
    with db.transaction() as tx:
        log.add_many(tx, facts[10:20])
        answers = log.add_many(tx, [*facts, facts[0]])
        assert log.add_many(tx, []) == []
    expected = [Recorded.NEW] * 10 + [Recorded.DUPLICATE] * 10 + [Recorded.NEW] * 430
    assert answers == [*expected, Recorded.DUPLICATE]
    assert len(stored(db, log)) == 450


def test_an_orders_facts_do_not_show_how_they_arrived(db: Database, log: FactLog) -> None:
    failed = RefundFailed(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW - timedelta(hours=1),
        refund_id="r1",
    )
    with db.transaction() as tx:
        log.add_many(tx, [refund("r2"), refund("r9", "o2")])
        log.add_many(tx, [refund("r1"), failed])
        assert log.of_order(tx, "sandbox", "acct_1", "o1") == [failed, refund("r1"), refund("r2")]
        first, second = ("sandbox", "acct_1", "o2"), ("stripe", "acct_1", "o1")
        assert log.of_orders(tx, [first, second]) == {first: [refund("r9", "o2")], second: []}


def test_the_whole_log_comes_in_pages(db: Database, log: FactLog, clock: ManualClock) -> None:
    with db.transaction() as tx:
        for n in range(5):
            log.add(tx, refund(f"r{n}"))
    seen: list[Fact] = []
    with db.reading() as tx:
        page = log.all(tx, limit=2)
        while page:
            seen.extend(logged.fact for logged in page)
            page = log.all(tx, after=page[-1].seq, limit=2)
    assert seen == [refund(f"r{n}") for n in range(5)]


_CHANGES = {
    "sqlite": [
        "UPDATE ls_fact SET body = '{}'",
        "DELETE FROM ls_fact",
    ],
    "postgresql": [
        "UPDATE ls_fact SET body = '{}'",
        "DELETE FROM ls_fact",
        "TRUNCATE ls_fact",
    ],
}


def test_the_database_refuses_to_change_a_fact(db: Database, log: FactLog) -> None:
    with db.transaction() as tx:
        log.add(tx, refund("r1"))
    for statement in _CHANGES[db.dialect]:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.transaction() as tx:
            tx.execute(sa.text(statement))
        assert stored(db, log) == [refund("r1")]


def test_sixteen_writers_record_each_fact_once(db: Database, log: FactLog) -> None:
    start = Barrier(16)
    answers: list[Recorded] = []

    def write(facts: Sequence[Fact]) -> None:
        start.wait()
        with db.transaction() as tx:
            answers.extend(log.add_many(tx, facts))

    facts = [refund(f"r{n}") for n in range(20)]
    threads = [Thread(target=write, args=(facts if n % 2 else facts[::-1],)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(Recorded.NEW) == 20
    assert answers.count(Recorded.DUPLICATE) == 300
    assert len(stored(db, log)) == 20
