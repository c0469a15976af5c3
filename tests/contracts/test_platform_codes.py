"""Personal codes are made alike, whatever the platform, and never doubled."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop_sdk.checkout.personal.ports import CodeMaker, CodeRequest, CodesMade
from liveshop_sdk.checkout.ports import CouponRequest
from liveshop_sdk.errors import PlatformRefusedError, PlatformUnavailableError
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.platforms.stripe.codes import StripeCodes
from tests.contracts.platform_venues import (
    SandboxVenue,
    ShopifyVenue,
    StripeVenue,
    Venue,
    checkout,
)
from tests.contracts.test_platform_coupons import offered, provoked, switch
from tests.contracts.test_platforms import made
from tests.platforms import shopify_support
from tests.platforms.stripe_support import running_oracle

__all__ = ["running_oracle"]

BATCH = "cbt_01m3ywbs80e4vv59tdwh9edd1r"
_RUNS = itertools.count(1)


@pytest.fixture(params=["sandbox", "stripe", "shopify"])
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


@pytest.fixture(params=["stripe", "shopify"])
def remote(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made(request.param, request)


@pytest.fixture
def stripe(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made("stripe", request)


@pytest.fixture
def shopify(request: pytest.FixtureRequest) -> Iterator[Venue]:
    yield from made("shopify", request)


def maker(venue: Venue) -> CodeMaker:
    platform: Any = venue.platform
    found: CodeMaker = platform.codes
    return found


def wanted(*numbers: int, turn: int = 0) -> list[CodeRequest]:
    more = f":t{turn}" if turn else ""
    return [
        CodeRequest(
            id=f"{BATCH}:{n}", key=f"{BATCH}:{n}{more}", text=f"MIKA20-{'BCDFG'[turn]}BBBBB{n:04d}"
        )
        for n in numbers
    ]


def add(
    venue: Venue, request: CouponRequest, ref: str, codes: list[CodeRequest], job: str | None = None
) -> CodesMade:
    return maker(venue).add(request, ref=ref, codes=codes, job=job)


def known(venue: Venue) -> list[str]:
    """Return every code at the platform but the coupon's own."""
    if isinstance(venue, SandboxVenue):
        rows = [row for row in venue.store.snapshot() if isinstance(row, tuple)]
        found = [str(row[0]) for row in rows if str(row[2]).startswith("cbt_")]
    elif isinstance(venue, StripeVenue):
        found = [one["code"] for one in venue.oracle.world.all("promotion_code")]
    else:
        assert isinstance(venue, ShopifyVenue)
        found = [c["code"] for one in venue.oracle.discounts.values() for c in one["codes"]]
    return sorted(one for one in found if one != "MIKA20")


def is_usable(venue: Venue, ref: str, code: CodeRequest, told: CodesMade, n: int) -> bool:
    used = told.made[code.id] or ref
    request = checkout(venue, f"chk_{n}", coupon_code=code.text, coupon_ref=used)
    params = venue.platform.prepare_checkout(request)
    try:
        venue.platform.open_checkout(params, key=request.checkout_id)
    except PlatformRefusedError:
        return False
    return True


def test_codes_are_made_and_a_repeat_finds_them(venue: Venue) -> None:
    request, ref = offered(venue)
    codes = wanted(1, 2, 3)
    told = add(venue, request, ref, codes)
    assert (set(told.made), told.taken, told.job) == ({one.id for one in codes}, frozenset(), None)
    assert add(venue, request, ref, codes) == told
    assert add(venue, request, ref, wanted(2, 3, 4)).made.keys() == {
        f"{BATCH}:{n}" for n in (2, 3, 4)
    }
    assert known(venue) == [one.text for one in wanted(1, 2, 3, 4)]
    assert is_usable(venue, ref, codes[0], told, 1)


def test_a_code_that_somebody_has_is_told_apart(venue: Venue) -> None:
    request, ref = offered(venue)
    other, other_ref = offered(venue, coupon_id="cpn_2", code="OTHER")
    (foreign,) = wanted(2)
    theirs = CodeRequest(id="cbt_other:1", key="cbt_other:1", text=foreign.text)
    add(venue, other, other_ref, [theirs])
    told = add(venue, request, ref, wanted(1, 2, 3))
    assert told.taken == {f"{BATCH}:2"}
    assert set(told.made) == {f"{BATCH}:1", f"{BATCH}:3"}
    again = add(venue, request, ref, wanted(2, turn=1))
    assert (set(again.made), again.taken) == ({f"{BATCH}:2"}, frozenset())
    if isinstance(venue, StripeVenue):
        for entry in venue.oracle.world.log:
            assert all("already exists" in one for one in entry["violations"])
            entry["violations"] = []


def test_a_pause_takes_all_codes_along_and_a_resumption_too(venue: Venue) -> None:
    request, ref = offered(venue)
    codes = wanted(1, 2, 3)
    told = add(venue, request, ref, codes)
    usable = []
    for n, wish in enumerate(("pause", "pause", "resume", "resume", "pause", "end")):
        switch(venue, request, wish, ref)
        if wish != "end":
            key = f"cpn_1:{wish}:{n}"
            assert maker(venue).switch(request, wish=wish, key=key, after="") == ""
        usable.append([is_usable(venue, ref, one, told, 10 * n + m) for m, one in enumerate(codes)])
    assert usable == [[on] * 3 for on in (False, False, True, True, False, False)]
    provoked(venue)


