"""Who is credited, cell by cell."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import pytest

from liveshop_sdk.affiliate.agreements import Agreement
from liveshop_sdk.affiliate.attribution import Policy, attribute
from liveshop_sdk.affiliate.commission import commission_lines
from liveshop_sdk.affiliate.terms import DEFAULT_HOLD
from liveshop_sdk.errors import PolicyInvalidError
from liveshop_sdk.facts import Claim, Evidence, HostShare
from liveshop_sdk.money import Rate
from tests.properties.test_accrual_rules import story_of

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


# --- link x coupon x host x window x platform: every cell there is
#
# One stream of sixty days, "drop", and Mika's link to it. Coupons are Mika's or Lena's, on
# "drop" or on "rerun". Every visit lies at the very edge of the thirty days.


class Cell(NamedTuple):
    link: str
    coupon: str
    host: str
    window: str
    platform: str


OPENS = datetime(2026, 9, 1, 18, tzinfo=UTC)
PAID_AT = {  # the stream closes on day 60, its last link a week later
    "during": OPENS + timedelta(days=40),
    "after": OPENS + timedelta(days=65),
    "beyond look-back": OPENS + timedelta(days=120),
}
VISITS = {  # what came back with the order, and how long before the payment it was opened
    "no link": None,
    "checkout ref": ("checkout_ref", MONTH),
    "cart token": ("cart_token", MONTH),
    "link outside look-back": ("checkout_ref", LATE),
}
CODES: dict[str, list[tuple[str, str]]] = {  # whose codes the order used, oldest first
    "no coupon": [],
    "same creator and stream": [("mika", "drop")],
    "another creator": [("lena", "drop")],
    "another stream": [("mika", "rerun")],
    "two coupons": [("lena", "drop"), ("mika", "drop")],
}
HOSTS = {  # the shares that the hosts of both streams have agreed on
    "host with a share": (HostShare(creator="mika", weight=3), HostShare(creator="lena", weight=2)),
    "host without a share": (),
    # Neither link nor coupon is made for such a creator; the decision does not lean on that.
    "not a host": (HostShare(creator="ana", weight=3), HostShare(creator="ben", weight=2)),
}
PLATFORMS = ("sandbox", "stripe", "shopify")
CELLS = [Cell(*words) for words in product(VISITS, CODES, HOSTS, PAID_AT, PLATFORMS)]


def impossible(cell: Cell) -> str:
    """Say why a cell cannot come about, or nothing."""
    if cell.link == "cart token" and cell.platform != "shopify":
        return "only Shopify has carts with a token"
    if cell.coupon == "two coupons" and cell.platform != "shopify":
        return "one code per checkout there"
    if cell.link in ("checkout ref", "cart token") and cell.window == "beyond look-back":
        return "a visit that counts is no older than the look-back"
    return ""


def test_impossible_cells_are_counted_by_their_reason() -> None:
    assert len(CELLS) == 4 * 5 * 3 * 3 * 3 == 540
    assert Counter(map(impossible, CELLS)) == {
        "only Shopify has carts with a token": 5 * 3 * 3 * 2,
        "one code per checkout there": 3 * 3 * 3 * 2,
        "a visit that counts is no older than the look-back": (4 * 3 * 2) + (2 * 5 * 3),
        "": 342,
    }


class Outcome(NamedTuple):
    creator: str | None
    stream: str | None
    reason: str
    lost: list[tuple[str, str]]
    earned: dict[str, int]


def outcome(cell: Cell) -> Outcome:
    """Tell the rule in other words than the code does.

    A code that was used settles it, the oldest if there are several, however long after the
    stream it was paid. Without a code, the visit settles it unless it is too old. Without
    either the sale is nobody's. The rest is kept: a visit that is too old is just that, one
    that speaks for the same creator on the same stream agrees, and all others are outranked.
    """
    is_late = cell.link == "link outside look-back"
    has_visit = cell.link != "no link"
    codes = CODES[cell.coupon]
    if codes:
        creator, stream = codes[0]
        lost = [("coupon", "outranked") for _ in codes[1:]]
        if has_visit:
            is_same = cell.coupon == "same creator and stream"
            why = "outside_lookback" if is_late else "agrees" if is_same else "outranked"
            lost.append(("cart_token" if cell.link == "cart token" else "checkout_ref", why))
        return Outcome(creator, stream, "coupon", lost, earned_by(creator, cell.host))
    if is_late:
        return Outcome(
            None, None, "outside_lookback", [("checkout_ref", "outside_lookback")], earned={}
        )
    if not has_visit:
        return Outcome(None, None, "no_evidence", [], earned={})
    reason = {"checkout ref": "checkout_ref", "cart token": "cart_token"}[cell.link]
    return Outcome("mika", "drop", reason, [], earned_by("mika", cell.host))


def earned_by(creator: str, host: str) -> dict[str, int]:
    """12 % of 49.90 are 5.99: to the one credited, or 3 to 2 among the hosts who share."""
    return {"mika": 359, "lena": 240} if host == "host with a share" else {creator: 599}


def evidence_of(cell: Cell) -> Evidence:
    paid_at = PAID_AT[cell.window]
    claims = [
        Claim(
            source="coupon",
            creator=creator,
            stream=stream,
            touched_at=paid_at,
            coupon_id=f"cpn_{number}",
        )
        for number, (creator, stream) in enumerate(CODES[cell.coupon])
    ]
    if visit := VISITS[cell.link]:
        source, ago = visit
        claims.append(
            Claim(
                source=source,
                creator="mika",
                stream="drop",
                touched_at=paid_at - ago,
                checkout_id="chk_1",
            )
        )
    shares = {"drop": HOSTS[cell.host], "rerun": HOSTS[cell.host]}
    return Evidence(paid_at=paid_at, claims=tuple(claims), shares=shares)


POSSIBLE = [cell for cell in CELLS if not impossible(cell)]


@pytest.mark.parametrize("cell", POSSIBLE, ids=[", ".join(cell) for cell in POSSIBLE])
def test_every_cell(cell: Cell) -> None:
    evidence, wanted = evidence_of(cell), outcome(cell)
    decision = attribute(evidence, Policy())
    claim = decision.claim
    assert (claim and claim.creator, claim and claim.stream) == (wanted.creator, wanted.stream)
    assert decision.reason == wanted.reason
    assert [(lost.claim.source, lost.why) for lost in decision.lost] == wanted.lost
    kept = [lost.claim for lost in decision.lost] + ([claim] if claim else [])
    assert sorted(map(repr, kept)) == sorted(map(repr, evidence.claims))
    is_shared = claim is not None and cell.host == "host with a share"
    assert decision.shares == (HOSTS[cell.host] if is_shared else ())

    # Never two full credits: one creator's terms, and one commission however it is split.
    order = replace(story_of([4990]).order, platform=cell.platform, occurred_at=evidence.paid_at)
    lines = commission_lines(
        order,
        order.lines,
        brand="main",
        decision=decision,
        agreement=Agreement(
            brand="main",
            creator=wanted.creator or "mika",
            version=1,
            rate=Rate.percent("12"),
            hold=DEFAULT_HOLD,
            effective_from=OPENS,
        ),
        withheld="",
    )
    assert {line.creator: line.amount for line in lines} == wanted.earned
    assert len(lines) == len(wanted.earned)
    assert sum(line.amount for line in lines) == (599 if wanted.creator else 0)
    assert {line.credited for line in lines} == ({wanted.creator} if wanted.creator else set())
    assert all(line.line_ref.startswith(f"{cell.platform}:{order.order_ref}/") for line in lines)
