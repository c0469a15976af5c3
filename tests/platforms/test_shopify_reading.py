"""Orders, refunds and disputes of Shopify, as facts, against a sum done by hand."""

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.errors import (
    DeliveryUnreadableError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.facts import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    OrderPaid,
    OrderRefunded,
    RefundFailed,
)
from tests.platforms import shopify_support as support

_, RESOLVERS, PAY = support.oracle_modules()


class Nowhere:
    """An oracle that nobody may call."""

    url = "http://127.0.0.1:9"


def read(topic: str, payload: Any, adapter: Any = None) -> tuple[Any, ...]:
    adapter = adapter or support.platform(Nowhere())
    facts: tuple[Any, ...] = adapter.read(support.delivered(adapter, topic, payload))
    return facts


def paid(payload: Any) -> OrderPaid:
    (fact,) = read("orders/paid", payload)
    assert isinstance(fact, OrderPaid)
    return fact


def cents(amount: Any) -> int:
    whole = Decimal(str(amount)) * 100
    assert whole == int(whole)
    return int(whole)


def bases_by_hand(order: Any) -> dict[str, Decimal]:
    """Price times quantity, less discounts, less tax when it is inside."""
    found = {}
    for line in order["line_items"]:
        net = Decimal(line["price"]) * line["quantity"]
        net -= sum((Decimal(one["amount"]) for one in line["discount_allocations"]), Decimal(0))
        if order["taxes_included"]:
            net -= sum((Decimal(one["price"]) for one in line["tax_lines"]), Decimal(0))
        found[str(line["id"])] = Decimal(0) if line["gift_card"] else net
    return found


def order_of(**spec: Any) -> Any:
    return PAY.build_order(created_at="2026-11-22T12:00:00-05:00", **spec)


# --- orders


def test_an_order_with_tax_inside_has_these_exact_amounts() -> None:
    order = order_of(
        lines=[{"price": "25.00", "quantity": 2, "sku": "shirt", "variant_id": 50001}],
        discounts=[{"code": "MIKA20", "percent": "20"}],
        note_attributes={"gift": "yes", "_liveshop": "sealed:chk_1"},
        cart_token="hWN123",
    )
    fact = paid(order)
    assert fact.key == f"order:{order['id']}"
    assert (fact.platform, fact.account) == ("shopify", support.SHOP)
    assert fact.occurred_at.isoformat() == "2026-11-22T17:00:00+00:00"
    assert (fact.total, fact.shipping, fact.tax, fact.currency) == (4490, 490, 639, "EUR")
    assert fact.tax_included
    (line,) = fact.lines
    assert (line.gross, line.discount, line.tax, line.base) == (5000, 1000, 639, 3361)
    assert (line.sku, line.quantity) == ("shirt", 2)
    assert line.item_ref == "gid://shopify/ProductVariant/50001"
    assert (fact.checkout_id, fact.cart_token) == ("chk_1", "hWN123")
    assert fact.codes == ("MIKA20",)
    assert fact.customer_key == support.Seals().customer_key(order["email"])
    assert fact.market == "US"
    assert not fact.is_test


def test_an_order_with_tax_on_top_has_these_exact_amounts() -> None:
    fact = paid(order_of(taxes_included=False, discounts=[{"code": "X", "amount": "10"}]))
    assert (fact.total, fact.shipping, fact.tax) == (5250, 490, 760)
    assert fact.lines[0].base == 4000
    assert not fact.tax_included


def test_the_email_is_in_no_fact() -> None:
    order = order_of(email="jon@example.com")
    assert "jon@example.com" not in repr(paid(order))
    assert paid(order_of(email="")).customer_key is None
    assert paid(order_of(email=None)).customer_key is None


def test_shop_money_is_read_whatever_the_buyer_saw() -> None:
    plain = order_of(id=77, lines=[{"id": 1, "price": "10.00", "quantity": 3}])
    abroad = order_of(
        id=77,
        lines=[{"id": 1, "price": "10.00", "quantity": 3}],
        presentment_currency="JPY",
        rate="162.37",
    )
    assert paid(abroad).body() == paid(plain).body()


