"""Statements carry proofs that their entries are in the book."""

import json
from datetime import timedelta

import pytest

from liveshop_sdk.affiliate.ledger.proofs import is_included
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LedgerTamperedError
from tests.contracts.ledger_support import drop_guards, tampering
from tests.contracts.shop_support import START, Shop, sale
from tests.contracts.statement_support import lines_of, october, stocked, story, written


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    return stocked(db, clock)


def test_every_entry_is_proved_to_be_in_the_book(shop: Shop) -> None:
    story(shop)
    shop.record(sale("o9", codes=("MIKA20",), occurred_at=START + timedelta(days=40)))
    found = october(shop)
    (brand,) = json.loads(written(found, "json"))["brands"]
    proved = {one["seq"]: one for one in brand["proofs"]}
    assert list(proved) == sorted({one.seq for one in lines_of(found)}) == list(range(1, 11))
    sealed = {entry.seq: entry.leaf_hash for entry in shop.live.ledger.entries()}
    root = bytes.fromhex(brand["root_hash"])
    for seq, one in proved.items():
        assert one["leaf_hash"] == sealed[seq].hex()
        path = [bytes.fromhex(step) for step in one["path"]]
        size = brand["as_of_seq"]
        assert is_included(sealed[seq], seq=seq, size=size, path=path, root=root)
        assert not is_included(sealed[seq + 1], seq=seq, size=size, path=path, root=root)


def test_a_signed_note_of_that_very_entry_goes_along(shop: Shop) -> None:
    story(shop)
    assert october(shop).statement.brands[0].checkpoint is None
    note = shop.live.proofs.checkpoint().note
    for kind in ("html", "json"):
        assert note.splitlines()[2] in written(october(shop), kind).decode()
    shop.record(sale("o9", codes=("MIKA20",)))
    assert october(shop).statement.brands[0].checkpoint is None
    assert october(shop, as_of_seq=12).statement.brands[0].checkpoint == note


def test_leaves_that_make_another_root_prove_nothing(shop: Shop, db: Database) -> None:
    story(shop)
    found = october(shop)
    drop_guards(db)
    with tampering(db) as tx:
        tx.exec_driver_sql("UPDATE ls_ledger_entry SET leaf_hash = chain_hash WHERE seq = 3")
    with pytest.raises(LedgerTamperedError, match="its leaves do not make its root"):
        list(found.proofs(found.statement.brands[0]))
