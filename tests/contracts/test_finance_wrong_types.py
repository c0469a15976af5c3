"""Whatever a caller hands to the books: a refusal of our own, and nothing written."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from liveshop_sdk.affiliate.exports.service import ExportRequest
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import InvalidError, LiveShopError
from liveshop_sdk.money import Money
from tests.contracts.payout_support import Till, till
from tests.contracts.test_payout_wrong_types import rows
from tests.contracts.test_wrong_types import ODD

Calls = dict[str, tuple[Callable[..., object], dict[str, Any]]]
PEOPLE = {"reason": "r", "by": "ulla", "approved_by": "vera", "brand": "main"}
FIVE = Money(5, "USD")


NUMBERS = {
    "correct": ["seq"],
    "annotate": ["about"],
    "statements.of": ["as_of_seq"],
    "exports.write": ["from_seq", "to_seq"],
    "proofs.inclusion": ["seq", "size"],
    "proofs.consistency": ["old", "size"],
    "seeding.give": ["id"],
    "ledger.balance": ["as_of_seq"],
    "ledger.entries": ["after_seq", "to_seq"],
    "ledger.verify": ["at_seq", "start"],
    "ledger.export": ["from_seq", "to_seq"],
}


def calls(desk: Till) -> Calls:
    """The calls of finance with arguments that are right, or refused in the end.

    Left out is what is a list or a mapping as a whole.
    """
    live = desk.shop.live
    hand, months, proofs, seeding = live.adjustments, live.periods, live.proofs, live.seeding

    def export(**more: Any) -> object:
        return live.exports.write(io.BytesIO(), replace(ExportRequest(), **more), brand="main")

    def statement(format: Any) -> None:  # noqa: A002 - the field's word
        live.statements.of("ana", period="2026-10").write(io.BytesIO(), format=format)

    seqs: dict[str, Any] = {"brand": "main", "from_seq": 1, "to_seq": 2}
    month: dict[str, Any] = {"month": "2031-01", "brand": "main", "by": "ulla"}
    given = {"creator": "ana", "quantity": 0, "cost": FIVE, "fair_value": FIVE, "id": "g1"}
    return {
        "adjust": (
            hand.adjust,
            {**PEOPLE, "creator": "ana", "amount": Money(0, "USD"), "key": "k"},
        ),
        "write_off": (hand.write_off, {**PEOPLE, "creator": "ana", "amount": FIVE, "key": "k"}),
        "correct": (
            hand.correct,
            {**PEOPLE, "seq": 1, "amount": FIVE, "line_ref": "none", "key": "k"},
        ),
        "dispute_fee": (
            hand.dispute_fee,
            {
                "dispute_id": "dp_1",
                "amount": FIVE,
                "rail": "-",
                "by": "ulla",
                "brand": "main",
            },
        ),
        "annotate": (hand.annotate, {"text": "seen", "by": "ulla", "about": 99, "key": "k"}),
        "periods.begin": (months.begin, month),
        "periods.close": (months.close, month),
        "periods.lock": (months.lock, month),
        "periods.reopen": (months.reopen, {**PEOPLE, "month": "2031-01"}),
        "statements.of": (
            live.statements.of,
            {"creator": "ana", "period": "2026-10", "brand": "main", "as_of_seq": 1},
        ),
        "statements.write": (statement, {"format": "json"}),
        "exports.write": (
            export,
            {"format": "csv", "period": "2026-10", "from_seq": 1, "to_seq": 2, "by": ""},
        ),
        "exports.runs": (live.exports.runs, {"brand": "main", "format": "csv"}),
        "exports.mapping": (live.exports.mapping, {"format": "csv"}),
        "proofs.inclusion": (
            lambda seq, size: proofs.inclusion([seq], size=size),
            {"seq": 1, "size": 1},
        ),
        "proofs.consistency": (proofs.consistency, {"old": 1, "size": 1, "brand": "main"}),
        "seeding.give": (seeding.give, {**given, "sku": "sku_cap"}),
        "seeding.take_back": (seeding.take_back, {"seeding_id": "g1"}),
        "seeding.list": (seeding.list, {"creator": "ana", "brand": "main", "year": 2026}),
        "seeding.fair_values": (seeding.fair_values, {"year": 2026, "brand": "main"}),
        "ledger.balance": (
            live.ledger.balance,
            {"brand": "main", "creator": "ana", "as_of_seq": 1},
        ),
        "ledger.entries": (
            lambda **more: list(live.ledger.entries(**more)),
            {"brand": "main", "after_seq": 0, "to_seq": 1},
        ),
        "ledger.verify": (
            live.ledger.verify,
            {"brand": "main", "at_seq": 1, "root": "00" * 32, "start": 1},
        ),
        "ledger.export": (
            lambda **more: live.ledger.export(io.StringIO(), **more),
            {**seqs, "format": "csv", "period": "2026-10"},
        ),
        "payouts.plan": (
            live.payouts.plan,
            {"rail": "stripe", "by": "ulla", "currency": "EUR", "minimum": 10**9},
        ),
        "payouts.file": (live.payouts.file, {"batch_id": "bat_x", "rail": "paypal"}),
        "payouts.reject": (
            live.payouts.reject,
            {"batch_id": "bat_x", "by": "ulla", "reason": "r"},
        ),
        "fx.set": (
            live.fx.set,
            {"base": "EUR", "quote": "EUR", "num": 1, "den": 1, "source": "ECB"},
        ),
    }


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Till:
    desk = till(db, clock)
    desk.shop.live.products.add("sku_cap", title="Cap", amount=500, currency="USD")
    desk.earn("ana", 1200)
    desk.pay("ana")
    return desk


def test_odd_arguments(desk: Till) -> None:
    foreign: list[str] = []
    before = rows(desk)
    for name, (call, right) in calls(desk).items():
        for argument in right:
            for odd in ODD:
                try:
                    call(**{**right, argument: odd})
                    before = rows(desk)  # that one was right as well
                except LiveShopError:
                    continue
                except Exception as error:
                    told = f"{type(error).__name__}: {error!s:.90}"
                    foreign.append(f"{name} {argument}={odd!r:.60}: {told}")
            assert rows(desk) == before, (name, argument)
    assert not foreign, "\n".join(foreign)


def test_true_is_no_number_and_no_name(desk: Till) -> None:
    known = calls(desk)
    for name, arguments in NUMBERS.items():
        call, right = known[name]
        for argument in arguments:
            with pytest.raises(InvalidError):
                call(**{**right, argument: True})


def test_amounts_of_a_plan_are_by_handle(desk: Till) -> None:
    plan = desk.payouts.plan
    before = rows(desk)
    for amounts in ({1: 5}, {None: 5}, {"ana": True}, {"ana": "5"}, {"ana": 0}):
        with pytest.raises(InvalidError):
            plan(rail="stripe", by="ulla", amounts=amounts)  # type: ignore[arg-type]
    assert rows(desk) == before
