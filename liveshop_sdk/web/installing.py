"""``/shopify/…``: the owner of the shop installs the app, in one browser.

What binds both steps is a cookie and a signature over it: a query that another
browser was sent off with is refused, genuine or not.
"""

from flask import Response, redirect, request, url_for

from liveshop_sdk.shop.platform import Installation
from liveshop_sdk.web.answers import NO_STORE, json_answer, page, wants_html
from liveshop_sdk.web.formtokens import new_visitor
from liveshop_sdk.web.refusals import RefusedError, http_refusal, refused
from liveshop_sdk.web.state import current

COOKIE = "liveshop_install"
_PURPOSE = "shopify-install"
_LASTS = 600


def start() -> Response:
    """Send the owner of ``?shop=`` to Shopify, to grant the app its scopes."""
    who = new_visitor()
    state = current().forms.issue(who, _PURPOSE)
    url = _installation().address(request.args.get("shop", ""), state=state)
    answer = redirect(url, 302, Response)
    assert isinstance(answer, Response)  # noqa: S101 - the class was given
    answer.headers.update({**NO_STORE, "Referrer-Policy": "no-referrer"})
    answer.set_cookie(
        COOKIE,
        who,
        max_age=_LASTS,
        path=url_for("liveshop.shopify_callback"),
        httponly=True,
        samesite="Lax",
        secure=current().shop.settings.base_url.startswith("https:"),
    )
    return answer


def finish() -> Response:
    """Take the owner back from Shopify and store what was granted.

    Raises:
        RefusedError: 403, this browser did not begin it.
        InstallRefusedError: What the query or the grant lacks.
    """
    installation = _installation()
    given = request.args
    is_plain = all(len(values) == 1 for values in given.listvalues())
    who = request.cookies.get(COOKIE, "")
    if not is_plain or not current().forms.is_ours(given.get("state", ""), who, _PURPOSE):
        raise refused(
            403,
            "install_outdated",
            "This installation was not begun here",
            "Nothing was stored. Begin again at /shopify/install, in the same browser.",
        )
    installation.finish(given.to_dict())
    answer = (
        page("installed.html", shop=installation.shop)
        if wants_html()
        else json_answer({"installed": installation.shop})
    )
    answer.delete_cookie(COOKIE, path=url_for("liveshop.shopify_callback"))
    return answer


def _installation() -> Installation:
    found = current().shop.installation
    if found is None:
        raise RefusedError(http_refusal(404))
    return found
