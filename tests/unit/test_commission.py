"""What an order earns, line by line."""

from datetime import UTC, datetime, timedelta

import pytest

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Decision
from liveshop_sdk.affiliate.commission import CommissionLine, commission_lines
from liveshop_sdk.facts import Claim, HostShare, OrderPaid, SoldLine
from liveshop_sdk.money import Rate

PAID = datetime(2026, 10, 2, 18, tzinfo=UTC)
NOBODY = Decision(claim=None, reason="no_evidence", shares=(), lost=())


def credited(*weights: int) -> Decision:
    claim = Claim(source="coupon", creator="ana", stream="drop", touched_at=PAID)
    hosts = zip(("ana", "ben", "eve"), weights, strict=False)
    shares = tuple(HostShare(creator=handle, weight=weight) for handle, weight in hosts)
    return Decision(claim=claim, reason="coupon", shares=shares, lost=())


def lines_of(
    *bases: int,
    decision: Decision,
    rate: str = "10",
    currency: str = "EUR",
    withheld: str = "",
) -> tuple[CommissionLine, ...]:
    sold = tuple(
        SoldLine(
            ref=f"L{n}",
            sku="",
            item_ref="",
            title="",
            quantity=1,
            gross=base,
            discount=0,
            tax=0,
            base=base,
        )
        for n, base in enumerate(bases, 1)
    )
    order = OrderPaid(
        platform="stripe",
        account="acct_1",
        order_ref="pi_1",
        occurred_at=PAID,
        currency=currency,
        total=sum(bases),
        shipping=0,
        tax=0,
        tax_included=False,
        lines=sold,
    )
    terms = Agreement(
        brand="main",
        creator="ana",
        version=3,
        rate=Rate.percent(rate),
        hold=timedelta(days=14),
        effective_from=PAID,
    )
    return commission_lines(
        order, sold, brand="main", decision=decision, agreement=terms, withheld=withheld
    )


def test_nobody_credited_earns_nothing() -> None:
    assert lines_of(4990, decision=NOBODY) == ()


def test_a_line_keeps_all_it_was_computed_from() -> None:
    (line,) = lines_of(11999, decision=credited(), withheld="over_limit")
    assert line == CommissionLine(
        line_ref="stripe:pi_1/L1/ana",
        brand="main",
        platform="stripe",
        account="acct_1",
        order_ref="pi_1",
        order_line="L1",
        creator="ana",
        credited="ana",
        stream="drop",
        currency="EUR",
        base=11999,
        rate_bps=1000,
        weight=1,
        weight_total=1,
        amount=1200,
        terms_version=3,
        hold_until=PAID + timedelta(days=14),
        withheld="over_limit",
        quantity=1,
        uncapped=1200,
    )


def test_hosts_share_the_rounded_commission() -> None:
    # 80.05 at 10 % is 8.005, rounded 8.01; 60 to 40 of that is 4.806 and 3.204.
    lines = lines_of(8005, decision=credited(60, 40))
    assert [(x.creator, x.amount, x.weight, x.weight_total) for x in lines] == [
        ("ana", 481, 60, 100),
        ("ben", 320, 40, 100),
    ]
    assert {line.credited for line in lines} == {"ana"}


@pytest.mark.parametrize(
    ("base", "rate", "weights", "amounts"),
    [
        (1, "50", (), [1]),
        (1, "49.99", (), [0]),
        (3, "50", (), [2]),
        (1000, "10", (1, 1, 1), [34, 33, 33]),
        (10, "10", (1, 1), [1, 0]),
        (0, "100", (1, 1), [0, 0]),
        (999, "100", (), [999]),
    ],
)
def test_rounding(base: int, rate: str, weights: tuple[int, ...], amounts: list[int]) -> None:
    found = lines_of(base, decision=credited(*weights), rate=rate)
    assert [line.amount for line in found] == amounts


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_minor_units_are_all_that_counts(currency: str) -> None:
    lines = lines_of(4990, 15, decision=credited(2, 1), currency=currency)
    assert [(x.order_line, x.creator, x.amount, x.currency) for x in lines] == [
        ("L1", "ana", 333, currency),
        ("L1", "ben", 166, currency),
        ("L2", "ana", 1, currency),
        ("L2", "ben", 1, currency),
    ]
