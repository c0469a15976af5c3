"""Coupons: two objects at Stripe, made once, and never somebody else's."""

import json
from typing import Any

import pytest

from liveshop_sdk.errors import MoneyStepError, PlatformRefusedError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.stripe.coupons import percent_text
from tests.platforms import stripe_support as support
from tests.platforms.stripe_support import Oracle, coupon, platform_at

running_oracle = support.running_oracle
oracle = support.oracle


def test_the_parameters_name_our_coupon_twice() -> None:
    request = coupon()
    ends = int(request.ends_at.timestamp())
    assert json.loads(platform_at(None).prepare_coupon(request)) == {
        "coupon": {
            "id": "cpn_1",
            "duration": "once",
            "name": "Friday drop",
            "percent_off": "20",
            "max_redemptions": 500,
            "redeem_by": ends,
            "metadata": {"liveshop": "cpn_1"},
        },
        "promotion_code": {
            "promotion": {"type": "coupon", "coupon": "cpn_1"},
            "code": "MIKA20",
            "expires_at": ends,
            "max_redemptions": 500,
            "metadata": {"liveshop": "cpn_1"},
        },
    }


@pytest.mark.parametrize(
    ("bps", "text"), [(1, "0.01"), (10, "0.1"), (1250, "12.5"), (2000, "20"), (10_000, "100")]
)
def test_percentages_are_exact(bps: int, text: str) -> None:
    assert percent_text(bps) == text


@pytest.mark.parametrize(
    ("off", "sent"), [(Money(500, "EUR"), 500), (Money(500, "JPY"), 500), (Money(5, "ISK"), 500)]
)
def test_amounts_are_written_as_stripe_counts(off: Money, sent: int) -> None:
    text = platform_at(None).prepare_coupon(coupon(percent_bps=None, amount_off=off, limit=None))
    terms = json.loads(text)["coupon"]
    assert (terms["amount_off"], terms["currency"]) == (sent, off.currency.lower())
    assert "max_redemptions" not in terms
    assert "percent_off" not in terms


def test_an_amount_stripe_cannot_carry_is_refused() -> None:
    with pytest.raises(MoneyStepError):
        platform_at(None).prepare_coupon(coupon(percent_bps=None, amount_off=Money(5, "KWD")))


@pytest.mark.parametrize(
    "changes",
    [{}, {"percent_bps": 1250}, {"percent_bps": None, "amount_off": Money(500, "EUR")}],
)
def test_a_coupon_is_made_once(oracle: Oracle, changes: dict[str, Any]) -> None:
    platform = oracle.platform()
    params = platform.prepare_coupon(coupon(title="y" * 60, **changes))
    ref = platform.create_coupon(params, key="cpn_1")
    assert platform.create_coupon(params, key="cpn_1") == ref
    (promotion,) = oracle.world.all("promotion_code")
    assert ref == json.dumps(
        {"coupon": "cpn_1", "promotion_code": promotion["id"]}, separators=(",", ":")
    )
    assert oracle.world.objs["cpn_1"]["times_redeemed"] == 0
    keys = [one["headers"]["Idempotency-Key"] for one in oracle.sent("/v1/")]
    assert keys == ["cpn_1:coupon", "cpn_1:promo"] * 2


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/promotion_codes"])
def test_a_lost_answer_makes_no_second_coupon(oracle: Oracle, path: str) -> None:
    platform = oracle.platform()
    oracle.tell("fail", path=path, after=True, drop=True, count=1)
    platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    assert len(oracle.world.all("coupon")) == len(oracle.world.all("promotion_code")) == 1


def test_after_the_keys_are_forgotten_ours_is_found(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    params = platform.prepare_coupon(coupon(percent_bps=1250))
    ref = platform.create_coupon(params, key="cpn_1")
    oracle.world.idem.clear()
    assert platform.create_coupon(params, key="cpn_1") == ref
    assert len(oracle.world.all("promotion_code")) == 1


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/promotion_codes"])
@pytest.mark.parametrize("was_made", [True, False])
def test_a_stored_failure_is_got_over(oracle: Oracle, path: str, was_made: bool) -> None:
    platform = oracle.platform()
    headers = {"Idempotent-Replayed": "true", "Stripe-Should-Retry": "false"}
    oracle.tell(
        "fail", path=path, method="POST", status=500, after=was_made, count=1, headers=headers
    )
    platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    assert len(oracle.world.all("coupon")) == len(oracle.world.all("promotion_code")) == 1
    last = oracle.sent(path)[-1]["headers"]["Idempotency-Key"]
    assert last.endswith(":2") is not was_made


def test_a_code_of_somebody_else_is_refused(oracle: Oracle) -> None:
    oracle.is_provoked = True
    theirs = oracle.sdk().coupons.create({"percent_off": 5})
    oracle.sdk().promotion_codes.create(
        {"code": "mika20", "promotion": {"type": "coupon", "coupon": theirs.id}}
    )
    platform = oracle.platform()
    with pytest.raises(PlatformRefusedError) as refused:
        platform.create_coupon(platform.prepare_coupon(coupon()), key="cpn_1")
    assert refused.value.vendor_code == "resource_already_exists"
    assert len(oracle.world.all("promotion_code")) == 1


def test_our_id_with_other_terms_is_refused(oracle: Oracle) -> None:
    oracle.is_provoked = True
    platform = oracle.platform()
    request = coupon()
    platform.create_coupon(platform.prepare_coupon(request), key="cpn_1")
    oracle.world.idem.clear()
    other = platform.prepare_coupon(coupon(percent_bps=3000, ends_at=request.ends_at))
    with pytest.raises(PlatformRefusedError):
        platform.create_coupon(other, key="cpn_1")
    assert oracle.world.objs["cpn_1"]["percent_off"] == 20
