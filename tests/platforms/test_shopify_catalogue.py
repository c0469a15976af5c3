"""Reading Shopify's variants at the oracle: titles, prices, pages."""

from typing import Any

import pytest

from liveshop_sdk.checkout.catalogue import Offered
from liveshop_sdk.errors import PlatformNotReadyError
from liveshop_sdk.money import Money
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import RESOLVERS, oracle_fixture

__all__ = ["oracle_fixture"]


@pytest.fixture(name="statuses", autouse=True)
def statuses_fixture(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Let the oracle know pictures and states, which it would make up."""
    statuses: dict[str, str] = {}
    plain = RESOLVERS.admin_productVariants

    def picture(url: str) -> dict[str, Any]:
        return {"__typename": "MediaImage", "preview": {"image": {"url": url}}}

    def variants(ctx: Any, **given: Any) -> Any:
        found = plain(ctx, **given)
        for row in found:
            row["media"] = [picture("https://cdn.example/s.png")] if row["title"] == "S" else []
            title = row["product"]["title"]
            row["product"] = {
                **row["product"],
                "status": statuses.get(title, "ACTIVE"),
                "featuredMedia": None
                if title == "Mug"
                else picture("https://cdn.example/shirt.png"),
            }
        return found

    monkeypatch.setattr(RESOLVERS, "admin_productVariants", variants)
    return statuses


def listed(oracle: Any, after: str | None = None) -> list[Offered]:
    pages = support.platform(oracle).catalogue.pages(after)
    return [one for page in pages for one in page.offered]


def variant(number: int, title: str, amount: int, image: str | None) -> Offered:
    return Offered(
        ref=f"gid://shopify/ProductVariant/{number}",
        sku=f"SKU-{number}",
        title=title,
        price=Money(amount, "EUR"),
        image=image,
    )


def test_variants_are_read_with_their_products(oracle: Any) -> None:
    assert listed(oracle) == [
        variant(50001, "Linen shirt - S", 3990, "https://cdn.example/s.png"),
        variant(50002, "Linen shirt - M", 3990, "https://cdn.example/shirt.png"),
        variant(50003, "Mug", 1250, None),
    ]


def test_what_is_no_longer_for_sale_says_so(oracle: Any, statuses: dict[str, str]) -> None:
    statuses["Mug"] = "DRAFT"
    mug = listed(oracle)[-1]
    assert (mug.price, mug.problem) == (None, "its product is draft")


def test_every_page_is_read_and_one_can_go_on_behind_a_cursor(oracle: Any) -> None:
    many = [(60_000 + n, f"No {n}", "1.00") for n in range(150)]
    oracle.products = [{"id": 9003, "title": "Thing", "handle": "thing", "variants": many}]
    pages = list(support.platform(oracle).catalogue.pages())
    assert [len(page.offered) for page in pages] == [50, 50, 50]
    assert listed(oracle, pages[1].cursor) == list(pages[2].offered)


def test_a_busy_shop_is_waited_for(oracle: Any) -> None:
    oracle.fail("THROTTLED", 2, "LiveshopVariants")
    assert len(listed(oracle)) == 3


def test_without_the_scope_it_is_refused(oracle: Any) -> None:
    oracle.fail("ACCESS_DENIED", 1, "LiveshopVariants")
    with pytest.raises(PlatformNotReadyError):
        listed(oracle)
