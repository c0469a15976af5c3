"""Money and rates: exact, one currency at a time, and nothing is read leniently."""

import pytest

from liveshop_sdk.errors import (
    AmountInvalidError,
    CurrencyMismatchError,
    CurrencyUnknownError,
    RateInvalidError,
)
from liveshop_sdk.money import MAX_AMOUNT, Money, Rate


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def test_sums_and_products_are_exact() -> None:
    assert eur("0.10") + eur("0.20") == Money(30, "EUR")
    assert eur("5.00") - eur("7.50") == Money(-250, "EUR")
    assert -eur("1.00") == Money(-100, "EUR")
    assert eur("49.90") * 3 == 3 * eur("49.90") == Money(14970, "EUR")
    assert sum([eur("1"), eur("2.50")], Money.zero("EUR")) == Money(350, "EUR")


def test_order_within_a_currency() -> None:
    assert eur("1") < eur("2") <= eur("2")
    assert eur("3") > eur("2") >= eur("2")
    assert {eur("1"), eur("1.00"), Money(100, "USD")} == {Money(100, "EUR"), Money(100, "USD")}
    assert Money(100, "EUR") != Money(100, "USD")


@pytest.mark.parametrize("op", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet(op: str) -> None:
    with pytest.raises(CurrencyMismatchError) as caught:
        getattr(eur("1"), op)(Money(100, "USD"))
    assert caught.value.details() == {"left": "EUR", "right": "USD"}
    with pytest.raises(AmountInvalidError):
        getattr(eur("1"), op)(1)


@pytest.mark.parametrize("amount", [True, 1.0, "1", None, MAX_AMOUNT + 1, -MAX_AMOUNT - 1, 10**40])
def test_what_is_no_amount(amount: int) -> None:
    with pytest.raises(AmountInvalidError) as caught:
        Money(amount, "EUR")
    assert "whole number of minor units" in str(caught.value)


def test_the_range_ends_at_fifteen_digits() -> None:
    assert Money(MAX_AMOUNT, "EUR").decimal_text() == "9999999999999.99"
    with pytest.raises(AmountInvalidError):
        Money(MAX_AMOUNT, "EUR") + Money(1, "EUR")
    for quantity in (True, 1.5, "2"):
        with pytest.raises(AmountInvalidError):
            Money(1, "EUR") * quantity  # type: ignore[operator]


@pytest.mark.parametrize(
    "currency", ["", "eur", "EURO", "XXX", "XAU", "HRK", "CHE", "\u0415UR", None]
)
def test_what_is_no_currency(currency: str) -> None:
    with pytest.raises(CurrencyUnknownError):
        Money(1, currency)


@pytest.mark.parametrize(
    ("text", "currency", "amount", "written"),
    [
        ("49.90", "EUR", 4990, "49.90"),
        ("49.9", "EUR", 4990, "49.90"),
        ("49", "EUR", 4900, "49.00"),
        ("0", "EUR", 0, "0.00"),
        ("-0.05", "EUR", -5, "-0.05"),
        ("-12.34", "EUR", -1234, "-12.34"),
        ("500", "JPY", 500, "500"),
        ("0", "JPY", 0, "0"),
        ("-500", "JPY", -500, "-500"),
        ("1.234", "KWD", 1234, "1.234"),
        ("0.001", "KWD", 1, "0.001"),
        ("1", "KWD", 1000, "1.000"),
    ],
)
def test_text_both_ways(text: str, currency: str, amount: int, written: str) -> None:
    money = Money.parse(text, currency)
    assert money == Money(amount, currency)
    assert money.decimal_text() == written
    assert str(money) == f"{written} {currency}"
    assert money.as_json() == {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        (text, "EUR")
        for text in (
            *(
                "",
                " ",
                ".",
                "-",
                "+1",
                "1.",
                ".5",
                "1,00",
                "1.000,00",
                "1,000.00",
                "1 000",
                "1_000",
            ),
            *(
                "1e3",
                "1E3",
                "0x1",
                "NaN",
                "Infinity",
                "-inf",
                "49.900",
                "49.901",
                "007",
                "00",
                "--1",
            ),
            *("49.90 ", " 49.90", "49.90\n", "49.90 EUR", "€49.90", "４９.90", "٤٩", "1\u00a0000"),
            *("9" * 17, "9" * 300, "0." + "0" * 300),
        )
    ]
    + [("500.0", "JPY"), ("500.", "JPY"), ("1.2345", "KWD"), ("10000000000000.00", "EUR")],
)
def test_text_that_is_no_amount(text: str, currency: str) -> None:
    with pytest.raises(AmountInvalidError) as caught:
        Money.parse(text, currency)
    assert len(str(caught.value)) < 200