def test_a_coupon_that_is_gone_has_no_codes(venue: Venue) -> None:
    request, ref = offered(venue)
    if isinstance(venue, SandboxVenue):
        ref = "sbp_nothing"
    elif isinstance(venue, StripeVenue):
        venue.oracle.sdk().coupons.delete("cpn_1")
    else:
        assert isinstance(venue, ShopifyVenue)
        venue.oracle.discounts.clear()
    with pytest.raises(PlatformRefusedError):
        add(venue, request, ref, wanted(1))
    provoked(venue)
    assert known(venue) == []


def lose(venue: Venue, count: int) -> None:
    """Let what is asked be done, and so many answers be lost."""
    if isinstance(venue, StripeVenue):
        path = "/v1/promotion_codes"
        venue.oracle.tell("fail", path=path, method="POST", count=count, drop=True, after=True)
    else:
        assert isinstance(venue, ShopifyVenue)
        venue.oracle.fail("lost", count, match="LiveshopCodes")


def heal(venue: Venue) -> None:
    if isinstance(venue, StripeVenue):
        venue.oracle.world.fails.clear()
    else:
        assert isinstance(venue, ShopifyVenue)
        venue.oracle.failures.clear()


def hasty(venue: Venue) -> CodeMaker:
    """Return one who does not try again by himself."""
    if isinstance(venue, StripeVenue):
        return venue.oracle.platform(timeouts=(0.5, 0.6), max_network_retries=0).codes
    assert isinstance(venue, ShopifyVenue)
    wire = Wire(timeouts=(0.5, 0.5), patience=2, sleep=shopify_support.Sleeps(), trust_env=False)
    return shopify_support.platform(venue.oracle, wire=wire).codes


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_a_lost_answer_is_made_good_by_the_same_call(remote: Venue, answers: int) -> None:
    request, ref = offered(remote)
    codes, one = wanted(1, 2, 3), hasty(remote)
    lose(remote, answers)
    with pytest.raises(PlatformUnavailableError):
        one.add(request, ref=ref, codes=codes, job=None)
    heal(remote)
    told = one.add(request, ref=ref, codes=codes, job=None)
    assert (set(told.made), told.taken) == ({each.id for each in codes}, frozenset())
    assert known(remote) == [each.text for each in codes]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_number_ends_as_exactly_one_code(remote: Venue, data: st.DataObject) -> None:
    """Whatever answers are lost, and whatever codes others have."""
    run = next(_RUNS)
    request, ref = offered(remote, coupon_id=f"cpn_{run}", code=f"RUN{run}")
    other, other_ref = offered(remote, coupon_id=f"cpx_{run}", code=f"ELSE{run}")
    one, before = hasty(remote), set(known(remote))
    left = dict.fromkeys(range(1, 6), 0)

    def code(n: int, turn: int) -> CodeRequest:
        more = f":t{turn}" if turn else ""
        name = f"cbt_{run}:{n}"
        return CodeRequest(id=name, key=name + more, text=f"R{run}-BB{turn}{n}")

    foreign = data.draw(st.sets(st.integers(1, 5)))
    theirs = [
        CodeRequest(id=f"x{run}:{n}", key=f"x{run}:{n}", text=code(n, 0).text) for n in foreign
    ]
    if theirs:
        add(remote, other, other_ref, theirs)
    for lost in (*data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4)), 0, 0, 0):
        if not left:
            break
        if lost:
            lose(remote, lost)
        asked = [code(n, turn) for n, turn in left.items()]
        try:
            told = one.add(request, ref=ref, codes=asked, job=None)
        except PlatformUnavailableError:
            continue
        finally:
            heal(remote)
        left = {n: t for n, t in left.items() if f"cbt_{run}:{n}" not in told.made}
        left = {n: t + (f"cbt_{run}:{n}" in told.taken) for n, t in left.items()}
    assert left == {}
    now = [text for text in known(remote) if text not in before]
    turns = {n: int(n in foreign) for n in range(1, 6)}
    ours = [code(n, turn).text for n, turn in turns.items()]
    assert sorted(now) == sorted(
        {f"ELSE{run}", f"RUN{run}"} & set(now) | set(ours) | {each.text for each in theirs}
    )
    if isinstance(remote, StripeVenue):
        for entry in remote.oracle.world.log:
            entry["violations"] = [x for x in entry["violations"] if "already exists" not in x]


# --- what only one of them does


def test_stripe_gives_each_code_one_use_of_the_coupons_own(stripe: Venue) -> None:
    assert isinstance(stripe, StripeVenue)
    request, ref = offered(stripe)
    codes = wanted(1, 2)
    told = add(stripe, request, ref, codes)
    found = {one["id"]: one for one in stripe.oracle.world.all("promotion_code")}
    for code in codes:
        one = found[str(told.made[code.id])]
        assert (one["max_redemptions"], one["promotion"]["coupon"]) == (1, "cpn_1")
        assert one["metadata"] == {"liveshop": "cpn_1", "liveshop_code": code.id}
        assert one["expires_at"] == int(request.ends_at.timestamp())
    keys = [
        entry["headers"]["Idempotency-Key"]
        for entry in stripe.oracle.world.log
        if (entry["method"], entry["path"]) == ("POST", "/v1/promotion_codes")
    ]
    assert keys[1:] == [one.key for one in codes]


