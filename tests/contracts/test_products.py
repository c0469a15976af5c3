"""Products, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AlreadyExistsError,
    AmountInvalidError,
    BrandAmbiguousError,
    BrandCurrencyError,
    LiveShopError,
    PlatformRefTakenError,
    ProductNotFoundError,
    RecordInvalidError,
)
from liveshop_sdk.money import Money
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.service import Brands, Products
from liveshop_sdk.registry.store import ProductStore
from tests.contracts.registry_support import OPENS, brands_fixture, products_fixture

__all__ = ["brands_fixture", "products_fixture"]


def test_a_product_is_kept_whole(products: Products) -> None:
    tee = products.add(
        "sku_tee",
        title="  Tee ",
        amount=4990,
        currency="EUR",
        image="https://cdn.example/tee.jpg",
        stripe_price="price_1Qab",
        shopify_variant="41",
    )
    assert tee == Product(
        sku="sku_tee",
        brand="main",
        title="Tee",
        price=Money(4990, "EUR"),
        image="https://cdn.example/tee.jpg",
        stripe_price="price_1Qab",
        shopify_variant="gid://shopify/ProductVariant/41",
        created_at=OPENS,
        updated_at=OPENS,
    )
    assert products.get("sku_tee") == tee
    assert (tee.id, tee.amount, tee.currency) == ("sku_tee", 4990, "EUR")
    assert tee.platform_refs == {
        "stripe": "price_1Qab",
        "shopify": "gid://shopify/ProductVariant/41",
    }


def test_the_same_product_again_is_a_repeat_and_another_is_refused(products: Products) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    assert products.add("sku_tee", title="Tee", amount=Money(4990, "EUR")) == tee
    with pytest.raises(AlreadyExistsError, match=r"price.*liveshop products update sku_tee"):
        products.add("sku_tee", title="Tee", amount=4991, currency="EUR")
    assert products.list() == (tee,)


@pytest.mark.parametrize("amount", [-1, 10**12 + 1, 10**16])
def test_a_negative_or_huge_price_is_refused(products: Products, amount: int) -> None:
    with pytest.raises((RecordInvalidError, AmountInvalidError)):
        products.add("sku_tee", title="Tee", amount=amount)
    assert products.list() == ()


@pytest.mark.parametrize("amount", [49.9, True, "4990", None])
def test_a_price_is_a_whole_number(products: Products, amount: int) -> None:
    with pytest.raises(AmountInvalidError):
        products.add("sku_tee", title="Tee", amount=amount)
    assert products.list() == ()


def test_a_foreign_currency_is_refused_and_main_is_not_left_behind(
    products: Products, brands: Brands
) -> None:
    with pytest.raises(BrandCurrencyError) as refused:
        products.add("sku_tee", title="Tee", amount=4990, currency="USD")
    assert (refused.value.currency, refused.value.brand_currency) == ("USD", "EUR")
    assert brands.list() == ()
    assert products.list() == ()


def test_a_product_of_one_of_several_brands_names_it(products: Products, brands: Brands) -> None:
    brands.add("north", currency="EUR")
    brands.add("south", currency="JPY")
    with pytest.raises(BrandAmbiguousError):
        products.add("sku_tee", title="Tee", amount=4990)
    assert products.add("sku_tee", title="Tee", amount=4990, brand="south").price == Money(
        4990, "JPY"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "  "},
        {"title": "x" * 201},
        {"title": "a\nb"},
        {"image": "javascript:alert(1)"},
        {"image": "http://cdn.example/a.jpg"},
        {"image": "//evil.example/a.jpg"},
        {"image": "/a b.jpg"},
        {"image": '/a".jpg'},
        {"stripe_price": "price 1"},
        {"stripe_price": ""},
        {"stripe_price": "bogus"},
        {"shopify_variant": "gid://shopify/Product/1"},
        {"shopify_variant": "٣"},
    ],
)
def test_what_no_product_can_have_is_refused(products: Products, wrong: dict[str, str]) -> None:
    given = {"title": "Tee"} | wrong
    with pytest.raises(RecordInvalidError):
        products.add("sku_tee", amount=4990, **given)
    assert products.list() == ()


def test_update_changes_what_is_given(products: Products, clock: ManualClock) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990, stripe_price="price_1")
    clock.advance(timedelta(hours=1))
    new = products.update("sku_tee", amount=3990, image="/tee.jpg")
    assert (new.price, new.title, new.stripe_price) == (Money(3990, "EUR"), "Tee", "price_1")
    assert (new.created_at, new.updated_at) == (tee.created_at, clock.now())
    stored = products.get("sku_tee")
    assert (stored, stored.updated_at) == (new, clock.now())


def test_a_refused_update_changes_nothing(products: Products) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990)
    for wrong in ({"amount": -5}, {"amount": Money(1, "USD")}, {"title": ""}):
        with pytest.raises(LiveShopError):
            products.update("sku_tee", **wrong)
    assert products.get("sku_tee") == tee
    with pytest.raises(ProductNotFoundError):
        products.update("sku_cap", amount=1)


def test_a_platform_id_stands_for_one_product(products: Products) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990, shopify_variant="41")
    with pytest.raises(PlatformRefTakenError) as refused:
        products.add("sku_cap", title="Cap", amount=100, shopify_variant="41")
    assert refused.value.sku == "sku_tee"
    cap = products.add("sku_cap", title="Cap", amount=100)
    with pytest.raises(PlatformRefTakenError):
        products.update("sku_cap", shopify_variant="41")
    assert products.list() == (cap, tee)


def test_a_platform_id_is_given_once_though_two_ask_at_once(
    db: Database, clock: ManualClock, products: Products
) -> None:
    products.add("sku_cap", title="Cap", amount=100)
    again: dict[str, Any] = {"title": "Mug", "amount": 100, "shopify_variant": "41"}
    calls: list[Callable[[], Product]] = [
        lambda: products.update("sku_cap", shopify_variant="41"),
        lambda: products.add("sku_mug", **again),
    ]
    with ThreadPoolExecutor(len(calls)) as beside:
        with db.transaction() as tx:
            tee = ProductStore().add(
                tx,
                "sku_tee",
                title="Tee",
                amount=1,
                currency="EUR",
                shopify_variant="41",
                now=clock.now(),
            )
            running = [beside.submit(call) for call in calls]
            wait(running, timeout=0.5)
        refused = [future.exception() for future in running]
    assert [type(error) for error in refused] == [PlatformRefTakenError] * 2
    assert [error.sku for error in refused if isinstance(error, PlatformRefTakenError)] == [
        "sku_tee"
    ] * 2
    assert products.by_platform_ref("shopify", "41") == tee
    assert [one.sku for one in products.list()] == ["sku_cap", "sku_tee"]


def test_products_are_found_by_a_platforms_id(products: Products) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990, shopify_variant="41")
    assert products.by_platform_ref("shopify", "41") == tee
    assert products.by_platform_ref("shopify", "gid://shopify/ProductVariant/41") == tee
    assert products.by_platform_ref("sandbox", "sku_tee") == tee
    assert products.by_platform_ref("stripe", "price_1") is None


def test_many_products_at_once(products: Products) -> None:
    tee = products.add("sku_tee", title="Tee", amount=4990)
    cap = products.add("sku_cap", title="Cap", amount=100)
    assert products.get_many(["sku_tee", "sku_cap", "sku_tee"]) == {"sku_tee": tee, "sku_cap": cap}
    with pytest.raises(ProductNotFoundError, match="sku_hat"):
        products.get_many(["sku_tee", "sku_hat"])
    assert products.list(after="sku_cap") == (tee,)
    assert products.list(limit=1) == (cap,)
