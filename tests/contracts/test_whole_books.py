"""What holds of every book, added up here from its entries: verification takes no part.

Formulas are written again from ``docs/reference/ledger.md``, so that they and the
package would have to be wrong in the same way.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger import drafting, kinds, pages, sealing
from liveshop_sdk.affiliate.ledger.models import (
    Book,
    EntryDraft,
    Head,
    PostedEntry,
    Posting,
)
from liveshop_sdk.affiliate.ledger.pages import BookReader
from liveshop_sdk.affiliate.ledger.proofs import is_consistent, prove
from liveshop_sdk.affiliate.ledger.service import Ledger
from liveshop_sdk.affiliate.ledger.verify import verify
from liveshop_sdk.clock import to_micros
from liveshop_sdk.db import Database
from liveshop_sdk.errors import EntryUnbalancedError
from tests.contracts import ledger_support as support
from tests.contracts.ledger_support import EXPENSE, START, draft, opened, sale
from tests.contracts.random_books import RandomBook

ABSENT = ("applies_to_period", "approved_by", "corrects_seq", "created_by", "reason")
POSTED = ("account", "amount", "currency", "line_ref", "memo", "payout_item_id")
TOLD = (*ABSENT, "kind", "source", "event_id", "occurred_at", "terms_version", "meta")
CREDIT_ONLY = ("pending", "payable", "in_transit", "disputed", "tax_withheld")


def posted(
    db: Database, ledger: Ledger, book: Book, drafts: Sequence[EntryDraft], chance: Random
) -> list[PostedEntry]:
    """Post in batches of any size, and return what the book then holds."""
    at = 0
    while at < len(drafts):
        size = chance.choice((1, 2, 30))
        with db.transaction() as tx:
            ledger.post_many(tx, book, drafts[at : at + size])
        at += size
    return entries_of(db, ledger, book)


def entries_of(db: Database, ledger: Ledger, book: Book) -> list[PostedEntry]:
    with db.reading() as tx:
        return [entry for page in ledger.entries(tx, book, limit=7) for entry in page]


def head_of(db: Database, ledger: Ledger, book: Book) -> Head:
    with db.reading() as tx:
        return ledger.head(tx, book)


# --- the definitions


def leaf(book: Book, seq: int, asked: EntryDraft, request_hash: bytes) -> bytes:
    """Return an entry's leaf, from what was asked for and nothing that was stored."""
    day = asked.occurred_at.astimezone(ZoneInfo(book.timezone)).date().isoformat()
    numbers = {"line_count": len(asked.postings), "seq": seq, "hash_version": 1}
    numbers |= {"occurred_at": to_micros(asked.occurred_at), "recorded_at": to_micros(START)}
    shown = {name: getattr(asked, name) for name in (*ABSENT, "terms_version", "reverses_seq")}
    shown |= {name: str(number) for name, number in numbers.items()}
    shown |= {"kind": asked.kind, "source": asked.source, "event_id": asked.event_id}
    shown |= {"book": book.code, "effective_date": day, "period": day[:7]}
    shown |= {"meta": compact(asked.meta), "request_hash": request_hash.hex()}
    shown["corrects_seq"] = None if asked.corrects_seq is None else str(asked.corrects_seq)
    shown["lines"] = [
        {
            "account": line.account,
            "amount": str(line.amount),
            "currency": line.currency,
            "line_no": str(number),
            "line_ref": line.line_ref or None,
            "memo": line.memo or None,
            "payout_item_id": line.payout_item_id or None,
        }
        for number, line in enumerate(asked.postings, 1)
    ]
    return sha256(b"\0" + compact(shown).encode()).digest()


def compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    at = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + root(leaves[:at]) + root(leaves[at:])).digest()


def check_links(book: Book, entries: Iterable[PostedEntry], head: Head) -> None:
    """Numbers without a gap, each entry linked to the one before, the head to the last."""
    link, seq, leaves = book.genesis_hash, 0, []
    code = book.code.encode()
    for seq, entry in enumerate(entries, 1):
        assert entry.seq == seq
        before = b"\2" + len(code).to_bytes(4, "big") + code + link
        link = sha256(before + entry.leaf_hash).digest()
        assert entry.chain_hash == link
        leaves.append(entry.leaf_hash)
    assert head == Head(seq, root(leaves).hex(), link.hex())


