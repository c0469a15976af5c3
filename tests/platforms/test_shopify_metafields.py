"""Our reference in a cart's metafield, and the definition that has it copied to the order."""

import json
import logging
import urllib.request
from typing import Any

import pytest

from liveshop_sdk.facts import OrderPaid
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from tests.platforms import shopify_support as support
from tests.platforms.shopify_adapter_support import RESOLVERS, open_cart, oracle_fixture

__all__ = ["oracle_fixture"]

URL = "https://live.shop.example/webhooks/shopify"
FIELD = {"key": "liveshop.ref", "type": "single_line_text_field", "value": "sealed:chk_1"}
COPIED = {"namespace": "liveshop", "key": "ref", "value": "sealed:chk_1"}


@pytest.fixture(name="definitions", autouse=True)
def definitions_fixture(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the oracle keep definitions, and copy metafields as they say; it does neither itself."""
    kept: dict[str, Any] = {"no": ""}

    def found(ctx: Any, identifier: Any) -> Any:
        assert identifier == {"ownerType": "ORDER", "namespace": "liveshop", "key": "ref"}
        return kept.get("it")

    def written(name: str) -> Any:
        def write(ctx: Any, definition: Any) -> Any:
            if kept["no"]:
                errors = [{"field": ["definition"], "message": kept["no"], "code": "INVALID"}]
                return {name: None, "userErrors": errors}
            is_on = definition["capabilities"]["cartToOrderCopyable"]["enabled"]
            kept["it"] = {
                "id": "gid://shopify/MetafieldDefinition/1",
                "capabilities": {"cartToOrderCopyable": {"enabled": is_on, "eligible": True}},
            }
            return {name: kept["it"], "userErrors": []}

        return write

    answers = {
        "admin_metafieldDefinition": found,
        "admin_metafieldDefinitionCreate": written("createdDefinition"),
        "admin_metafieldDefinitionUpdate": written("updatedDefinition"),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(RESOLVERS, name, answer, raising=False)
    view = RESOLVERS.order_view

    def order_view(order: Any) -> Any:
        return {**view(order), "metafield": order.get("_metafield")}

    monkeypatch.setattr(RESOLVERS, "order_view", order_view)
    return kept


@pytest.fixture(name="shop")
def shop_fixture(oracle: Any) -> ShopifyPlatform:
    return support.platform(oracle, with_metafield=True)


def paid(oracle: Any) -> dict[str, Any]:
    """Pay the only cart; its attributes get lost on the way, as happens."""
    (cart,) = oracle.carts.values()
    cart["attributes"] = []
    body = json.dumps({"cart_id": cart["id"]}).encode()
    with urllib.request.urlopen(f"{oracle.url}/_checkout", body, timeout=5) as answer:
        order: dict[str, Any] = json.load(answer)
    return order


def test_a_cart_carries_it_beside_the_attribute(oracle: Any, shop: ShopifyPlatform) -> None:
    open_cart(shop)
    (cart,) = oracle.carts.values()
    assert cart["metafields_in"] == [FIELD]
    assert cart["attributes"] == [{"key": "_liveshop", "value": "sealed:chk_1"}]


def test_a_shop_that_wants_none_gets_none(oracle: Any) -> None:
    shop = support.platform(oracle)
    open_cart(shop)
    (cart,) = oracle.carts.values()
    assert cart["metafields_in"] == []
    assert [one for one in shop.endpoints.check(URL).findings if "metafield" in one.name] == []


def test_an_order_without_the_attribute_is_known_by_the_metafield(
    oracle: Any, shop: ShopifyPlatform
) -> None:
    open_cart(shop)
    order = paid(oracle)
    told = {**order, "metafields": [{**COPIED, "namespace": "other", "value": "x"}, COPIED]}
    (sale,) = shop.read(support.delivered(shop, "orders/paid", told))
    assert isinstance(sale, OrderPaid)
    assert sale.checkout_id == "chk_1"
    oracle.orders[order["id"]]["_metafield"] = COPIED
    asked = shop.find_order(str(order["id"]))[0]
    assert isinstance(asked, OrderPaid)
    assert asked.checkout_id == "chk_1"


@pytest.mark.parametrize("value", ["chk_1", "", None, 7, "sealed:" + "x" * 600])
def test_what_is_not_sealed_by_us_is_no_reference(
    oracle: Any, shop: ShopifyPlatform, value: object
) -> None:
    open_cart(shop)
    told = {**paid(oracle), "metafields": [{**COPIED, "value": value}]}
    (sale,) = shop.read(support.delivered(shop, "orders/paid", told))
    assert isinstance(sale, OrderPaid)
    assert sale.checkout_id is None


def test_a_shop_that_takes_no_metafields_gets_the_cart_without(
    oracle: Any,
    shop: ShopifyPlatform,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make = RESOLVERS.storefront_cartCreate

    def refused(ctx: Any, input: Any = None) -> Any:  # noqa: A002
        if input.get("metafields"):
            error = {
                "field": ["input", "metafields"],
                "message": "no",
                "code": "INVALID_METAFIELDS",
            }
            return {"cart": None, "userErrors": [error], "warnings": []}
        return make(ctx, input=input)

    monkeypatch.setattr(RESOLVERS, "storefront_cartCreate", refused)
    caplog.set_level(logging.WARNING, "liveshop_sdk")
    opened = open_cart(shop)
    (cart,) = oracle.carts.values()
    assert opened.url == cart["checkoutUrl"]
    assert cart["attributes"] == [{"key": "_liveshop", "value": "sealed:chk_1"}]
    assert "sealed" not in caplog.text


# --- the definition, and what webhooks carry


def wrong(shop: ShopifyPlatform) -> dict[str, str]:
    return {one.name: one.text for one in shop.endpoints.check(URL).findings if not one.ok}


def test_registering_makes_the_shop_copy_it_and_tell_of_it(
    oracle: Any, shop: ShopifyPlatform, definitions: dict[str, Any]
) -> None:
    assert wrong(shop)["shopify metafield"] == "The shop has no definition of it."
    changes = shop.endpoints.register(URL).changes
    assert changes[-1] == "created metafield"
    assert definitions["it"]["capabilities"]["cartToOrderCopyable"]["enabled"] is True
    asked = {one["topic"]: one["metafieldNamespaces"] for one in oracle.webhooks.values()}
    of_orders = {"ORDERS_PAID", "ORDERS_EDITED"}
    assert {topic for topic, spaces in asked.items() if spaces == ["liveshop"]} == of_orders
    assert wrong(shop) == {}
    assert shop.endpoints.register(URL).changes == ()


def test_a_definition_that_does_not_copy_is_mended(
    shop: ShopifyPlatform, definitions: dict[str, Any]
) -> None:
    shop.endpoints.register(URL)
    definitions["it"]["capabilities"]["cartToOrderCopyable"]["enabled"] = False
    assert wrong(shop) == {"shopify metafield": "The shop copies it to no order."}
    assert shop.endpoints.register(URL).changes == ("updated metafield",)
    assert wrong(shop) == {}


def test_subscriptions_made_before_are_made_to_carry_it(
    oracle: Any, shop: ShopifyPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def update(ctx: Any, id: str, webhookSubscription: Any) -> Any:  # noqa: A002, N803
        one = ctx.oracle.webhooks[int(id.rsplit("/", 1)[-1])]
        one.update(webhookSubscription)
        return {"webhookSubscription": one, "userErrors": []}

    monkeypatch.setattr(RESOLVERS, "admin_webhookSubscriptionUpdate", update, raising=False)
    support.platform(oracle).endpoints.register(URL)
    assert wrong(shop)["shopify webhook orders/paid"] == (
        "It leaves the metafields of liveshop out."
    )
    changes = shop.endpoints.register(URL).changes
    assert changes[-3:] == ("updated orders/paid", "updated orders/edited", "created metafield")
    assert wrong(shop) == {}


def test_what_the_shop_refuses_is_told_and_holds_up_nothing_else(
    oracle: Any, shop: ShopifyPlatform, definitions: dict[str, Any]
) -> None:
    definitions["no"] = "Access denied for metafieldDefinitionCreate: write_orders is needed."
    done = shop.endpoints.register(URL)
    (finding,) = [one for one in done.report.findings if not one.ok]
    assert finding.text == (
        "The shop has no definition of it. Shopify says: "
        "Access denied for metafieldDefinitionCreate: write_orders is needed."
    )
    assert len(oracle.webhooks) == len(done.changes) > 0
