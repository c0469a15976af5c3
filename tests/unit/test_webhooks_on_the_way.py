"""What may become of webhooks on their way, and which stories there are."""

from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import CurrencyMismatchError, SandboxAmountError, StoryRefusedError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.shopify.carts import ATTRIBUTE
from liveshop_sdk.platforms.stripe.checkout import REFERENCE
from liveshop_sdk.platforms.stripe.client import API_VERSION
from liveshop_sdk.testing import STORIES, Sale, SaleLine, Webhook, Webhooks, on_the_way
from liveshop_sdk.testing import stripe_stories as told
from liveshop_sdk.testing.stories import Teller
from liveshop_sdk.wire import loads

SALE = Sale(
    total=Money(9980, "EUR"),
    lines=(SaleLine(sku="sku_tee", price=Money(4990, "EUR"), quantity=2),),
    reference="sealed",
)


def three(clock: ManualClock) -> list[Webhook]:
    return Webhooks(clock).stripe(SALE).tell("dispute-lost")


def arrived(webhooks: list[Webhook], **switches: Any) -> list[int]:
    return [webhooks.index(one) for one in on_the_way(webhooks, **switches)]


def test_they_arrive_as_they_were_sent(clock: ManualClock) -> None:
    assert arrived(three(clock)) == [0, 1, 2]


def test_switches_copy_turn_round_and_lose(clock: ManualClock) -> None:
    sent = three(clock)
    assert arrived(sent, duplicate=1) == [0, 0, 1, 1, 2, 2]
    assert arrived(sent, reorder=True) == [2, 1, 0]
    assert arrived(sent, drop=2) == [0, 2]
    assert arrived(sent, drop=1) == []
    assert arrived(sent, drop=3, duplicate=1, reorder=True) == [1, 1, 0, 0]


@pytest.mark.parametrize("switches", [{"duplicate": -1}, {"duplicate": 100}, {"drop": -1}])
def test_a_count_out_of_range_is_refused(switches: dict[str, Any], clock: ManualClock) -> None:
    with pytest.raises(SandboxAmountError):
        on_the_way(three(clock), **switches)


def test_a_tampered_one_keeps_the_signature_of_what_was_signed(clock: ManualClock) -> None:
    (paid,) = Webhooks(clock).stripe(SALE).tell("paid")
    spoiled = paid.tampered()
    assert spoiled.headers == paid.headers
    assert spoiled.body == paid.body + b" "
    assert paid.aged().tampered().headers == paid.aged().headers


def test_an_old_one_is_signed_for_its_time(clock: ManualClock) -> None:
    (paid,) = Webhooks(clock).stripe(SALE).tell("paid")
    old = paid.aged(timedelta(hours=1))
    assert paid.headers["Stripe-Signature"].startswith("t=1790964000,v1=")
    assert old.headers["Stripe-Signature"].startswith("t=1790960400,v1=")
    assert old.body == paid.body


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("platform", ["stripe", "shopify"])
def test_the_same_seed_makes_the_same_webhooks(story: str, platform: str) -> None:
    if (platform, story) == ("shopify", "expired"):
        return
    one, other = (getattr(Webhooks(), platform)(SALE).tell(story) for _ in range(2))
    assert one == other
    assert [each.headers for each in one] == [each.headers for each in other]


def test_a_paid_order_has_only_what_comes_after(clock: ManualClock) -> None:
    teller: Teller = Webhooks(clock).stripe(Sale(total=Money(4990, "EUR"), order_ref="pi_1"))
    (refund,) = teller.tell("refund")
    assert refund.topic == "refund.created"
    for story in ("paid", "expired"):
        with pytest.raises(StoryRefusedError, match="pi_1 is paid already"):
            teller.tell(story)


def test_what_no_story_tells_is_refused(clock: ManualClock) -> None:
    makers = Webhooks(clock)
    with pytest.raises(StoryRefusedError, match="take one of paid, partial-refund"):
        makers.stripe(SALE).tell("bankruptcy")
    with pytest.raises(StoryRefusedError, match="Shopify sends nothing when a cart ends"):
        makers.shopify(SALE).tell("expired")
    for teller in (makers.stripe(SALE), makers.shopify(SALE)):
        for close in (teller.won, teller.lost):
            with pytest.raises(StoryRefusedError, match="no dispute was told of before"):
                close()


def test_a_sale_that_cannot_be_is_refused(clock: ManualClock) -> None:
    makers, price = Webhooks(clock), Money(4990, "EUR")
    with pytest.raises(StoryRefusedError, match="it needs a line"):
        Sale.of()
    for wrong in ({"quantity": 0}, {"quantity": True}, {"price": -price}):
        with pytest.raises(StoryRefusedError, match="it needs a price and a quantity"):
            SaleLine(**{"sku": "sku_tee", "price": price, **wrong})  # type: ignore[arg-type]
    with pytest.raises(CurrencyMismatchError):
        Sale.of(
            SaleLine(sku="sku_tee", price=price),
            SaleLine(sku="sku_mug", price=Money(1850, "USD")),
        )
    with pytest.raises(StoryRefusedError, match="Shopify's orders are numbers"):
        makers.shopify(Sale(total=price, order_ref="sbo_1"))
    for teller in (makers.stripe(SALE), makers.shopify(SALE)):
        for amount in (0, -1, 9981, True):
            with pytest.raises(StoryRefusedError, match="an amount of 1 to 9980"):
                teller.refunded(amount)


def test_what_is_written_is_what_the_adapters_read(clock: ManualClock) -> None:
    assert told.API_VERSION == API_VERSION
    (stripe,) = Webhooks(clock).stripe(SALE).tell("paid")
    (shopify,) = Webhooks(clock).shopify(SALE).tell("paid")
    event: Any = loads(stripe.body)
    order: Any = loads(shopify.body)
    assert event["data"]["object"]["metadata"] == {REFERENCE: "sealed"}
    assert order["note_attributes"] == [{"name": ATTRIBUTE, "value": "sealed"}]


def test_a_secret_reference_and_an_address_do_not_show() -> None:
    shown = repr(Sale(total=Money(1, "EUR"), reference="sealed-ref", email="ana@example.com"))
    assert "sealed-ref" not in shown
    assert "ana@" not in shown
