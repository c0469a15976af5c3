"""Who is credited, cell by cell."""

from datetime import UTC, datetime, timedelta

import pytest

from liveshop_sdk.affiliate.attribution import Policy, attribute
from liveshop_sdk.errors import PolicyInvalidError
from liveshop_sdk.facts import Claim, Evidence, HostShare

PAID = datetime(2026, 10, 2, 18, tzinfo=UTC)
MONTH = timedelta(days=30)
SHARES = {
    "solo": (),
    "duo": (HostShare(creator="ana", weight=3), HostShare(creator="ben", weight=2)),
}


def coupon(creator: str, stream: str = "solo", ident: str = "cpn_1") -> Claim:
    return Claim(
        source="coupon", creator=creator, stream=stream, touched_at=PAID, coupon_id=ident, code="C"
    )


def link(
    creator: str,
    stream: str | None = "solo",
    *,
    ago: timedelta = timedelta(minutes=5),
    source: str = "checkout_ref",
    ident: str = "chk_1",
) -> Claim:
    return Claim(
        source=source, creator=creator, stream=stream, touched_at=PAID - ago, checkout_id=ident
    )


def cart(creator: str, *, ago: timedelta = timedelta(minutes=5)) -> Claim:
    return link(creator, ago=ago, source="cart_token")


def decide(*claims: Claim, policy: Policy | None = None) -> tuple[str | None, str, list[str]]:
    """Return who is credited, the reason, and why each other claim lost."""
    evidence = Evidence(paid_at=PAID, claims=claims, shares=SHARES)
    decision = attribute(evidence, policy or Policy())
    creator = decision.claim.creator if decision.claim else None
    return creator, decision.reason, [lost.why for lost in decision.lost]


LATE = MONTH + timedelta(microseconds=1)
# What was found on the order                    -> who, reason, why the others lost
TABLE = {
    "nothing": ([], (None, "no_evidence", [])),
    "link": ([link("ana")], ("ana", "checkout_ref", [])),
    "link without a stream": ([link("ana", None)], ("ana", "checkout_ref", [])),
    "link, opened at the last instant": ([link("ana", ago=MONTH)], ("ana", "checkout_ref", [])),
    "link, opened too long ago": (
        [link("ana", ago=LATE)],
        (None, "outside_lookback", ["outside_lookback"]),
    ),
    "link, by a clock that runs ahead": (
        [link("ana", ago=timedelta(seconds=-2))],
        ("ana", "checkout_ref", []),
    ),
    "cart of ours": ([cart("ana")], ("ana", "cart_token", [])),
    "cart of ours, too long ago": (
        [cart("ana", ago=LATE)],
        (None, "outside_lookback", ["outside_lookback"]),
    ),
    "link and cart": ([cart("ana"), link("ben")], ("ben", "checkout_ref", ["outranked"])),
    "late link and cart": (
        [cart("ana"), link("ben", ago=LATE)],
        ("ana", "cart_token", ["outside_lookback"]),
    ),
    "coupon alone": ([coupon("ana")], ("ana", "coupon", [])),
    "coupon and link agree": ([link("ana"), coupon("ana")], ("ana", "coupon", ["agrees"])),
    "coupon against link": ([link("ben"), coupon("ana")], ("ana", "coupon", ["outranked"])),
    "coupon, same creator, other stream": (
        [link("ana", "duo"), coupon("ana")],
        ("ana", "coupon", ["outranked"]),
    ),
    "coupon and late link": (
        [link("ben", ago=LATE), coupon("ana")],
        ("ana", "coupon", ["outside_lookback"]),
    ),
    "two coupons": (
        [coupon("ben", ident="cpn_2"), coupon("ana", ident="cpn_1")],
        ("ana", "coupon", ["outranked"]),
    ),
    "two coupons and a link": (
        [link("eve"), coupon("ben", ident="cpn_2"), coupon("ana", ident="cpn_1")],
        ("ana", "coupon", ["outranked", "outranked"]),
    ),
    "two links, last touch": (
        [link("ana", ago=timedelta(days=2)), link("ben", ago=timedelta(days=1), ident="chk_2")],
        ("ben", "checkout_ref", ["outranked"]),
    ),
}