def check_sums(entries: Iterable[PostedEntry]) -> Counter[tuple[str, str]]:
    """Each entry balances, memo accounts apart; balances are carried and keep their floors."""
    stands: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        sums: Counter[tuple[str, bool]] = Counter()
        for line in entry.postings:
            sums[line.currency, line.account.startswith("memo:")] += line.amount
            stands[line.account, line.currency] += line.amount
            assert line.balance_after == stands[line.account, line.currency]
        assert not any(sums.values()), entry
        for line in entry.postings:
            check_floor(stands, line.account, line.currency)
    return stands


def check_floor(stands: Counter[tuple[str, str]], account: str, currency: str) -> None:
    owner, _, part = account.rpartition(":")
    if part in CREDIT_ONLY:
        assert stands[account, currency] <= 0
    if part in ("payable", "clawback_receivable"):
        back = stands[f"{owner}:clawback_receivable", currency]
        assert back >= 0
        assert not (back and stands[f"{owner}:payable", currency])


# --- any book


def sold_twice() -> EntryDraft:
    """Return an entry that touches an account more than once."""
    lines = [(EXPENSE, 5), ("mika:pending", -5), (EXPENSE, 7), ("mika:pending", -7)]
    return draft("sale", "order:twice", *lines)


@pytest.mark.parametrize("seed", [31, 32])
def test_a_book_of_everything_holds_by_hand(db: Database, seed: int) -> None:
    ledger, chance = Ledger(support.clock()), Random(seed)
    book = opened(db, ledger)
    drafts = [*RandomBook(seed).orders(70), sold_twice()]
    entries = posted(db, ledger, book, drafts, chance)
    check_links(book, entries, head_of(db, ledger, book))
    stands = check_sums(entries)
    with db.reading() as tx:
        shown = ledger.balances(tx, book)
    assert {(row.account, row.currency): row.amount for row in shown} == stands
    for is_memo in (True, False):
        totals: Counter[str] = Counter()
        for (account, currency), amount in stands.items():
            if account.startswith("memo:") == is_memo:
                totals[currency] += amount
        assert totals
        assert not any(totals.values())


@pytest.mark.parametrize("seed", [33, 34])
def test_what_was_asked_for_alone_gives_the_root(db: Database, seed: int) -> None:
    """The same on every engine; and what is stored is what was asked for."""
    ledger = Ledger(support.clock())
    book = opened(db, ledger)
    drafts = list(RandomBook(seed).orders(70))
    entries = posted(db, ledger, book, drafts, Random(seed))
    leaves = [
        leaf(book, seq, asked, entry.request_hash)
        for seq, (asked, entry) in enumerate(zip(drafts, entries, strict=True), 1)
    ]
    assert head_of(db, ledger, book).root_hash == root(leaves).hex()
    for asked, entry in zip(drafts, entries, strict=True):
        assert tuple(Posting(*(getattr(x, n) for n in POSTED)) for x in entry.postings) == (
            asked.postings
        )
        assert {name: getattr(entry, name) for name in TOLD} == {
            name: getattr(asked, name) for name in TOLD
        }


# --- writers at once

Share = list[tuple[int, bool]]
sold = st.tuples(st.integers(1, 8), st.booleans())
shares = st.lists(sold, min_size=1, max_size=8, unique_by=lambda one: one[0])


def events(share: Share) -> list[EntryDraft]:
    """Return sales, some of them with a refund behind, under names that others use too."""
    found = []
    for number, is_refunded in share:
        found.append(sale(number, 100 * number, f"host{number % 3}"))
        if is_refunded:
            lines = ((EXPENSE, -10), (f"host{number % 3}:pending", 10))
            found.append(draft("refund", f"refund:{number}", *lines, line_ref=f"{number}/L1"))
    return found


def work(
    db: Database, ledger: Ledger, book: Book, batches: Sequence[Sequence[EntryDraft]]
) -> dict[str, int]:
    told: dict[str, int] = {}
    for batch in batches:
        with db.transaction() as tx:
            made = ledger.post_many(tx, book, batch)
        told |= {entry.event_id: entry.seq for entry in made}
    return told


