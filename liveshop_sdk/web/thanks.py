"""``/thank-you``: where a buyer lands when the host has no page of its own."""

from flask import Response, request

from liveshop_sdk.errors import VisitUnknownError
from liveshop_sdk.ids import is_id
from liveshop_sdk.web.answers import json_answer, page, wants_html
from liveshop_sdk.web.state import current

_STATES = {"opening": "processing", "open": "processing", "paid": "paid", "closed": "ended"}


def show(_page: str) -> Response:
    """Say how a visit stands, and nothing else about it.

    Raises:
        VisitUnknownError: It names a visit that is not ours.
    """
    given = request.args.get("visit")
    state = "unknown" if given is None else _state(given)
    if not wants_html():
        return json_answer({"visit": {"state": state}})
    return page("thanks.html", state=state)


def _state(checkout_id: str) -> str:
    if not is_id(checkout_id, "chk"):
        raise VisitUnknownError()
    return _STATES[current().shop.links.visit(checkout_id).state]
