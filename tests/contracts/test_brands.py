"""Brands, on both engines."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AlreadyExistsError,
    BrandAmbiguousError,
    BrandNotFoundError,
    CurrencyUnknownError,
    NameInvalidError,
    RecordInvalidError,
)
from liveshop_sdk.registry.service import Brands
from tests.contracts.registry_support import OPENS, brands_fixture

__all__ = ["brands_fixture"]


def test_a_brand_is_kept_and_a_repeat_is_the_first_one(brands: Brands, clock: ManualClock) -> None:
    first = brands.add("north", currency="JPY", timezone="Asia/Tokyo")
    clock.advance(timedelta(days=1))
    again = brands.add("north", currency="JPY", timezone="Asia/Tokyo")
    assert (again, again.created_at) == (first, OPENS)
    assert (first.id, first.currency, first.timezone) == ("north", "JPY", "Asia/Tokyo")
    assert brands.list() == (first,)
    assert brands.get("north") == first


def test_a_brand_never_changes(brands: Brands) -> None:
    brands.add("north", currency="JPY", timezone="Asia/Tokyo")
    with pytest.raises(AlreadyExistsError) as refused:
        brands.add("north", currency="EUR", timezone="Asia/Tokyo")
    assert refused.value.differs == "currency"
    assert brands.get("north").currency == "JPY"


def test_without_a_name_the_first_use_makes_main(brands: Brands) -> None:
    main = brands.resolve()
    assert (main.code, main.currency, main.timezone) == ("main", "EUR", "UTC")
    assert brands.resolve() == main
    assert len(brands.list()) == 1


def test_the_only_brand_needs_no_name_and_several_do(brands: Brands) -> None:
    north = brands.add("north", currency="EUR")
    assert brands.resolve() == north
    brands.add("south", currency="EUR")
    with pytest.raises(BrandAmbiguousError, match="north, south"):
        brands.resolve()
    assert brands.resolve("south").code == "south"
    with pytest.raises(BrandNotFoundError):
        brands.resolve("west")


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "Europe", "UTC\0"])
def test_an_unknown_time_zone_is_refused(brands: Brands, zone: str) -> None:
    with pytest.raises(RecordInvalidError):
        brands.add("north", currency="EUR", timezone=zone)
    assert brands.list() == ()


def test_an_unknown_currency_or_a_bad_code_is_refused(brands: Brands) -> None:
    with pytest.raises(CurrencyUnknownError):
        brands.add("north", currency="XBT")
    with pytest.raises(NameInvalidError):
        brands.add("North Sea", currency="EUR")
    assert brands.list() == ()


def test_first_use_in_many_threads_makes_one_main(db: Database, clock: ManualClock) -> None:
    start, made = Barrier(4), []

    def first_use() -> None:
        start.wait()
        made.append(Brands(db, clock).resolve().code)

    threads = [Thread(target=first_use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["main"] * 4
    assert len(Brands(db, clock).list()) == 1
