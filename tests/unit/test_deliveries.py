"""A verified webhook: shown without its body, and never longer than its row."""

from datetime import UTC, datetime
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import Delivery
from liveshop_sdk.errors import DeliveryUnreadableError

RIGHT: dict[str, Any] = {
    "platform": "shopify",
    "account": "a.myshopify.com",
    "topic": "orders/paid",
    "delivery_id": "d1",
    "event_id": "e1",
    "body": b'{"email":"buyer@example.com"}',
    "occurred_at": datetime(2026, 10, 2, 18, tzinfo=UTC),
}


def test_a_body_does_not_show() -> None:
    assert "buyer@example.com" not in repr(Delivery(**RIGHT))


@pytest.mark.parametrize(
    ("name", "most"), [("topic", 128), ("delivery_id", 255), ("event_id", 255)]
)
def test_a_name_that_no_row_has_room_for_is_refused(name: str, most: int) -> None:
    Delivery(**{**RIGHT, name: "x" * most})
    with pytest.raises(DeliveryUnreadableError, match=name):
        Delivery(**{**RIGHT, name: "x" * (most + 1)})
