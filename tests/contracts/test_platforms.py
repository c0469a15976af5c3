"""What every platform adapter promises: one suite for all of them."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import CommercePlatform, OpenedCheckout
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import (
    PlatformRefusedError,
    PlatformUnavailableError,
    WebhookRefusedError,
)
from liveshop_sdk.facts import DisputeOpened, Fact, Happening, OrderPaid, OrderRefunded
from liveshop_sdk.ids import Ids
from tests import databases
from tests.contracts import platform_venues as venues
from tests.contracts.platform_venues import Signed, Venue, checkout, coupon
from tests.platforms import sandbox_support, shopify_support
from tests.platforms.stripe_support import running_oracle

__all__ = ["running_oracle"]

REMOTE = ("stripe", "shopify")
BASE = 6384  # 2 × 39.90 less 20 %


@pytest.fixture(params=["sandbox", *REMOTE])
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


@pytest.fixture(params=REMOTE)
def remote(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


def made(name: str, request: pytest.FixtureRequest) -> Iterator[Venue]:
    if name == "sandbox":
        server: databases.Sqlite = request.getfixturevalue("sqlite_server")
        clock: ManualClock = request.getfixturevalue("clock")
        ids: Ids = request.getfixturevalue("ids")
        with server.fresh() as url:
            db = Database.connect(url)
            yield venues.SandboxVenue(sandbox_support.Store(db, clock, ids))
            db.dispose()
    elif name == "stripe":
        running = request.getfixturevalue("running_oracle")
        running.world.reset()
        oracle = dataclasses.replace(running)
        yield venues.StripeVenue(oracle)
        oracle.closes()
        broken = [said for entry in oracle.world.log for said in entry["violations"]]
        assert [said for said in broken if not said.startswith("rule resource_already")] == []
    else:
        with shopify_support.running_oracle() as shop:
            yield venues.ShopifyVenue(shop)


def ready(venue: Venue, **changes: Any) -> tuple[str, OpenedCheckout]:
    """Return the coupon's id at the platform, and a checkout that uses it."""
    platform = venue.platform
    ref = platform.create_coupon(platform.prepare_coupon(coupon(venue)), key="cpn_1")
    request = checkout(venue, coupon_code="MIKA20", coupon_ref=ref, **changes)
    params = platform.prepare_checkout(request)
    return ref, platform.open_checkout(params, key=request.checkout_id)


def read(venue: Venue, deliveries: Iterable[Signed]) -> list[Happening]:
    platform = venue.platform
    found: list[Happening] = []
    for headers, body in deliveries:
        delivery = platform.receive(headers, body, now=venue.now())
        assert (delivery.platform, delivery.account) == (platform.name, platform.account)
        assert platform.read(delivery) == platform.read(delivery)
        found += platform.read(delivery)
    return found


def sale(venue: Venue, opened: OpenedCheckout) -> OrderPaid:
    (paid,) = set(read(venue, venue.pay(opened)))
    assert isinstance(paid, OrderPaid)
    return paid


def known(facts: Iterable[Happening]) -> dict[str, object]:
    return {fact.key: fact.body() for fact in facts if isinstance(fact, Fact)}


def test_preparing_is_pure_and_the_same_every_time(venue: Venue) -> None:
    platform, before = venue.platform, venue.made()
    request = checkout(venue, coupon_code="MIKA20", coupon_ref=venues.UNKNOWN_COUPON[platform.name])
    assert platform.prepare_checkout(request) == platform.prepare_checkout(request)
    terms = coupon(venue)
    assert platform.prepare_coupon(terms) == platform.prepare_coupon(terms)
    assert venue.made() == before == (0, 0)


def test_opening_may_be_repeated_with_the_same_key(venue: Venue) -> None:
    platform = venue.platform
    params = platform.prepare_checkout(checkout(venue))
    first, again = (platform.open_checkout(params, key="chk_1") for _ in range(2))
    assert first.url.startswith(("https://", "http://127.0.0.1"))
    assert (first == again) is venue.repeats_are_one
    assert venue.made() == ((1, 0) if venue.repeats_are_one else (2, 0))
    assert sale(venue, again).checkout_id == "chk_1"


def test_a_coupon_is_created_once(venue: Venue) -> None:
    platform = venue.platform
    params = platform.prepare_coupon(coupon(venue))
    refs = {platform.create_coupon(params, key="cpn_1") for _ in range(3)}
    assert len(refs) == 1
    assert venue.made() == (0, 1)


def test_a_code_that_is_somebody_elses_is_refused(venue: Venue) -> None:
    platform = venue.platform
    platform.create_coupon(platform.prepare_coupon(coupon(venue)), key="cpn_1")
    other = coupon(venue, "cpn_2", percent_bps=1000)
    with pytest.raises(PlatformRefusedError):
        platform.create_coupon(platform.prepare_coupon(other), key="cpn_2")
    assert venue.made()[1] == 1


def test_a_paid_order_comes_back_with_proof_coupon_and_exact_base(venue: Venue) -> None:
    ref, opened = ready(venue)
    paid = sale(venue, opened)
    assert paid.checkout_id == "chk_1"
    assert "MIKA20" in paid.codes or ref in paid.coupon_refs
    (line,) = paid.lines
    assert (line.quantity, line.gross, line.discount, line.base) == (2, 7980, 1596, BASE)
    assert (paid.total, paid.shipping, paid.tax, paid.currency) == (BASE, 0, 0, "EUR")


def test_a_reference_that_is_not_ours_proves_nothing(venue: Venue) -> None:
    platform = venue.platform
    params = platform.prepare_checkout(checkout(venue, sealed_ref="forged"))
    opened = platform.open_checkout(params, key="chk_1")
    assert sale(venue, opened).checkout_id is None