def test_stripe_counts_all_codes_of_a_coupon(stripe: Venue) -> None:
    request, ref = offered(stripe)
    codes = wanted(1, 2)
    told = add(stripe, request, ref, codes)
    for n, (text, used) in enumerate(
        [(one.text, told.made[one.id]) for one in codes] + [("", ref)]
    ):
        asked = checkout(stripe, f"chk_{n}", coupon_code=text or "MIKA20", coupon_ref=used)
        params = stripe.platform.prepare_checkout(asked)
        stripe.pay(stripe.platform.open_checkout(params, key=asked.checkout_id))
    assert stripe.platform.coupon_uses(ref) == 3
    maker(stripe).switch(request, wish="pause", key="cpn_1:pause:1", after="")
    maker(stripe).switch(request, wish="resume", key="cpn_1:resume:2", after="")
    assert not is_usable(stripe, ref, codes[0], told, 9)  # it had its one use
    provoked(stripe)


def test_stripe_goes_on_where_the_time_was_over(stripe: Venue) -> None:
    assert isinstance(stripe, StripeVenue)
    request, ref = offered(stripe)
    seconds = iter(range(0, 10_000, 4))
    slow = StripeCodes(stripe.oracle.platform()._calls, ticks=lambda: next(seconds))
    codes = wanted(*range(1, 6))
    first = slow.add(request, ref=ref, codes=codes, job=None)
    assert [len(first.made), len(known(stripe))] == [2, 2]
    rest = [one for one in codes if one.id not in first.made]
    while rest:
        told = slow.add(request, ref=ref, codes=rest, job=None)
        rest = [one for one in rest if one.id not in told.made]
    assert len(known(stripe)) == 5
    after, steps = "", 0
    while after or not steps:
        key = f"cpn_1:pause:{steps}"
        after, steps = slow.switch(request, wish="pause", key=key, after=after), steps + 1
    assert steps == 4  # of six codes, two at a time
    assert [one for one in stripe.oracle.world.all("promotion_code") if one["active"]] == []


def test_stripe_keeps_what_was_made_before_it_was_busy(stripe: Venue) -> None:
    assert isinstance(stripe, StripeVenue)
    request, ref = offered(stripe)
    codes = wanted(*range(1, 13))
    stripe.oracle.tell("limit", per_second=3)
    told = add(stripe, request, ref, codes)
    assert sorted(told.made) == sorted(one.id for one in codes[: len(told.made)])
    stripe.oracle.tell("limit", per_second=None)
    rest = add(stripe, request, ref, codes[len(told.made) :])
    assert told.made.keys() | rest.made.keys() == {one.id for one in codes}
    assert known(stripe) == [one.text for one in codes]
    for entry in stripe.oracle.world.log:
        entry["violations"] = [one for one in entry["violations"] if "limit" not in one]


def test_shopify_is_asked_again_for_what_it_is_still_doing(shopify: Venue) -> None:
    assert isinstance(shopify, ShopifyVenue)
    request, ref = offered(shopify)
    codes = wanted(1, 2)
    resolvers = shopify_support.oracle_modules()[1]
    real, asked = resolvers.admin_discountRedeemCodeBulkCreation, []

    def slow(ctx: Any, id: str) -> Any:  # noqa: A002
        asked.append(id)
        return {**real(ctx, id), "done": len(asked) > 3}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolvers, "admin_discountRedeemCodeBulkCreation", slow)
        one, jobs = hasty(shopify), []  # with no time to ask a second time
        told = one.add(request, ref=ref, codes=codes, job=None)
        while told.job is not None:
            assert (told.made, told.taken) == ({}, frozenset())
            jobs.append(told.job)
            told = one.add(request, ref=ref, codes=codes, job=told.job)
    assert set(told.made) == {each.id for each in codes}
    assert (len(jobs), set(jobs), len(asked)) == (3, set(asked), 4)
    assert known(shopify) == [one.text for one in codes]


def test_a_job_that_shopify_does_not_show_is_begun_anew(shopify: Venue) -> None:
    request, ref = offered(shopify)
    gone = "gid://shopify/DiscountRedeemCodeBulkCreation/999999"
    told = add(shopify, request, ref, wanted(1, 2), gone)
    assert set(told.made) == {f"{BATCH}:1", f"{BATCH}:2"}


def test_shopify_takes_250_at_once(shopify: Venue) -> None:
    request, ref = offered(shopify)
    codes = wanted(*range(1, maker(shopify).portion + 1))
    assert len(add(shopify, request, ref, codes).made) == len(codes) == 250
    assert len(add(shopify, request, ref, codes).made) == 250  # all looked up, fifty at a time
    assert len(known(shopify)) == 250
