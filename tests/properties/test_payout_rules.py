"""Payout rules for any amounts, and for any history of a desk."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from liveshop_sdk.affiliate.fx.models import FxRate, parts_of
from liveshop_sdk.affiliate.payouts.amounts import reserved, withheld_of
from liveshop_sdk.affiliate.payouts.ports import Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError, PayoutStateError, PlatformUnavailableError
from liveshop_sdk.money import MAX_AMOUNT, Money
from tests import schema
from tests.contracts.payout_support import LEASES_END, Till, read, till

AMOUNTS = st.integers(0, 10**9)
NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)


@given(payable=AMOUNTS, bps=st.integers(0, 9_999), step=st.sampled_from([1, 10, 100]))
def test_the_most_that_fits_is_reserved(payable: int, bps: int, step: int) -> None:
    amount, withheld = reserved(payable, bps=bps, step=step)
    assert 0 <= withheld <= amount <= payable
    assert (amount - withheld) % step == 0
    if amount:
        assert withheld == withheld_of(amount, bps) < amount
    for more in range(amount + 1, min(payable, amount + 3 * step) + 1):
        left = more - withheld_of(more, bps)
        assert left % step != 0 or left == 0


@given(payable=AMOUNTS)
def test_without_tax_and_steps_all_of_it_is_reserved(payable: int) -> None:
    assert reserved(payable, bps=0, step=1) == (payable, 0)


@given(
    amount=st.integers(0, 10**9),
    num=st.integers(1, 10**6),
    den=st.integers(1, 10**6),
    pair=st.sampled_from([("EUR", "USD"), ("EUR", "JPY"), ("JPY", "KWD"), ("KWD", "JPY")]),
)
def test_a_conversion_is_off_by_half_a_minor_unit_at_most(
    amount: int, num: int, den: int, pair: tuple[str, str]
) -> None:
    base, quote = pair
    decimals = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
    rate = FxRate(base=base, quote=quote, num=num, den=den, as_of=NOW, source="t")
    scaled = amount * num * 10 ** decimals[quote]
    unit = den * 10 ** decimals[base]
    if scaled // unit >= MAX_AMOUNT:
        return
    found = rate.convert(Money(amount, base))
    assert found.currency == quote
    assert -unit <= 2 * (scaled - found.amount * unit) < unit
    assert rate.reduced().convert(Money(amount, base)) == found


@given(whole=st.integers(0, 10**6), decimals=st.integers(0, 10**6 - 1))
def test_a_rate_is_read_exactly(whole: int, decimals: int) -> None:
    num, den = parts_of(f"{whole}.{decimals:06}")
    assert num * 10**6 == (whole * 10**6 + decimals) * den


# --- any history

CREATORS = ("ana", "ben")
SAID = st.sampled_from(["sent", "sent", "lost", "silent", "waiting", "refused", "unclear"])
STEPS = st.one_of(
    st.tuples(st.just("earn"), st.sampled_from(CREATORS), st.integers(1, 5_000)),
    st.tuples(st.just("refund"), st.sampled_from(CREATORS), st.integers(1, 5_000)),
    st.tuples(st.just("plan"), st.just(""), st.integers(1, 2_000)),
    st.tuples(st.sampled_from(["approve", "reject"]), st.just(""), st.integers(0, 9)),
    st.tuples(st.just("send"), SAID, st.integers(0, 9)),
    st.tuples(st.sampled_from(["fail", "confirm", "return"]), st.just(""), st.integers(0, 5_000)),
)


def said(desk: Till, what: str) -> None:
    down = PlatformUnavailableError(platform="stripe", problem="no answer")
    if what == "lost":
        desk.rail.after = [down]
    elif what == "silent":
        desk.rail.says = [down]
    elif what == "waiting":
        desk.rail.says = [Outcome(verdict="waiting", problem="not ready")]
    elif what == "refused":
        desk.rail.says = [Outcome(verdict="refused", problem="no account")]
    elif what == "unclear":
        desk.rail.says = [Outcome(verdict="unclear", problem="used up")]


def refund(desk: Till, creator: str, amount: int) -> None:
    """Take commission back as the reconciler does: from what is payable, then as a debt."""
    payable = -desk.standing().get(f"creator:{creator}:payable USD", 0)
    part = min(amount, payable)
    lines = [(f"{creator}:payable", part), (f"{creator}:clawback_receivable", amount - part)]
    own = [line for line in lines if line[1]]
    desk.post("refund", *own, ("brand:commission_expense", -amount))


def earn(desk: Till, creator: str, amount: int) -> None:
    owed = desk.standing().get(f"creator:{creator}:clawback_receivable USD", 0)
    part = min(amount, owed)
    pending = f"{creator}:pending"
    desk.post("sale", ("brand:commission_expense", amount), (pending, -amount))
    lines = [(f"{creator}:clawback_receivable", -part), (f"{creator}:payable", part - amount)]
    desk.post("release", (pending, amount), *[line for line in lines if line[1]])


def take(desk: Till, step: str, what: str, number: int) -> None:
    batches = desk.payouts.batches()
    items = [item for batch in batches for item in desk.payouts.batch(batch.id)[1]]
    if step == "earn":
        earn(desk, what, number)
    elif step == "refund":
        refund(desk, what, number)
    elif step == "plan":
        before = desk.standing()
        for item in desk.payouts.plan(rail="stripe", by="u1", minimum=number).items:
            assert item.amount == -before[f"creator:{item.creator}:payable USD"]
    elif step == "approve" and batches:
        desk.payouts.approve(batches[number % len(batches)].id, by="u2")
    elif step == "reject" and batches:
        desk.payouts.reject(batches[number % len(batches)].id, by="u2", reason="r")
    elif step == "send":
        said(desk, what)
        desk.payouts.send(by="u2")
        desk.rail.says, desk.rail.after = [], []
    elif items:
        item = items[number % len(items)]
        if step == "fail":
            desk.payouts.fail(item.id, by="u2", reason="r")
        elif step == "confirm":
            desk.payouts.confirm(item.id, by="u2")
        else:
            desk.payouts.returned(item.id, by="u2", reason="r", amount=1 + number % 50)


@settings(max_examples=40)
@given(steps=st.lists(STEPS, min_size=5, max_size=30))
def test_any_history_keeps_items_ledger_and_rail_in_step(
    steps: list[tuple[str, str, int]],
) -> None:
    db = Database.connect("sqlite://")
    schema.build(db)
    desk = till(db, ManualClock(NOW))
    for creator in CREATORS:
        desk.pay(creator, f"acct_{creator}")
    for step, what, number in steps:
        desk.clock.advance(timedelta(seconds=1))
        with suppress(PayoutStateError):
            take(desk, step, what, number)
        problems = [one.problem for one in desk.payouts.reconcile()]
        # What only the rail knows of yet, because its answer was lost.
        assert [one for one in problems if "but the rail has tr_" not in one] == []
    desk.clock.advance(LEASES_END)
    for batch in desk.payouts.batches():
        with suppress(LiveShopError):
            desk.payouts.approve(batch.id, by="u2")
    desk.payouts.send(by="u2")
    assert desk.holds()
    refs = [sent["item"] for sent in _sent(desk)]
    assert len(refs) == len(set(refs))
    standing = desk.standing()
    assert not any(":in_transit" in account for account in standing)
    assert sum(standing.values()) == 0
    db.dispose()


def _sent(desk: Till) -> list[dict[str, object]]:
    return [read(params) for _ref, params in desk.rail.made.values()]
