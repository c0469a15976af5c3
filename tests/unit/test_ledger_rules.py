"""What a draft may be: accounts, sides, sums, dates and texts."""

from datetime import UTC, date, datetime

import pytest

from liveshop_sdk.affiliate.ledger import kinds
from liveshop_sdk.affiliate.ledger.accounts import counterpart, describe
from liveshop_sdk.affiliate.ledger.drafting import prepare
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, Posting
from liveshop_sdk.errors import (
    AccountUnknownError,
    CurrencyUnknownError,
    EntryInvalidError,
    EntryKindUnknownError,
    EntryUnbalancedError,
    InstantInvalidError,
    PostingRuleError,
)

NOON = datetime(2026, 10, 2, 12, tzinfo=UTC)
ROLES = {
    "brand:commission_expense": "brand:commission_expense",
    **{
        f"creator:{name}": f"creator:mika:{name}"
        for name in ("pending", "payable", "disputed", "clawback_receivable")
    },
}


def _book(timezone: str = "UTC") -> Book:
    return Book(1, "main", "EUR", timezone, 1, b"g" * 32, NOON)


def _draft(**more: object) -> EntryDraft:
    fields: dict[str, object] = {
        "kind": "sale",
        "source": "stripe",
        "event_id": "order:1",
        "occurred_at": NOON,
        "postings": (
            Posting("brand:commission_expense", 1200, "EUR"),
            Posting("creator:mika:pending", -1200, "EUR"),
        ),
    }
    return EntryDraft(**(fields | more))  # type: ignore[arg-type]


def test_a_path_says_class_party_and_floor() -> None:
    pending = describe("creator:mika:pending")
    assert (pending.account_class, pending.party_type, pending.party_id) == (
        "liability",
        "creator",
        "mika",
    )
    assert pending.allows(-1)
    assert pending.allows(0)
    assert not pending.allows(1)
    clawback = describe("creator:mika:clawback_receivable")
    assert clawback.account_class == "asset"
    assert not clawback.allows(-1)
    assert describe("brand:commission_expense").allows(-5)


def test_payable_and_clawback_exclude_each_other() -> None:
    assert counterpart(describe("creator:mika:payable")) == "creator:mika:clawback_receivable"
    assert counterpart(describe("creator:mika:clawback_receivable")) == "creator:mika:payable"
    assert counterpart(describe("creator:mika:pending")) is None
    assert counterpart(describe("brand:commission_expense")) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "brand",
        "brand:x",
        "creator:mika",
        "creator:Mika:pending",
        "creator:m:pending",
        "creator:mika:pending:x",
        "creator:mika:paid",
        "creator:mi:ka:pending",
        "CREATOR:mika:pending",
    ],
)
def test_other_paths_are_no_accounts(path: str) -> None:
    with pytest.raises(AccountUnknownError):
        describe(path)


@pytest.mark.parametrize("side", [kinds.DEBIT, kinds.CREDIT])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", kinds.RULES)
def test_each_kind_touches_only_what_its_rule_names(kind: str, role: str, side: str) -> None:
    posting = Posting(ROLES[role], 1 if side == kinds.DEBIT else -1, "EUR")
    if kinds.RULES[kind].get(role) in (side, kinds.EITHER):
        kinds.check(kind, [posting])
        return
    with pytest.raises(PostingRuleError) as caught:
        kinds.check(kind, [posting])
    assert caught.value.details() == {"kind": kind, "account": ROLES[role], "side": side}


def test_a_sale_may_only_be_earned_and_pend() -> None:
    assert kinds.RULES["sale"] == {
        "brand:commission_expense": "debit",
        "creator:pending": "credit",
    }


def test_an_undeclared_kind_is_refused() -> None:
    with pytest.raises(EntryKindUnknownError):
        kinds.check("gift", [])


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("UTC", date(2026, 10, 31)),
        ("Europe/Berlin", date(2026, 11, 1)),
        ("America/Los_Angeles", date(2026, 10, 31)),
    ],
)
def test_an_entry_is_dated_in_the_books_time_zone(timezone: str, day: date) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert prepare(_draft(occurred_at=late), _book(timezone)).effective_date == day


def test_a_given_date_wins() -> None:
    day = date(2026, 1, 1)
    assert prepare(_draft(effective_date=day), _book()).effective_date == day


def test_each_currency_must_balance_by_itself() -> None:
    mixed = (
        Posting("brand:commission_expense", 1200, "EUR"),
        Posting("creator:mika:pending", -1200, "USD"),
    )
    with pytest.raises(EntryUnbalancedError) as caught:
        prepare(_draft(postings=mixed), _book())
    assert (caught.value.currency, caught.value.total) == ("EUR", 1200)


@pytest.mark.parametrize("amount", [0, 10**15, -(10**15), 1.5, True, "1"])
def test_amounts_are_whole_not_zero_and_bounded(amount: int) -> None:
    with pytest.raises(EntryInvalidError) as caught:
        prepare(_draft(postings=(Posting("creator:mika:pending", amount, "EUR"),)), _book())
    assert caught.value.field == "amount"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": "x" * 256}, "event_id"),
        ({"event_id": "a\x00b"}, "event_id"),
        ({"reason": "\ud800"}, "reason"),
        ({"created_by": "x" * 2001}, "created_by"),
        ({"applies_to_period": "2026-13"}, "applies_to_period"),
        ({"request_hash": b"short"}, "request_hash"),
        ({"meta": {"x": 1.5}}, "meta"),
        ({"meta": {"x": "\x00\ud801"}}, "meta"),
    ],
)
def test_what_cannot_be_stored_alike_everywhere_is_refused(
    change: dict[str, object], field: str
) -> None:
    with pytest.raises(EntryInvalidError) as caught:
        prepare(_draft(**change), _book())
    assert caught.value.field == field


def test_currencies_and_instants_are_real() -> None:
    with pytest.raises(CurrencyUnknownError):
        prepare(_draft(postings=(Posting("creator:mika:pending", 1, "EURO"),)), _book())
    with pytest.raises(InstantInvalidError):
        prepare(_draft(occurred_at=NOON.replace(tzinfo=None)), _book())
