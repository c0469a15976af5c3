"""Sessions that Stripe makes and the oracle does not: from a Payment Link, or an expired one."""

import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.platforms.stripe_support import Oracle

LINKS = "/v1/payment_links"
BUSY = {"status": 429, "path": "^/v1/checkout/sessions$", "method": "POST"}
"""Stripe takes no more sessions; links are counted apart."""


@pytest.fixture(autouse=True)
def link_rules(request: pytest.FixtureRequest) -> None:
    """Give the Payment Links of a test's oracle rules, and an address each."""
    if "running_oracle" in request.fixturenames:
        request.getfixturevalue("running_oracle")
        rule()


def rule() -> None:
    """Let an oracle that runs make Payment Links."""
    _sim().RULES["post", LINKS] = _made


def _sim() -> Any:
    return sys.modules["stripe_sim"]


def _made(world: Any, params: dict[str, Any], _ids: Any) -> dict[str, Any]:
    fail, lines = _sim().fail, params.get("line_items", [])
    if not 1 <= len(lines) <= 20:
        fail("Pass between 1 and 20 line items.", "line_items")
    for line in lines:
        if ("price" in line) == ("price_data" in line):
            fail("Pass exactly one of price or price_data.", "line_items")
    link = world.new("payment_link", params)
    link["url"] = f"https://buy.stripe.com/test_{link['id']}"
    link["active"] = True
    link["restrictions"]["completed_sessions"]["count"] = 0
    world.private[link["id"]] = params
    made: dict[str, Any] = link
    return made


def visit(oracle: Oracle, url: str, **typed: str) -> str:
    """Open a Payment Link's page as a buyer; returns the session Stripe makes of it.

    Args:
        url: As the buyer was given it.
        typed: What they write into the address themselves.
    """
    world, address = oracle.world, urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(address.query).items()} | typed
    links = world.all("payment_link")
    link = next(one for one in links if one["url"] == url.partition("?")[0])
    if not link["active"]:
        raise AssertionError("the page says that the link has been deactivated")
    params = dict(world.private[link["id"]])
    done, ends = params.pop("after_completion"), params.pop("restrictions")
    assert ends == {"completed_sessions": {"limit": 1}}
    asked = {"mode": "payment", "success_url": done["redirect"]["url"], **params}
    with world.lock:
        session = _sim().session(world, asked, ())
        session["payment_link"] = link["id"]
        session["client_reference_id"] = query.get("client_reference_id")
        for line in world.lines[session["id"]]:
            line["metadata"] = {}
    world.private[session["id"]]["code"] = query.get("prefilled_promo_code")
    return str(session["id"])


def pay(oracle: Oracle, session: str, **how: Any) -> list[dict[str, Any]]:
    """Pay what a link led to; the code that was filled in counts if it may."""
    world = oracle.world
    code = world.private[session].get("code")
    known = [one for one in world.all("promotion_code") if one["code"] == code and one["active"]]
    if known and "promotion_code" not in how:
        how["promotion_code"] = known[0]["id"]
    events = oracle.pay(session, **how)
    link = world.objs[world.objs[session]["payment_link"]]
    link["restrictions"]["completed_sessions"]["count"] += 1
    link["active"] = False
    return events


def recovered(oracle: Oracle, expired: str) -> str:
    """Go on with an expired session, as its address does; returns the copy Stripe makes.

    Only what Stripe's reference promises is copied: lines without what we
    wrote on them, the metadata, and no ``client_reference_id``.
    """
    world = oracle.world
    (sent,) = [
        one["params"]
        for one in oracle.sent("/v1/checkout/sessions")
        if one["params"].get("client_reference_id") == world.objs[expired]["client_reference_id"]
    ]
    kept = {k: v for k, v in sent.items() if k not in ("expires_at", "client_reference_id")}
    with world.lock:
        session = _sim().session(world, kept, ())
    session["recovered_from"] = expired
    for line in world.lines[session["id"]]:
        line["metadata"] = {}
    return str(session["id"])
