"""Any history against a model of a few lines: same numbers, same balances, same root."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger import tables, triggers
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.clock import ManualClock, to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AccountFloorError,
    EntryInvalidError,
    IdempotencyConflictError,
    NettingError,
)

REFUSED = (AccountFloorError, EntryInvalidError, IdempotencyConflictError, NettingError)

START = datetime(2026, 10, 2, 18, tzinfo=UTC)
EXPENSE = "brand:commission_expense"
LARGEST = 10**15 - 1
TABLES = [
    tables.book,
    tables.head,
    tables.account,
    tables.period,
    tables.entry,
    tables.posting,
    tables.period_balance,
    tables.checkpoint,
]
MOVES = {  # kind -> the account that gains by a debit, the one that loses
    "sale": (EXPENSE, "pending"),
    "refund": ("pending", EXPENSE),
    "release": ("pending", "payable"),
    "dispute_opened": ("payable", "disputed"),
    "dispute_won": ("disputed", "payable"),
    "order_changed": ("clawback_receivable", EXPENSE),
}


def _path(creator: str, name: str) -> str:
    return name if name == EXPENSE else f"creator:{creator}:{name}"


@st.composite
def drafts(draw: Callable[[Any], Any]) -> EntryDraft:
    kind = draw(st.sampled_from(sorted(MOVES)))
    creator = draw(st.sampled_from(["ana", "ben"]))
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    amounts = draw(st.lists(st.integers(1, LARGEST) | st.integers(1, 5), max_size=2))
    debit, credit = (_path(creator, name) for name in MOVES[kind])
    return EntryDraft(
        kind=kind,
        source=draw(st.sampled_from(["stripe", "shopify"])),
        event_id=str(draw(st.integers(0, 9))),
        occurred_at=START + timedelta(hours=draw(st.integers(0, 24 * 70))),
        postings=tuple(
            Posting(account, sign * amount, currency, line_ref=str(amount % 3 or ""))
            for amount in amounts
            for account, sign in ((debit, 1), (credit, -1))
        ),
        reason=draw(st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"))),
        meta=draw(st.dictionaries(st.sampled_from("abü"), st.none() | st.integers(), max_size=2)),
    )


class Model:
    """A journal as a list of dicts, hashed by the definition."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], tuple[int, EntryDraft]] = {}
        self.balances: dict[tuple[str, str], int] = {}
        self.leaves: list[bytes] = []

    def post(self, draft: EntryDraft, request_hash: str) -> int | type[Exception]:
        key = (draft.source, draft.event_id)
        if key in self.entries:
            seq, known = self.entries[key]
            return seq if known == draft else IdempotencyConflictError
        after = dict(self.balances)
        for line in draft.postings:
            at = (line.account, line.currency)
            after[at] = after.get(at, 0) + line.amount
            if abs(after[at]) > max(LARGEST, abs(self.balances.get(at, 0))):
                return EntryInvalidError
        for (account, currency), balance in after.items():
            name = account.rpartition(":")[2]
            if name in ("pending", "payable", "disputed") and balance > 0:
                return AccountFloorError
            other = account.replace("payable", "clawback_receivable")
            if name == "payable" and balance and after.get((other, currency)):
                return NettingError
        self.balances = after
        seq = len(self.leaves) + 1
        self.entries[key] = (seq, draft)
        self.leaves.append(sha256(b"\0" + self._leaf(seq, draft, request_hash)).digest())
        return seq

    def _leaf(self, seq: int, draft: EntryDraft, request_hash: str) -> bytes:
        day = draft.occurred_at.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
        absent = (
            "applies_to_period",
            "approved_by",
            "corrects_seq",
            "created_by",
            "reverses_seq",
            "terms_version",
        )
        shown = dict.fromkeys(absent) | {
            "book": "main",
            "effective_date": day,
            "event_id": draft.event_id,
            "hash_version": "1",
            "kind": draft.kind,
            "line_count": str(len(draft.postings)),
            "lines": [
                {
                    "account": line.account,
                    "amount": str(line.amount),
                    "currency": line.currency,
                    "line_no": str(number),
                    "line_ref": line.line_ref or None,
                    "memo": None,
                    "payout_item_id": None,
                }
                for number, line in enumerate(draft.postings, 1)
            ],
            "meta": _compact(draft.meta),
            "occurred_at": str(to_micros(draft.occurred_at)),
            "period": day[:7],
            "reason": draft.reason,
            "recorded_at": str(to_micros(START)),
            "request_hash": request_hash,
            "seq": str(seq),
            "source": draft.source,
        }
        return _compact(shown).encode()

    def root(self) -> str:
        return _root(self.leaves).hex()


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()


def _fresh() -> Database:
    database = Database.connect("sqlite://")
    with database.transaction() as tx:
        tables.book.metadata.create_all(tx, tables=TABLES)
        for statement in triggers.statements("sqlite"):
            tx.execute(sa.text(statement))
    return database


@settings(max_examples=60, deadline=None)
@given(st.lists(drafts(), max_size=25))
def test_any_history_is_the_models(history: list[EntryDraft]) -> None:
    database, ledger, model = _fresh(), Ledger(ManualClock(START)), Model()
    with database.transaction() as tx:
        book = ledger.open_book(tx, "main", "EUR", "Europe/Berlin")
    for draft in history:
        try:
            with database.transaction() as tx:
                posted = ledger.post(tx, book, draft)
            outcome: int | type[Exception] = posted.seq
            shown = posted.request_hash.hex()
        except REFUSED as error:
            outcome, shown = type(error), ""
        assert model.post(draft, shown) == outcome
    with database.reading() as tx:
        assert ledger.head(tx, book).root_hash == model.root()
        stored = {(row.account, row.currency): row.amount for row in ledger.balances(tx, book)}
    assert stored == model.balances
    totals = {currency: 0 for _account, currency in stored}
    for (_account, currency), amount in stored.items():
        totals[currency] += amount
    assert not any(totals.values())
    report = verify(database, book, page_size=4)
    assert (report.ok, report.root_hash) == (True, model.root())
    database.dispose()


@settings(max_examples=40, deadline=None)
@given(st.lists(drafts(), max_size=12), st.integers(1, 5))
def test_batches_give_what_singles_give(history: list[EntryDraft], size: int) -> None:
    """Only drafts that post alone are batched; how they are cut does not matter."""
    heads = []
    accepted: list[EntryDraft] = []
    for is_batch in (False, True):
        database, ledger = _fresh(), Ledger(ManualClock(START))
        with database.transaction() as tx:
            book = ledger.open_book(tx, "main", "EUR", "UTC")
        if is_batch:
            for at in range(0, len(accepted), size):
                with database.transaction() as tx:
                    ledger.post_many(tx, book, accepted[at : at + size])
        else:
            for draft in history:
                try:
                    with database.transaction() as tx:
                        ledger.post(tx, book, draft)
                    accepted.append(draft)
                except REFUSED:
                    continue
        with database.reading() as tx:
            heads.append((ledger.head(tx, book), ledger.balances(tx, book)))
        database.dispose()
    assert heads[0] == heads[1]
