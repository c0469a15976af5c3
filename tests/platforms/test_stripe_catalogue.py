"""Reading Stripe's prices at the oracle: which can be sold, under which SKU."""

from types import SimpleNamespace

import pytest

from liveshop_sdk.checkout.catalogue import Offered
from liveshop_sdk.errors import PlatformRefusedError
from liveshop_sdk.money import Money
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle

running_oracle = support.running_oracle
oracle = support.oracle


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(
        "liveshop_sdk.platforms.patience.time", SimpleNamespace(sleep=pauses.append)
    )
    return pauses


def priced(oracle: Oracle, name: str, **more: object) -> str:
    """Make a product with a price; returns the price's id."""
    product = oracle.sdk().products.create(
        {
            "name": name,
            "metadata": more.pop("product_metadata", {}),
            "images": more.pop("images", []),
        }
    )
    price = {"product": product.id, "currency": "eur", "unit_amount": 4990, **more}
    made = oracle.sdk().prices.create(price)
    return str(made.id)


def listed(oracle: Oracle, after: str | None = None) -> dict[str, Offered]:
    pages = oracle.platform().catalogue.pages(after)
    return {one.title: one for page in pages for one in page.offered}


def test_prices_are_read_with_what_names_them(oracle: Oracle) -> None:
    first = priced(oracle, "Tee", metadata={"sku": "sku_tee"}, lookup_key="other")
    priced(oracle, "Mug", lookup_key="sku_mug")
    priced(oracle, "Cap", product_metadata={"sku": "sku_cap"})
    priced(oracle, "Yen", currency="jpy", unit_amount=500, lookup_key="sku_yen")
    found = listed(oracle)
    assert found["Tee"] == Offered(
        ref=first, sku="sku_tee", title="Tee", price=Money(4990, "EUR"), image=None
    )
    assert found["Mug"].sku == "sku_mug"
    assert found["Cap"].sku == ""  # another price of the product may be the one
    assert found["Yen"].price == Money(500, "JPY")


def test_the_default_price_has_the_products_own_sku(oracle: Oracle) -> None:
    price = priced(oracle, "Cap", product_metadata={"sku": "sku_cap"})
    product = oracle.tell("state")["objects"][price]["product"]
    oracle.sdk().products.update(product, {"default_price": price})
    assert listed(oracle)["Cap"].sku == "sku_cap"


def test_what_cannot_be_sold_says_why(oracle: Oracle) -> None:
    priced(oracle, "Club", recurring={"interval": "month"})
    gone = priced(oracle, "Gone")
    product = oracle.tell("state")["objects"][gone]["product"]
    oracle.sdk().products.update(product, {"active": False})
    found = listed(oracle)
    assert (found["Club"].price, found["Club"].problem) == (None, "it is a subscription")
    assert (found["Gone"].price, found["Gone"].problem) == (None, "its product is not active")


def test_every_page_is_read_and_one_can_go_on_behind_a_cursor(oracle: Oracle) -> None:
    for number in range(103):
        priced(oracle, f"Thing {number}", lookup_key=f"sku_{number}")
    pages = list(oracle.platform().catalogue.pages())
    assert [len(page.offered) for page in pages] == [100, 3]
    rest = listed(oracle, pages[0].cursor)
    assert [one.ref for one in rest.values()] == [one.ref for one in pages[1].offered]


def test_a_busy_stripe_is_waited_for(oracle: Oracle, pauses: list[float]) -> None:
    priced(oracle, "Tee")
    oracle.tell("fail", path="^/v1/prices$", method="GET", status=429, times=2)
    assert list(listed(oracle)) == ["Tee"]
    assert pauses


def test_a_cursor_that_is_none_is_refused(oracle: Oracle) -> None:
    with pytest.raises(PlatformRefusedError):
        listed(oracle, "price_nobody")
