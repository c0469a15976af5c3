"""A whole sale on Stripe without Stripe, on both engines."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.money import Rate
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.testing import deliver, on_the_way, shop_with, teller_for
from liveshop_sdk.testing.stripe_api import FakeStripe
from liveshop_sdk.testing.stripe_stories import StripeTeller

STRIPE = {
    "LIVESHOP_PLATFORM": "stripe",
    "LIVESHOP_STRIPE_API_KEY": "sk_test_tests",
    "LIVESHOP_STRIPE_WEBHOOK_SECRETS": "whsec_older,whsec_newer",
}


@pytest.fixture(name="fake")
def fake_fixture() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture(name="shop")
def shop_fixture(db_url: str, clock: ManualClock) -> Iterator[LiveShop]:
    shop = shop_with({"LIVESHOP_DATABASE_URL": db_url, **STRIPE}, clock=clock)
    shop.products.add("sku_tee", title="Tee", amount=4990, currency="EUR")
    shop.creators.add("mika", rate=Rate.percent("12"), hold=timedelta(days=14))
    opens_at = clock.now()
    shop.streams.schedule(
        "friday", hosts=["mika"], opens_at=opens_at, closes_at=opens_at + timedelta(hours=2)
    )
    yield shop
    shop.close()


def teller(shop: LiveShop, coupon: str | None = None) -> StripeTeller:
    link = shop.links.issue(
        creator_id="mika", stream_id="friday", items={"sku_tee": 2}, coupon=coupon
    )
    found = teller_for(shop, link=link.token)
    assert isinstance(found, StripeTeller)
    return found


def owed(shop: LiveShop) -> dict[str, int]:
    shop.worker().drain()
    return {row.account: row.amount for row in shop.ledger.balance(creator="mika").balances}


def test_a_sale_and_half_of_it_back(shop: LiveShop, fake: FakeStripe) -> None:
    told = teller(shop)
    fake.knows(told)
    sent = on_the_way(told.tell("partial-refund"), duplicate=1, reorder=True)
    assert deliver(shop, sent) == [200] * 4
    assert owed(shop) == {"creator:mika:pending": -599}
    (write,) = fake.writes
    assert write.path == "/v1/checkout/sessions"
    assert write.key.startswith("chk_")
    assert write.params["client_reference_id"] == write.key
    assert [one.order_ref for one in shop.orders()] == [told.ref]


def test_what_stripe_does_not_show_as_paid_earns_nothing(
    shop: LiveShop, fake: FakeStripe, caplog: pytest.LogCaptureFixture
) -> None:
    told = teller(shop)
    assert deliver(shop, told.tell("paid")) == [200]
    assert owed(shop) == {}
    assert shop.orders() == []
    (said,) = {one.getMessage().partition("refused: ")[2] for one in caplog.records}
    assert f"/v1/checkout/sessions/{told.session()['id']}" in said
    assert "FakeStripe.knows(teller) shows it what was paid" in said


def test_a_coupon_is_written_under_keys_of_its_id(
    shop: LiveShop, fake: FakeStripe, clock: ManualClock
) -> None:
    coupon = shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off="20")
    assert [one.path for one in fake.writes] == ["/v1/coupons", "/v1/promotion_codes"]
    keys = [one.key for one in fake.writes]
    assert keys == [f"{coupon.id}:coupon", f"{coupon.id}:promo"]
    teller(shop, coupon="MIKA20")
    assert fake.writes[-1].params["discounts[0][promotion_code]"] == "promo_2"


def test_a_write_without_a_key_of_ours_is_an_error(fake: FakeStripe) -> None:
    for headers in ({}, {"Idempotency-Key": "f3a8"}):
        with pytest.raises(AssertionError, match="carries no idempotency key of ours"):
            requests.post("https://api.stripe.com/v1/coupons", headers=headers, timeout=1)
    assert fake.writes == []


def test_a_key_answers_once_and_for_all(fake: FakeStripe) -> None:
    def post(name: str) -> requests.Response:
        key = {"Idempotency-Key": "cpn_01m3ywbs80e4vv59tdwjvzkpt7"}
        url = "https://api.stripe.com/v1/coupons"
        return requests.post(url, data={"name": name}, headers=key, timeout=1)

    first, again, other = post("tee"), post("tee"), post("mug")
    assert first.json() == again.json() == {"id": "coupon_1", "livemode": False}
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_coupon_and_a_stream_that_end(shop: LiveShop, fake: FakeStripe) -> None:
    shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    teller(shop, "MIKA20")
    assert shop.coupons.pause("MIKA20").waiting is None
    assert shop.coupons.resume("MIKA20").waiting is None
    done = shop.streams.end("friday")
    assert (done.expiring, [one.waiting for one in done.coupons]) == (1, [None])
    told = [(one.path.split("/")[2], one.params.get("active")) for one in fake.writes]
    assert told[-4:] == [
        ("promotion_codes", "false"),
        ("promotion_codes", "true"),
        ("promotion_codes", "false"),
        ("checkout", None),
    ]
    keys = [one.key.split(":")[1:] for one in fake.writes[-4:]]
    assert [key[:-1] for key in keys] == [["pause", "1"], ["resume", "2"], ["end", "3"], ["expire"]]
    assert len({key[-1] for key in keys}) == 4  # each try has a name of its own


def test_personal_codes_are_made_and_follow_their_coupon(shop: LiveShop, fake: FakeStripe) -> None:
    shop.coupons.create("MIKA20", stream_id="friday", creator_id="mika", percent_off=20)
    batch = shop.coupons.issue_codes("MIKA20", count=3)
    assert batch.status == "ready"
    keys = [one.key for one in fake.writes if one.path == "/v1/promotion_codes"]
    assert keys[1:] == [f"{batch.id}:{n}" for n in (1, 2, 3)]
    code = shop.coupons.codes("MIKA20")[0]
    link = shop.links.issue(creator_id="mika", stream_id="friday", items={"sku_tee": 1})
    shop.links.open(link.token, code=code.text)
    assert fake.writes[-1].params["discounts[0][promotion_code]"] == code.platform_ref
    assert shop.coupons.pause("MIKA20").waiting is None
    off = [one.path for one in fake.writes if one.params.get("active") == "false"]
    assert len(set(off)) == 4
