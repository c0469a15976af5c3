"""Statements: they add up, they are the ledger's, and every line says why."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.model import PARTS, Held
from liveshop_sdk.affiliate.terms import LineTerms, Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.errors import (
    BrandAmbiguousError,
    BrandNotFoundError,
    CreatorNotFoundError,
    ExportInvalidError,
    LedgerTamperedError,
    PeriodInvalidError,
    SeqUnknownError,
)
from liveshop_sdk.facts import DisputeOpened
from liveshop_sdk.money import Money, Rate
from tests.contracts.ledger_support import drop_guards, tampering
from tests.contracts.shop_support import START, Shop, about, line, refund, sale
from tests.contracts.statement_support import (
    NOVEMBER,
    OCTOBER,
    lines_of,
    october,
    only,
    post,
    some,
    stocked,
    story,
    written,
)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    return stocked(db, clock)


def test_a_month_adds_up_to_the_cent(shop: Shop) -> None:
    story(shop)
    brand, section = only(october(shop))
    assert section.opening == {}
    assert section.movements == {
        "earned": {"pending": 1718},
        "taken_back": {"pending": -240},
        "disputes": {"payable": -120, "disputed": 120},
        "released": {"pending": -1478, "payable": 1478},
        "adjustments": {"payable": 250},
        "payouts": {"payable": -1000, "in_transit": 900, "tax_withheld": 100},
    }
    assert section.closing == some(payable=608, disputed=120, in_transit=900, tax_withheld=100)
    assert section.later == {"in_transit": -900, "pending": 77}
    assert section.balance == some(payable=608, disputed=120, pending=77, tax_withheld=100)
    assert (brand.period_status, brand.timezone) == ("open", "UTC")
    assert (brand.as_of_seq, brand.root_hash) == (12, shop.live.ledger.head().root_hash)


def test_the_next_month_begins_where_this_one_ended(shop: Shop) -> None:
    story(shop)
    _, before = only(october(shop))
    _, after = only(shop.live.statements.of("mika", period=NOVEMBER))
    assert some(**after.opening) == before.closing
    assert after.movements == {"bonuses": {"pending": 77}, "payouts": {"in_transit": -900}}
    assert (after.closing, after.later) == (before.balance, {})


def test_what_it_says_is_what_the_ledger_says_after_every_entry(shop: Shop) -> None:
    story(shop)
    for seq in range(1, 13):
        for period in ("2026-09", OCTOBER, NOVEMBER, "2026-12"):
            found = shop.live.statements.of("mika", period=period, as_of_seq=seq)
            balances = shop.live.ledger.balance(creator="mika", as_of_seq=seq)
            (brand,) = found.statement.brands
            assert brand.root_hash == balances.head.root_hash
            for section in brand.sections:
                kept = {row.account.split(":")[2]: -row.amount for row in balances.balances}
                assert section.balance == some(**kept)
                told = [dict(one.changes) for one in found.lines(brand, section)]
                moved = {
                    part: sum(sums.get(part, 0) for sums in section.movements.values())
                    for part in PARTS
                }
                assert some(**_summed(told)) == moved


def _summed(rows: list[dict[str, int]]) -> dict[str, int]:
    return {part: sum(row.get(part, 0) for row in rows) for part in PARTS}


def test_every_line_says_what_it_is_about_and_why(shop: Shop) -> None:
    story(shop)
    told = [
        (
            one.seq, one.on, one.kind, one.title, one.sku, one.why, one.status, one.kept,
            dict(one.changes),
        )
        for one in lines_of(october(shop))
    ]  # fmt: skip
    tee = ("Tee, striped", "sku_tee", "coupon", "released", 359)
    plain, mug = ("", "sku_tee", "coupon", "released", 599), ("", "sku_mug", "coupon")
    third = ("", "sku_tee", "coupon", "disputed", 400)
    first, over, later = date(2026, 10, 2), date(2026, 10, 16), date(2026, 10, 18)
    none = ("", "", "", "", 0)
    last, reserved = date(2026, 10, 22), {"payable": -1000, "in_transit": 900, "tax_withheld": 100}
    assert told == [
        (1, first, "sale", *tee, {"pending": 599}),
        (2, first, "sale", *plain, {"pending": 599}),
        (2, first, "sale", *mug, "released", 120, {"pending": 120}),
        (3, first, "sale", *third, {"pending": 400}),
        (4, first, "refund", *tee, {"pending": -240}),
        (5, over, "release", *tee, {"pending": -359, "payable": 359}),
        (6, over, "release", *plain, {"pending": -599, "payable": 599}),
        (6, over, "release", *mug, "released", 120, {"pending": -120, "payable": 120}),
        (7, over, "release", *third, {"pending": -400, "payable": 400}),
        (8, later, "dispute_opened", *third, {"payable": -120, "disputed": 120}),
        (9, last, "adjustment", *none, {"payable": 250}),
        (10, last, "payout_created", *none, reserved),
    ]  # fmt: skip
    noted = [one.note for one in lines_of(october(shop)) if one.note]
    assert noted == ["Missed the <b>tier</b>"]


def test_what_is_held_back_says_why(shop: Shop) -> None:
    shop.record(sale("o1", codes=("MIKA20",)))
    shop.record(sale("o2", codes=("MIKA20",)))
    later = START + timedelta(days=2)
    shop.record(sale("o3", line(base=1000), codes=("MIKA20",), occurred_at=later))
    opened = DisputeOpened(**about("o2"), dispute_id="d1", amount=4990, currency="EUR")
    shop.record(opened)
    bonus = [("brand:tier_bonus_expense", 77), ("creator:mika:pending", -77)]
    post(shop, "tier_true_up", "t1", *bonus, line_ref="tier:w1")
    _, section = only(october(shop))
    assert section.held == (
        Held(why="dispute", until=None, lines=1, amount=599),
        Held(why="hold", until=date(2026, 10, 16), lines=1, amount=599),
        Held(why="hold", until=date(2026, 10, 18), lines=1, amount=120),
        Held(why="window", until=None, lines=1, amount=77),
    )
    assert sum(one.amount for one in section.held) == sum(section.balance.values())


def test_what_waits_for_a_person_is_in_review(shop: Shop) -> None:
    shop.live.coupons.create("ONCE", stream_id="drop", creator_id="mika", percent_off=20, limit=1)
    for number in (1, 2):
        shop.record(sale(f"o{number}", codes=("ONCE",)))
    found = october(shop)
    _, section = only(found)
    assert [one.why for one in section.held] == ["hold", "review"]
    assert [one.status for one in lines_of(found)] == ["pending", "review"]


def test_payouts_have_the_state_the_book_knows(shop: Shop) -> None:
    story(shop)

    def states(period: str, **more: Any) -> list[tuple[str, str, date, int, int]]:
        found = shop.live.statements.of("mika", period=period, **more)
        return [
            (one.state, one.rail, one.changed_on, one.amount, one.withheld)
            for one in only(found)[1].payouts
        ]

    planned, sent = date(2026, 10, 22), date(2026, 11, 2)
    assert states(OCTOBER, as_of_seq=10) == [("created", "", planned, 1000, 100)]
    assert states(OCTOBER) == [("sent", "stripe", sent, 1000, 100)]
    assert states("2026-12") == [("sent", "stripe", sent, 1000, 100)]
    there = START + timedelta(days=33)
    post(shop, "payout_paid", "paid:pit_1", source="payouts", occurred_at=there)
    assert states(NOVEMBER) == [("paid", "stripe", there.date(), 1000, 100)]
    assert states("2026-12") == []
    assert states(OCTOBER, as_of_seq=12) == [("sent", "stripe", sent, 1000, 100)]


def test_an_entry_dated_late_belongs_to_its_own_month(shop: Shop) -> None:
    shop.record(sale("o2", codes=("MIKA20",), occurred_at=datetime(2026, 11, 1, 9, tzinfo=UTC)))
    shop.record(sale("o1", codes=("MIKA20",), occurred_at=datetime(2026, 10, 31, 23, tzinfo=UTC)))
    _, section = only(october(shop))
    assert (section.opening, section.closing["pending"]) == ({}, 599)
    assert section.later == {"pending": 599}
    _, section = only(shop.live.statements.of("mika", period=NOVEMBER))
    assert section.opening == {"pending": 599}


def test_a_split_sale_shows_the_share(shop: Shop) -> None:
    shop.stream("both", "mika:60", "ana:40")
    shop.live.coupons.create("BOTH", stream_id="both", creator_id="mika", percent_off=10)
    shop.record(sale("o1", line(base=8005), codes=("BOTH",)))
    amounts = {}
    for creator in ("mika", "ana"):
        (found,) = lines_of(shop.live.statements.of(creator, period=OCTOBER))
        assert found.sale is not None
        amounts[creator] = (found.sale.weight, found.sale.weight_total, found.change)
    assert amounts == {"mika": (60, 100, 577), "ana": (40, 100, 384)}


def test_what_units_earn_stands_beside_the_rate(shop: Shop) -> None:
    """5 % of 20.00 and 2 × 0.25 are 1.50; of a flat amount alone no rate is said."""
    both = LineTerms(rate=Rate.percent("5"), per_unit=Money(25, "EUR"))
    flat = LineTerms(per_unit=Money(150, "EUR"))
    terms = Terms(rate=Rate.percent("12"), products={"sku_mug": both, "sku_tee": flat})
    shop.live.creators.agree("mika", terms=terms)
    mugs = line("li_2", "sku_mug", 2000, quantity=2)
    shop.record(sale("o1", line(), mugs, codes=("MIKA20",)))
    found = october(shop)
    _, section = only(found)
    lines = lines_of(found)
    assert sorted(words.rate(section, one) for one in lines) == ["1 × 1.50", "5% + 2 × 0.25"]
    assert '<td class="rate">5% + 2 × 0.25</td>' in written(found, "html").decode()
    document = json.loads(written(found, "json"))
    orders = [one["order"] for one in document["brands"][0]["currencies"][0]["lines"]]
    (mug,) = [one for one in orders if one["sku"] == "sku_mug"]
    assert (mug["rate"], mug["quantity"], mug["earned"]["amount"]) == ("5%", 2, 150)
    assert mug["per_unit"] == {"amount": 25, "currency": "EUR"}


def test_brands_are_apart_each_with_its_own_book(db: Database, clock: ManualClock) -> None:
    shop = Shop(db, clock)
    shop.live.brands.add("main", currency="EUR")
    shop.live.brands.add("other", currency="JPY", timezone="Asia/Tokyo")
    shop.live.products.add("sku_tee", title="Tee", amount=4990, currency="EUR", brand="main")
    shop.live.products.add("sku_cup", title="Cup", amount=500, currency="JPY", brand="other")
    for brand in ("main", "other"):
        shop.live.creators.add("mika", rate="12%", brand=brand)
    shop.live.creators.add("ana", rate="10%", brand="other")
    shop.stream("drop", "mika", brands=["main", "other"])
    shop.coupon()
    cup = line("c", "sku_cup", 500)
    shop.record(sale("o1", codes=("MIKA20",)))
    shop.record(sale("o2", cup, codes=("MIKA20",), currency="JPY"))
    found = october(shop)
    told = [
        (part.brand, part.timezone, part.sections[0].currency) for part in found.statement.brands
    ]
    assert told == [("main", "UTC", "EUR"), ("other", "Asia/Tokyo", "JPY")]
    assert only(october(shop, brand="other"))[1].closing == some(pending=60)
    text = written(found, "html").decode()
    assert '<td class="num">60</td>' in text
    assert '<td class="num">5.99</td>' in text
    assert [one.statement.creator for one in shop.live.statements.all(period=OCTOBER)] == ["mika"]
    assert shop.live.statements.creators() == ["mika"]
    with pytest.raises(BrandAmbiguousError):
        october(shop, as_of_seq=1)
    with pytest.raises(BrandNotFoundError):
        october(shop, brand="nobody")


@pytest.mark.parametrize("kind", ["html", "pdf", "json"])
def test_the_same_statement_is_the_same_bytes_on_every_engine(
    shop: Shop, tmp_path: Path, kind: str
) -> None:
    story(shop)
    here = written(october(shop), kind)
    assert written(october(shop), kind) == here
    beside = Database.connect(f"sqlite:///{tmp_path / 'beside.db'}")
    migrate.upgrade(beside)
    other = stocked(beside, ManualClock(START))
    story(other)
    assert written(october(other), kind) == here
    story_goes_on = sale("o9", codes=("MIKA20",))
    shop.record(story_goes_on)
    assert written(october(shop), kind) != here
    assert written(october(shop, as_of_seq=12), kind) == here
    beside.dispose()


def test_pages_of_lines_make_one_statement(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    story(shop)
    whole = written(october(shop), "json")
    for size in (1, 2, 5):
        monkeypatch.setattr("liveshop_sdk.affiliate.statements.service.PAGE", size)
        monkeypatch.setattr("liveshop_sdk.affiliate.statements.service.PROVED_AT_ONCE", size)
        assert written(october(shop), "json") == whole


def test_what_is_posted_meanwhile_is_in_the_next_statement(shop: Shop) -> None:
    story(shop)
    found = october(shop)
    whole = written(october(shop), "json")
    shop.record(sale("o9", codes=("MIKA20",)))
    shop.record(refund("o2", ident="re_2", amount=5990))
    assert written(found, "json") == whole


def test_the_document_says_all_of_it(shop: Shop) -> None:
    story(shop)
    shop.live.creators.update("mika", name='Mika "M" </script>')
    found = json.loads(written(october(shop), "json"))
    (brand,) = found["brands"]
    (euro,) = brand["currencies"]
    assert (found["creator"], found["name"]) == ("mika", 'Mika "M" </script>')
    assert (brand["brand"], brand["as_of_seq"], brand["period_status"]) == ("main", 12, "open")
    assert euro["closing"]["payable"] == {"amount": 608, "currency": "EUR"}
    assert list(euro["opening"]) == ["pending", "payable", "in_transit", "disputed", "tax_withheld"]
    assert len(euro["lines"]) == 12
    assert euro["lines"][4] == {
        "seq": 4,
        "date": "2026-10-02",
        "kind": "refund",
        "group": "taken_back",
        "changes": {"pending": {"amount": -240, "currency": "EUR"}},
        "note": None,
        "payout": None,
        "month_cap": None,
        "order": {
            "order_ref": "o1",
            "line": "li_1",
            "sku": "sku_tee",
            "title": "Tee, striped",
            "base": {"amount": 4990, "currency": "EUR"},
            "rate": "12%",
            "per_unit": None,
            "quantity": 1,
            "uncapped": {"amount": 599, "currency": "EUR"},
            "cap": None,
            "cut_by_cap": None,
            "share": "1/1",
            "earned": {"amount": 599, "currency": "EUR"},
            "credited_by": "coupon",
            "status": "released",
            "left": {"amount": 359, "currency": "EUR"},
        },
    }
    assert euro["payouts"][0]["state"] == "sent"


def test_nothing_earned_is_told_and_left_out_of_all(shop: Shop) -> None:
    assert october(shop).statement.is_empty
    assert b"Nothing was earned" in written(october(shop), "html")
    assert json.loads(written(october(shop), "json"))["brands"] == []
    assert written(october(shop), "pdf").startswith(b"%PDF")
    assert list(shop.live.statements.all(period=OCTOBER)) == []
    with pytest.raises(PeriodInvalidError):
        list(shop.live.statements.all(period="2026-13"))
    story(shop)
    before = shop.live.statements.of("mika", period="2026-09")
    assert before.statement.is_empty
    assert b"Nothing was earned" in written(before, "html")


def test_what_cannot_be_asked_is_refused(shop: Shop) -> None:
    story(shop)
    before = shop.counts()
    for period in ("2026-13", "2026-1", "", "\u0662\u0660\u0662\u0666-10", "2026-10\n"):
        with pytest.raises(PeriodInvalidError):
            shop.live.statements.of("mika", period=period)
    with pytest.raises(CreatorNotFoundError):
        shop.live.statements.of("nobody", period=OCTOBER)
    with pytest.raises(SeqUnknownError):
        october(shop, as_of_seq=13)
    out = io.BytesIO()
    with pytest.raises(ExportInvalidError):
        october(shop).write(out, format="doc")
    assert (out.getvalue(), shop.counts()) == (b"", before)


def test_a_book_that_does_not_add_up_makes_no_statement(shop: Shop, db: Database) -> None:
    story(shop)
    drop_guards(db)
    with tampering(db) as tx:
        tx.exec_driver_sql(
            "UPDATE ls_ledger_posting SET amount = amount - 1 WHERE seq = 4 AND amount < 0"
        )
    assert october(shop).statement.brands  # the expense was hit, not the creator
    with tampering(db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_posting SET amount = amount + 1 WHERE seq = 3")
    with pytest.raises(LedgerTamperedError, match="creator:mika:pending do not add up"):
        october(shop)


def test_a_statement_holds_no_more_than_its_lines(shop: Shop) -> None:
    """Sums are frozen values; changing one makes another."""
    story(shop)
    _, section = only(october(shop))
    assert replace(section, later={}).balance == section.closing
