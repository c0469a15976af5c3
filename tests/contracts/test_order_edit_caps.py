"""What the cap of an order leaves to what was added to it, on both engines."""

from datetime import timedelta
from itertools import permutations
from typing import Any

from liveshop_sdk.affiliate.terms import Terms
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    Fact,
    RefundFailed,
)
from liveshop_sdk.money import Money, Rate
from tests.contracts.edit_support import LATER, edited, off, pending, whole
from tests.contracts.recording_support import coded, shop_fixture
from tests.contracts.shop_support import START, Shop, about, line, refund, sale

__all__ = ["shop_fixture"]


def test_the_cap_of_an_order_holds_for_all_of_it(shop: Shop, clock: ManualClock) -> None:
    cap = Money(650, "EUR")
    shop.live.creators.agree("mika", terms=Terms(rate=Rate.percent("12"), cap_per_order=cap))
    at = clock.now() + timedelta(hours=1)
    shop.record(coded(occurred_at=at))
    shop.record(edited(line("li_2", "sku_mug", 1000)))
    assert pending(shop) == 650
    shop.record(edited(line("li_3", "sku_mug", 1000), edit_id="edit-2"))
    assert pending(shop) == 650
    assert [one.uncapped for one in shop.live.explain("o1").lines] == [599, 120, 120]
    whole(shop)


def test_what_comes_in_exchange_has_the_cap_of_what_went(shop: Shop, clock: ManualClock) -> None:
    """12 % of a tee of 49.90 are 5.99, of which the cap leaves 5.00."""
    cap = Money(500, "EUR")
    shop.live.creators.agree("mika", terms=Terms(rate=Rate.percent("12"), cap_per_order=cap))
    more: dict[str, Any] = {"occurred_at": clock.now() + timedelta(hours=1)}
    shop.record(coded(**more))
    shop.record(edited(line("li_2"), paid=0), off(4990, ("li_1", 4990)))
    assert pending(shop) == 500
    shop.record(edited(line("li_3"), paid=4990, edit_id="edit-2"))
    assert pending(shop) == 500
    shop.record(
        edited(line("li_4"), paid=2495, edit_id="edit-3"), off(2495, ("li_2", 2495), record_id="r2")
    )
    # Half of what was exchanged leaves its 2.50 to what was added next.
    assert pending(shop) == 500
    assert [one.amount for one in shop.live.explain("o1").lines] == [500, 500, 250, 0]
    whole(shop)


def capped(shop: Shop, clock: ManualClock, most: int) -> dict[str, Any]:
    """Let a cap hold for orders from now on; return when the first is paid."""
    terms = Terms(rate=Rate.percent("12"), cap_per_order=Money(most, "EUR"))
    shop.live.creators.agree("mika", terms=terms)
    return {"occurred_at": clock.now() + timedelta(hours=1)}


def test_what_went_back_leaves_its_part_of_the_cap_whenever_it_went(
    shop: Shop, clock: ManualClock
) -> None:
    """Of a tee that earns 5.00 and a mug of 10.00, 24.95 of 59.90 go back.

    2,078 of the tee's 4,990, which leaves 2.92, and 417 of the mug's 1,000: of its
    1.20, shared as 0.48 and 0.72, 0.20 and 0.30 go.
    """
    shop.stream("duo", "mika:60", "ana:40")
    shop.coupon("DUO", stream="duo")
    paid = capped(shop, clock, 500)
    for ref, back in (("o1", 2), ("o2", 4)):  # days after the payment; the mug comes on the third
        shop.record(sale(ref, codes=("DUO",), **paid))
        taken = refund(ref, f"re_{ref}", 2495, occurred_at=START + timedelta(days=back))
        mug = edited(line("li_2", "sku_mug", 1000), order_ref=ref, edit_id=f"e-{ref}")
        for fact in (taken, mug) if ref == "o1" else (mug, taken):
            shop.record(fact)
    amounts = {ref: [one.amount for one in shop.live.explain(ref).lines] for ref in ("o1", "o2")}
    assert amounts == {ref: [200, 300, 48, 72] for ref in ("o1", "o2")}  # ana, mika
    assert (pending(shop), pending(shop, "ana")) == (2 * (175 + 42), 2 * (117 + 28))
    whole(shop)


