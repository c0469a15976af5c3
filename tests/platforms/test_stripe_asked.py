"""What a shop has every checkout ask for: tax, shipping, and a way back once it expired."""

import json
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.facts import CheckoutClosed, OrderPaid
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe.checkout import link_params
from liveshop_sdk.setting_rules import StripeCheckout
from tests.platforms import stripe_made_support as links
from tests.platforms import stripe_support as support
from tests.platforms.stripe_made_support import BUSY, recovered, visit
from tests.platforms.stripe_support import Oracle, checkout, coupon, item, now, platform_at, told

running_oracle = support.running_oracle
oracle = support.oracle
link_rules = links.link_rules
ALL = StripeCheckout.parse("automatic_tax,recovery,countries:DE+AT,shipping:shr_1+shr_2")


def test_all_that_can_be_asked_for_is_stored_with_the_visit() -> None:
    plain: Any = json.loads(platform_at(None).prepare_checkout(checkout()))
    asked: Any = json.loads(platform_at(None, checkout=ALL).prepare_checkout(checkout()))
    added = {k: v for k, v in asked["session"].items() if k not in plain["session"]}
    assert added == {
        "automatic_tax": {"enabled": True},
        "after_expiration": {"recovery": {"enabled": True}},
        "shipping_address_collection": {"allowed_countries": ["DE", "AT"]},
        "shipping_options": [{"shipping_rate": "shr_1"}, {"shipping_rate": "shr_2"}],
    }
    link: Any = link_params(asked["session"], code="")
    del added["after_expiration"]  # links have none
    assert {name: link[name] for name in added} == added
    assert "after_expiration" not in link


def rate(oracle: Oracle, amount: int) -> str:
    """Make a shipping rate at Stripe, as a shop does in its dashboard."""
    asked = {
        "display_name": "Parcel",
        "type": "fixed_amount",
        "fixed_amount": {"amount": amount, "currency": "eur"},
    }
    return str(oracle.sdk().shipping_rates.create(asked).id)


def test_rates_that_no_buyer_can_choose_are_found(oracle: Oracle) -> None:
    there, archived = rate(oracle, 490), rate(oracle, 990)
    for one in (there, archived):
        oracle.world.objs[one]["active"] = one == there
    asked = StripeCheckout(countries=("DE",), shipping=(there, archived, "shr_gone"))
    told = oracle.platform(checkout=asked).check()
    found = {one.name: (one.ok, bool(one.fix)) for one in told if "shipping" in one.name}
    assert found == {
        f"stripe shipping {there}": (True, False),
        f"stripe shipping {archived}": (False, True),
        "stripe shipping shr_gone": (False, True),
    }
    oracle.tell("fail", path="^/v1/shipping_rates", status=403, count=3)
    assert not [one for one in oracle.platform(checkout=asked).check() if "shipping" in one.name]


def taxed(oracle: Oracle, session: str, tax: int, *, is_included: bool) -> int:
    """Split a tax over the lines as Stripe Tax does; returns what is added to the total."""
    lines = oracle.world.lines[session]
    for line in lines:
        line["amount_tax"] = tax // len(lines)
        line["amount_total"] += 0 if is_included else line["amount_tax"]
    return 0 if is_included else tax


