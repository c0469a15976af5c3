"""What people type is read exactly, and what cannot be read is explained."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import pytest

from liveshop_sdk.cli import answers, values
from liveshop_sdk.errors import (
    BrandAmbiguousError,
    LinkExpiredError,
    LiveShopError,
    MigrationNeededError,
    ProductNotFoundError,
    RateInvalidError,
    SettingsInvalidError,
    TamperedError,
)
from liveshop_sdk.money import Rate


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("14d", timedelta(days=14)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration(text: str, meant: timedelta) -> None:
    assert values.duration(text) == meant


@pytest.mark.parametrize("text", ["14", "d", "-1d", "1.5d", "7w", "1d12h", " 1d", "\u0661d", "1D"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="write 14d, 12h, 30m or 45s"):
        values.duration(text)


def test_an_instant_is_read_with_its_offset() -> None:
    assert values.instant("2026-10-02T20:00:00+02:00") == datetime(2026, 10, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-10-02T18:00:00", "2026-10-02", "tomorrow", ""])
def test_an_instant_without_a_zone_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="with an offset"):
        values.instant(text)


@pytest.mark.parametrize(("text", "bps"), [("20", 2000), ("12.5", 1250), ("20%", 2000)])
def test_a_percentage(text: str, bps: int) -> None:
    assert values.percent(text) == Rate.bps(bps)


@pytest.mark.parametrize("text", ["", "-1", "20%%", "1e1", "100.01"])
def test_no_percentage(text: str) -> None:
    with pytest.raises(RateInvalidError):
        values.percent(text)


def test_a_cart_line() -> None:
    assert values.item("sku_tee=2") == ("sku_tee", 2)
    assert values.item("a=b=3") == ("a=b", 3)


@pytest.mark.parametrize("text", ["sku_tee", "=1", "sku_tee=", "sku_tee=-1", "sku_tee=1.5"])
def test_no_cart_line(text: str) -> None:
    with pytest.raises(ValueError, match="write SKU=QTY"):
        values.item(text)


def test_one_sku_is_named_once() -> None:
    assert values.as_cart([("a", 1), ("b", 2)]) == {"a": 1, "b": 2}
    with pytest.raises(click.UsageError, match="a is named twice"):
        values.as_cart([("a", 1), ("a", 2)])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: ProductNotFoundError(sku="x"), 1),
        (lambda: BrandAmbiguousError(brands="a, b"), 2),
        (lambda: MigrationNeededError(found="nothing", expected="0006"), 1),
        (lambda: SettingsInvalidError(count=1, faults="- x"), 2),
        (TamperedError, 3),
    ],
)
def test_an_error_has_the_exit_code_of_its_family(
    make: Callable[[], LiveShopError], code: int
) -> None:
    assert answers.exit_code_of(make()) == code


def test_the_fields_of_a_refusal_are_plain_json() -> None:
    at = datetime(2026, 10, 2, 18, tzinfo=UTC)
    error = LinkExpiredError(link_id="lnk_1", expired_at=at)
    document = answers.error_document(error.code, str(error), error.details())
    assert document["error"]["details"] == {
        "link_id": "lnk_1",
        "expired_at": "2026-10-02T18:00:00Z",
    }


def test_columns_are_aligned_and_amounts_stand_on_the_right() -> None:
    assert answers.table([("a", 5, None), ("bbb", 100, "x")], right=[1]) == "a      5\nbbb  100  x"
    assert answers.listing(("A",), [], empty="none") == "none"
