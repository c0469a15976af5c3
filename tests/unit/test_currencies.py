"""Currencies, one by one: their decimals here and on each platform."""

import pytest

from liveshop_sdk.currencies import EXPONENTS, SCALES
from liveshop_sdk.errors import AmountInvalidError, CurrencyUnknownError, MoneyStepError
from liveshop_sdk.money import (
    Money,
    exponent_of,
    from_decimal_text,
    from_platform,
    money_step,
    platform_scale,
    to_platform,
)


def test_every_code_is_three_capitals_and_every_exponent_known() -> None:
    assert len(EXPONENTS) == 157
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in EXPONENTS)
    assert set(EXPONENTS.values()) == {0, 2, 3}
    for special in SCALES.values():
        assert set(special) <= set(EXPONENTS)


@pytest.mark.parametrize(
    "currency",
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
)
def test_stripe_zero_decimal(currency: str) -> None:
    assert exponent_of(currency) == 0
    assert platform_scale("stripe", currency) == (0, 1)
    assert to_platform(Money(500, currency), "stripe") == 500
    assert from_platform(500, currency.lower(), "stripe") == Money(500, currency)


def test_stripe_mga_has_no_decimals_though_iso_gives_two() -> None:
    assert exponent_of("MGA") == 2
    assert platform_scale("stripe", "MGA") == (0, 1)
    assert to_platform(Money.parse("500.00", "MGA"), "stripe") == 500
    assert from_platform(-500, "mga", "stripe") == Money.parse("-500.00", "MGA")
    assert money_step("stripe", "MGA") == 100
    with pytest.raises(MoneyStepError) as caught:
        to_platform(Money.parse("500.50", "MGA"), "stripe")
    assert caught.value.details() == {
        "platform": "stripe",
        "currency": "MGA",
        "step": "100",
        "amount": 50050,
    }


@pytest.mark.parametrize("currency", ["ISK", "UGX"])
def test_stripe_isk_and_ugx_have_two_decimals_that_are_zero(currency: str) -> None:
    assert exponent_of(currency) == 0
    assert platform_scale("stripe", currency) == (2, 100)
    assert to_platform(Money(500, currency), "stripe") == 50_000
    assert from_platform(50_000, currency.lower(), "stripe") == Money(500, currency)
    assert money_step("stripe", currency) == 1
    with pytest.raises(MoneyStepError):
        from_platform(50_001, currency, "stripe")


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_stripe_thousandths_come_in_tens(currency: str) -> None:
    assert exponent_of(currency) == 3
    assert platform_scale("stripe", currency) == (3, 10)
    assert to_platform(Money.parse("5.120", currency), "stripe") == 5120
    assert from_platform(5120, currency, "stripe") == Money.parse("5.12", currency)
    assert money_step("stripe", currency) == 10
    with pytest.raises(MoneyStepError):
        to_platform(Money.parse("5.124", currency), "stripe")


@pytest.mark.parametrize("currency", ["HUF", "TWD"])
def test_stripe_huf_and_twd_are_paid_out_in_hundreds(currency: str) -> None:
    assert platform_scale("stripe", currency) == (2, 1)
    assert platform_scale("stripe", currency, payout=True) == (2, 100)
    assert to_platform(Money(10_045, currency), "stripe") == 10_045
    assert to_platform(Money(10_000, currency), "stripe", payout=True) == 10_000
    assert money_step("stripe", currency, payout=True) == 100
    with pytest.raises(MoneyStepError):
        to_platform(Money(10_045, currency), "stripe", payout=True)


@pytest.mark.parametrize("currency", ["IQD", "LYD"])
def test_other_thousandths_keep_to_iso(currency: str) -> None:
    assert platform_scale("stripe", currency) == (3, 1)


def test_lak_has_two_decimals_whatever_babel_says() -> None:
    assert exponent_of("LAK") == 2


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
@pytest.mark.parametrize("platform", ["stripe", "sandbox"])
def test_whole_units_travel_in_every_currency(platform: str, currency: str) -> None:
    money = Money.parse("1200", currency)
    assert from_platform(to_platform(money, platform), currency, platform) == money
    step = money_step(platform, currency)
    assert to_platform(Money(step, currency), platform) > 0


def test_the_sandbox_writes_minor_units() -> None:
    assert to_platform(Money(1234, "KWD"), "sandbox") == 1234
    assert platform_scale("sandbox", "ISK") == (0, 1)


def test_unknown_platforms_and_values_are_refused() -> None:
    with pytest.raises(ValueError, match="shopify"):
        platform_scale("shopify", "EUR")
    with pytest.raises(AmountInvalidError):
        from_platform(49.9, "eur", "stripe")  # type: ignore[arg-type]
    with pytest.raises(AmountInvalidError):
        from_platform(True, "eur", "stripe")
    with pytest.raises(CurrencyUnknownError):
        from_platform(1, "xxx", "stripe")


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("49.90", "EUR", 4990),
        ("49.9", "EUR", 4990),
        ("10.0", "JPY", 10),
        ("1000", "JPY", 1000),
        ("49.9000", "EUR", 4990),
        ("1.5", "KWD", 1500),
        ("-3.50", "EUR", -350),
        ("0.00", "JPY", 0),
    ],
)
def test_decimal_text_of_platforms(text: str, currency: str, amount: int) -> None:
    assert from_decimal_text(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(("text", "currency"), [("49.901", "EUR"), ("10.5", "JPY"), ("1e3", "EUR")])
def test_decimal_text_finer_than_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountInvalidError):
        from_decimal_text(text, currency)