@pytest.mark.parametrize("is_a_link", [False, True])
@pytest.mark.parametrize(("percent", "off"), [(None, 0), (2000, 2296), (10000, 11480)])
def test_commission_is_on_goods_alone(
    oracle: Oracle, percent: int | None, off: int, is_a_link: bool
) -> None:
    """11480 in goods, 490 for the parcel, and 19 % of the goods on top."""
    asked = StripeCheckout(
        automatic_tax=True, countries=("DE",), shipping=(rate(oracle, 490), rate(oracle, 990))
    )
    platform = oracle.platform(checkout=asked)
    ref = None
    if percent is not None:
        terms = platform.prepare_coupon(coupon(percent_bps=percent))
        ref = platform.create_coupon(terms, key="cpn_1")
    items = (item(quantity=2), item(sku="sku_cap", quantity=1, unit=Money(1500, "EUR")))
    request = checkout(items=items, coupon_ref=ref, coupon_code="MIKA20" if ref else None)
    if is_a_link:
        oracle.tell("fail", **BUSY)
    opened = platform.open_checkout(platform.prepare_checkout(request), key="chk_1")
    session = visit(oracle, opened.url) if is_a_link else opened.platform_ref
    assert opened.is_endless is is_a_link
    tax = (11480 - off) * 19 // 100 // 2 * 2
    taxed(oracle, session, tax, is_included=False)
    paid = links.pay if is_a_link else Oracle.pay
    (order,) = told(platform, paid(oracle, session, tax=tax))
    assert isinstance(order, OrderPaid)
    assert (order.total, order.shipping, order.tax) == (11480 - off + 490 + tax, 490, tax)
    assert order.tax_included is False
    assert sum(line.base for line in order.lines) == 11480 - off
    assert sum(line.discount for line in order.lines) == off
    assert order.checkout_id == "chk_1"
    assert platform.find_order(order.order_ref) == (order,)


def test_tax_inside_the_prices_is_taken_off_the_base(oracle: Oracle) -> None:
    asked = StripeCheckout(automatic_tax=True, countries=("DE",), shipping=(rate(oracle, 490),))
    platform = oracle.platform(checkout=asked)
    session = oracle.opened(platform, checkout())
    taxed(oracle, session, 797, is_included=True)
    events = oracle.pay(session)
    oracle.world.objs[session]["total_details"]["amount_tax"] = 797
    (order,) = told(platform, events)
    assert isinstance(order, OrderPaid)
    assert (order.total, order.tax, order.tax_included) == (5480, 797, True)
    assert [line.base for line in order.lines] == [4990 - 797]


# --- recovery


def test_a_session_that_was_recovered_is_the_same_visits(oracle: Oracle) -> None:
    platform = oracle.platform(checkout=StripeCheckout(recovery=True))
    session = oracle.opened(platform, checkout())
    assert oracle.world.objs[session]["after_expiration"]["recovery"]["enabled"] is True
    (closed,) = told(platform, oracle.pay(session, outcome="expired"))
    assert isinstance(closed, CheckoutClosed)
    assert (closed.checkout_id, closed.reason) == ("chk_1", "expired")
    again = recovered(oracle, session)
    (order,) = told(platform, oracle.pay(again))
    assert isinstance(order, OrderPaid)
    assert (order.checkout_id, order.lines[0].sku) == ("chk_1", "sku_tee")
    assert order.order_ref == oracle.world.objs[again]["payment_intent"]
    assert platform.find_order(order.order_ref) == (order,)
    walked = [one for page in platform.walk(now() - timedelta(hours=1), now()) for one in page]
    assert walked == [order]


def test_a_recovered_session_that_expires_ends_the_visit_once_more(oracle: Oracle) -> None:
    platform = oracle.platform(checkout=StripeCheckout(recovery=True))
    session = oracle.opened(platform, checkout())
    oracle.pay(session, outcome="expired")
    (closed,) = told(platform, oracle.pay(recovered(oracle, session), outcome="expired"))
    assert isinstance(closed, CheckoutClosed)
    assert closed.checkout_id == "chk_1"


def test_a_recovered_session_of_somebody_else_is_nobodys(oracle: Oracle) -> None:
    platform = oracle.platform()
    session = oracle.opened(platform, checkout())
    oracle.pay(session, outcome="expired")
    again = recovered(oracle, session)
    oracle.world.objs[again]["metadata"] = {"liveshop": "chk_1"}
    (order,) = told(platform, oracle.pay(again))
    assert isinstance(order, OrderPaid)
    assert order.checkout_id is None
