"""Holds that are over: all but the bad one are released, and none before its time."""

from datetime import timedelta

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import InstantInvalidError, PostingRuleError, ReleaseTooEarlyError
from liveshop_sdk.facts import Happening
from liveshop_sdk.shop.recording import Recorder, Recording
from tests.contracts.shop_support import Shop, sale

FORTNIGHT = timedelta(days=15)


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.stock()
    shop.coupon()
    shop.record(*(sale(f"o{number}", codes=("MIKA20",)) for number in range(5)))
    return shop


def test_one_bad_order_holds_up_nobody_else(
    shop: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(FORTNIGHT)
    record = Recorder.record

    def one_is_bad(self: Recorder, tx: object, facts: list[Happening]) -> Recording:
        if any(getattr(fact, "order_ref", "") == "o2" for fact in facts):
            raise PostingRuleError(kind="release", account="creator:lena:payable", side="debit")
        return record(self, tx, facts)  # type: ignore[arg-type]

    monkeypatch.setattr(Recorder, "record", one_is_bad)
    with pytest.raises(PostingRuleError):
        shop.live.releases.due()
    assert shop.standing() == {
        "brand:commission_expense EUR": 2995,
        "creator:mika:payable EUR": -2396,
        "creator:mika:pending EUR": -599,
    }
    monkeypatch.undo()
    assert shop.live.releases.due().as_json() == {"released": 1, "entries": 1, "windows": 0}


def test_in_live_mode_no_hold_ends_before_its_time(
    shop: Shop, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + FORTNIGHT
    before = shop.counts()
    monkeypatch.setattr(type(shop.live.platform), "mode", "live")
    with pytest.raises(ReleaseTooEarlyError):
        shop.live.releases.due(later)
    assert shop.counts() == before
    assert shop.live.releases.due(clock.now()).as_json() == {
        "released": 0,
        "entries": 0,
        "windows": 0,
    }
    monkeypatch.undo()
    assert shop.live.releases.due(later).as_json() == {"released": 5, "entries": 5, "windows": 0}


def test_an_instant_without_an_offset_is_refused(shop: Shop, clock: ManualClock) -> None:
    with pytest.raises(InstantInvalidError):
        shop.live.releases.due(clock.now().replace(tzinfo=None))
