"""Cells of the CSV: no formula, no lost text, no float."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.exports.cells import decimal_text, guarded


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "\x00x",
        "  =1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "'x",
    ],
)
def test_what_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "order:1", "1-2", "a=b", "mika", "ü", "2026-10-02"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_taking_one_guard_off_restores_every_text(text: str) -> None:
    assert guarded(text).removeprefix("'") == text


@given(st.integers(-(10**15), 10**15), st.sampled_from([0, 2, 3]))
def test_amounts_are_exact_decimals(amount: int, exponent: int) -> None:
    text = decimal_text(amount, exponent)
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert int(text.replace(".", "")) == amount
    assert len(text.partition(".")[2]) == exponent


def test_amounts_below_one_keep_their_sign() -> None:
    assert decimal_text(-5, 2) == "-0.05"
    assert decimal_text(-1200, 0) == "-1200"
    assert decimal_text(1234567, 3) == "1234.567"
