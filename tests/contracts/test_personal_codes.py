"""Personal codes of a coupon: made in portions, used once, kept as secrets."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.personal import spelling
from liveshop_sdk.checkout.personal import tables as p
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    BoundShopError,
    CodeBatchUnknownError,
    CouponInvalidError,
    CouponOverError,
    CouponPausedError,
    CouponUnknownError,
    PlatformRefusedError,
)
from liveshop_sdk.platforms.sandbox.codes import tables as sandbox
from tests.contracts.code_support import adding, small, texts, there
from tests.contracts.coupon_support import AWAY, away, drained, outbox
from tests.contracts.shop_support import START, Shop


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    return shop


# --- made


def test_a_batch_is_made_and_listed(shop: Shop) -> None:
    batch = shop.live.coupons.issue_codes("mika20", count=3)
    assert (batch.size, batch.made, batch.status, batch.problem) == (3, 3, "ready", None)
    assert batch.done_at == START
    codes = shop.live.coupons.codes("MIKA20")
    assert [one.n for one in codes] == [1, 2, 3]
    assert sorted(one.text for one in codes) == there(shop)
    for one in codes:
        assert spelling.prefix_in(one.text) == "MIKA20"
        assert (one.uses, one.order_id, one.used_at) == (0, None, None)
    assert shop.live.coupons.batches("MIKA20") == (batch,)
    assert shop.live.coupons.codes("MIKA20", after=codes[0].id, limit=1) == (codes[1],)
    again = shop.live.coupons.issue_codes("MIKA20", count=2)
    assert again.id != batch.id
    assert len(set(texts(shop))) == 5
    assert texts(shop)[:3] == [one.text for one in codes]


def test_no_code_stands_in_our_tables_or_in_the_outbox(shop: Shop) -> None:
    shop.live.coupons.issue_codes("MIKA20", count=2)
    secret = [one.text.rpartition("-")[2] for one in shop.live.coupons.codes("MIKA20")]
    tables = (p.batch, p.code, *(one for one in sa_tables() if one.name == "ls_outbox"))
    stored = repr([shop.rows(table) for table in tables])
    assert [one for one in secret if one in stored] == []
    assert secret[0] not in repr(shop.live.coupons.codes("MIKA20"))


def sa_tables() -> list[sa.Table]:
    return list(t.coupon.metadata.tables.values())


@pytest.mark.parametrize("count", [0, -1, 10_001, True, 2.0, "5", None])
def test_a_count_that_cannot_be_is_refused(shop: Shop, count: Any) -> None:
    before = shop.counts()
    with pytest.raises(CouponInvalidError, match="1 to 10000"):
        shop.live.coupons.issue_codes("MIKA20", count=count)
    assert shop.counts() == before


def test_what_no_codes_can_be_issued_of(shop: Shop, clock: ManualClock) -> None:
    issue = shop.live.coupons.issue_codes
    with pytest.raises(CouponUnknownError):
        issue("NOBODY", count=1)
    shop.live.coupons.pause("MIKA20")
    before = shop.counts()
    with pytest.raises(CouponPausedError):
        issue("MIKA20", count=1)
    shop.live.coupons.resume("MIKA20")
    clock.advance(timedelta(hours=2))
    with pytest.raises(CouponOverError):
        issue("MIKA20", count=1)
    assert shop.counts()["ls_code_batch"] == before["ls_code_batch"] == 0
    with pytest.raises(CodeBatchUnknownError):
        shop.live.coupons.make_codes("cbt_nothing")


def test_a_bound_shop_plans_and_the_worker_makes(shop: Shop, clock: ManualClock) -> None:
    with shop.db.transaction() as tx:
        bound = shop.live.using(tx)
        batch = bound.coupons.issue_codes("MIKA20", count=2)
        assert (batch.status, batch.made) == ("pending", 0)
        with pytest.raises(BoundShopError):
            bound.coupons.make_codes(batch.id)
        assert bound.coupons.codes("MIKA20") == ()
    assert there(shop) == []
    assert drained(shop, clock) == 1
    assert len(there(shop)) == 2


def test_portion_after_portion_each_committed(shop: Shop, clock: ManualClock) -> None:
    small(shop, 4)
    batch = shop.live.coupons.issue_codes("MIKA20", count=10)
    assert (batch.made, batch.status) == (4, "pending")
    told: list[tuple[int, int]] = []
    done = shop.live.coupons.make_codes(batch.id, progress=lambda *now: told.append(now))
    assert (done.made, done.status) == (10, "ready")
    assert told == [(4, 10), (8, 10)]
    assert len(set(there(shop))) == 10
    assert outbox(shop) == {"pending": 0, "done": 4, "dead": 0}


def test_a_coupon_that_is_not_there_yet_is_made_first(shop: Shop, clock: ManualClock) -> None:
    with away(shop, "create_coupon"):
        assert shop.coupon("LATER").status == "pending"
        batch = shop.live.coupons.issue_codes("LATER", count=2)
    assert (batch.status, there(shop)) == ("pending", [])
    for _ in range(2):
        drained(shop, clock)
    assert shop.live.coupons.batches("LATER")[0].status == "ready"
    assert sorted(texts(shop, "LATER")) == there(shop)


# --- whatever happens


def lost(real: Any, *given: Any, **named: Any) -> Any:
    real(*given, **named)
    raise AWAY


def test_a_lost_answer_makes_no_code_twice(shop: Shop, clock: ManualClock) -> None:
    small(shop, 3)
    with adding(shop, lost):
        batch = shop.live.coupons.issue_codes("MIKA20", count=5)
        assert (batch.made, len(there(shop))) == (0, 3)
        drained(shop, clock)
    first = there(shop)
    assert drained(shop, clock) == 2
    assert set(first) <= set(there(shop)) == set(texts(shop))
    assert len(texts(shop)) == 5


def test_killed_between_the_answer_and_the_commit(shop: Shop, clock: ManualClock) -> None:
    """What a portion made is stored before its row is done: the next one goes on behind it."""
    small(shop, 3)

    def killed(real: Any, *given: Any, **named: Any) -> Any:
        real(*given, **named)
        raise KeyboardInterrupt

    with adding(shop, killed), pytest.raises(KeyboardInterrupt):
        shop.live.coupons.issue_codes("MIKA20", count=5)
    assert len(there(shop)) == 3
    clock.advance(timedelta(minutes=6))  # the lease of who was killed
    drained(shop, clock)
    assert sorted(texts(shop)) == there(shop)
    assert len(there(shop)) == 5
    assert shop.live.coupons.batches("MIKA20")[0].status == "ready"


def test_a_code_that_somebody_has_is_replaced(shop: Shop, clock: ManualClock) -> None:
    taken: list[str] = []

    def occupied(real: Any, *given: Any, **named: Any) -> Any:
        if not taken:
            taken.append(named["codes"][1].text)
            shop.coupon("OTHER")
            (other,) = [row for row in shop.rows(t.coupon) if row["code"] == "OTHER"]
            row = {"code": taken[0], "coupon_ref": other["platform_ref"], "key": "x", "used": 0}
            with shop.db.transaction() as tx:
                tx.execute(sandbox.code.insert(), row)
        return real(*given, **named)

    with adding(shop, occupied):
        batch = shop.live.coupons.issue_codes("MIKA20", count=3)
        assert batch.made == 2
        done = shop.live.coupons.make_codes(batch.id)
    assert (done.made, done.status) == (3, "ready")
    assert taken[0] not in texts(shop)
    assert sorted([*texts(shop), taken[0]]) == there(shop)


def test_codes_that_are_always_taken_end_in_a_dead_letter(shop: Shop, clock: ManualClock) -> None:
    def taken(_real: Any, *_given: Any, **named: Any) -> Any:
        from liveshop_sdk.checkout.personal.ports import CodesMade

        first, *rest = named["codes"]
        return CodesMade(made={one.id: None for one in rest}, taken=frozenset([first.id]))

    with adding(shop, taken):
        batch = shop.live.coupons.issue_codes("MIKA20", count=2)
        with pytest.raises(PlatformRefusedError, match="again and again"):
            shop.live.coupons.make_codes(batch.id)
    (batch,) = shop.live.coupons.batches("MIKA20")
    assert (batch.made, batch.status) == (1, "refused")
    assert "again and again" in str(batch.problem)
    assert outbox(shop)["dead"] == 1
    assert shop.live.replay() == 1
    drained(shop, clock)
    (batch,) = shop.live.coupons.batches("MIKA20")
    assert (batch.made, batch.status, batch.problem) == (2, "ready", None)


# --- paused, resumed, ended


def test_a_pause_holds_up_what_is_left_and_a_resumption_goes_on(
    shop: Shop, clock: ManualClock
) -> None:
    small(shop, 2)
    batch = shop.live.coupons.issue_codes("MIKA20", count=5)
    shop.live.coupons.pause("MIKA20")
    drained(shop, clock)
    assert (len(there(shop)), outbox(shop)["pending"]) == (2, 0)
    shop.live.coupons.resume("MIKA20")
    shop.live.coupons.resume("MIKA20")
    drained(shop, clock)
    assert len(there(shop)) == 5
    assert shop.live.coupons.batches("MIKA20")[0].status == "ready"
    assert batch.status == "pending"


def test_an_end_leaves_the_rest_unmade(shop: Shop, clock: ManualClock) -> None:
    small(shop, 2)
    shop.live.coupons.issue_codes("MIKA20", count=5)
    token = shop.link()
    code = texts(shop)[0]
    shop.live.coupons.end("MIKA20")
    drained(shop, clock)
    assert (len(there(shop)), outbox(shop)["pending"]) == (2, 0)
    with pytest.raises(CouponOverError):
        shop.live.links.open(token, code=code)
