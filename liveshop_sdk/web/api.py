"""``/v1/…``: what a page or a shop in another language may ask without a key."""

from flask import Response
from marshmallow import Schema, fields, validate

from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import (
    LinkExpiredError,
    LinkRevokedError,
    NameInvalidError,
    StreamNotFoundError,
)
from liveshop_sdk.registry.names import parse_slug
from liveshop_sdk.registry.streams import Stream
from liveshop_sdk.shop.live_shop import LiveShop
from liveshop_sdk.web.answers import json_answer
from liveshop_sdk.web.cards import LinkState, state_of
from liveshop_sdk.web.jsondoor import StrictSchema, read_json
from liveshop_sdk.web.state import current

_FRESH = {"Cache-Control": "public, max-age=5"}


class VerifyRequest(StrictSchema):
    """The body of ``POST /v1/links/verify``."""

    token = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class HostSchema(Schema):
    """A creator as the public sees one."""

    handle = fields.String()
    name = fields.String(allow_none=True)


class PublicStreamSchema(Schema):
    """A stream as the public sees it."""

    code = fields.String()
    title = fields.String()
    opens_at = fields.String()
    closes_at = fields.String()
    phase = fields.String()
    hosts = fields.List(fields.Nested(HostSchema))
    brands = fields.List(fields.String())


class VerifiedLinkSchema(Schema):
    """A link as its holder sees it."""

    id = fields.String()
    creator = fields.String()
    stream = fields.String(allow_none=True)
    expires_at = fields.String()
    state = fields.String()


class RefusalSchema(Schema):
    """What these routes refuse with."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    details = fields.Dict(required=True)


# Made once: a schema is dear to build and safe to share.
VERIFY, _STREAM, _LINK = VerifyRequest(), PublicStreamSchema(), VerifiedLinkSchema()
_MODE = fields.String(required=True)
LINK_ANSWER = Schema.from_dict(
    {"link": fields.Nested(VerifiedLinkSchema, required=True), "mode": _MODE},
    name="VerifiedLinkAnswer",
)()
STREAM_ANSWER = Schema.from_dict(
    {"stream": fields.Nested(PublicStreamSchema, required=True), "mode": _MODE},
    name="PublicStreamAnswer",
)()
REFUSED = Schema.from_dict(
    {"error": fields.Nested(RefusalSchema, required=True), "mode": _MODE}, name="RefusalAnswer"
)()


def verify_link() -> Response:
    """Say what a token or short code is; whoever holds it may open it anyway."""
    shop = current().shop
    link, state = _link_and_state(shop, read_json(VERIFY)["token"])
    shown = _LINK.dump(
        {
            "id": link.id,
            "creator": link.creator,
            "stream": link.stream,
            "expires_at": to_iso(link.expires_at),
            "state": state,
        }
    )
    return json_answer({"link": shown})


def show_stream(code: str) -> Response:
    """Return what is public of a stream: title, window, hosts, brands, phase."""
    shop = current().shop
    stream = _stream(shop, code)
    names = {host.creator: shop.creators.get(host.creator).name for host in stream.hosts}
    shown = _STREAM.dump(
        {
            "code": stream.code,
            "title": stream.title,
            "opens_at": to_iso(stream.opens_at),
            "closes_at": to_iso(stream.closes_at),
            "phase": stream.phase(shop.clock.now()),
            "hosts": [{"handle": handle, "name": name} for handle, name in names.items()],
            "brands": stream.brands,
        }
    )
    return json_answer({"stream": shown}, headers=_FRESH)


def _link_and_state(shop: LiveShop, text: str) -> tuple[Link, LinkState]:
    try:
        view = shop.links.look(text)
    except LinkExpiredError as error:
        return shop.links.get(error.link_id), "expired"
    except LinkRevokedError as error:
        return shop.links.get(error.link_id), "revoked"
    return view.link, state_of(view.stream, shop.clock.now())


def _stream(shop: LiveShop, code: str) -> Stream:
    try:
        parse_slug(code)
    except NameInvalidError:  # what can be no code is unknown like any other
        raise StreamNotFoundError(stream=ascii(code[:64])[1:-1]) from None
    return shop.streams.get(code)