def at_once(
    db: Database, ledger: Ledger, book: Book, work_of: Sequence[list[list[EntryDraft]]]
) -> list[dict[str, int]]:
    gate, told = threading.Barrier(len(work_of)), list[dict[str, int]]()

    def run(batches: list[list[EntryDraft]]) -> None:
        gate.wait(20)
        told.append(work(db, ledger, book, batches))

    threads = [threading.Thread(target=run, args=(batches,)) for batches in work_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(told) == len(work_of)
    return told


def test_any_writers_of_any_batches_make_one_journal(db: Database) -> None:
    """They post much of the same; the book holds each event once, as it was asked for."""
    ledger, books = Ledger(support.clock()), iter(range(100))

    @settings(max_examples=6)
    @given(st.lists(st.tuples(shares, st.integers(1, 5)), min_size=3, max_size=3))
    def write(writers: list[tuple[Share, int]]) -> None:
        book = opened(db, ledger, f"b{next(books)}")
        asked = {one.event_id: one for share, _ in writers for one in events(share)}
        work_of = [
            [events(share)[at : at + size] for at in range(0, len(events(share)), size)]
            for share, size in writers
        ]
        told = at_once(db, ledger, book, work_of)
        entries = entries_of(db, ledger, book)
        assert sorted(entry.event_id for entry in entries) == sorted(asked)
        numbers = {entry.event_id: entry.seq for entry in entries}
        assert all(numbers[event] == seq for each in told for event, seq in each.items())
        made = {
            entry.event_id: [(line.account, line.amount) for line in entry.postings]
            for entry in entries
        }
        assert made == {
            event: [(line.account, line.amount) for line in one.postings]
            for event, one in asked.items()
        }
        check_links(book, entries, head_of(db, ledger, book))
        check_sums(entries)

    write()


# --- roots


def test_every_root_is_the_beginning_of_every_later_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_SEALS_AT_ONCE", 5)
    ledger = Ledger(support.clock())
    book = opened(db, ledger)
    heads = [head_of(db, ledger, book)]
    for one in list(RandomBook(35).orders(12))[:23]:
        with db.transaction() as tx:
            ledger.post(tx, book, one)
            heads.append(ledger.head(tx, book))
    with db.reading() as tx:
        assert [ledger.head_at(tx, book, head.seq) for head in heads] == heads
        leaves = [one for one, _ in BookReader(tx, book.id).seals(up_to=len(heads))]
    for new in heads:
        made = prove(leaves, new.seq, olds=range(new.seq + 1))
        assert made.root.hex() == new.root_hash
        for old, path in made.consistency.items():
            was = bytes.fromhex(heads[old].root_hash)
            said = {"old": old, "size": new.seq, "root": made.root, "path": path}
            assert is_consistent(old_root=was, **said)  # type: ignore[arg-type]
            other = bytes([was[0] ^ 1]) + was[1:]
            assert not is_consistent(old_root=other, **said)  # type: ignore[arg-type]
    assert all(one.root_hash != two.root_hash for one, two in pairwise(heads))


# --- memo accounts


def test_no_kind_of_entry_touches_memo_accounts_and_others() -> None:
    for kind, rule in kinds.RULES.items():
        assert len({role.startswith("memo:") for role in rule}) < 2, kind


def test_memo_accounts_make_up_for_no_other(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by the package, refused by the database, and found if neither was asked."""
    rule = {**kinds.RULES["sale"], "memo:seeding_given": kinds.EITHER}
    monkeypatch.setattr(kinds, "RULES", {**kinds.RULES, "sale": rule})
    ledger = Ledger(support.clock())
    book = opened(db, ledger)
    lines = (Posting(EXPENSE, 500, "EUR"), Posting("memo:seeding_given", -500, "EUR"))
    mixed = replace(sale(2), postings=lines)

    def post() -> None:
        with db.transaction() as tx:
            ledger.post_many(tx, book, [sale(1), mixed])

    with pytest.raises(EntryUnbalancedError):
        post()
    monkeypatch.setattr(drafting, "_check_balanced", lambda postings: None)
    with pytest.raises(sa.exc.IntegrityError, match="does not balance"):
        post()
    support.drop_guards(db)
    post()
    report = verify(db, book)
    assert (report.first_bad_seq, report.problem) == (2, "it does not balance")


# --- floors


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([(EXPENSE, -1201), ("mika:pending", 1201)], "creator:mika:pending stands at 1"),
        ([(EXPENSE, 5), ("mika:clawback_receivable", -5)], "clawback_receivable stands at -5"),
        (
            [("mika:clawback_receivable", 5), ("mika:payable", -6), ("mika:pending", 1)],
            "are both non-zero",
        ),
    ],
)
def test_an_account_beyond_its_floor_is_found(
    db: Database, monkeypatch: pytest.MonkeyPatch, lines: list[tuple[str, int]], problem: str
) -> None:
    """Also where the package itself posted it."""
    monkeypatch.setattr(sealing, "_check_standing", lambda *_: None)
    ledger = Ledger(support.clock())
    book = opened(db, ledger)
    with db.transaction() as tx:
        ledger.post_many(tx, book, [sale(1), draft("order_changed", "order:1:v2", *lines)])
    report = verify(db, book)
    assert report.first_bad_seq == 2
    assert problem in report.problem
