"""What a platform sells becomes our products: added, brought up to date, never deleted."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from liveshop_sdk.checkout.catalogue import CataloguePage, Offered
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import BoundShopError, BrandAmbiguousError, PlatformUnavailableError
from liveshop_sdk.money import Money
from liveshop_sdk.registry import tables
from liveshop_sdk.registry.store import ProductStore
from liveshop_sdk.shop.catalogue import CatalogueSync, Skipped
from tests.contracts.shop_support import Shop


def offered(number: int, sku: str | None = None, **more: object) -> Offered:
    plain = Offered(
        ref=f"gid://shopify/ProductVariant/{number}",
        sku=f"sku_{number}" if sku is None else sku,
        title=f"Thing {number}",
        price=Money(1000 + number, "EUR"),
        image=f"https://cdn.example/{number}.png",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


class Listed:
    """A catalogue in memory, two things a page; it may break off."""

    def __init__(self, *things: Offered) -> None:
        self.things: Sequence[Offered] = things
        self.breaks_at: int | None = None

    def pages(self, after: str | None = None) -> Iterator[CataloguePage]:
        for at in range(int(after or 0), len(self.things), 2):
            if at == self.breaks_at:
                raise PlatformUnavailableError(platform="shopify", problem="away")
            yield CataloguePage(offered=tuple(self.things[at : at + 2]), cursor=str(at + 2))


@pytest.fixture
def shop(db: Database, clock: ManualClock) -> Shop:
    shop = Shop(db, clock)
    shop.live.brands.add("main", currency="EUR")
    return shop


def sync_of(shop: Shop, listed: Listed | None) -> CatalogueSync:
    return CatalogueSync(db=shop.db, clock=shop.clock, platform="shopify", catalogue=listed)


def test_what_is_new_is_added_and_a_repeat_changes_nothing(shop: Shop) -> None:
    told: list[int] = []
    sync = sync_of(shop, Listed(*map(offered, range(1, 6))))
    report = sync.sync(progress=told.append)
    assert (report.added, report.cursor, told) == (
        [f"sku_{n}" for n in range(1, 6)],
        "6",
        [2, 4, 5],
    )
    product = shop.live.products.get("sku_3")
    assert (product.title, product.price, product.image, product.shopify_variant) == (
        "Thing 3",
        Money(1003, "EUR"),
        "https://cdn.example/3.png",
        "gid://shopify/ProductVariant/3",
    )
    before = shop.rows(tables.product)
    shop.clock.set(shop.clock.now().replace(year=2027))
    again = sync.sync()
    assert (again.added, again.updated, again.same, again.skipped) == ([], [], 5, [])
    assert shop.rows(tables.product) == before


def test_what_changed_there_is_changed_here_and_nothing_is_deleted(shop: Shop) -> None:
    listed = Listed(offered(1), offered(2))
    sync = sync_of(shop, listed)
    sync.sync()
    shop.live.products.update("sku_1", collection="summer")
    listed.things = [offered(1, title="Other", price=Money(999, "EUR"), image=None)]
    report = sync.sync()
    assert (report.updated, report.same) == (["sku_1"], 0)
    product = shop.live.products.get("sku_1")
    assert (product.title, product.price, product.collection) == (
        "Other",
        Money(999, "EUR"),
        "summer",
    )
    assert product.image == "https://cdn.example/1.png"
    assert shop.live.products.get("sku_2").title == "Thing 2"


def test_a_product_that_was_added_by_hand_gets_the_platforms_id(shop: Shop) -> None:
    shop.live.products.add("sku_1", title="Thing 1", amount=1001, currency="EUR")
    assert sync_of(shop, Listed(offered(1))).sync().updated == ["sku_1"]
    assert shop.live.products.get("sku_1").shopify_variant == "gid://shopify/ProductVariant/1"


def test_what_no_link_can_sell_is_left_out_and_named(shop: Shop) -> None:
    shop.live.brands.add("north", currency="SEK")
    shop.live.products.add("sku_9", title="T", amount=1, brand="north", currency="SEK")
    sync = sync_of(shop, Listed(offered(1)))
    sync.sync(brand="main")
    things = [
        offered(2, ""),
        offered(3, "no sku!"),
        offered(4, price=None, problem="it is a subscription"),
        offered(5, price=Money(100, "USD")),
        offered(1, "sku_other"),
        offered(6, "sku_1"),
        offered(9),
        offered(7, title="a\nb\x1b"),
        offered(8, image="javascript:alert(1)"),
    ]
    report = sync_of(shop, Listed(*things)).sync(brand="main")
    assert report.added == ["sku_8"]
    assert shop.live.products.get("sku_8").image is None
    why = {one.ref.rsplit("/", 1)[-1]: one.why for one in report.skipped}
    assert (why["2"], why["4"]) == ("it has no SKU", "it is a subscription")
    assert why["1"] == "it is sku_1 here, and a SKU is for ever"
    assert why["6"] == "sku_1 is gid://shopify/ProductVariant/1 already"
    assert why["9"] == "sku_9 is a product of the brand north"
    assert sorted(why) == ["1", "2", "3", "4", "5", "6", "7", "9"]
    assert all(why.values())
    assert Skipped(ref=offered(2).ref, sku="", why="it has no SKU") in report.skipped


def test_two_with_one_sku_in_a_page_are_one_product(shop: Shop) -> None:
    report = sync_of(shop, Listed(offered(1), offered(2, "sku_1"))).sync()
    assert (report.added, len(report.skipped)) == (["sku_1"], 1)
    assert shop.live.products.get("sku_1").shopify_variant == "gid://shopify/ProductVariant/1"


def test_a_dry_run_says_what_would_be_and_writes_nothing(shop: Shop) -> None:
    listed = Listed(offered(1), offered(2))
    sync_of(shop, listed).sync()
    listed.things = [offered(1, title="Other"), offered(2), offered(3)]
    before = shop.rows(tables.product)
    report = sync_of(shop, listed).sync(dry_run=True)
    assert (report.added, report.updated, report.same) == (["sku_3"], ["sku_1"], 1)
    assert shop.rows(tables.product) == before


def test_a_dry_run_in_an_empty_shop_makes_no_brand(db: Database, clock: ManualClock) -> None:
    shop = Shop(db, clock)
    before = shop.counts()
    report = sync_of(shop, Listed(offered(1), offered(2, price=Money(1, "USD")))).sync(dry_run=True)
    assert (report.added, [one.sku for one in report.skipped]) == (["sku_1"], ["sku_2"])
    assert shop.counts() == before


def test_a_variant_that_is_added_beside_the_run_is_left_out_and_named(shop: Shop) -> None:
    shop.live.products.add("old", title="T", amount=1, currency="EUR")
    for at, sku in enumerate(("new", "old")):  # one that would be added, one changed
        things = [offered(10 * at + 1, sku), offered(10 * at + 2)]
        taken = offered(10 * at + 1).ref
        with ThreadPoolExecutor(1) as beside, shop.db.transaction() as tx:
            ProductStore().add(
                tx,
                f"first_{at}",
                title="T",
                amount=1,
                currency="EUR",
                shopify_variant=taken,
                now=shop.clock.now(),
            )
            running = beside.submit(sync_of(shop, Listed(*things)).sync)
            wait([running], timeout=0.5)
            assert not running.done()
        report = running.result()
        assert [(one.sku, one.ref) for one in report.skipped] == [(sku, taken)]
        assert f"first_{at}" in report.skipped[0].why
        assert len(report.added) + len(report.updated) == 1


def test_what_is_changed_beside_the_run_is_not_undone(shop: Shop) -> None:
    sync_of(shop, Listed(offered(1))).sync()
    with ThreadPoolExecutor(1) as beside:
        with shop.live.transaction() as tx:
            shop.live.using(tx).products.update("sku_1", collection="summer")
            running = beside.submit(sync_of(shop, Listed(offered(1, title="Other"))).sync)
            wait([running], timeout=0.5)
        assert running.result().updated == ["sku_1"]
    product = shop.live.products.get("sku_1")
    assert (product.title, product.collection) == ("Other", "summer")


def test_what_was_copied_stays_and_the_next_run_goes_on_behind_it(shop: Shop) -> None:
    listed = Listed(*map(offered, range(1, 6)))
    listed.breaks_at = 4
    with pytest.raises(PlatformUnavailableError):
        sync_of(shop, listed).sync()
    assert len(shop.live.products.list()) == 4
    listed.breaks_at = None
    report = sync_of(shop, listed).sync(after="4")
    assert (report.added, report.same) == (["sku_5"], 0)


def test_a_brand_must_be_named_where_there_are_several(shop: Shop) -> None:
    shop.live.brands.add("north", currency="SEK")
    before = shop.counts()
    with pytest.raises(BrandAmbiguousError):
        sync_of(shop, Listed(offered(1))).sync()
    assert shop.counts() == before


def test_the_sandbox_has_no_catalogue(shop: Shop) -> None:
    report = shop.live.catalogue.sync()
    assert report.as_json() == {
        "platform": "sandbox",
        "added": [],
        "updated": [],
        "same": 0,
        "skipped": [],
        "cursor": None,
    }


def test_it_is_no_part_of_somebodys_transaction(shop: Shop) -> None:
    with shop.live.transaction() as tx, pytest.raises(BoundShopError, match=r"catalogue\.sync"):
        shop.live.using(tx).catalogue.sync()
