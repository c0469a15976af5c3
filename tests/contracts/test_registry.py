"""Brands, products, creators and streams on both engines."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    AlreadyExistsError,
    AmountInvalidError,
    BrandAmbiguousError,
    BrandCurrencyError,
    BrandNotFoundError,
    CreatorNotFoundError,
    CurrencyUnknownError,
    InstantInvalidError,
    LiveShopError,
    NameInvalidError,
    PlatformRefTakenError,
    ProductNotFoundError,
    RecordInvalidError,
    StreamNotFoundError,
)
from liveshop_sdk.facts import HostShare
from liveshop_sdk.money import Money
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.products import Product
from liveshop_sdk.registry.service import Brands, Creators, Products, Streams
from liveshop_sdk.registry.store import CreatorStore
from liveshop_sdk.registry.streams import Host, Stream

OPENS = datetime(2026, 10, 2, 18, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=2)


@pytest.fixture
def brands(db: Database, clock: ManualClock) -> Brands:
    return Brands(db, clock)


@pytest.fixture
def products(db: Database, clock: ManualClock) -> Products:
    return Products(db, clock)


@pytest.fixture
def creators(db: Database, clock: ManualClock) -> Creators:
    return Creators(db, clock)


@pytest.fixture
def streams(db: Database, clock: ManualClock) -> Streams:
    return Streams(db, clock)


def add_creators(db: Database, clock: ManualClock, *handles: str) -> list[Creator]:
    with db.transaction() as tx:
        return [CreatorStore().add(tx, handle, now=clock.now()) for handle in handles]


# --- brands


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


# --- products


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
    with pytest.raises(AlreadyExistsError, match=r"price.*products\.update"):
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


# --- creators


def test_a_creator_and_the_name_beside(
    db: Database, clock: ManualClock, creators: Creators
) -> None:
    with db.transaction() as tx:
        mika = CreatorStore().add(tx, "mika", followers=12_000, name="Mika Ö", now=clock.now())
        assert (
            CreatorStore().add(tx, "mika", followers=12_000, name="Mika Ö", now=clock.now()) == mika
        )
        with pytest.raises(AlreadyExistsError, match="followers"):
            CreatorStore().add(tx, "mika", followers=1, name="Mika Ö", now=clock.now())
    assert creators.get("mika") == mika
    assert (mika.id, mika.tier, mika.name) == ("mika", "micro", "Mika Ö")
    assert creators.update("mika", followers=2_000_000).tier == "celebrity"
    assert creators.get("mika").name == "Mika Ö"
    assert creators.update("mika", name="").name is None
    assert creators.get("mika") == Creator(
        handle="mika", followers=2_000_000, name=None, created_at=OPENS
    )


def test_an_unknown_creator_is_not_found(creators: Creators) -> None:
    with pytest.raises(CreatorNotFoundError):
        creators.get("nobody")
    with pytest.raises(CreatorNotFoundError):
        creators.update("nobody", followers=1)


# --- streams


def test_a_stream_with_shares(db: Database, clock: ManualClock, streams: Streams) -> None:
    add_creators(db, clock, "ana", "ben")
    drop = streams.schedule(
        "friday-drop", hosts=["ben:40", ("ana", 60)], opens_at=OPENS, closes_at=CLOSES
    )
    assert drop == Stream(
        code="friday-drop",
        title="friday-drop",
        opens_at=OPENS,
        closes_at=CLOSES,
        hosts=(Host(creator="ben", weight=40), Host(creator="ana", weight=60)),
        brands=("main",),
        created_at=OPENS,
    )
    assert streams.get("friday-drop") == drop
    assert drop.shares() == (
        HostShare(creator="ben", weight=40),
        HostShare(creator="ana", weight=60),
    )
    assert drop.is_host("ana")
    assert not drop.is_host("mika")


def test_a_stream_again_is_a_repeat_whatever_the_offset(
    db: Database, clock: ManualClock, streams: Streams
) -> None:
    add_creators(db, clock, "ana", "ben")
    drop = streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    berlin = timezone(timedelta(hours=2))
    again = streams.schedule(
        "drop", hosts=["ana"], opens_at=OPENS.astimezone(berlin), closes_at=CLOSES
    )
    assert again == drop
    with pytest.raises(AlreadyExistsError, match="closes_at, hosts"):
        streams.schedule(
            "drop", hosts=["ana", "ben"], opens_at=OPENS, closes_at=CLOSES + timedelta(1)
        )
    assert streams.list() == (drop,)


def test_phases_of_a_stream(db: Database, clock: ManualClock, streams: Streams) -> None:
    add_creators(db, clock, "ana")
    drop = streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    step = timedelta(microseconds=1)
    assert [drop.phase(at) for at in (OPENS - step, OPENS, CLOSES - step, CLOSES)] == [
        "scheduled",
        "open",
        "open",
        "over",
    ]
    assert drop.shares() == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"hosts": []},
        {"hosts": ["ana", "ana"]},
        {"hosts": ["ana:60", "ben"]},
        {"hosts": ["ana:0"]},
        {"hosts": ["ana:-1"]},
        {"hosts": ["ana:1.5"]},
        {"hosts": [("ana", 0)]},
        {"hosts": [("ana", True)]},
        {"hosts": [("ana", 1_000_001)]},
        {"closes_at": OPENS},
    ],
)
def test_what_no_stream_can_have_is_refused(
    db: Database, clock: ManualClock, streams: Streams, wrong: dict[str, object]
) -> None:
    add_creators(db, clock, "ana", "ben")
    given = {"hosts": ["ana"], "opens_at": OPENS, "closes_at": CLOSES} | wrong
    with pytest.raises(RecordInvalidError):
        streams.schedule("drop", **given)  # type: ignore[arg-type]
    assert streams.list() == ()


def test_instants_need_an_offset(streams: Streams) -> None:
    with pytest.raises(InstantInvalidError):
        streams.schedule(
            "drop", hosts=["ana"], opens_at=OPENS.replace(tzinfo=None), closes_at=CLOSES
        )


def test_unknown_hosts_and_brands_are_refused(
    db: Database, clock: ManualClock, streams: Streams, brands: Brands
) -> None:
    add_creators(db, clock, "ana")
    with pytest.raises(CreatorNotFoundError, match="ben"):
        streams.schedule("drop", hosts=["ana", "ben"], opens_at=OPENS, closes_at=CLOSES)
    with pytest.raises(BrandNotFoundError):
        streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES, brands=["x1"])
    assert streams.list() == ()
    with pytest.raises(StreamNotFoundError):
        streams.get("drop")


def test_a_stream_of_several_brands_names_them(
    db: Database, clock: ManualClock, streams: Streams, brands: Brands
) -> None:
    add_creators(db, clock, "ana")
    brands.add("north", currency="EUR")
    brands.add("south", currency="EUR")
    with pytest.raises(BrandAmbiguousError):
        streams.schedule("drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES)
    haul = streams.schedule(
        "drop", hosts=["ana"], opens_at=OPENS, closes_at=CLOSES, brands=["south", "north"]
    )
    assert haul.brands == ("north", "south")
    assert streams.get("drop") == haul