@pytest.mark.parametrize(
    ("currency", "price", "minor"), [("JPY", "1200", 1200), ("KWD", "1.250", 1250)]
)
def test_currencies_with_other_decimals(currency: str, price: str, minor: int) -> None:
    fact = paid(
        order_of(
            currency=currency, lines=[{"price": price, "quantity": 1}], tax_rate="0", shipping="0"
        )
    )
    assert (fact.total, fact.lines[0].base) == (minor, minor)


def test_gift_cards_and_tips_earn_nothing() -> None:
    order = order_of(
        lines=[
            {"price": "30.00", "quantity": 1},
            {"price": "50.00", "quantity": 1, "gift_card": True},
            {"price": "5.00", "quantity": 1, "title": "Tip"},
            {"price": "7.00", "quantity": 1, "title": "Trinkgeld"},
        ],
        tax_rate="0",
    )
    order["line_items"][2]["tip"] = {"payment_gateway": None}
    order["line_items"][3] |= {"requires_shipping": False, "taxable": False}
    order["total_tip_received"] = "7.00"
    assert [line.base for line in paid(order).lines] == [3000, 0, 0, 0]


def test_a_reference_that_we_did_not_seal_is_no_reference() -> None:
    for value in ("forged", "", "sealed:" + "x" * 600):
        assert paid(order_of(note_attributes={"_liveshop": value})).checkout_id is None
    order = order_of()
    order["note_attributes"] = [
        {"name": "_liveshop", "value": None},
        {"name": "_liveshop", "value": "forged"},
        {"name": "_liveshop", "value": "sealed:chk_2"},
    ]
    assert paid(order).checkout_id == "chk_2"


def test_several_codes_are_all_told_and_sorted() -> None:
    order = order_of(
        discounts=[
            {"code": "ZOE", "percent": "10"},
            {"code": "ANNA", "amount": "3.33"},
            {"code": "SHIP", "shipping": True},
        ]
    )
    fact = paid(order)
    assert fact.codes == ("ANNA", "SHIP", "ZOE")
    assert fact.shipping == 0
    assert {line.ref: Decimal(line.base) for line in fact.lines} == {
        ref: base * 100 for ref, base in bases_by_hand(order).items()
    }


@pytest.mark.parametrize("status", ["pending", "authorized", "voided", "partially_paid", None])
def test_an_order_that_is_not_fully_paid_is_no_sale(status: str | None) -> None:
    assert read("orders/paid", order_of() | {"financial_status": status}) == ()


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/updated", "orders/edited", "orders/cancelled", "app/other"]
)
def test_other_topics_move_no_money(topic: str) -> None:
    assert read(topic, order_of()) == ()


def test_a_test_order_says_so() -> None:
    assert paid(order_of(test=True)).is_test


def _spoil(path: str, value: Any) -> Any:
    order = order_of()
    holder: Any = order
    *way, last = path.split(".")
    for step in way:
        holder = holder[int(step) if step.isdigit() else step]
    holder[last] = value
    return order


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("line_items.0.price_set.shop_money.amount", "-25.00"),
        ("line_items.0.price_set.shop_money.amount", "25.001"),
        ("line_items.0.price_set.shop_money.amount", "1e3"),
        ("line_items.0.price_set.shop_money.amount", 25),
        ("line_items.0.price_set.shop_money.amount", "99999999999999.99"),
        ("line_items.0.price_set.shop_money.currency_code", "USD"),
        ("line_items.0.price_set", None),
        ("line_items.0.quantity", -1),
        ("line_items.0.quantity", 2**62),
        ("line_items.0.quantity", "2"),
        ("line_items.0.id", None),
        ("line_items.0.tax_lines.0.price_set.shop_money.amount", "70.00"),
        ("total_price_set", None),
        ("total_price_set.shop_money.amount", "-1.00"),
        ("processed_at", "2026-11-22"),
        ("processed_at", None),
        ("taxes_included", "yes"),
        ("currency", "BTC"),
        ("note_attributes", {"name": "x"}),
        ("discount_codes", ["MIKA20"]),
        ("line_items.0.sku", 5),
    ],
)
def test_amounts_and_shapes_that_cannot_be_are_refused(path: str, value: Any) -> None:
    with pytest.raises(DeliveryUnreadableError):
        read("orders/paid", _spoil(path, value))


# --- refunds


def refund_of(order: Any, **given: Any) -> Any:
    return PAY.add_refund(order, created_at="2026-11-23T09:00:00+00:00", **given)


