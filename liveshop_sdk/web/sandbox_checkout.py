"""``/sandbox/checkout/…``: a hosted checkout page that takes no money."""

from collections.abc import Callable

from flask import Response, request, url_for

from liveshop_sdk.errors import ConflictError, InvalidError, SandboxCodeRefusedError
from liveshop_sdk.money import Money
from liveshop_sdk.platforms.sandbox import Sandbox
from liveshop_sdk.web.answers import page, see_other
from liveshop_sdk.web.refusals import Refusal, refusal_of
from liveshop_sdk.web.sandbox_forms import (
    checked_ref,
    no_such_step,
    remember,
    require_form,
    sandbox,
    visitor,
)
from liveshop_sdk.web.state import current

_KINDS = ("sbc", "chk")
_MAX_EMAIL = 254


def show(ref: str) -> Response:
    """Show a checkout: open, or how it ended."""
    return _show(sandbox(), _checked(ref))


def act(ref: str, step: str) -> Response:
    """Do what a button says, then send the buyer on.

    Effects: one transaction of the sandbox with its webhooks in the outbox; a
    refusal changes nothing and shows the page with the reason.
    """
    desk, ref = sandbox(), _checked(ref)
    if step not in _STEPS:
        no_such_step()
    require_form(ref)
    try:
        _STEPS[step](desk, ref)
    except (ConflictError, InvalidError) as error:
        refusal = refusal_of(error)
        is_code = isinstance(error, SandboxCodeRefusedError)
        return _show(desk, ref, refusal=refusal, is_code=is_code)
    if step in _LEADS_BACK:
        return see_other(desk.checkout(ref).success_url)
    return see_other(url_for("liveshop.sandbox_checkout", ref=ref))


def _show(
    desk: Sandbox, ref: str, *, refusal: Refusal | None = None, is_code: bool = False
) -> Response:
    checkout, who = desk.checkout(ref), visitor()
    answer = page(
        "checkout.html",
        refusal.status if refusal else 200,
        checkout=checkout,
        ref=ref,
        token=current().forms.issue(who, ref),
        email=request.form.get("email", "")[:_MAX_EMAIL],
        typed=request.form.get("code", "")[:40],
        refusal=refusal,
        money=Money,
        is_code=is_code,
    )
    return remember(answer, who)


def _checked(ref: str) -> str:
    return checked_ref(ref, "checkout", *_KINDS)


def _apply_code(desk: Sandbox, ref: str) -> None:
    is_removed = request.form.get("remove") == "1"
    desk.apply_code(ref, None if is_removed else request.form.get("code", "")[:64])


def _pay(desk: Sandbox, ref: str) -> None:
    desk.pay(ref, email=request.form.get("email", ""))


def _pay_later(desk: Sandbox, ref: str) -> None:
    desk.pay_later(ref, email=request.form.get("email", ""))


def _decline(desk: Sandbox, ref: str) -> None:
    desk.decline(ref)


def _abandon(desk: Sandbox, ref: str) -> None:
    desk.abandon(ref)


def _settle(desk: Sandbox, ref: str) -> None:
    desk.settle(ref)


def _fail(desk: Sandbox, ref: str) -> None:
    desk.fail_later(ref)


_STEPS: dict[str, Callable[[Sandbox, str], None]] = {
    "code": _apply_code,
    "pay": _pay,
    "pay-later": _pay_later,
    "decline": _decline,
    "abandon": _abandon,
    "settle": _settle,
    "fail": _fail,
}
_LEADS_BACK = {"pay", "pay-later"}
