"""What a coupon may promise, and which codes on an order are ours."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from liveshop_sdk.checkout.coupons import terms
from liveshop_sdk.checkout.coupons.models import Coupon
from liveshop_sdk.checkout.coupons.service import coupon_request, used_on
from liveshop_sdk.errors import CouponInvalidError, StreamOverError
from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.money import Money, Rate
from tests.unit.test_links_rules import COUPON, END, START, STREAM

HALF = Rate.percent("50")


@pytest.mark.parametrize(
    ("percent", "amount"),
    [
        (HALF, None),
        (Rate.bps(10_000), None),
        (None, Money(1, "EUR")),
        (None, Money(99_999_999, "EUR")),
    ],
)
def test_one_discount(percent: Rate | None, amount: Money | None) -> None:
    terms.check_discount(percent, amount)


@pytest.mark.parametrize(
    ("percent", "amount"),
    [
        (None, None),
        (HALF, Money(1, "EUR")),
        (Rate.bps(0), None),
        (None, Money(0, "EUR")),
        (None, Money(-5, "EUR")),
        (None, Money(100_000_000, "EUR")),
    ],
)
def test_no_discount_or_two(percent: Rate | None, amount: Money | None) -> None:
    with pytest.raises(CouponInvalidError):
        terms.check_discount(percent, amount)


@pytest.mark.parametrize("count", [None, 1, 1_000_000])
def test_a_limit(count: int | None) -> None:
    assert terms.check_count("limit", count) == count


@pytest.mark.parametrize("count", [0, -1, 1_000_001, True, 1.0, "1"])
def test_a_limit_out_of_range(count: int) -> None:
    with pytest.raises(CouponInvalidError):
        terms.check_count("limit", count)


def test_the_window_is_the_streams_unless_given() -> None:
    before = START - timedelta(days=1)
    later = END + timedelta(hours=1)
    assert terms.window(STREAM, None, None, before) == (START, END)
    assert terms.window(STREAM, before, later, before) == (before, later)
    assert terms.window(STREAM, None, later, END) == (START, later)


@pytest.mark.parametrize(
    ("start", "end", "now"),
    [(END, None, START), (None, START, START - timedelta(1)), (None, END, END)],
    ids=["ends at its start", "ends where it starts", "over"],
)
def test_a_window_that_is_none(start: datetime | None, end: datetime | None, now: datetime) -> None:
    with pytest.raises(CouponInvalidError):
        terms.window(STREAM, start, end, now)


def test_a_stream_that_is_over_lends_no_window() -> None:
    with pytest.raises(StreamOverError):
        terms.window(STREAM, None, None, END)


def order(*codes: str, refs: tuple[str, ...] = ()) -> OrderPaid:
    return OrderPaid(
        platform="sandbox",
        account="sandbox",
        order_ref="o1",
        occurred_at=START,
        currency="EUR",
        total=0,
        shipping=0,
        tax=0,
        tax_included=False,
        lines=(),
        codes=codes,
        coupon_refs=refs,
    )


OTHER = replace(COUPON, id="cpn_0", code="MISS20", platform_ref='{"coupon":"co_1","promo":"pr_1"}')


@pytest.mark.parametrize(
    ("fact", "found"),
    [
        (order("MIKA20"), [COUPON]),
        (order("mika20"), [COUPON]),
        (order("mika20", "Mika20", refs=("sbp_1",)), [COUPON]),
        (order("MIKA20", "miss20"), [OTHER, COUPON]),
        (order(refs=("co_1",)), [OTHER]),
        (order(refs=("pr_1",)), [OTHER]),
        (order(refs=("co_", "coupon_", "")), []),
        (order("M\u0131ka20"), []),  # a dotless i, which upper() makes an I
        (order("Mi\u00df20"), []),  # a sharp s, which upper() makes SS
        (order("\u041c\u0406\u041a\u041020"), []),  # Cyrillic
        (order("\uff2dIKA20"), []),  # full width
        (order(" MIKA20"), []),
        (order(), []),
    ],
)
def test_which_codes_are_ours(fact: OrderPaid, found: list[Coupon]) -> None:
    assert used_on(fact, [COUPON, OTHER]) == tuple(found)


def test_what_the_platform_is_asked() -> None:
    request = coupon_request(replace(COUPON, limit=5, per_customer=1))
    assert (request.coupon_id, request.code, request.limit, request.per_customer) == (
        "cpn_1",
        "MIKA20",
        5,
        1,
    )
    assert request.title == "MIKA20 (mika)"


def test_status_and_sameness() -> None:
    assert (COUPON.status, replace(COUPON, platform_ref=None).status) == ("ready", "pending")
    assert COUPON.same_terms(replace(COUPON, id="x", used=3, reserved=1, platform_ref=None))
    assert not COUPON.same_terms(replace(COUPON, limit=9))