def test_a_refund_that_fails_takes_its_part_of_the_cap_back(shop: Shop, clock: ManualClock) -> None:
    """A tee earns 5.00, all the cap; half of it back leaves 2.50, of which a mug takes 1.20."""
    paid = capped(shop, clock, 500)
    for number, arrival in enumerate(permutations(range(3))):
        ref = f"f{number}"
        half: dict[str, Any] = {"lines": (("li_1", 2495),), "named_amount": 2495}
        facts: list[Fact] = [
            refund(ref, f"re_{ref}", 2495, **half),
            edited(line("li_2", "sku_mug", 1000), order_ref=ref, edit_id=f"e-{ref}"),
            RefundFailed(**about(ref, LATER), refund_id=f"re_{ref}"),
        ]
        before = pending(shop)
        shop.record(coded(ref, **paid))
        for n, last in enumerate(arrival, start=1):
            shop.record(facts[last])
            if set(arrival[:n]) == {0, 1}:
                assert pending(shop) - before == 250 + 120
        assert pending(shop) - before == 500, arrival
    whole(shop)


def test_an_exchange_has_the_cap_of_what_went_in_any_order(shop: Shop, clock: ManualClock) -> None:
    """A tee earns 5.00, all the cap; it is exchanged for another, and that again."""
    paid = capped(shop, clock, 500)
    for number, arrival in enumerate(permutations(range(4))):
        ref = f"x{number}"
        more: dict[str, Any] = {"order_ref": ref}
        facts: list[Fact] = [
            edited(line("li_2"), paid=0, edit_id=f"return-1{ref}", **more),
            off(4990, ("li_1", 4990), record_id=f"1{ref}", **more),
            edited(line("li_3"), paid=0, edit_id=f"return-2{ref}", **more),
            off(4990, ("li_2", 4990), record_id=f"2{ref}", **more),
        ]
        before = pending(shop)
        shop.record(coded(ref, **paid))
        for n in arrival:
            shop.record(facts[n])
            assert pending(shop) - before <= 500, (arrival, n)
        assert pending(shop) - before == 500, arrival
    whole(shop)


def test_what_was_paid_for_at_once_is_taken_in_the_order_it_was_made(
    shop: Shop, clock: ManualClock
) -> None:
    """An exchange, then a mug beside it, settled by one payment: 5.00 of 5.00 are the tee's."""
    shop.record(coded(**capped(shop, clock, 500)))
    shop.record(edited(line("li_3", "sku_mug", 1000), edit_id="edit-10"))
    tee = edited(line("li_2"), paid=0, edit_id="return-9")
    shop.record(tee, off(4990, ("li_1", 4990)))
    amounts = {one.order_line: one.amount for one in shop.live.explain("o1").lines}
    assert amounts == {"li_1": 500, "li_2": 500, "li_3": 0}
    assert pending(shop) == 500
    whole(shop)


def test_money_that_a_bank_took_leaves_nothing_of_the_cap(shop: Shop, clock: ManualClock) -> None:
    shop.record(coded(**capped(shop, clock, 500)))
    taken: dict[str, Any] = {**about("o1", LATER), "dispute_id": "dp_1"}
    shop.record(DisputeOpened(**taken, amount=2495, currency="EUR"))
    shop.record(DisputeLost(**taken))
    assert pending(shop) == 250
    shop.record(edited(line("li_2", "sku_mug", 1000)))
    # 24.95 of 59.90 now: 2,078 of 4,990, of what the tee earned.
    assert (pending(shop), shop.live.explain("o1").lines[1].amount) == (500 - 208, 0)
    whole(shop)
