"""Money: exact, one currency at a time, and nothing is read leniently."""

from fractions import Fraction

import pytest

from liveshop_sdk.currencies import EXPONENTS, SCALES
from liveshop_sdk.errors import (
    AmountInvalidError,
    CurrencyMismatchError,
    CurrencyUnknownError,
    MoneyStepError,
    RateInvalidError,
)
from liveshop_sdk.money import (
    MAX_AMOUNT,
    Money,
    Rate,
    exponent_of,
    from_decimal_text,
    from_platform,
    half_up,
    money_step,
    order_refund_base,
    platform_scale,
    reversed_part,
    split,
    to_platform,
)


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
        "12%",
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


# --- rounding


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


# --- currencies, one by one


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


def test_half_up_is_the_nearest_fraction() -> None:
    for n in range(-60, 61):
        for d in range(1, 13):
            distance = abs(Fraction(n, d) - half_up(n, d))
            assert distance <= Fraction(1, 2)
            assert distance < Fraction(1, 2) or abs(half_up(n, d)) > abs(Fraction(n, d))
