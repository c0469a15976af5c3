"""Going through what a shop has of a time: changed orders, disputes, and a busy shop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.errors import PlatformBusyError, PlatformNotReadyError, PlatformRefusedError
from liveshop_sdk.facts import Fact, OrderPaid
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.transport import Wire
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import oracle_fixture, shop_fixture, spoiled

__all__ = ["oracle_fixture", "shop_fixture"]

LINES = [{"price": "39.90", "quantity": 1, "variant_id": 50001}]


def order(oracle: Any, *, days_ago: int = 0, **spec: Any) -> Any:
    _, _, pay = support.oracle_modules()
    made = pay.build_order(currency="EUR", lines=LINES, **spec)
    if days_ago:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        stamp = at.isoformat(timespec="seconds").replace("+00:00", "Z")
        made |= dict.fromkeys(("created_at", "processed_at", "updated_at"), stamp)
        for row in made.get("transactions", []):
            row["processed_at"] = stamp
    oracle.orders[made["id"]] = made
    return made


def walked(shop: ShopifyPlatform, days: int = 1) -> list[Fact | Unreadable]:
    now = datetime.now(UTC)
    pages = shop.walk(now - timedelta(days=days), now + timedelta(hours=1))
    return [one for page in pages for one in page]


def patient(oracle: Any, **given: Any) -> tuple[ShopifyPlatform, list[float]]:
    sleeps = support.Sleeps()
    wire = Wire(timeouts=(2.0, 5.0), patience=1.0, sleep=sleeps, trust_env=False)
    return support.platform(oracle, wire=wire, **given), sleeps


def test_orders_that_changed_are_read_and_no_others(oracle: Any, shop: ShopifyPlatform) -> None:
    new, old = order(oracle), order(oracle, days_ago=30)
    order(oracle, days_ago=30)
    order(oracle, financial_status="pending")
    _, _, pay = support.oracle_modules()
    made = pay.add_refund(old, amount="5.00")
    oracle.log.clear()
    assert [one.key for one in walked(shop)] == [
        f"order:{new['id']}",
        f"order:{old['id']}",
        f"refund:{made['id']}",
    ]
    queries = [entry["variables"] for entry in oracle.log]
    assert len(queries) == 4, queries
    assert queries[0]["query"].startswith("updated_at:>='")


def test_more_orders_than_a_page_holds_are_all_read(oracle: Any, shop: ShopifyPlatform) -> None:
    for _ in range(101):
        order(oracle)
    found = walked(shop)
    assert len({one.key for one in found}) == len(found) == 101


def test_a_test_order_is_told_as_one(oracle: Any, shop: ShopifyPlatform) -> None:
    order(oracle)["test"] = True
    (found,) = walked(shop)
    assert isinstance(found, OrderPaid)
    assert found.is_test


def test_an_order_that_cannot_be_read_holds_up_no_other(oracle: Any, shop: ShopifyPlatform) -> None:
    bad, good = order(oracle), order(oracle)
    for name in ("total_price_set", "current_total_price_set"):
        bad[name]["shop_money"]["amount"] = "1.00"
    found = walked(shop)
    assert found[0] == Unreadable(
        key=f"order:{bad['id']}",
        order_ref=str(bad["id"]),
        problem="the lines are worth more than was paid",
    )
    assert [one.order_ref for one in found[1:]] == [str(good["id"])]


def dispute(made: Any, status: str = "NEEDS_RESPONSE") -> None:
    made["_disputes"] = [
        {
            "id": "gid://shopify/OrderDisputeSummary/55",
            "legacyResourceId": "55",
            "status": status,
            "initiatedAs": "CHARGEBACK",
            "initiatedAt": made["processed_at"],
            "finalizedOn": None,
            "amount": {"amount": "5.00", "currencyCode": "EUR"},
            "type": "CHARGEBACK",
        }
    ]


def test_a_dispute_of_an_order_that_did_not_change_is_found(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    dispute(order(oracle, days_ago=50), "LOST")
    assert [one.key for one in walked(shop)] == ["dispute_opened:55", "dispute_lost:55"]


def test_a_dispute_in_a_state_we_do_not_know_is_named(oracle: Any, shop: ShopifyPlatform) -> None:
    made = order(oracle, days_ago=50)
    dispute(made)
    made["_disputes"][0]["amount"]["amount"] = "-1.00"
    (found,) = walked(shop)
    assert found == Unreadable(
        key="dispute_opened:55", order_ref=str(made["id"]), problem="amount is negative"
    )


def test_disputes_the_app_may_not_see_are_left_out(oracle: Any, shop: ShopifyPlatform) -> None:
    made = order(oracle)
    dispute(made)

    oracle.fail("ACCESS_DENIED", match="disputes(")
    assert [one.key for one in walked(shop)] == [f"order:{made['id']}"]


@pytest.mark.parametrize("how", ["THROTTLED", "429", "503"])
def test_a_busy_shop_is_waited_for(oracle: Any, how: str) -> None:
    made = order(oracle)
    shop, sleeps = patient(oracle)
    oracle.fail(how, 2)
    assert [one.key for one in walked(shop)] == [f"order:{made['id']}"]
    assert len(sleeps) == 2


def test_a_shop_that_stays_busy_ends_it(oracle: Any) -> None:
    order(oracle)
    shop, sleeps = patient(oracle)
    oracle.fail("429", 100)
    with pytest.raises(PlatformBusyError):
        walked(shop)
    assert sum(sleeps) < 120


def test_a_token_that_is_refused_ends_it_at_once(oracle: Any) -> None:
    shop, sleeps = patient(oracle, admin_token="shpat_other")
    with pytest.raises(PlatformNotReadyError):
        walked(shop)
    assert sleeps == []


def test_a_list_without_end_is_refused(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    order(oracle)
    monkeypatch.setattr(
        shop._orders,
        "_once",
        lambda *_: {"orders": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}},
    )
    with pytest.raises(PlatformRefusedError, match="never ends"):
        walked(shop)


def test_sixty_days_are_shown_unless_the_app_may_see_all(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: Any
) -> None:
    now = datetime.now(UTC)
    assert shop.sees_since(now) == now - timedelta(days=60)
    more = {"handle": "read_all_orders", "description": ""}
    spoiled(
        monkeypatch,
        lambda found: found["accessScopes"].append(more),
        "admin_currentAppInstallation",
    )
    assert shop.sees_since(now) is None
