"""Account numbers, bank codes and the letters of SEPA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.payouts.files.iban import LENGTHS, iban_problem, is_bic
from liveshop_sdk.affiliate.payouts.files.latin import transliterate


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Æsir Øberg", "AEsir Oberg"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Weiß", "Weiss"),
        ("A&B_C", "A+B-C"),
        ("{a} [b] \\ |", "(a) (b) / /"),
        ("a;b@c!", "a,b.c."),
        ("O’Hara – “x”", "O'Hara - 'x'"),
        ("  a \u00a0 b ", "a b"),
        ("ﬁne", "fine"),
        ("Ελένη", None),
        ("Юлия", None),
        ("€5", None),
    ],
)
def test_letters_of_sepa(text: str, found: str | None) -> None:
    assert transliterate(text) == found


@given(st.text())
def test_every_text_is_spelled_in_sepa_letters_or_not_at_all(text: str) -> None:
    found = transliterate(text)
    assert found is None or (found.isascii() and transliterate(found) == found)


@pytest.mark.parametrize(
    "number", ["GB82WEST12345698765432", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"]
)
def test_true_account_numbers(number: str) -> None:
    assert iban_problem(number) == ""


@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_one_wrong_digit_is_always_seen(country: str, data: st.DataObject) -> None:
    inner = data.draw(
        st.text("0123456789", min_size=LENGTHS[country] - 4, max_size=LENGTHS[country] - 4)
    )
    rest = int("".join(str(int(letter, 36)) for letter in f"{inner}{country}00")) % 97
    number = f"{country}{98 - rest:02}{inner}"
    assert iban_problem(number) == ""
    at = data.draw(st.integers(2, len(number) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[at]))
    assert iban_problem(number[:at] + other + number[at + 1 :]) != ""


def test_bics() -> None:
    found = [
        is_bic(code) for code in ("COBADEFF", "COBADEFFXXX", "COBADEFFX", "cobadeff", "COBA12FF")
    ]
    assert found == [True, True, False, False, False]