def refunded(payload: Any, adapter: Any = None) -> OrderRefunded:
    (fact,) = read("refunds/create", PAY.public(payload), adapter)
    assert isinstance(fact, OrderRefunded)
    return fact


@pytest.mark.parametrize("included", [True, False])
def test_refunding_a_line_in_steps_returns_exactly_its_base(included: bool) -> None:
    order = order_of(
        taxes_included=included,
        lines=[{"price": "3.33", "quantity": 7}, {"price": "1.11", "quantity": 3}],
        discounts=[{"code": "X", "percent": "33"}],
    )
    bases = {line.ref: line.base for line in paid(order).lines}
    taken = dict.fromkeys(bases, 0)
    for line in order["line_items"]:
        for _ in range(line["quantity"]):
            fact = refunded(refund_of(order, items={line["id"]: 1}))
            assert fact.named_amount == fact.amount
            for ref, base in fact.lines:
                taken[ref] += base
    assert taken == bases


def test_a_refund_of_shipping_alone_names_no_line() -> None:
    fact = refunded(refund_of(order_of(), shipping="4.90"))
    assert (fact.amount, fact.named_amount, fact.lines) == (490, 490, ())


def test_a_free_amount_names_nothing() -> None:
    order = order_of()
    payload = refund_of(order, amount="10.00")
    fact = refunded(payload)
    assert fact.key == f"refund:{payload['id']}"
    assert (fact.amount, fact.named_amount, fact.lines) == (1000, 0, ())
    assert fact.order_ref == str(order["id"])
    assert fact.occurred_at.isoformat() == "2026-11-23T09:00:00+00:00"


def test_paying_back_more_than_the_items_leaves_the_rest_unnamed() -> None:
    order = order_of()
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}, amount="30.00"))
    assert (fact.amount, fact.named_amount) == (3000, 2500)
    assert fact.lines == ((str(order["line_items"][0]["id"]), 2101),)


def test_paying_back_less_shrinks_the_lines_in_proportion() -> None:
    # 25.00 with 3.99 tax inside: 21.01 base; only 20.00 of it came back, so
    # 21.01 * 20 / 25 = 16.808, and 5.00 stay with the shop with their commission.
    order = order_of()
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}, amount="20.00"))
    assert (fact.amount, fact.named_amount) == (2000, 2000)
    assert fact.lines == ((str(order["line_items"][0]["id"]), 1681),)


def test_shrinking_several_lines_is_exact_in_sum() -> None:
    order = order_of(
        lines=[{"price": "10.00", "quantity": 1}] * 3, tax_rate="0", taxes_included=False
    )
    items = {line["id"]: 1 for line in order["line_items"]}
    fact = refunded(refund_of(order, items=items, amount="20.00"))
    assert [base for _, base in fact.lines] == [667, 667, 666]


def test_a_restock_without_money_moves_no_commission() -> None:
    order = order_of()
    payload = refund_of(order, items={order["line_items"][0]["id"]: 1})
    for transactions in ([], [payload["transactions"][0] | {"kind": "void"}]):
        assert read("refunds/create", PAY.public(payload) | {"transactions": transactions}) == ()
    zero = [payload["transactions"][0] | {"amount": "0.00"}]
    assert read("refunds/create", PAY.public(payload) | {"transactions": zero}) == ()


def test_a_pending_refund_counts_and_a_failed_one_is_told_as_failed() -> None:
    order = order_of()
    payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    row = payload["transactions"][0]
    (pending,) = read("refunds/create", payload | {"transactions": [row | {"status": "pending"}]})
    assert pending.amount == 2500
    both = read("refunds/create", payload | {"transactions": [row | {"status": "failure"}]})
    assert [type(fact) for fact in both] == [OrderRefunded, RefundFailed]
    assert both[1].key == f"refund_failed:{payload['id']}"
    assert both[0] == pending
    rows = [row | {"status": "error"}, row | {"id": 5}]
    (again,) = read("refunds/create", payload | {"transactions": rows})
    assert again == pending


def test_a_refunded_gift_card_takes_nothing_back() -> None:
    order = order_of(lines=[{"price": "50.00", "quantity": 1, "gift_card": True}], tax_rate="0")
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    assert [base for _, base in fact.lines] == [0]
    assert fact.named_amount == 5000


