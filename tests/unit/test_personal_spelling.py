"""How personal codes are spelled, and that nothing but the seed gives them away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.codes import parse_code
from liveshop_sdk.checkout.personal import spelling

COUPONS = st.text("ABCXYZ019-", min_size=3, max_size=32)
SEEDS = st.binary(min_size=32, max_size=32)


@given(COUPONS, SEEDS, st.integers(1, 10_000), st.integers(0, 9))
def test_every_platform_and_our_own_rules_take_a_code(
    coupon: str, seed: bytes, n: int, turn: int
) -> None:
    prefix = spelling.prefix_of(coupon)
    code = spelling.code_of(seed, prefix, f"cbt_1:{n}", turn)
    assert parse_code(code) == code
    assert 12 <= len(code) <= spelling.MAX_PREFIX + 1 + spelling.LENGTH
    assert re.fullmatch(r"[A-Z0-9][A-Z0-9-]*-[2-9B-DF-HJKM-NP-TV-Z]{10}", code)
    assert spelling.prefix_in(code) == prefix


def test_codes_are_as_written_down() -> None:
    """They are never stored, so the way they follow from a seed must stay for ever."""
    seed = bytes(range(32))
    found = [spelling.code_of(seed, "ANNA20", f"cbt_x:{n}", turn) for n, turn in ((1, 0), (1, 1))]
    assert found == ["ANNA20-4QH28F8NVR", "ANNA20-728VXHFTVG"]
    assert spelling.lookup_of(seed, found[0]) == "11cc929d1a8e32a26556d500c94bdbd7"


@given(SEEDS, SEEDS)
def test_another_seed_gives_other_codes_and_finds_none(one: bytes, other: bytes) -> None:
    code = spelling.code_of(one, "A", "cbt_1:1", 0)
    is_same = one == other
    assert (spelling.code_of(other, "A", "cbt_1:1", 0) == code) is is_same
    assert (spelling.lookup_of(other, code) == spelling.lookup_of(one, code)) is is_same


def test_ten_thousand_codes_are_ten_thousand() -> None:
    seed = b"s" * 32
    codes = {spelling.code_of(seed, "A", f"cbt_1:{n}", 0) for n in range(10_000)}
    assert len(codes) == 10_000
    letters = "".join(code.rpartition("-")[2] for code in codes)
    assert set(letters) == set(spelling.LETTERS)
    usual = len(letters) / len(spelling.LETTERS)
    assert all(0.9 * usual < letters.count(one) < 1.1 * usual for one in spelling.LETTERS)


@pytest.mark.parametrize(
    ("coupon", "prefix"),
    [("ANNA20", "ANNA20"), ("LONGER-THAN-8", "LONGER-T"), ("EIGHT-8-", "EIGHT-8"), ("---", "C")],
)
def test_a_code_begins_as_its_coupon_does(coupon: str, prefix: str) -> None:
    assert spelling.prefix_of(coupon) == prefix


@pytest.mark.parametrize(
    "text",
    [
        *("", "ANNA20", "ANNA20-", "-2222222222", "ANNA20-222222222", "ANNA20-22222222222"),
        *("ANNA20-222222222A", "ANNA20-222222222O", "anna20-2222222222", "A--2222222222"),
        *("ANNA20-2222222222\n", "\u216fNNA-2222222222", "A" * 1_000_000),
    ],
    ids=range(13),
)
def test_what_is_no_personal_code(text: str) -> None:
    assert spelling.prefix_in(text) is None
