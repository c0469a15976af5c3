"""Mounts ``/v1`` on an app and describes it as OpenAPI 3.1."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, json
from flask_smorest import Api, Blueprint

from liveshop_sdk.__about__ import __version__
from liveshop_sdk.web.answers import REST
from liveshop_sdk.web.handlers import register_handlers
from liveshop_sdk.web.otherwise import AS_WRITTEN, EVERY_METHOD, otherwise
from liveshop_sdk.web.rest import door, public
from liveshop_sdk.web.rest.given import ErrorAnswer
from liveshop_sdk.web.rest.routes import ROUTES, Route

_SAID = """\
Brands, products, creators, terms, streams, coupons, links, orders and what they earn, for shops in
any language. Money is `{"amount": <minor units>, "currency": "EUR"}`; every answer says in
which `mode` the shop is. Errors have one shape; their codes never change."""
_REFUSALS = {
    400: "Not understood; `code` and `details` say why.",
    401: "No valid key: one constant answer.",
    403: "The key lacks the scope.",
    404: "It does not exist, or not for this key.",
    409: "It exists, in a state that forbids this.",
    410: "It is over for good.",
    413: "The body is too large.",
    415: "Not sent as JSON.",
    422: "The `Idempotency-Key` was used for another request.",
    429: "Too many requests in this minute; see `Retry-After`.",
    503: "Something did not answer in time; see `Retry-After`.",
}
_WRITES_ONLY = {409, 410, 413, 415, 422}
_IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A key of the request's own, such as a UUID; a retry sends the same.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "example": "0b6ff7a2-7f2d-4f0e-9a53-6f6f2f0c2d11",
}
_FAULT = ErrorAnswer()
_KEPT = f"{REST}.openapi"


class _Api(Api):  # type: ignore[misc]  # flask-smorest has no types
    """An API that leaves the host's own error pages and command line alone."""

    def _register_error_handlers(self) -> None:
        """Register none: those of our blueprint answer our routes."""


class _Blueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose bodies and queries go through our door."""

    ARGUMENTS_PARSER = door.StrictParser()


def mount(app: Flask, url_prefix: str) -> None:
    """Add the routes that ask for a key to an app.

    Args:
        url_prefix: Where ``/v1`` stands.
    """
    app.register_blueprint(_blueprint(), url_prefix=f"{url_prefix}/v1")


def show() -> Response:
    """Return the description of this API, made when first asked for; needs no key."""
    kept = current_app.extensions
    if _KEPT not in kept:
        kept[_KEPT] = json.dumps(_described(current_app), sort_keys=False) + "\n"
    return Response(kept[_KEPT], mimetype="application/json")


def _described(app: Flask) -> dict[str, Any]:
    has_command = "openapi" in app.cli.commands
    api = _Api(
        app,
        config_prefix="LIVESHOP_REST",
        spec_kwargs={
            "title": "liveshop",
            "version": __version__,
            "openapi_version": "3.1.0",
            "info": {"description": _SAID},
        },
    )
    if not has_command:
        app.cli.commands.pop("openapi", None)
    bearer = {"type": "http", "scheme": "bearer", "description": "A key: `lsk_…`."}
    api.spec.components.security_scheme("key", bearer)
    _blueprint().register_views_in_doc(api, app, api.spec, name=REST, parameters=None)
    public.describe(api.spec, app)
    return _plain(api.spec.to_dict())


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """Return a description without what the toolkit adds and no route answers."""
    for path in described["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).pop("default", None)
    for name in ("Error", "PaginationMetadata"):
        described["components"]["schemas"].pop(name, None)
    for unused in ("responses", "headers"):
        described["components"].pop(unused, None)
    return described


@cache
def _blueprint() -> _Blueprint:
    """Return the blueprint with every route; any other method on a path is refused.

    It is made once and keeps nothing of an app, so that all apps share it.
    """
    blueprint = _Blueprint(REST, __name__)
    methods: dict[str, set[str]] = {}
    for route in ROUTES:
        view = _view(blueprint, route)
        how = {"methods": [route.method], "tags": [route.path.split("/")[1]]}
        blueprint.add_url_rule(route.path, route.name, view, **how, merge_slashes=False)
        also = {"GET", "HEAD"} if route.method == "GET" else {"POST"}
        methods.setdefault(route.path, set()).update(also)
    for number, (path, known) in enumerate(methods.items()):
        others, refuse = sorted(EVERY_METHOD - known), otherwise(known)
        named = f"otherwise_{number}"
        PlainBlueprint.add_url_rule(blueprint, path, named, refuse, methods=others, **AS_WRITTEN)
    register_handlers(blueprint)
    return blueprint


def _view(blueprint: Blueprint, route: Route) -> Callable[..., Response]:
    def serve(given: dict[str, Any], **parts: str) -> Response:
        return (door.write if route.writes else door.read)(route, given, parts)

    serve.__doc__ = route.view.__doc__
    made: Callable[..., Response] = serve
    location = "json" if route.writes else "query"
    made = blueprint.arguments(route.takes, location=location)(made)
    made = blueprint.response(201 if route.writes else 200, route.gives)(made)
    for status, says in _REFUSALS.items():
        if route.writes or status not in _WRITES_ONLY:
            made = blueprint.alt_response(status, schema=_FAULT, description=says)(made)
    extra: dict[str, Any] = {"parameters": [_IDEMPOTENCY]} if route.writes else {}
    made = blueprint.doc(
        operationId=route.name, security=[{"key": []}], **{"x-scope": route.scope}, **extra
    )(made)

    @wraps(made)
    def guarded(**parts: str) -> Response:
        door.let_in(route.scope)
        return made(**parts)

    guarded.provide_automatic_options = False  # type: ignore[attr-defined]  # Flask looks here
    return guarded
