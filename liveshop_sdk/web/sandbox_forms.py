"""What the sandbox's forms share: whose they are, what was typed."""

from typing import NoReturn

from flask import Response, request, url_for

from liveshop_sdk.errors import SandboxAmountError, SandboxRefUnknownError
from liveshop_sdk.ids import is_id
from liveshop_sdk.platforms.sandbox import Sandbox
from liveshop_sdk.web.formtokens import is_visitor, new_visitor
from liveshop_sdk.web.refusals import RefusedError, http_refusal, refused
from liveshop_sdk.web.state import current

COOKIE = "liveshop_sandbox"
DESK = "desk"
MAX_FORM = 16 * 1024
_MAX_DIGITS = 7


def sandbox() -> Sandbox:
    """Return the buttons; a shop on a real platform has no such pages.

    Raises:
        SandboxOnlyError: answered as a page that does not exist.
    """
    return current().shop.sandbox


def visitor() -> str:
    """Return what stands for this browser; `remember` sets it."""
    known = request.cookies.get(COOKIE, "")
    return known if is_visitor(known) else new_visitor()


def remember(answer: Response, who: str) -> Response:
    """Bind the browser: the cookie is not sent along from other sites."""
    answer.set_cookie(
        COOKIE,
        who,
        path=url_for("liveshop.sandbox_desk"),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def require_form(purpose: str) -> None:
    """Refuse a post that did not come from our own page.

    Raises:
        RefusedError: 403, nothing was done.
    """
    request.max_content_length = MAX_FORM
    request.max_form_memory_size = MAX_FORM
    # What our pages send; files are not even looked at.
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    token = request.form.get("token", "") if is_form else ""
    if not current().forms.is_ours(token, request.cookies.get(COOKIE, ""), purpose):
        raise refused(
            403,
            "form_outdated",
            "This form is out of date",
            "Nothing was done. Open the page again and repeat it there.",
        )


def checked_ref(ref: str, what: str, *prefixes: str) -> str:
    """Return a reference that can be one; anything else is unknown.

    Raises:
        SandboxRefUnknownError: no id of these kinds is spelled like this.
    """
    if not any(is_id(ref, prefix) for prefix in prefixes):
        raise SandboxRefUnknownError(kind=what, ref=ascii(ref[:64])[1:-1])
    return ref


def number(name: str, what: str) -> int:
    """Return a whole number from the form."""
    text = request.form.get(name, "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise SandboxAmountError(value=f"this {what}", expected="a whole number, 0 or more")
    return int(text)


def no_such_step() -> NoReturn:
    """Refuse a step that no button has.

    Raises:
        RefusedError: 404.
    """
    raise RefusedError(http_refusal(404))
