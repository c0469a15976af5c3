"""Who is credited for an order: one pure function and its policy.

The default policy: a coupon of ours bound to a creator and redeemed on the
order wins; else a verified checkout reference, or the token of a cart we made;
else nobody. Campaign parameters and referrers are never evidence: anyone can
write them. One order is credited to one creator, who may share it with hosts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from liveshop_sdk.clock import to_iso, to_micros
from liveshop_sdk.errors import PolicyInvalidError
from liveshop_sdk.facts import Claim, Evidence, HostShare, Json

SOURCES = ("coupon", "checkout_ref", "cart_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How claims are ranked; stored with every decision it makes.

    Attributes:
        ranking: Sources from strongest to weakest; one left out never wins.
        lookback: Longest time from a link's opening to the payment.
        tie: Between claims of one source: the ``last`` touch or the ``first``.
    """

    ranking: tuple[str, ...] = SOURCES
    lookback: timedelta = timedelta(days=30)
    tie: str = "last"

    def __post_init__(self) -> None:
        """Refuse a policy that cannot rank."""
        unknown = [source for source in self.ranking if source not in SOURCES]
        if unknown or len(set(self.ranking)) != len(self.ranking):
            raise PolicyInvalidError(
                problem=f"ranking {list(self.ranking)}",
                expected=f"some of {list(SOURCES)}, each once",
            )
        if self.tie not in ("last", "first"):
            raise PolicyInvalidError(problem=f"tie {self.tie!r}", expected="'last' or 'first'")
        if self.lookback <= timedelta(0):
            raise PolicyInvalidError(
                problem=f"lookback {self.lookback}", expected="a positive length of time"
            )

    def as_json(self) -> dict[str, Json]:
        """Return the policy as it is stored with a decision."""
        return {
            "ranking": list(self.ranking),
            "lookback_us": self.lookback // timedelta(microseconds=1),
            "tie": self.tie,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Policy":
        """Read back what ``as_json`` returned."""
        return cls(
            ranking=tuple(value["ranking"]),
            lookback=timedelta(microseconds=value["lookback_us"]),
            tie=value["tie"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A policy with whose it is; never changed, only followed by another.

    Attributes:
        brand: None for the shop's own, which every brand without one is under.
        version: From 1 for a brand; 0 is the shop's own.
        effective_from: First payment it decides; None for the shop's own.
    """

    brand: str | None
    version: int
    policy: Policy
    effective_from: datetime | None

    def as_json(self) -> dict[str, Json]:
        """Return the policy, and which one it is, as stored with a decision."""
        return self.policy.as_json() | {"brand": self.brand, "version": self.version}


def policy_at(versions: Sequence[PolicyVersion], at: datetime) -> PolicyVersion | None:
    """Pick the newest version that has begun; None before the first."""
    begun = [one for one in versions if one.effective_from and one.effective_from <= at]
    return max(begun, key=lambda one: one.version, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostClaim:
    """A claim that did not win, and why.

    ``why`` is ``agrees`` (same creator and stream as the winner),
    ``outranked``, ``outside_lookback`` or ``source_not_ranked``.
    """

    claim: Claim
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who is credited for an order, why, and who is not.

    ``reason`` is the winning claim's source, or ``no_evidence`` or
    ``outside_lookback`` when nobody is credited. ``shares`` is empty unless
    the credited creator is a host with an agreed share.
    """

    claim: Claim | None
    reason: str
    shares: tuple[HostShare, ...]
    lost: tuple[LostClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A decision as it was stored, for one brand's part of an order.

    Attributes:
        creator: Who is credited; None for nobody.
        reason: The winning claim's source, or why nobody is credited.
        claim: The strongest claim, with its evidence; None without any.
        lost: The other claims, each with ``why`` it lost.
        policy: The policy it was decided with, as ``PolicyVersion.as_json``.
    """

    platform: str
    account: str
    order_ref: str
    brand: str
    creator: str | None
    stream: str | None
    reason: str
    stream_offset_us: int | None
    channel: str
    placement: str
    claim: Mapping[str, Json] | None
    lost: Sequence[Mapping[str, Json]]
    policy: Mapping[str, Json]
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattributed:
    """An order that credits nobody for a brand, and why.

    ``brand`` is ``""`` for items of no brand here.
    """

    platform: str
    account: str
    order_ref: str
    brand: str
    reason: str
    decided_at: datetime

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name, the instant as text."""
        return {
            "platform": self.platform,
            "account": self.account,
            "order_ref": self.order_ref,
            "brand": self.brand,
            "reason": self.reason,
            "decided_at": to_iso(self.decided_at),
        }


def attribute(evidence: Evidence, policy: Policy) -> Decision:
    """Decide who is credited for an order; the order of claims never matters."""
    barred = {claim: _barred(claim, evidence.paid_at, policy) for claim in evidence.claims}
    ranked = sorted(evidence.claims, key=lambda claim: _rank(claim, policy))
    winner = next((claim for claim in ranked if not barred[claim]), None)
    lost = tuple(
        LostClaim(claim=claim, why=barred[claim] or _versus(claim, winner))
        for claim in ranked
        if claim is not winner
    )
    if winner is None:
        late = any(item.why == "outside_lookback" for item in lost)
        reason = "outside_lookback" if late else "no_evidence"
        return Decision(claim=None, reason=reason, shares=(), lost=lost)
    shares = evidence.shares.get(winner.stream or "", ())
    if winner.creator not in {share.creator for share in shares}:
        shares = ()
    return Decision(claim=winner, reason=winner.source, shares=shares, lost=lost)


def _barred(claim: Claim, paid_at: datetime, policy: Policy) -> str:
    if claim.source not in policy.ranking:
        return "source_not_ranked"
    if claim.source != "coupon" and paid_at - claim.touched_at > policy.lookback:
        return "outside_lookback"
    return ""


def _rank(claim: Claim, policy: Policy) -> tuple[int, int, str, str]:
    order = policy.ranking.index(claim.source) if claim.source in policy.ranking else 99
    age = to_micros(claim.touched_at)
    return (
        order,
        -age if policy.tie == "last" else age,
        claim.coupon_id or claim.checkout_id or "",
        repr(claim),  # whatever else tells two claims apart: no tie is left to chance
    )


def _versus(claim: Claim, winner: Claim | None) -> str:
    same = winner and (claim.creator, claim.stream) == (winner.creator, winner.stream)
    return "agrees" if same else "outranked"


def claim_json(claim: Claim) -> dict[str, Json]:
    """Return a claim as it is stored with a decision."""
    return {
        "source": claim.source,
        "creator": claim.creator,
        "stream": claim.stream,
        "touched_at": to_iso(claim.touched_at),
        "code": claim.code,
        "checkout_id": claim.checkout_id,
        "link_id": claim.link_id,
        "channel": claim.channel,
        "placement": claim.placement,
        "stream_offset_us": claim.stream_offset_us,
    }


def lost_json(item: LostClaim) -> dict[str, Json]:
    """Return a losing claim as it is stored, with why it lost."""
    return claim_json(item.claim) | {"why": item.why}