def test_a_refund_in_the_buyers_currency_is_read_in_the_shops() -> None:
    order = order_of(presentment_currency="JPY", rate="162.37")
    fact = refunded(refund_of(order, items={order["line_items"][0]["id"]: 2}))
    assert (fact.amount, fact.currency) == (5000, "EUR")


def test_shipping_named_the_old_way_is_named_too() -> None:
    order = order_of()
    payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
    bag = {"shop_money": {"amount": "-4.90", "currency_code": "EUR"}}
    payload["order_adjustments"] = [{"kind": "shipping_refund", "amount_set": bag}]
    payload["transactions"][0]["amount"] = "29.90"
    fact = refunded(payload)
    assert (fact.amount, fact.named_amount) == (2990, 2990)


_LINE = st.builds(
    lambda price, quantity, gift: {
        "price": f"{price // 100}.{price % 100:02}",
        "quantity": quantity,
        "gift_card": gift == 3,
    },
    st.integers(1, 99_999),
    st.integers(1, 9),
    st.integers(0, 3),
)
_LINES = st.lists(_LINE, min_size=1, max_size=5)
_CUT = st.builds(
    lambda kind, value: {"code": f"C{value}", kind: str(value)},
    st.sampled_from(["percent", "amount"]),
    st.integers(1, 100),
)


@pytest.fixture(scope="module")
def long_oracle() -> Iterator[Any]:
    with support.running_oracle() as oracle:
        yield oracle


@settings(max_examples=150, deadline=None)
@given(
    lines=_LINES,
    discounts=st.lists(_CUT, max_size=2),
    included=st.booleans(),
    rate=st.sampled_from(["0", "0.07", "0.19", "0.255"]),
    seed=st.integers(0, 2**32),
)
def test_bases_agree_with_the_sum_by_hand_and_refunds_return_them(
    long_oracle: Any, lines: Any, discounts: Any, included: bool, rate: str, seed: int
) -> None:
    chance = random.Random(seed)
    order = order_of(lines=lines, discounts=discounts, taxes_included=included, tax_rate=rate)
    fact = paid(order)
    by_hand = bases_by_hand(order)
    assert {line.ref: line.base for line in fact.lines} == {
        ref: cents(base) for ref, base in by_hand.items()
    }
    assert sum(line.base for line in fact.lines) <= fact.total
    left = {line["id"]: line["quantity"] for line in order["line_items"]}
    taken = dict.fromkeys(by_hand, 0)
    long_oracle.orders[order["id"]] = order
    adapter = support.platform(long_oracle)
    while any(left.values()):
        items = {ref: chance.randint(0, count) for ref, count in left.items()}
        items = {ref: count for ref, count in items.items() if count}
        if not items:
            continue
        left = {ref: count - items.get(ref, 0) for ref, count in left.items()}
        payload = PAY.add_refund(order, items=items)
        for one in read("refunds/create", PAY.public(payload), adapter):
            for ref, base in one.lines:
                taken[ref] += base
    worth = {line["id"]: line["_net"] + line["_tax"] for line in order["line_items"]}
    for line in fact.lines:
        if worth[int(line.ref)]:
            assert taken[line.ref] == line.base


# --- what a refund leaves out is asked for


def test_a_refund_whose_sums_leave_doubt_asks_for_the_order() -> None:
    with support.running_oracle() as oracle:
        order = order_of(taxes_included=False)
        oracle.orders[order["id"]] = order
        payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
        adapter = support.platform(oracle)
        sure = refunded(payload, adapter)
        assert oracle.log == []
        vague = copy.deepcopy(payload)
        vague["transactions"][0]["amount"] = "28.00"
        assert refunded(vague, adapter) == sure
        foreign = copy.deepcopy(payload)
        foreign["transactions"][0] |= {"amount": "4712", "currency": "JPY"}
        assert refunded(foreign, adapter) == sure
        assert len(oracle.log) == 2


def test_a_refund_that_the_order_does_not_show_yet_is_tried_again() -> None:
    with support.running_oracle() as oracle:
        order = order_of(taxes_included=False)
        oracle.orders[order["id"]] = order
        payload = PAY.public(refund_of(order, items={order["line_items"][0]["id"]: 1}))
        payload["transactions"][0]["amount"] = "28.00"
        order["refunds"].clear()
        adapter = support.platform(oracle)
        with pytest.raises(PlatformUnavailableError, match="does not show"):
            read("refunds/create", payload, adapter)
        oracle.orders.clear()
        with pytest.raises(PlatformRefusedError, match="read_all_orders"):
            read("refunds/create", payload, adapter)