def test_refunds_in_parts_are_told_one_by_one(venue: Venue) -> None:
    _, opened = ready(venue)
    paid = sale(venue, opened)
    refunds = [
        fact
        for amount in (1000, 1, BASE - 1001)
        for fact in set(read(venue, venue.refund(paid.order_ref, amount)))
    ]
    amounts = [fact.amount for fact in refunds if isinstance(fact, OrderRefunded)]
    assert amounts == [1000, 1, BASE - 1001]
    assert {fact.order_ref for fact in refunds if isinstance(fact, Fact)} == {paid.order_ref}
    assert len(known(refunds)) == 3


@pytest.mark.parametrize("end", ["won", "lost"])
def test_a_dispute_opens_and_ends(venue: Venue, end: str) -> None:
    _, opened = ready(venue)
    paid = sale(venue, opened)
    begun = set(read(venue, venue.dispute(paid.order_ref, 5000)))
    (dispute,) = begun
    assert isinstance(dispute, DisputeOpened)
    assert (dispute.order_ref, dispute.amount) == (paid.order_ref, 5000)
    ended = known(read(venue, venue.close(paid.order_ref, end)))
    assert set(ended) - {dispute.key} == {f"dispute_{end}:{dispute.dispute_id}"}


def test_asking_for_an_order_tells_what_its_webhooks_told(venue: Venue) -> None:
    _, opened = ready(venue)
    told = read(venue, venue.pay(opened))
    (order_ref,) = {fact.order_ref for fact in told if isinstance(fact, Fact)}
    told += read(venue, venue.refund(order_ref, 1234))
    told += read(venue, venue.dispute(order_ref, 2000))
    told += read(venue, venue.close(order_ref, "lost"))
    found = venue.platform.find_order(order_ref)
    assert known(found) == known(told)
    assert {fact.order_ref for fact in found} == {order_ref}
    assert len(found) == 4


def test_walking_tells_what_the_webhooks_of_all_orders_told(venue: Venue) -> None:
    _, first = ready(venue)
    told = read(venue, venue.pay(first))
    order_ref = next(fact.order_ref for fact in told if isinstance(fact, Fact))
    for amount in (1000, 500):
        told += read(venue, venue.refund(order_ref, amount))
    told += read(venue, venue.dispute(order_ref, 2000))
    told += read(venue, venue.close(order_ref, "lost"))
    second = checkout(venue, "chk_2")
    platform = venue.platform
    params = platform.prepare_checkout(second)
    told += read(venue, venue.pay(platform.open_checkout(params, key="chk_2")))
    now = venue.now()
    pages = platform.walk(now - timedelta(days=1), now + timedelta(hours=1))
    found = [one for page in pages for one in page]
    assert all(isinstance(one, Fact) for one in found)
    assert known([one for one in found if isinstance(one, Fact)]) == known(told)
    assert len(found) == len(known(told)) == 6
    shown = {"shopify": now - timedelta(days=60)}.get(platform.name)
    assert platform.sees_since(now) == shown


@pytest.mark.parametrize("order_ref", ["", "1", "pi_none", "cs_none", "sbo_none", "../x", "é" * 99])
def test_an_unknown_order_is_nothing(venue: Venue, order_ref: str) -> None:
    assert venue.platform.find_order(order_ref) == ()


def test_what_is_not_signed_by_the_platform_is_refused(venue: Venue) -> None:
    platform = venue.platform
    _, opened = ready(venue)
    headers, body = venue.pay(opened)[0]
    altered = {name: value[:-4] + "AAA=" for name, value in headers.items()}
    for head, content in (
        ({}, body),
        (headers, body + b" "),
        (headers, body[:-1]),
        (headers, b""),
        (altered, body),
        (dict.fromkeys(headers, "é"), body),
    ):
        with pytest.raises(WebhookRefusedError):
            platform.receive(head, content, now=venue.now())


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[1,2]", b"{", b'{"id": NaN}', b'{"id": 1, "id": 2}', b"\xff\xfe{}", b"{}"],
)
def test_what_is_signed_but_unreadable_is_refused(venue: Venue, body: bytes) -> None:
    headers, content = venue.sign(body)
    with pytest.raises(WebhookRefusedError):
        venue.platform.receive(headers, content, now=venue.now())


def test_a_coupon_that_does_not_apply_is_refused(venue: Venue) -> None:
    platform = venue.platform
    ref = venues.UNKNOWN_COUPON[platform.name]
    params = platform.prepare_checkout(checkout(venue, coupon_code="NOSUCH", coupon_ref=ref))
    with pytest.raises(PlatformRefusedError):
        platform.open_checkout(params, key="chk_1")


@pytest.mark.parametrize("how", ["nobody there", "hangs", "hangs up", "fails", "is busy"])
def test_a_platform_that_is_down_is_said_to_be_in_bounded_time(remote: Venue, how: str) -> None:
    params = remote.platform.prepare_checkout(checkout(remote))
    terms = remote.platform.prepare_coupon(coupon(remote))
    calls: list[Callable[[CommercePlatform], object]] = [
        lambda platform: platform.create_coupon(terms, key="cpn_1"),
        lambda platform: platform.find_order("pi_1" if platform.name == "stripe" else "1"),
    ]
    if remote.platform.name == "shopify":
        start = time.monotonic()
        opened = remote.broken(how).open_checkout(params, key="chk_1")
        assert (opened.platform_ref, time.monotonic() - start < 4) == ("", True)
    else:
        calls.append(lambda platform: platform.open_checkout(params, key="chk_1"))
    for call in calls:
        platform, start = remote.broken(how), time.monotonic()
        with pytest.raises(PlatformUnavailableError) as caught:
            call(platform)
        assert time.monotonic() - start < 4
        assert caught.value.retry_after >= 1
