"""Disputes of Shopify as facts, heard and looked up."""

from datetime import UTC, datetime

import pytest

from liveshop_sdk.errors import DeliveryUnreadableError
from liveshop_sdk.facts import DisputeLost, DisputeOpened, DisputeWon
from tests.platforms import shopify_support as support
from tests.platforms.shopify_reading_support import order_of, read

DISPUTE = {
    "id": 285332461850802050,
    "order_id": 820982911946154500,
    "type": "chargeback",
    "amount": "11.50",
    "currency": "EUR",
    "status": "needs_response",
    "initiated_at": "2026-11-20T19:00:00-05:00",
    "finalized_on": None,
}


@pytest.mark.parametrize("status", ["needs_response", "under_review"])
def test_a_chargeback_opens_a_dispute(status: str) -> None:
    (fact,) = read("disputes/create", DISPUTE | {"status": status})
    assert isinstance(fact, DisputeOpened)
    assert fact.key == "dispute_opened:285332461850802050"
    assert (fact.amount, fact.currency, fact.order_ref) == (1150, "EUR", "820982911946154500")
    assert fact.occurred_at.isoformat() == "2026-11-21T00:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("won", DisputeWon),
        ("prevented", DisputeWon),
        ("charge_refunded", DisputeWon),
        ("lost", DisputeLost),
        ("accepted", DisputeLost),
    ],
)
def test_an_ended_dispute_tells_its_opening_too(status: str, kind: type) -> None:
    ended = DISPUTE | {"status": status, "finalized_on": "2026-11-22T10:00:00Z"}
    opened, end = read("disputes/update", ended)
    assert opened == read("disputes/create", DISPUTE)[0]
    assert type(end) is kind
    assert getattr(end, "occurred_at", None) == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_inquiries_and_disputes_of_no_order_freeze_nothing() -> None:
    assert read("disputes/create", DISPUTE | {"type": "inquiry"}) == ()
    assert read("disputes/create", DISPUTE | {"order_id": None}) == ()
    with pytest.raises(DeliveryUnreadableError):
        read("disputes/create", DISPUTE | {"status": "odd"})
    with pytest.raises(DeliveryUnreadableError):
        read("disputes/create", DISPUTE | {"amount": "-1.00"})


def test_a_dispute_is_found_with_its_order() -> None:
    with support.running_oracle() as oracle:
        order = order_of()
        order["_disputes"] = [
            {
                "id": "gid://shopify/OrderDisputeSummary/55",
                "legacyResourceId": "55",
                "type": "CHARGEBACK",
                "initiatedAs": "CHARGEBACK",
                "status": "LOST",
                "initiatedAt": "2026-11-20T19:00:00Z",
                "finalizedOn": None,
                "amount": {"amount": "11.5", "currencyCode": "EUR"},
            }
        ]
        oracle.orders[order["id"]] = order
        adapter = support.platform(oracle)
        keys = [fact.key for fact in adapter.find_order(str(order["id"]))]
        assert keys == [f"order:{order['id']}", "dispute_opened:55", "dispute_lost:55"]
        oracle.fail("ACCESS_DENIED", match="disputes")
        assert len(adapter.find_order(str(order["id"]))) == 1