@pytest.mark.parametrize(("claims", "expected"), TABLE.values(), ids=TABLE)
def test_the_decision_table(
    claims: list[Claim], expected: tuple[str | None, str, list[str]]
) -> None:
    assert decide(*claims) == expected
    assert decide(*reversed(claims)) == expected


# Claimed by            -> the shares that the credited order is split by
HOST_TABLE = {
    "a host with a share, by coupon": (coupon("ana", "duo"), SHARES["duo"]),
    "a host with a share, by link": (link("ben", "duo"), SHARES["duo"]),
    "a host without a share keeps it whole": (coupon("eve", "duo"), ()),
    "a stream without shares": (coupon("ana", "solo"), ()),
    "no stream": (link("ana", None), ()),
    "a stream nobody knows": (link("ana", "gone"), ()),
}


@pytest.mark.parametrize(("claim", "shares"), HOST_TABLE.values(), ids=HOST_TABLE)
def test_who_shares(claim: Claim, shares: tuple[HostShare, ...]) -> None:
    decision = attribute(Evidence(paid_at=PAID, claims=(claim,), shares=SHARES), Policy())
    assert decision.shares == shares


POLICIES = {
    "links before coupons": (
        Policy(ranking=("checkout_ref", "coupon")),
        ("ben", "checkout_ref", ["outranked"]),
    ),
    "coupons only": (Policy(ranking=("coupon",)), ("ana", "coupon", ["source_not_ranked"])),
    "links only": (
        Policy(ranking=("checkout_ref",)),
        ("ben", "checkout_ref", ["source_not_ranked"]),
    ),
    "carts only": (
        Policy(ranking=("cart_token",)),
        (None, "no_evidence", ["source_not_ranked", "source_not_ranked"]),
    ),
    "nothing": (Policy(ranking=()), (None, "no_evidence", ["source_not_ranked"] * 2)),
    "links within two minutes": (
        Policy(ranking=("checkout_ref",), lookback=timedelta(minutes=2)),
        (None, "outside_lookback", ["outside_lookback", "source_not_ranked"]),
    ),
}


@pytest.mark.parametrize(("policy", "expected"), POLICIES.values(), ids=POLICIES)
def test_other_policies(policy: Policy, expected: tuple[str | None, str, list[str]]) -> None:
    assert decide(coupon("ana"), link("ben"), policy=policy) == expected


def test_the_first_touch_may_win_instead() -> None:
    early = link("ana", ago=timedelta(days=2))
    late = link("ben", ago=timedelta(days=1), ident="chk_2")
    assert decide(early, late, policy=Policy(tie="last"))[0] == "ben"
    assert decide(early, late, policy=Policy(tie="first"))[0] == "ana"


def test_claims_alike_in_all_that_ranks_them_lose_in_one_order() -> None:
    alike = (link("ana", None), link("ana", "duo"), link("ana", "solo"), cart("ana"))
    policy = Policy(ranking=())
    found = attribute(Evidence(paid_at=PAID, claims=alike, shares={}), policy)
    assert attribute(Evidence(paid_at=PAID, claims=alike[::-1], shares={}), policy) == found


def test_losing_claims_are_kept_whole() -> None:
    claims = (link("ben"), coupon("ana"))
    decision = attribute(Evidence(paid_at=PAID, claims=claims, shares={}), Policy())
    assert [lost.claim for lost in decision.lost] == [link("ben")]


def test_a_policy_is_stored_as_it_was() -> None:
    assert Policy(ranking=("coupon",), tie="first").as_json() == {
        "ranking": ["coupon"],
        "lookback_us": 30 * 86_400 * 1_000_000,
        "tie": "first",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"ranking": ("utm",)},
        {"ranking": ("coupon", "coupon")},
        {"tie": "middle"},
        {"lookback": timedelta(0)},
    ],
    ids=["unknown source", "source twice", "tie", "no time"],
)
def test_a_policy_that_cannot_rank_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(PolicyInvalidError):
        Policy(**wrong)  # type: ignore[arg-type]