def test_the_refusal_says_what_is_expected() -> None:
    with pytest.raises(AmountInvalidError) as caught:
        Money.parse("49,90", "EUR")
    assert str(caught.value) == (
        "'49,90' is not an amount: expected digits with at most 2 decimals for EUR, such as 49.90."
    )
    with pytest.raises(AmountInvalidError, match="no decimals for JPY, such as 4990"):
        Money.parse("1.5", "JPY")


# --- rates


def test_percent_may_come_with_its_sign() -> None:
    assert Rate.percent("12.5%") == Rate.percent("12.5") == Rate.of("12.5%")


@pytest.mark.parametrize(
    ("text", "bps", "written"),
    [
        ("12", 1200, "12%"),
        ("12.5", 1250, "12.5%"),
        ("12.05", 1205, "12.05%"),
        ("0", 0, "0%"),
        ("100", 10000, "100%"),
        ("0.01", 1, "0.01%"),
        ("10", 1000, "10%"),
        ("99.99", 9999, "99.99%"),
    ],
)
def test_rates(text: str, bps: int, written: str) -> None:
    rate = Rate.percent(text)
    assert rate == Rate.bps(bps) == Rate(bps)
    assert str(rate) == written
    assert Rate.parse(f"{text}%") == Rate.parse(f" {text} % ") == rate


def test_a_whole_percent_may_be_a_number() -> None:
    assert Rate.percent(12) == Rate.bps(1200)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "12%%",
        "12 %",
        "-1",
        "100.01",
        "101",
        "12.345",
        "12.500",
        "1e1",
        "0,5",
        "twelve",
        12.5,
        True,
        -1,
        None,
        "9" * 300,
    ],
)
def test_what_is_no_rate(value: str) -> None:
    with pytest.raises(RateInvalidError):
        Rate.percent(value)


def test_huge_numbers_are_refused_and_not_printed() -> None:
    huge = 10**5000
    for refuse in (Rate.bps, Rate.percent):
        with pytest.raises(RateInvalidError) as caught:
            refuse(huge)
        assert len(str(caught.value)) < 200
    with pytest.raises(AmountInvalidError):
        Money(huge, "EUR")


@pytest.mark.parametrize("text", ["12", "", "%", "12%%", "12% off", "0.12", "-1%", "101%"])
def test_rates_that_people_mistype(text: str) -> None:
    with pytest.raises(RateInvalidError):
        Rate.parse(text)


@pytest.mark.parametrize("bps", [-1, 10_001, True, 1.0, "12"])
def test_basis_points_out_of_range(bps: int) -> None:
    with pytest.raises(RateInvalidError):
        Rate.bps(bps)


def test_a_rate_takes_its_part_half_up() -> None:
    assert eur("119.99").at(Rate.percent("10")) == eur("12.00")
    assert eur("80.05").at(Rate.percent("10")) == eur("8.01")
    assert (-eur("80.05")).at(Rate.percent("10")) == eur("-8.01")
    assert eur("49.90").at(Rate.percent("12")) == eur("5.99")
    assert Money(MAX_AMOUNT, "EUR").at(Rate.percent("100")) == Money(MAX_AMOUNT, "EUR")
