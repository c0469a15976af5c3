"""One order, one credit: whatever the claims and in whatever order they are found."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import SOURCES, Policy, attribute
from liveshop_sdk.affiliate.commission import commission_lines
from liveshop_sdk.affiliate.terms import DEFAULT_HOLD
from liveshop_sdk.facts import Claim, Evidence, HostShare
from liveshop_sdk.money import Rate, half_up
from tests.properties.test_accrual_rules import story_of

PAID = datetime(2026, 10, 2, 18, tzinfo=UTC)
CREATORS = ("ana", "ben", "eve")
SHARES = {
    "solo": (),
    "duo": (HostShare(creator="ana", weight=3), HostShare(creator="ben", weight=2)),
}


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    source = draw(st.sampled_from(SOURCES))
    ago = draw(st.sampled_from([0, 1, 1, 29, 30, 31]))
    number = draw(st.integers(1, 3))
    is_coupon = source == "coupon"
    return Claim(
        source=source,
        creator=draw(st.sampled_from(CREATORS)),
        stream=draw(st.sampled_from(["solo", "duo", *([] if is_coupon else [None])])),
        touched_at=PAID - timedelta(days=0 if is_coupon else ago),
        coupon_id=f"cpn_{number}" if is_coupon else None,
        checkout_id=None if is_coupon else f"chk_{number}",
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    ranking = draw(st.permutations(SOURCES))
    return Policy(
        ranking=tuple(ranking[: draw(st.integers(0, 3))]),
        lookback=timedelta(days=draw(st.integers(1, 40))),
        tie=draw(st.sampled_from(["last", "first"])),
    )


def evidence(found: list[Claim]) -> Evidence:
    return Evidence(paid_at=PAID, claims=tuple(found), shares=SHARES)


@given(st.lists(claims(), max_size=5), policies(), st.randoms())
def test_the_order_of_claims_never_matters(
    found: list[Claim], policy: Policy, chance: Random
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert attribute(evidence(found), policy) == attribute(evidence(shuffled), policy)


@given(st.lists(claims(), max_size=5), policies())
def test_every_claim_wins_or_is_kept_with_a_reason(found: list[Claim], policy: Policy) -> None:
    decision = attribute(evidence(found), policy)
    kept = [lost.claim for lost in decision.lost] + ([decision.claim] if decision.claim else [])
    assert sorted(map(repr, kept)) == sorted(map(repr, found))
    reasons = {"agrees", "outranked", "outside_lookback", "source_not_ranked"}
    assert {lost.why for lost in decision.lost} <= reasons


@given(st.lists(claims(), max_size=5), policies(), st.integers(0, 9_999), st.integers(0, 10_000))
def test_never_two_full_credits(found: list[Claim], policy: Policy, base: int, bps: int) -> None:
    decision = attribute(evidence(found), policy)
    story = story_of([base], rate=Rate.bps(bps))
    lines = commission_lines(
        story.order,
        story.order.lines,
        brand="main",
        decision=decision,
        agreement=Agreement(
            brand="main",
            creator="ana",
            version=1,
            rate=Rate.bps(bps),
            hold=DEFAULT_HOLD,
            effective_from=PAID,
        ),
        withheld="",
    )
    earned = half_up(base * bps, 10_000) if decision.claim else 0
    assert sum(line.amount for line in lines) == earned
    assert {line.credited for line in lines} == (
        {decision.claim.creator} if decision.claim else set()
    )
