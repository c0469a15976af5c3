"""``/sandbox``: the merchant's desk, with buttons for what goes wrong later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, request, url_for

from liveshop_sdk.errors import ConflictError, InvalidError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox import Sandbox
from liveshop_sdk.platforms.sandbox.models import Dispute, Order, Refund
from liveshop_sdk.web.answers import page, see_other
from liveshop_sdk.web.refusals import Refusal, refusal_of
from liveshop_sdk.web.sandbox_forms import (
    DESK,
    checked_ref,
    no_such_step,
    number,
    remember,
    require_form,
    sandbox,
    visitor,
)
from liveshop_sdk.web.state import current

_SHOWN = 20
_SECOND = timedelta(seconds=1)
# What the page may say after a button; a query can choose one, never write one.
_SAID = {
    "refund": "Refunded. The webhook is on its way.",
    "dispute": "A dispute was opened. The webhook is on its way.",
    "win": "The dispute was won. The webhook is on its way.",
    "lose": "The dispute was lost. The webhook is on its way.",
    "fail": "The refund failed at the bank. The webhook is on its way.",
    "switches": "The switches are set.",
    "deliver": "Everything that was due has been delivered.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order on the desk, with what became of it."""

    order: Order
    refunds: tuple[Refund, ...]
    disputes: tuple[Dispute, ...]

    @property
    def total(self) -> Money:
        """What was paid."""
        return Money(self.order.total, self.order.currency)

    @property
    def refunded(self) -> Money:
        """What went back."""
        return Money(self.order.refunded, self.order.currency)

    @property
    def left(self) -> Money:
        """What can still go back: not refunded, and not taken by a bank."""
        taken = sum(one.amount for one in self.disputes if one.state != "won")
        left = max(0, self.order.total - self.order.refunded - taken)
        return Money(left, self.order.currency)

    @property
    def open_dispute(self) -> Dispute | None:
        """The dispute that waits to be decided."""
        return next((one for one in self.disputes if one.state == "open"), None)


def show() -> Response:
    """Show the newest orders, what is still to be delivered, and the switches."""
    return _show(sandbox(), said=_SAID.get(request.args.get("said", "")))


def act(ref: str, step: str) -> Response:
    """Refund or dispute an order, or decide its dispute."""
    desk = sandbox()
    if step not in _STEPS:
        no_such_step()
    order_id = checked_ref(ref, "order", "sbo")
    return _do(desk, step, lambda: _STEPS[step](desk, order_id))


def fail_refund(ref: str) -> Response:
    """Have the bank send a refund back."""
    desk = sandbox()
    refund_id = checked_ref(ref, "refund", "sbr")
    return _do(desk, "fail", lambda: desk.fail_refund(refund_id))


def switch() -> Response:
    """Set how webhooks are delivered from now on."""
    desk = sandbox()
    return _do(desk, "switches", lambda: _set_switches(desk))


def deliver() -> Response:
    """Work through everything that is due now."""
    return _do(sandbox(), "deliver", lambda: current().shop.worker().drain())


def _do(desk: Sandbox, said: str, step: Callable[[], object]) -> Response:
    require_form(DESK)
    try:
        step()
    except (ConflictError, InvalidError) as error:
        return _show(desk, refusal=refusal_of(error))
    return see_other(url_for("liveshop.sandbox_desk", said=said))


def _show(desk: Sandbox, *, said: str | None = None, refusal: Refusal | None = None) -> Response:
    shop, who = current().shop, visitor()
    orders = desk.orders()
    rows = [
        Row(order=order, refunds=desk.refunds(order.id), disputes=desk.disputes(order.id))
        for order in reversed(orders[-_SHOWN:])
    ]
    answer = page(
        "desk.html",
        refusal.status if refusal else 200,
        rows=rows,
        count=len(orders),
        switches=desk.deliveries(),
        second=_SECOND,
        state=shop.inbox_state(),
        token=current().forms.issue(who, DESK),
        said=said,
        refusal=refusal,
        money=Money,
    )
    return remember(answer, who)


def _set_switches(desk: Sandbox) -> None:
    desk.deliveries(
        duplicate=number("duplicate", "count of copies"),
        drop=number("drop", "drop"),
        delay=_SECOND * number("delay", "delay"),
        reorder=_SECOND * number("reorder", "span"),
    )


def _refund(desk: Sandbox, order_id: str) -> object:
    return desk.refund(order_id, _amount(desk, order_id))


def _dispute(desk: Sandbox, order_id: str) -> object:
    return desk.dispute(order_id, _amount(desk, order_id))


def _win(desk: Sandbox, order_id: str) -> object:
    return desk.win(order_id)


def _lose(desk: Sandbox, order_id: str) -> object:
    return desk.lose(order_id)


_STEPS: dict[str, Callable[[Sandbox, str], object]] = {
    "refund": _refund,
    "dispute": _dispute,
    "win": _win,
    "lose": _lose,
}


def _amount(desk: Sandbox, order_id: str) -> int | None:
    """Return the amount typed in the order's currency; empty means all that is left."""
    text = request.form.get("amount", "").strip()
    return Money.parse(text, desk.order(order_id).currency).amount if text else None
