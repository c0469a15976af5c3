"""Who is let in, how often, and what is read of a request, in this order."""

import re
from hashlib import sha256
from typing import Any, NoReturn

from flask import Response, g, json, request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from liveshop_sdk import wire
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import ApiKeyInvalidError, IdempotencyKeyInvalidError
from liveshop_sdk.registry.access.models import ApiKey
from liveshop_sdk.registry.access.store import StoredAnswer
from liveshop_sdk.web.answers import NO_STORE
from liveshop_sdk.web.bodies import read_body
from liveshop_sdk.web.jsondoor import MAX_BODY
from liveshop_sdk.web.refusals import RefusedError, http_refusal, refused
from liveshop_sdk.web.rest.call import Call
from liveshop_sdk.web.rest.routes import Route
from liveshop_sdk.web.state import current

IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_CREATED = 201


class StrictParser(FlaskParser):
    """Reads bodies and queries by the strict rules of every other door."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - schemas refuse them

    def load_json(self, _req: Any, _schema: Schema) -> Any:
        """Return the body, its bytes kept for the fingerprint of the request."""
        if not request.is_json:
            raise RefusedError(http_refusal(415))
        if request.args:
            raise _wrong({name[:64]: ["A write takes no query."] for name in request.args})
        g.liveshop_body = read_body(MAX_BODY)
        return wire.loads(g.liveshop_body, limit=MAX_BODY)

    def load_querystring(self, _req: Any, _schema: Schema) -> Any:
        """Return the query, each name once and storable."""
        found: dict[str, str] = {}
        for name, value in request.args.items(multi=True):
            if name in found:
                raise _wrong({name[:64]: ["Given twice."]})
            if not wire.is_storable(name + value):
                raise _wrong({"query": ["Not a text."]})
            found[name] = value
        return found

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse with every wrong field."""
        messages = error.messages
        inner = next(iter(messages.values())) if isinstance(messages, dict) else messages
        raise _wrong(inner)


def _wrong(fields: object) -> RefusedError:
    return refused(400, "fields_invalid", "Some fields are wrong", "See details.", fields=fields)


def let_in(scope: str) -> None:
    """Check the key of this request and count it.

    Raises:
        ApiKeyInvalidError: No valid key.
        RateLimitedError: Too many requests in this minute.
        ScopeMissingError: The key may not do this.
    """
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise ApiKeyInvalidError()
    keys = current().shop.keys
    known = keys.authenticate(text)
    keys.admit(known, scope)
    g.liveshop_key = known


def read(route: Route, query: dict[str, Any], parts: dict[str, str]) -> Response:
    """Answer a request that reads."""
    known: ApiKey = g.liveshop_key
    call = Call(shop=current().shop, sees=known.brand, given=query, parts=parts)
    return _answer(StoredAnswer(status=200, body=_text(route, route.view(call))))


def write(route: Route, body: dict[str, Any], parts: dict[str, str]) -> Response:
    """Answer a request that writes: once for each ``Idempotency-Key``.

    Raises:
        IdempotencyKeyInvalidError: It has none.
        IdempotencyKeyReusedError: Another request had it.
    """
    sent_under = request.headers.get("Idempotency-Key", "")
    if not IDEMPOTENCY_KEY.fullmatch(sent_under):
        raise IdempotencyKeyInvalidError()
    shop, known = current().shop, g.liveshop_key
    first: list[dict[str, Any]] = []

    def work(tx: Transaction) -> StoredAnswer:
        call = Call(shop=shop.using(tx), sees=known.brand, given=body, parts=parts)
        first.append(route.view(call))
        return StoredAnswer(status=_CREATED, body=_text(route, first[0]))

    asked = b"\0".join((request.method.encode(), request.path.encode(), g.liveshop_body))
    answer, is_repeat = shop.keys.once(known, sent_under, sha256(asked).hexdigest(), work)
    if not is_repeat and route.after is not None:
        route.after(shop, first[0])
    return _answer(answer, {"Idempotency-Replayed": "true"} if is_repeat else {})


def _text(route: Route, found: dict[str, Any]) -> str:
    return json.dumps(route.gives.dump({**found, "mode": current().mode.text}), sort_keys=False)


def _answer(answer: StoredAnswer, more: dict[str, str] | None = None) -> Response:
    made = Response(answer.body + "\n", status=answer.status, mimetype="application/json")
    made.headers.update({**NO_STORE, **(more or {})})
    return made
