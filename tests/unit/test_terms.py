"""Terms: what may be agreed, how it is spelled, and what its hash covers."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk import wire
from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.terms import (
    MAX_PER_UNIT,
    Appearance,
    Guarantee,
    LineTerms,
    Terms,
    Tiers,
)
from liveshop_sdk.affiliate.terms_json import from_json, from_text, span_text, to_json, to_text
from liveshop_sdk.errors import (
    AgreementInvalidError,
    AmountInvalidError,
    CurrencyUnknownError,
    InvalidError,
    NameInvalidError,
    RateInvalidError,
)
from liveshop_sdk.money import Money, Rate

NOON = datetime(2026, 10, 2, 12, tzinfo=UTC)
TWELVE = Rate.percent("12")


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def tiers(*steps: tuple[int, str], **more: str) -> Tiers:
    fields = {"mode": "marginal", "window": "month", "currency": "EUR"} | more
    return Tiers(steps=tuple((start, Rate.percent(rate)) for start, rate in steps), **fields)


EVERYTHING = Terms(
    rate=TWELVE,
    hold=timedelta(hours=36),
    notice=timedelta(days=30),
    per_unit=eur("1.50"),
    products={"sku_tee": LineTerms(rate=Rate.percent("15"), per_unit=eur("0.10"))},
    collections={"winter": LineTerms(per_unit=eur("2.00"))},
    first_time=Rate.percent("20"),
    returning=Rate.percent("8.05"),
    cap_per_order=eur("40.00"),
    cap_per_month=eur("4000.00"),
    guarantee=Guarantee(amount=eur("500.00"), recoupable=False),
    appearance=Appearance(amount=eur("250.00"), min_minutes=45, short="pro_rata"),
    tiers=tiers((1_000_000, "13"), (2_000_000, "15"), mode="retroactive", window="quarter"),
    rounding="half_even",
)
SPELLED = (
    '{"appearance":{"amount":{"amount":25000,"currency":"EUR"},"min_minutes":45,'
    '"short":"pro_rata"},"base":"net","cap_per_month":{"amount":400000,"currency":"EUR"},'
    '"cap_per_order":{"amount":4000,"currency":"EUR"},"collections":{"winter":{"per_unit":'
    '{"amount":200,"currency":"EUR"}}},"first_time":"20%","guarantee":{"amount":{"amount":50000,'
    '"currency":"EUR"},"recoupable":false},"hold":"36h","notice":"30d","per_unit":{"amount":150,'
    '"currency":"EUR"},"products":{"sku_tee":{"per_unit":{"amount":10,"currency":"EUR"},'
    '"rate":"15%"}},"rate":"12%","returning":"8.05%","rounding":"half_even","tiers":{"currency":'
    '"EUR","mode":"retroactive","steps":[{"from":1000000,"rate":"13%"},{"from":2000000,'
    '"rate":"15%"}],"window":"quarter"}}'
)


def test_everything_has_one_spelling_that_reads_back() -> None:
    assert to_text(EVERYTHING) == SPELLED
    assert from_text(SPELLED) == EVERYTHING
    assert EVERYTHING.currency == "EUR"


def test_what_is_not_agreed_is_not_spelled() -> None:
    plain = Terms(rate=TWELVE)
    assert to_json(plain) == {"rate": "12%", "hold": "14d", "base": "net", "rounding": "half_up"}
    assert from_json({"rate": "12%"}) == plain
    assert plain.currency is None
    assert plain.is_plain
    assert replace(plain, rounding="half_even").is_plain
    assert not replace(plain, notice=timedelta(days=1)).is_plain


def test_terms_cannot_be_changed_through_what_they_were_made_of() -> None:
    rules = {"sku_tee": LineTerms(rate=TWELVE)}
    terms = Terms(rate=TWELVE, products=rules)
    rules["sku_mug"] = LineTerms(rate=TWELVE)
    assert list(terms.products) == ["sku_tee"]
    with pytest.raises(TypeError):
        terms.products["sku_mug"] = LineTerms(rate=TWELVE)  # type: ignore[index]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0d"),
        (timedelta(days=14), "14d"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=61), "61s"),
        (timedelta(microseconds=1_000_001), "1000001us"),
    ],
)
def test_a_length_of_time_is_spelled_in_its_largest_unit(span: timedelta, text: str) -> None:
    assert span_text(span) == text
    assert from_json({"rate": "12%", "hold": text}).hold == span


IMPOSSIBLE: dict[str, tuple[dict[str, Any], type[InvalidError]]] = {
    "no rate": ({"rate": None}, AgreementInvalidError),
    "a bare number": ({"rate": 12}, AgreementInvalidError),
    "a negative hold": ({"hold": timedelta(-1)}, AgreementInvalidError),
    "a notice of years": ({"notice": timedelta(367)}, AgreementInvalidError),
    "nothing per unit": ({"per_unit": eur("0")}, AgreementInvalidError),
    "less than nothing": ({"per_unit": eur("-1")}, AgreementInvalidError),
    "too much per unit": ({"per_unit": Money(MAX_PER_UNIT + 1, "EUR")}, AgreementInvalidError),
    "a cap of nothing": ({"cap_per_order": eur("0")}, AgreementInvalidError),
    "a cap that is a number": ({"cap_per_month": 5}, AgreementInvalidError),
    "a guarantee that is an amount": ({"guarantee": eur("50")}, AgreementInvalidError),
    "a fee that is an amount": ({"appearance": eur("50")}, AgreementInvalidError),
    "tiers that are steps": ({"tiers": ((100, TWELVE),)}, AgreementInvalidError),
    "another base": ({"base": "gross"}, AgreementInvalidError),
    "another rounding": ({"rounding": "down"}, AgreementInvalidError),
    "a rate as a rule": ({"products": {"sku_tee": TWELVE}}, AgreementInvalidError),
    "no SKU": ({"products": {"": LineTerms(rate=TWELVE)}}, NameInvalidError),
    "no collection": ({"collections": {"a b": LineTerms(rate=TWELVE)}}, NameInvalidError),
    "a low tier": ({"tiers": tiers((100, "11.99"))}, AgreementInvalidError),
    "two currencies": (
        {"per_unit": eur("1"), "cap_per_order": Money(1, "USD")},
        AgreementInvalidError,
    ),
    "tiers in another": (
        {"per_unit": eur("1"), "tiers": tiers((1, "12"), currency="USD")},
        AgreementInvalidError,
    ),
    "too many rules": (
        {"products": {f"s{n}": LineTerms(rate=TWELVE) for n in range(1001)}},
        AgreementInvalidError,
    ),
}


@pytest.mark.parametrize(("given", "error"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_terms_that_cannot_be_paid_are_refused(
    given: dict[str, Any], error: type[InvalidError]
) -> None:
    with pytest.raises(error):
        Terms(**{"rate": TWELVE, **given})


def test_a_tier_at_the_default_rate_is_none_below_it() -> None:
    assert Terms(rate=TWELVE, tiers=tiers((1, "12"))).tiers is not None


def test_parts_that_cannot_be_are_refused() -> None:
    with pytest.raises(RateInvalidError):
        Rate.percent("100.01")
    with pytest.raises(AgreementInvalidError, match="one of the two, or both"):
        LineTerms()
    with pytest.raises(AgreementInvalidError):
        Guarantee(amount=eur("0"))
    with pytest.raises(AgreementInvalidError):
        Guarantee(amount=eur("1"), recoupable="yes")  # type: ignore[arg-type]
    for minutes in (0, -1, 10_081, True, 1.5):
        with pytest.raises(AgreementInvalidError):
            Appearance(amount=eur("1"), min_minutes=minutes)  # type: ignore[arg-type]
    with pytest.raises(AgreementInvalidError):
        Appearance(amount=eur("1"), min_minutes=1, short="some")


@pytest.mark.parametrize(
    "steps", [(), ((0, "12"),), ((-1, "12"),), ((5, "12"), (5, "13")), ((5, "12"), (4, "13"))]
)
def test_tiers_begin_above_nothing_and_rise(steps: tuple[tuple[int, str], ...]) -> None:
    with pytest.raises(AgreementInvalidError):
        tiers(*steps)


def test_tiers_know_their_words() -> None:
    with pytest.raises(AgreementInvalidError):
        tiers((1, "12"), mode="all")
    with pytest.raises(AgreementInvalidError):
        tiers((1, "12"), window="week")
    with pytest.raises(CurrencyUnknownError):
        tiers((1, "12"), currency="EUX")
    with pytest.raises(AmountInvalidError):
        tiers((10**15, "12"))


UNREADABLE: dict[str, tuple[object, str]] = {
    "a list": ([], "an object"),
    "nothing": ({}, "no rate"),
    "a part nobody knows": ({"rate": "12%", "bonus": 1}, "'bonus'"),
    "a rate as a number": ({"rate": 12}, "text"),
    "money as text": ({"rate": "12%", "per_unit": "1.50 EUR"}, "an object"),
    "money as a fraction": (
        {"rate": "12%", "per_unit": {"amount": "1", "currency": "EUR"}},
        "whole minor units",
    ),
    "an amount alone": ({"rate": "12%", "per_unit": {"amount": 1}}, "no currency"),
    "a hold in words": ({"rate": "12%", "hold": "two weeks"}, "14d"),
    "a hold for ever": ({"rate": "12%", "hold": "9" * 13 + "d"}, "366 days"),
    "a flag as a word": (
        {"rate": "12%", "guarantee": {"amount": {"amount": 1, "currency": "EUR"}, "recoupable": 1}},
        "true or false",
    ),
    "steps by name": (
        {
            "rate": "12%",
            "tiers": {"mode": "marginal", "window": "month", "currency": "EUR", "steps": {}},
        },
        "a list",
    ),
}


@pytest.mark.parametrize(("value", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_holds_no_terms_is_refused(value: object, said: str) -> None:
    with pytest.raises(AgreementInvalidError, match=said):
        from_json(value)


def on(terms: Terms) -> Agreement:
    return Agreement.on(terms, brand="main", creator="mika", version=2, effective_from=NOON)


def test_the_hash_of_a_rate_and_a_hold_is_what_it_always_was() -> None:
    always = {
        "base": "net",
        "brand": "main",
        "creator": "mika",
        "hold_us": 14 * 86_400 * 1_000_000,
        "rate_bps": 1200,
        "rounding": "half_up",
        "version": 2,
    }
    plain = on(Terms(rate=TWELVE))
    assert plain.more is None
    assert plain.terms_hash == hashlib.sha256(wire.canonical(always).encode()).hexdigest()
    assert plain.terms_hash == ("934f7c1f32aa58a29ec00023e98395e6cc3a0d4c6ddc4f365d2e5828c3fc693e")


def test_the_hash_covers_every_part_that_is_agreed() -> None:
    plain = Terms(rate=TWELVE)
    parts = ["notice", "per_unit", "products", "collections", "first_time", "returning"]
    parts += ("cap_per_order", "cap_per_month", "guarantee", "appearance")
    each = [replace(plain, **{name: getattr(EVERYTHING, name)}) for name in parts]
    each += [plain, EVERYTHING, replace(plain, tiers=tiers((1, "12")))]
    assert len({on(terms).terms_hash for terms in each}) == len(each)
    assert all(on(terms).terms == terms for terms in each)


def test_an_agreement_says_one_rate() -> None:
    with pytest.raises(AgreementInvalidError):
        replace(on(EVERYTHING), rate=Rate.percent("50"))