# --- looked up, the same facts


def same_facts(oracle: Any, order: Any, payloads: list[Any]) -> None:
    adapter = support.platform(oracle)
    heard = list(read("orders/paid", PAY.public(payloads[0]), adapter))
    for payload in payloads[1:]:
        heard += read("refunds/create", PAY.public(payload), adapter)
    found = adapter.find_order(str(order["id"]))
    assert [fact.key for fact in found] == [fact.key for fact in heard]
    assert [fact.body() for fact in found] == [fact.body() for fact in heard]
    assert list(found) == heard


@pytest.mark.parametrize("included", [True, False])
def test_an_order_asked_for_is_the_order_heard_of(included: bool) -> None:
    with support.running_oracle() as oracle:
        order = order_of(
            taxes_included=included,
            lines=[
                {"price": "19.99", "quantity": 3, "variant_id": 50001, "product_id": 9001},
                {"price": "50.00", "quantity": 1, "gift_card": True},
                {"price": "5.00", "quantity": 1, "title": "Tip"},
            ],
            discounts=[{"code": "B", "percent": "15"}, {"code": "A", "amount": "2.50"}],
            note_attributes={"_liveshop": "sealed:chk_9"},
            cart_token="hWNabc",
            presentment_currency="JPY",
            rate="160.01",
        )
        order["line_items"][2] |= {"requires_shipping": False, "taxable": False}
        order["total_tip_received"] = "5.00"
        oracle.orders[order["id"]] = order
        first = copy.deepcopy(order)
        shirt = order["line_items"][0]["id"]
        back = [
            refund_of(order, items={shirt: 1}),
            refund_of(order, items={shirt: 1}, amount="10.00"),
            refund_of(order, shipping="4.90"),
            refund_of(order, amount="1.00"),
            refund_of(order, items={order["line_items"][2]["id"]: 1}),
        ]
        back[3]["transactions"][0]["status"] = "failure"
        back[0]["refund_shipping_lines"] = []
        same_facts(oracle, order, [first, *back])


def test_the_whole_story_in_any_order_gives_one_set_of_facts() -> None:
    want: dict[str, Any] = {}
    for seed in range(12):
        events = PAY.story(id=4711, lines=[{"id": 1, "price": "25.00", "quantity": 2}]) * 2
        random.Random(seed).shuffle(events)
        facts = {
            fact.key: fact.body()
            for event in events
            for fact in read(event["topic"], event["payload"])
        }
        kinds = sorted(key.partition(":")[0] for key in facts)
        assert kinds == ["order", "refund", "refund"]
        assert sum(body["amount"] for key, body in facts.items() if key[:6] == "refund") == 5490
        bases = [line[1] for key, body in facts.items() if key[0] == "r" for line in body["lines"]]
        assert sum(bases) == facts["order:4711"]["lines"][0]["base"] == 4202
        order = facts["order:4711"]
        assert want.setdefault("order", order) == order


def test_orders_of_many_lines_are_read_to_the_last() -> None:
    with support.running_oracle() as oracle:
        order = order_of(lines=[{"price": "1.00", "quantity": 1}] * 95, shipping="0")
        oracle.orders[order["id"]] = order
        first = copy.deepcopy(order)
        refund = refund_of(order, items={line["id"]: 1 for line in order["line_items"]})
        same_facts(oracle, order, [first, refund])
        assert len(oracle.log) == 3 + 3 + 1


def test_what_is_not_there_or_not_paid_gives_nothing() -> None:
    with support.running_oracle() as oracle:
        adapter = support.platform(oracle)
        for ref in ("", "x", "-1", "1.5", "٣", "9" * 20, "gid://shopify/Order/1"):
            assert adapter.find_order(ref) == ()
        assert oracle.log == []
        assert adapter.find_order("123") == ()
        order = order_of(financial_status="authorized")
        oracle.orders[order["id"]] = order
        assert adapter.find_order(str(order["id"])) == ()


# --- disputes

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
