"""Answers that are not as documented never become money (pure, no oracle)."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.clock import from_seconds
from liveshop_sdk.facts import DisputeOpened, OrderRefunded
from liveshop_sdk.money import MAX_AMOUNT
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError
from liveshop_sdk.platforms.stripe.reading import Reader
from tests.platforms.stripe_support import FakeSeals

READER = Reader(account="acct_1", seals=FakeSeals())
CREATED = 1_790_000_000

SESSION: dict[str, Any] = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "mode": "payment",
    "payment_status": "paid",
    "status": "complete",
    "livemode": True,
    "created": CREATED,
    "currency": "eur",
    "amount_subtotal": 9980,
    "amount_total": 8900,
    "client_reference_id": "chk_1",
    "metadata": {"liveshop": "sealed:chk_1"},
    "total_details": {"amount_discount": 1580, "amount_shipping": 500, "amount_tax": 1421},
    "customer_details": {"email": "ana@example.com", "address": {"country": "DE"}},
    "discounts": [
        {
            "coupon": None,
            "promotion_code": {
                "id": "promo_1",
                "code": "Mika20",
                "promotion": {"type": "coupon", "coupon": "cpn_1"},
            },
        }
    ],
    "payment_intent": {
        "id": "pi_1",
        "object": "payment_intent",
        "latest_charge": {"id": "ch_1", "created": CREATED + 60},
    },
    "line_items": {
        "object": "list",
        "has_more": False,
        "data": [
            {
                "id": "li_1",
                "currency": "eur",
                "quantity": 2,
                "description": "Tee",
                "metadata": {"sku": "sku_tee"},
                "price": {"id": "price_1", "tax_behavior": "inclusive"},
                "amount_subtotal": 9980,
                "amount_discount": 1580,
                "amount_tax": 1341,
                "amount_total": 8400,
            }
        ],
    },
}


def as_the_sdk_gives_it(raw: dict[str, Any]) -> Obj:
    """Through a real StripeObject, since tests with plain dicts hide its traps."""
    made: Any = stripe.StripeObject.construct_from(copy.deepcopy(raw), "sk_test_x")
    plain: Obj = made.to_dict()
    return plain


def test_tax_inside_the_price_is_not_commissioned() -> None:
    order = READER.order(as_the_sdk_gives_it(SESSION))
    assert (order.total, order.shipping, order.tax, order.tax_included) == (8900, 500, 1421, True)
    (line,) = order.lines
    assert (line.gross, line.discount, line.tax, line.base) == (9980, 1580, 1341, 7059)
    assert order.occurred_at == from_seconds(CREATED + 60)
    assert (order.market, order.is_test) == ("DE", False)
    assert order.coupon_refs == ("promo_1", '{"coupon":"cpn_1","promotion_code":"promo_1"}')
    assert order.codes == ("Mika20",)
    assert (order.checkout_id, order.customer_key) == ("chk_1", "key:ana@example.com")


def test_tax_on_top_is_told_from_the_sums() -> None:
    raw = copy.deepcopy(SESSION)
    raw["amount_total"] = 8900 + 1421
    raw["line_items"]["data"][0]["amount_total"] = 8400 + 1341
    order = READER.order(raw)
    assert (order.tax_included, order.lines[0].base) == (False, 8400)


def test_a_bare_coupon_and_unexpanded_codes_are_named() -> None:
    raw = {
        **SESSION,
        "discounts": [
            {"coupon": "cpn_9", "promotion_code": None},
            {"coupon": None, "promotion_code": "promo_2"},
            {"coupon": None, "promotion_code": None},
        ],
    }
    order = READER.order(raw)
    assert (order.coupon_refs, order.codes) == (("cpn_9", "promo_2"), ())


def test_hundredths_of_a_krona_are_rounded_in_parts_only() -> None:
    raw = copy.deepcopy(SESSION)
    raw |= {"currency": "isk", "amount_total": 169_100, "amount_subtotal": 199_000}
    raw["total_details"] = {"amount_discount": 29_850, "amount_shipping": None, "amount_tax": 0}
    money = {"amount_subtotal": 199_000, "amount_discount": 29_850, "amount_total": 169_150}
    raw["line_items"]["data"][0] |= {"currency": "isk", "amount_tax": 0, **money}
    order = READER.order(raw)
    assert (order.total, order.lines[0].discount, order.lines[0].base) == (1691, 299, 1692)
    with pytest.raises(ShapeError):
        READER.order({**raw, "amount_total": 169_150})


def changed(path: str, value: object) -> dict[str, Any]:
    raw = copy.deepcopy(SESSION)
    cursor: Any = raw
    *parents, last = path.split(".")
    for name in parents:
        cursor = cursor[int(name)] if name.isdigit() else cursor[name]
    cursor[last] = value
    return raw


LINE = "line_items.data.0"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("amount_total", -1),
        ("amount_total", 89.0),
        ("amount_total", True),
        ("amount_total", "8900"),
        ("amount_total", None),
        ("amount_total", MAX_AMOUNT + 1),
        ("amount_total", 100),
        ("currency", "usd"),
        ("currency", "xxz"),
        ("currency", None),
        ("payment_intent.latest_charge", {"created": "now"}),
        ("payment_intent.latest_charge", {"created": 2**60}),
        (f"{LINE}.description", "Tee\0"),
        (f"{LINE}.description", "Tee\ud800"),
        ("line_items.data", []),
        ("line_items.data", "x"),
        ("line_items", None),
        (f"{LINE}.amount_total", 2**70),
        (f"{LINE}.amount_total", -8400),
        (f"{LINE}.amount_tax", 8401),
        (f"{LINE}.currency", "usd"),
        (f"{LINE}.id", None),
        (f"{LINE}.quantity", -1),
        ("total_details.amount_tax", "19 %"),
        ("metadata", ["liveshop"]),
        ("discounts", [None]),
        ("customer_details", "ana"),
    ],
)
def test_a_sale_of_another_shape_is_refused(path: str, value: object) -> None:
    with pytest.raises(ShapeError):
        READER.order(changed(path, value))


PATHS = [*SESSION, "payment_intent.id", "payment_intent.latest_charge", "line_items.data"]
PATHS += [f"{LINE}.{name}" for name in SESSION["line_items"]["data"][0]]
PATHS += [f"total_details.{name}" for name in SESSION["total_details"]]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=400)
@given(path=st.sampled_from(PATHS), value=ODD)
def test_mutants_are_refused_or_harmless(path: str, value: object) -> None:
    try:
        order = READER.order(changed(path, value))
    except ShapeError:
        return
    assert order.currency == "EUR"
    assert 0 <= order.total <= MAX_AMOUNT
    assert sum(line.base for line in order.lines) <= order.total + len(order.lines)
    assert all(line.base >= 0 and line.quantity >= 0 for line in order.lines)
    assert order.checkout_id in ("chk_1", None)
    assert order.order_ref


@given(status=st.sampled_from(["succeeded", "needs_response"]), amount=ODD, currency=ODD)
def test_money_back_is_exact_or_refused(status: str, amount: object, currency: object) -> None:
    raw = {"id": "x_1", "status": status, "created": CREATED}
    for read, kind in ((READER.refund, OrderRefunded), (READER.dispute_opened, DisputeOpened)):
        try:
            found: Any = read({**raw, "amount": amount, "currency": currency}, "pi_1")
        except ShapeError:
            continue
        found = found[0] if isinstance(found, tuple) and found else found
        assert found == () or (isinstance(found, kind) and 0 <= found.amount <= MAX_AMOUNT)


def test_when_a_refund_failed_is_taken_from_the_money() -> None:
    raw = {"id": "re_1", "status": "canceled", "created": CREATED, "currency": "eur"}
    moved = datetime(2026, 10, 3, tzinfo=UTC)
    assert READER.refund(raw, "pi_1", failed_at=moved)[0].occurred_at == moved
    assert READER.refund(raw, "pi_1")[0].occurred_at == from_seconds(CREATED)
