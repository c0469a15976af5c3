"""What payouts refuse: with a code, and with nothing written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from liveshop_sdk.affiliate.payouts.ports import Outcome
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database
from liveshop_sdk.errors import LiveShopError, PlatformUnavailableError
from liveshop_sdk.money import Money
from tests.contracts.payout_support import LEASES_END, Till, payouts_of, till


@pytest.fixture
def desk(db: Database, clock: ManualClock) -> Till:
    desk = till(db, clock)
    desk.earn("ana", 1200)
    desk.pay("ana")
    return desk


def refused(desk: Till, code: str, call: Callable[[], Any]) -> LiveShopError:
    """Expect a refusal with this code that wrote nothing."""
    before, root = desk.shop.counts(), desk.shop.live.ledger.head()
    with pytest.raises(LiveShopError) as caught:
        call()
    assert caught.value.code == code
    assert (desk.shop.counts(), desk.shop.live.ledger.head()) == (before, root)
    return caught.value


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ("rail_unknown", {"rail": "pigeon"}),
        ("rail_unknown", {"rail": "sepa"}),
        ("over_payout", {"amounts": {"ana": 1201}}),
        ("payout_amount", {"amounts": {"ana": 0}}),
        ("payout_amount", {"amounts": {"ana": -5}}),
        ("payout_amount", {"minimum": 0}),
        ("payout_amount", {"minimum": -1}),
        ("payout_amount", {"minimum": True}),
        ("payout_amount", {"minimum": 10**15}),
        ("payee_unknown", {"amounts": {"ben": 5}}),
        ("payee_unknown", {"amounts": {"nobody": 5}}),
        ("brand_not_found", {"brand": "other"}),
        ("currency_unknown", {"currency": "usd"}),
        ("record_invalid", {"by": " "}),
        ("record_invalid", {"by": "a\nb"}),
        ("record_invalid", {"by": "x" * 81}),
    ],
)
def test_a_plan_that_cannot_be(desk: Till, code: str, plan: dict[str, Any]) -> None:
    refused(desk, code, lambda: desk.payouts.plan(**{"rail": "stripe", "by": "u1", **plan}))


def test_a_second_person_approves_once(desk: Till) -> None:
    batch, _ = desk.planned(by="Uma")
    refused(desk, "self_approval", lambda: desk.payouts.approve(batch.id, by=" uma "))
    refused(desk, "record_invalid", lambda: desk.payouts.approve(batch.id, by=""))
    refused(desk, "payout_state", lambda: desk.payouts.send(batch.id, by="u2"))
    assert desk.payouts.send(by="u2").sent == 0
    desk.payouts.approve(batch.id, by="u2")
    for again in ("u2", "u3"):
        refused(desk, "payout_state", lambda: desk.payouts.approve(batch.id, by=again))  # noqa: B023
    refused(desk, "payout_state", lambda: desk.payouts.reject(batch.id, by="u3", reason="no"))
    decided = [*desk.shop.live.ledger.entries()][-1]
    assert (decided.kind, decided.event_id) == ("annotation", f"approved:{batch.id}")
    assert (decided.created_by, decided.approved_by) == ("Uma", "u2")


def test_a_small_batch_may_be_one_persons_if_that_was_set(desk: Till) -> None:
    alone = payouts_of(desk.shop, desk.rail, alone_up_to=(Money(1199, "USD"),))
    plan = alone.plan(rail="stripe", by="u1")
    assert plan.batch is not None
    batch = plan.batch
    refused(desk, "self_approval", lambda: alone.approve(batch.id, by="u1"))
    alone = payouts_of(desk.shop, desk.rail, alone_up_to=(Money(1200, "USD"),))
    assert alone.approve(batch.id, by="u1").state == "approved"


def test_a_rejected_batch_is_over(desk: Till) -> None:
    batch, (item,) = desk.planned()
    before = desk.standing()
    refused(desk, "record_invalid", lambda: desk.payouts.reject(batch.id, by="u1", reason=""))
    desk.payouts.reject(batch.id, by="u1", reason="not this month")
    assert desk.standing() != before
    assert desk.standing()["creator:ana:payable USD"] == -1200
    refused(desk, "payout_state", lambda: desk.payouts.approve(batch.id, by="u2"))
    refused(desk, "payout_state", lambda: desk.payouts.reject(batch.id, by="u2", reason="again"))
    for step in STEPS.values():
        refused(desk, "payout_state", lambda: step(desk, item.id))  # noqa: B023
    assert desk.holds()


STEPS: dict[str, Callable[[Till, str], Any]] = {
    "fail": lambda desk, item: desk.payouts.fail(item, by="u2", reason="r"),
    "confirm": lambda desk, item: desk.payouts.confirm(item, by="u2"),
    "return": lambda desk, item: desk.payouts.returned(item, by="u2", reason="r"),
}
ALLOWED = {
    "planned": set(),
    "approved": {"fail"},
    "sent": {"confirm", "return"},
    "paid": {"return"},
    "failed": set(),
    "returned": set(),
}


@pytest.mark.parametrize("state", ALLOWED)
def test_every_step_from_every_state(desk: Till, state: str) -> None:
    batch, (item,) = desk.planned()
    if state != "planned":
        desk.payouts.approve(batch.id, by="u2")
    if state == "failed":
        STEPS["fail"](desk, item.id)
    elif state in ("sent", "paid", "returned"):
        desk.payouts.send(by="u2")
    if state in ("paid", "returned"):
        STEPS["confirm" if state == "paid" else "return"](desk, item.id)
    for name in STEPS.keys() - ALLOWED[state]:
        refused(desk, "payout_state", lambda: STEPS[name](desk, item.id))  # noqa: B023
    assert desk.holds()


@pytest.mark.parametrize("amount", [0, -1, 1201, True, 10**18])
def test_no_more_comes_back_than_was_sent(desk: Till, amount: int) -> None:
    _, (item,) = desk.approved()
    desk.payouts.send(by="u2")
    refused(
        desk,
        "payout_amount",
        lambda: desk.payouts.returned(item.id, by="u2", reason="r", amount=amount),
    )


def test_unknown_ids_and_terms(desk: Till) -> None:
    p = desk.payouts
    calls: list[Callable[[], Any]] = [
        lambda: p.approve("bat_x", by="u2"),
        lambda: p.reject("bat_x", by="u2", reason="r"),
        lambda: p.send("bat_x", by="u2"),
        lambda: p.batch("bat_x"),
        lambda: p.confirm("pay_x", by="u2"),
        lambda: p.fail("pay_x", by="u2", reason="r"),
        lambda: p.returned("pay_x", by="u2", reason="r"),
    ]
    for call in calls:
        refused(desk, "payout_unknown", call)
    refused(desk, "payout_amount", lambda: p.send(by="u2", fee=-1))
    refused(desk, "currency_unknown", lambda: p.send(by="u2", pay_in="XYZ"))


@pytest.mark.parametrize(
    ("code", "rail", "fields"),
    [
        ("rail_unknown", "pigeon", {"account": "a"}),
        ("payee_invalid", "stripe", {}),
        ("payee_invalid", "stripe", {"account": "ba_1"}),
        ("payee_invalid", "stripe", {"account": "acct_1", "iban": "x"}),
        ("payee_invalid", "stripe", {"account": "acct_" + "x" * 140}),
        ("payee_invalid", "sandbox", {"account": "a\x00b"}),
        ("payee_invalid", "paypal", {"wallet": "PAYPAL"}),
    ],
)
def test_details_that_no_rail_can_use(
    desk: Till, code: str, rail: str, fields: dict[str, str]
) -> None:
    error = refused(desk, code, lambda: desk.payouts.set_payee("ben", rail=rail, fields=fields))
    assert not any(value in str(error) for value in fields.values() if len(value) > 1)


def test_details_show_nowhere(desk: Till) -> None:
    desk.payouts.set_payee("ana", rail="stripe", fields={"account": "acct_secret"})
    (payee,) = desk.payouts.payees("ana")
    _, (item,) = desk.approved()
    desk.payouts.send(by="u2")
    shown = repr(payee) + repr(desk.item(item.id)) + str(payee.as_json())
    shown += str(desk.item(item.id).as_json())
    shown += "".join(repr(entry) for entry in desk.shop.live.ledger.entries())
    assert "acct_secret" not in shown
    assert "acct_secret" in str(desk.item(item.id).params)


def test_a_hold_stops_planning_and_sending(desk: Till) -> None:
    desk.payouts.hold("ana", rail="stripe", reason="papers missing")
    plan = desk.payouts.plan(rail="stripe", by="u1")
    assert (plan.batch, plan.skipped) == (None, (("ana", "held"),))
    desk.payouts.hold("ana", rail="stripe", reason="")
    _, (item,) = desk.approved()
    desk.payouts.hold("ana", rail="stripe", reason="papers missing")
    assert desk.payouts.send(by="u2").waiting == 1
    assert "on hold" in desk.item(item.id).problem
    assert (desk.rail.asked, desk.item(item.id).state) == ([], "created")
    desk.payouts.hold("ana", rail="stripe", reason="")
    assert desk.payouts.send(by="u2").sent == 1
    refused(desk, "payee_unknown", lambda: desk.payouts.hold("ben", rail="stripe", reason="r"))


def test_who_has_too_little_waits(desk: Till) -> None:
    desk.earn("ben", 99)
    desk.pay("ben", "acct_2")
    plan = desk.payouts.plan(rail="stripe", by="u1", minimum=100)
    assert [item.creator for item in plan.items] == ["ana"]
    assert plan.skipped == (("ben", "below_minimum"),)
    assert desk.payouts.plan(rail="stripe", by="u1", minimum=100).batch is None


def test_a_rail_is_paid_in_its_steps(desk: Till) -> None:
    desk.earn("ben", 12_345, currency="HUF")
    desk.pay("ben", "acct_2")
    batch, (item,) = desk.planned(currency="HUF")
    assert (batch.amount, item.amount) == (12_300, 12_300)
    assert desk.standing()["creator:ben:payable HUF"] == -45
    plan = desk.payouts.plan(rail="stripe", by="u1", currency="HUF")
    assert (plan.batch, plan.skipped) == (None, (("ben", "below_step"),))


# --- what a rail says


def test_what_cannot_be_sent_now_is_tried_again_with_another_key(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.rail.says = [Outcome(verdict="waiting", problem="balance_insufficient")]
    assert desk.payouts.send(by="u2").waiting == 1
    assert (desk.item(item.id).state, desk.item(item.id).problem) == (
        "created",
        "balance_insufficient",
    )
    desk.payouts.set_payee("ana", rail="stripe", fields={"account": "acct_new"})
    assert desk.payouts.send(by="u2").sent == 1
    assert [key for key, _ in desk.rail.asked] == [item.id, f"{item.id}:2"]
    assert "acct_new" in desk.rail.asked[1][1]
    assert desk.holds()


def test_a_lost_answer_is_asked_for_before_anything_is_sent_again(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.rail.after = [PlatformUnavailableError(platform="stripe", problem="no answer")]
    assert desk.payouts.send(by="u2").unknown == 1
    assert "no answer" in desk.item(item.id).problem
    assert [d.problem for d in desk.payouts.reconcile()] == [
        "it is created, but the rail has tr_1 for it"
    ]
    refused(desk, "payout_state", lambda: STEPS["fail"](desk, item.id))
    assert desk.payouts.send(by="u2").sent == 1
    assert len(desk.rail.asked) == 1
    assert desk.item(item.id).rail_ref == "tr_1"
    assert desk.holds()


def test_what_is_sent_while_its_rail_is_asked_is_not_given_up(desk: Till) -> None:
    _, (item,) = desk.approved()
    down = PlatformUnavailableError(platform="stripe", problem="no answer")
    desk.rail.says = [down]
    desk.payouts.send(by="u2")
    find, desk.rail.after = desk.rail.find, [down]

    def slow(params: str) -> Outcome | None:
        found = find(params)
        desk.rail.find = find  # type: ignore[method-assign]
        desk.payouts.send(by="u3")
        return found

    desk.rail.find = slow  # type: ignore[method-assign]
    with pytest.raises(LiveShopError) as caught:
        STEPS["fail"](desk, item.id)
    assert caught.value.code == "payout_busy"
    assert desk.payouts.send(by="u2").sent == 1
    assert desk.holds()


def test_a_request_that_never_arrived_is_repeated_byte_by_byte(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.rail.says = [PlatformUnavailableError(platform="stripe", problem="no answer")]
    assert desk.payouts.send(by="u2").unknown == 1
    desk.payouts.set_payee("ana", rail="stripe", fields={"account": "acct_new"})
    assert desk.payouts.send(by="u2").sent == 1
    assert desk.rail.asked[0] == desk.rail.asked[1] == (item.id, desk.item(item.id).params)


def test_a_key_that_is_used_up_is_not_used_again_before_a_look(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.rail.says = [Outcome(verdict="unclear", problem="it repeats a failure")]
    params = None
    assert desk.payouts.send(by="u2").waiting == 1
    params = desk.item(item.id).params
    assert desk.payouts.send(by="u2").sent == 1
    assert desk.rail.found == [item.id]
    assert desk.rail.asked[1] == (f"{item.id}:2", params)


def test_a_rail_that_is_down_is_left_alone(desk: Till) -> None:
    for number in range(5):
        creator = f"c{number}"
        desk.shop.live.creators.add(creator, rate="10%")
        desk.earn(creator, 100)
        desk.pay(creator, f"acct_c{number}")
    batch, _ = desk.approved()
    down = PlatformUnavailableError(platform="stripe", problem="no answer")
    desk.rail.says = [down] * 3
    report = desk.payouts.send(batch.id, by="u2")
    assert (report.unknown, report.left, len(desk.rail.asked)) == (3, 3, 3)
    assert desk.payouts.send(batch.id, by="u2").sent == 6
    assert desk.holds()


def test_what_somebody_else_sends_is_left_to_them(desk: Till) -> None:
    _, (item,) = desk.approved()
    with desk.shop.db.transaction() as tx:
        sending = desk.payouts._sending
        held = sending.claim(tx, item.id, desk.rail, pay_in=None, fee=0)
    assert held is not None
    assert desk.payouts.send(by="u2").busy == 1
    refused(desk, "payout_busy", lambda: STEPS["fail"](desk, item.id))
    desk.clock.advance(LEASES_END)
    assert sending.ask(held, desk.rail) is None  # its sender sleeps too long, and must not call
    assert desk.payouts.send(by="u2").sent == 1
    with desk.shop.db.transaction() as tx:
        late = Outcome(verdict="sent", ref="tr_9")
        assert not sending.record(tx, held, late, by="u1")
        assert not sending.record(tx, held, Outcome(verdict="refused"), by="u1")
    assert desk.item(item.id).rail_ref == "tr_1"
    assert desk.holds()


def test_a_hand_that_changes_an_item_is_seen(desk: Till) -> None:
    _, (item,) = desk.approved()
    desk.payouts.send(by="u2")
    assert desk.payouts.reconcile() == []
    with desk.shop.db.transaction() as tx:
        tx.exec_driver_sql("UPDATE ls_payout_item SET state = 'failed', rail_ref = NULL")
    assert [(d.item, d.problem) for d in desk.payouts.reconcile()] == [
        (item.id, "it is failed, the ledger has payout_created, payout_sent"),
        (item.id, "it is failed, but the rail has tr_1 for it"),
    ]
    with desk.shop.db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM ls_payout_item")
        tx.exec_driver_sql("DELETE FROM ls_payout_batch")
    assert [d.problem for d in desk.payouts.reconcile()] == [
        "the ledger has it, but there is no such item"
    ]


def test_a_rail_that_has_two_or_another_is_seen(desk: Till) -> None:
    desk.approved()
    desk.payouts.send(by="u2")
    key, (_ref, params) = next(iter(desk.rail.made.items()))
    desk.rail.made["twin"] = ("tr_2", params)
    assert [d.problem for d in desk.payouts.reconcile()] == [
        "the rail has 2 transfers for it: tr_1, tr_2"
    ]
    desk.rail.made = {key: ("tr_1", params.replace('"amount":1200', '"amount":1201'))}
    assert [d.problem for d in desk.payouts.reconcile()] == [
        "tr_1 of 12.00 USD was sent, the rail has tr_1 of 12.01 USD"
    ]
    desk.rail.made = {}
    assert [d.problem for d in desk.payouts.reconcile()] == [
        "it is sent, but the rail has nothing for it"
    ]


def test_rates_are_for_ever(desk: Till) -> None:
    fx, at = desk.shop.live.fx, desk.clock.now()
    made = fx.set("EUR", "USD", 434, 400, source="ECB", as_of=at)
    assert (made.num, made.den) == (217, 200)
    assert fx.set("EUR", "USD", 217, 200, source="other", as_of=at) == made
    cases: list[tuple[str, tuple[Any, ...]]] = [
        ("fx_rate_exists", ("EUR", "USD", 216, 200)),
        ("fx_rate_invalid", ("EUR", "EUR", 1, 1)),
        ("fx_rate_invalid", ("EUR", "USD", 0, 1)),
        ("fx_rate_invalid", ("EUR", "USD", 1, -1)),
        ("fx_rate_invalid", ("EUR", "USD", True, 1)),
        ("currency_unknown", ("EUR", "XXX", 1, 1)),
    ]
    for code, given in cases:
        refused(desk, code, lambda: fx.set(*given, source="ECB", as_of=at))  # noqa: B023
    refused(desk, "fx_rate_invalid", lambda: fx.set("EUR", "USD", 1, 1, source=""))
    assert fx.list() == [made]
    _, (item,) = desk.approved()
    assert desk.payouts.send(by="u2", pay_in="JPY").waiting == 1
    assert "There is no rate of USD in JPY" in desk.item(item.id).problem
    fx.set("USD", "JPY", 1, 10**6, source="typo", as_of=at - timedelta(days=2))
    assert desk.payouts.send(by="u2", pay_in="JPY").waiting == 1
    assert "12.00 USD in JPY cannot be 0" in desk.item(item.id).problem
    fx.set("USD", "JPY", 1501, 10, source="ECB", as_of=at - timedelta(days=1))
    assert desk.payouts.send(by="u2", pay_in="JPY").sent == 1
    assert desk.item(item.id).paid_from == Money(1801, "JPY")
