"""Facts survive being written and read back."""

from datetime import UTC, datetime, timedelta, timezone
from inspect import isclass

import pytest

from liveshop_sdk import facts
from liveshop_sdk.events.factcodec import decode, encode
from liveshop_sdk.facts import (
    CommissionCorrected,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    Fact,
    HoldReleased,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
    SoldLine,
)

NOW = datetime(2026, 10, 2, 18, 0, 0, 123456, tzinfo=UTC)
LINE = SoldLine(
    ref="l1",
    sku="sku_tee",
    item_ref="price_1",
    title="Tee é",
    quantity=2,
    gross=9980,
    discount=1996,
    tax=1275,
    base=6709,
)
FACTS = [
    OrderPaid(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW,
        currency="EUR",
        total=8474,
        shipping=490,
        tax=1275,
        tax_included=True,
        lines=(LINE,),
        checkout_id="chk_1",
        cart_token="cart",
        codes=("MIKA20",),
        coupon_refs=("promo_1",),
        customer_key="abc",
        market="DE",
        is_test=True,
    ),
    OrderRefunded(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW,
        refund_id="r1",
        amount=500,
        currency="EUR",
        lines=(("l1", 400),),
        named_amount=450,
    ),
    RefundFailed(
        platform="sandbox", account="acct_1", order_ref="o1", occurred_at=NOW, refund_id="r1"
    ),
    DisputeOpened(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW,
        dispute_id="d1",
        amount=8474,
        currency="EUR",
    ),
    DisputeWon(
        platform="sandbox", account="acct_1", order_ref="o1", occurred_at=NOW, dispute_id="d1"
    ),
    DisputeLost(
        platform="sandbox", account="acct_1", order_ref="o1", occurred_at=NOW, dispute_id="d1"
    ),
    HoldReleased(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW,
        hold_until=NOW + timedelta(days=14),
        approved=True,
    ),
    CommissionCorrected(
        platform="sandbox",
        account="acct_1",
        order_ref="o1",
        occurred_at=NOW,
        correction_id="c1",
        line_ref="sandbox:o1/li_1/mika",
        amount=720,
        reason="rate typed wrong",
        created_by="u1",
        approved_by="u2",
        corrects_seq=1,
        period="2026-10",
    ),
]


def read_back(fact: Fact) -> Fact:
    return decode(
        fact.kind,
        platform=fact.platform,
        account=fact.account,
        order_ref=fact.order_ref,
        occurred_at=fact.occurred_at,
        body=encode(fact),
    )


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.kind)
def test_a_fact_is_read_back_as_it_was(fact: Fact) -> None:
    assert read_back(fact) == fact
    assert type(read_back(fact)) is type(fact)


def test_every_kind_of_fact_is_tried_here() -> None:
    kinds = {
        value.kind
        for value in vars(facts).values()
        if isclass(value) and issubclass(value, Fact) and value.kind
    }
    assert kinds == {fact.kind for fact in FACTS}


def test_the_text_of_a_body_is_fixed() -> None:
    assert encode(FACTS[1]) == (
        '{"amount":500,"currency":"EUR","lines":[["l1",400]],"named_amount":450,"refund_id":"r1"}'
    )


def test_an_instant_in_another_offset_is_the_same_instant() -> None:
    until = datetime(2026, 10, 16, 20, tzinfo=timezone(timedelta(hours=2)))
    fact = HoldReleased(
        platform="sandbox", account="acct_1", order_ref="o1", occurred_at=NOW, hold_until=until
    )
    assert read_back(fact) == fact
