"""What a comparison with the platform found: ``shop.reconcile`` returns it."""

from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.checkout.ports import Finding, Unreadable
from liveshop_sdk.clock import to_iso
from liveshop_sdk.edits import OrderEdited, UnitsTakenOff
from liveshop_sdk.facts import DisputeOpened, Fact, Json, OrderPaid, OrderRefunded
from liveshop_sdk.money import Money
from liveshop_sdk.shop.coupon_uses import CouponUses

LISTED = 1_000
"""How many differences are kept one by one; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One fact in which platform and log differ.

    Attributes:
        what: ``missing`` (the platform has it, we do not), ``extra`` (the
            other way round) or ``different`` (other money under one key).
        key: Of the fact, such as ``refund:re_1``.
        occurred_at: None where the platform's object cannot be read.
        amount: Of the sale, its change, refund or dispute, as the platform has it; as we
            have it where it is extra.
        is_fixed: It was missing, and is recorded and posted now.
        problem: In what it differs, or why it was not posted; may be ``""``.
    """

    what: str
    key: str
    order_ref: str
    occurred_at: datetime | None = None
    amount: Money | None = None
    is_fixed: bool = False
    problem: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name; instants are RFC 3339, money is nested."""
        return {
            "what": self.what,
            "key": self.key,
            "order_ref": self.order_ref,
            "occurred_at": to_iso(self.occurred_at) if self.occurred_at else None,
            "amount": dict(self.amount.as_json()) if self.amount else None,
            "fixed": self.is_fixed,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How platform and log compare; counts are of facts.

    Attributes:
        checked: Facts of ours that the platform tells.
        missing: Those that were not recorded, ``fixed`` of them now.
        extra: Facts recorded that the platform does not have.
        different: Facts that both have, with other money.
        discrepancies: The first `LISTED` of them.
        coupons: Those the platform counted more often than orders are known.
            Neither these nor the endpoints make this less ``ok``.
        endpoints: What is wrong with what should send webhooks here.
    """

    since: datetime
    until: datetime
    checked: int
    missing: int
    extra: int
    different: int
    fixed: int
    discrepancies: tuple[Discrepancy, ...]
    coupons: tuple[CouponUses, ...] = ()
    endpoints: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is left that differs."""
        return self.missing == self.fixed and not self.extra and not self.different

    def as_json(self) -> dict[str, Json]:
        """Return counts and differences by name."""
        return {
            "ok": self.ok,
            "since": to_iso(self.since),
            "until": to_iso(self.until),
            "checked": self.checked,
            "missing": self.missing,
            "extra": self.extra,
            "different": self.different,
            "fixed": self.fixed,
            "discrepancies": [one.as_json() for one in self.discrepancies],
            "coupons": [one.as_json() for one in self.coupons],
            "endpoints": [one.as_json() for one in self.endpoints],
        }


@dataclass(slots=True)
class Tally:
    """Counts while a comparison runs."""

    checked: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    listed: list[Discrepancy] = field(default_factory=list)

    def agree_or_not(self, ours: Fact, told: Fact) -> None:
        """Count a fact that both know."""
        self.checked += 1
        problem = differs(ours, told)
        if problem:
            self._add(_about("different", told, problem=problem))

    def missing(self, one: Fact | Unreadable, *, is_fixed: bool, problem: str) -> None:
        """Count what only the platform knows; posted if there was no problem."""
        self.checked += 1
        if isinstance(one, Fact):
            is_fixed = is_fixed and not problem
            self._add(_about("missing", one, is_fixed=is_fixed, problem=problem))
        else:
            key, ref, why = one.key, one.order_ref, f"it cannot be read: {one.problem}"
            self._add(Discrepancy(what="missing", key=key, order_ref=ref, problem=why))

    def only_ours(self, fact: Fact) -> None:
        """Count what only we know."""
        self._add(_about("extra", fact))

    def report(
        self,
        since: datetime,
        until: datetime,
        coupons: tuple[CouponUses, ...],
        endpoints: tuple[Finding, ...],
    ) -> Reconciliation:
        """Return what was counted."""
        found = {name: self.counts.get(name, 0) for name in _COUNTED}
        return Reconciliation(
            since=since,
            until=until,
            checked=self.checked,
            discrepancies=tuple(self.listed),
            coupons=coupons,
            endpoints=endpoints,
            **found,
        )

    def _add(self, found: Discrepancy) -> None:
        for name in (found.what, *(["fixed"] * found.is_fixed)):
            self.counts[name] = self.counts.get(name, 0) + 1
        if len(self.listed) < LISTED:
            self.listed.append(found)


_COUNTED = ("missing", "extra", "different", "fixed")


def differs(ours: Fact, told: Fact) -> str:
    """Say in what two facts of one key differ; ``""`` where their essence is one."""
    if (ours.kind, ours.order_ref) != (told.kind, told.order_ref):
        return f"it is recorded as {ours.kind} of {ours.order_ref}"
    known, now = ours.essence(), told.essence()
    names = [name for name in known if known[name] != now[name]]
    if not names:
        return ""
    amount = _amount(ours)
    recorded = f", recorded: {amount}" if amount is not None and amount != _amount(told) else ""
    return f"in {', '.join(names)}{recorded}"


def _about(what: str, fact: Fact, *, is_fixed: bool = False, problem: str = "") -> Discrepancy:
    return Discrepancy(
        what=what,
        key=fact.key,
        order_ref=fact.order_ref,
        occurred_at=fact.occurred_at,
        amount=_amount(fact),
        is_fixed=is_fixed,
        problem=problem,
    )


def _amount(fact: Fact) -> Money | None:
    if isinstance(fact, OrderPaid):
        return Money(fact.total, fact.currency)
    if isinstance(fact, OrderRefunded | DisputeOpened):
        return Money(fact.amount, fact.currency)
    if isinstance(fact, OrderEdited):
        return Money(fact.total, fact.currency)
    if isinstance(fact, UnitsTakenOff):
        return Money(fact.worth, fact.currency)
    return None
