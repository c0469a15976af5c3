"""The hashed spelling of an entry: equal to sorted, compact JSON, byte for byte."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger import canonical
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, entry_bytes
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.errors import EntryInvalidError

_DERIVED = {"leaf_hash", "prev_hash", "chain_hash"}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(10**15), 10**15)
hashes = st.binary(min_size=32, max_size=32)
lines = st.builds(
    LineRow,
    seq=numbers,
    line_no=numbers,
    account=texts,
    currency=texts,
    amount=numbers,
    balance_after=numbers,
    line_ref=st.none() | texts,
    payout_item_id=st.none() | texts,
    memo=st.none() | texts,
)
entries = st.builds(
    EntryRow,
    seq=numbers,
    kind=texts,
    source=texts,
    event_id=texts,
    request_hash=hashes,
    effective_date=texts,
    period=texts,
    occurred_at=numbers,
    recorded_at=numbers,
    created_by=st.none() | texts,
    approved_by=st.none() | texts,
    reason=st.none() | texts,
    reverses_seq=st.none() | numbers,
    corrects_seq=st.none() | numbers,
    applies_to_period=st.none() | texts,
    terms_version=st.none() | texts,
    line_count=numbers,
    meta=texts,
    hash_version=numbers,
    leaf_hash=hashes,
    prev_hash=hashes,
    chain_hash=hashes,
)


def _value(value: object) -> object:
    if isinstance(value, int):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def _plain(book: str, entry: EntryRow, of: list[LineRow]) -> bytes:
    """The definition, the slow way."""
    shown: dict[str, object] = {
        name: _value(value) for name, value in entry._asdict().items() if name not in _DERIVED
    }
    shown["book"] = book
    shown["lines"] = [
        {
            name: _value(value)
            for name, value in line._asdict().items()
            if name not in {"seq", "balance_after"}
        }
        for line in of
    ]
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(texts, entries, st.lists(lines, max_size=3))
def test_the_fixed_form_is_sorted_compact_json(
    book: str, entry: EntryRow, of: list[LineRow]
) -> None:
    assert entry_bytes(book, entry, of) == _plain(book, entry, of)


def test_a_known_entry_has_known_bytes() -> None:
    entry = EntryRow(
        seq=1,
        kind="sale",
        source="stripe",
        event_id="order:1",
        request_hash=bytes(range(32)),
        effective_date="2026-10-02",
        period="2026-10",
        occurred_at=1,
        recorded_at=2,
        created_by=None,
        approved_by=None,
        reason=None,
        reverses_seq=None,
        corrects_seq=None,
        applies_to_period=None,
        terms_version="3",
        line_count=1,
        meta='{"a":1}',
        hash_version=1,
        leaf_hash=b"",
        prev_hash=b"",
        chain_hash=b"",
    )
    line = LineRow(1, 1, "creator:mika:pending", "EUR", -599, -599, "1/L1", None, None)
    assert entry_bytes("main", entry, [line]).decode() == (
        '{"applies_to_period":null,"approved_by":null,"book":"main","corrects_seq":null,'
        '"created_by":null,"effective_date":"2026-10-02","event_id":"order:1",'
        '"hash_version":"1","kind":"sale","line_count":"1","lines":[{"account":'
        '"creator:mika:pending","amount":"-599","currency":"EUR","line_no":"1",'
        '"line_ref":"1/L1","memo":null,"payout_item_id":null}],"meta":"{\\"a\\":1}",'
        '"occurred_at":"1","period":"2026-10","reason":null,"recorded_at":"2",'
        '"request_hash":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
        '"reverses_seq":null,"seq":"1","source":"stripe","terms_version":"3"}'
    )


def test_meta_is_sorted_and_compact() -> None:
    assert (
        canonical.meta_text({"b": [1, None], "a": {"ü": True}}) == '{"a":{"ü":true},"b":[1,null]}'
    )
    assert canonical.meta_text({}) == "{}"


@pytest.mark.parametrize("value", [1.5, [0.1], {"x": float("nan")}, {1: "x"}, b"x", {"a"}])
def test_meta_refuses_what_json_would_blur(value: object) -> None:
    with pytest.raises(EntryInvalidError) as caught:
        canonical.meta_text({"k": value})
    assert caught.value.field == "meta"


def _draft(**more: object) -> EntryDraft:
    fields: dict[str, object] = {
        "kind": "sale",
        "source": "stripe",
        "event_id": "order:1",
        "occurred_at": datetime(2026, 10, 2, tzinfo=UTC),
        "postings": (Posting("brand:commission_expense", 1, "EUR"),),
    }
    return EntryDraft(**(fields | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "refund"},
        {"reason": "x"},
        {"terms_version": "2"},
        {"corrects_seq": 4},
        {"occurred_at": datetime(2026, 10, 2, 0, 0, 0, 1, tzinfo=UTC)},
        {"postings": (Posting("brand:commission_expense", 2, "EUR"),)},
        {"postings": (Posting("brand:commission_expense", 1, "EUR", "ref"),)},
        {"postings": (Posting("brand:commission_expense", 1, "EUR", "", "ref"),)},
    ],
)
def test_other_content_has_another_request_hash(change: dict[str, object]) -> None:
    day = date(2026, 10, 2)
    first = canonical.request_hash(_draft(), day, "{}")
    assert canonical.request_hash(_draft(), day, "{}") == first
    assert canonical.request_hash(_draft(**change), day, "{}") != first


def test_a_given_request_hash_is_taken_as_it_is() -> None:
    assert (
        canonical.request_hash(_draft(request_hash=b"x" * 32), date(2026, 1, 1), "{}") == b"x" * 32
    )
