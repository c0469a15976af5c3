"""Where a minor unit goes: rounding, splitting, and what a refund takes back."""

from fractions import Fraction

import pytest

from liveshop_sdk.money import half_up, order_refund_base, reversed_part, split


@pytest.mark.parametrize(
    ("n", "d", "expected"),
    [
        (0, 3, 0),
        (1, 2, 1),
        (-1, 2, -1),
        (3, 2, 2),
        (-3, 2, -2),
        (1, 3, 0),
        (2, 3, 1),
        (-2, 3, -1),
        (5, 10, 1),
        (4, 10, 0),
        (-5, 10, -1),
        (-4, 10, 0),
        (10**40 + 1, 2, 5 * 10**39 + 1),
    ],
)
def test_half_up(n: int, d: int, expected: int) -> None:
    assert half_up(n, d) == expected


@pytest.mark.parametrize("denominator", [0, -1])
def test_half_up_needs_a_positive_denominator(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        half_up(1, denominator)


def test_half_up_is_the_nearest_fraction() -> None:
    for n in range(-60, 61):
        for d in range(1, 13):
            distance = abs(Fraction(n, d) - half_up(n, d))
            assert distance <= Fraction(1, 2)
            assert distance < Fraction(1, 2) or abs(half_up(n, d)) > abs(Fraction(n, d))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (801, [60, 40], [481, 320]),
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (1, [1, 1], [1, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [0, 1], [0, 5]),
        (7, [3], [7]),
        (0, [1, 2], [0, 0]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
        (4, [7, 5, 1], [2, 2, 0]),
    ],
)
def test_split(total: int, weights: list[int], parts: list[int]) -> None:
    assert split(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (-1, [0]), (5, [2, -1])])
def test_what_cannot_be_split(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(total, weights)


def test_three_refunds_take_back_the_whole_commission() -> None:
    steps = [reversed_part(total=481, refunded=r, base=8005) for r in (1000, 3500, 8005)]
    assert steps == [60, 210, 481]
    steps = [reversed_part(total=320, refunded=r, base=8005) for r in (1000, 3500, 8005)]
    assert steps == [40, 140, 320]


def test_a_refund_beyond_the_base_takes_no_more_than_all() -> None:
    assert reversed_part(total=599, refunded=10_000, base=4990) == 599
    assert reversed_part(total=599, refunded=-5, base=4990) == 0
    assert reversed_part(total=0, refunded=5, base=0) == 0


def test_a_refund_naming_no_line_takes_its_share_of_each() -> None:
    # 60.00 + 40.00 sold, 110.00 paid with shipping; 20.00 named on the first line
    one = order_refund_base(base=6000, named=2000, unnamed=4500, paid_rest=9000)
    two = order_refund_base(base=4000, named=0, unnamed=4500, paid_rest=9000)
    assert (one, two) == (4000, 2000)
    assert order_refund_base(base=6000, named=2000, unnamed=9000, paid_rest=9000) == 6000


@pytest.mark.parametrize(
    ("base", "named", "unnamed", "paid_rest", "expected"),
    [
        (100, 30, 0, 70, 30),
        (100, 100, 0, 0, 100),
        (100, 30, 50, 0, 100),
        (100, 30, 50, -9, 100),
        (100, 30, 50, 50, 100),
        (100, 30, 0, -9, 30),
        (100, 130, 0, 0, 100),
        (100, -5, 0, 70, 0),
        (0, 0, 5, 70, 0),
        (100, 0, 500, 70, 100),
        (100, 30, -9, 70, 30),
    ],
)
def test_odd_refunds_stay_within_the_line(
    base: int, named: int, unnamed: int, paid_rest: int, expected: int
) -> None:
    assert (
        order_refund_base(base=base, named=named, unnamed=unnamed, paid_rest=paid_rest) == expected
    )
