"""Read the envelope of a signed event: what it is about, not yet what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from liveshop_sdk.clock import parse_iso, to_seconds
from liveshop_sdk.errors import DeliveryUnreadableError, InvalidError
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, instant, obj, text
from liveshop_sdk.wire import canonical, loads

OWN = "default"
"""What an account is called whose own key speaks for it."""

_ID = re.compile(r"evt_[A-Za-z0-9_]{1,200}")
_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The envelope of an event.

    Attributes:
        type: Without the ``v1.`` that thin events put in front.
        account: The connected account it is about, or ``""``.
        subject: The object as it was then, or None in a thin event.
        related: ``(object type, id)`` of the object of a thin event.
    """

    id: str
    type: str
    created: datetime
    livemode: bool
    account: str
    api_version: str
    subject: Obj | None
    related: tuple[str, str]


def parse_event(body: bytes) -> Event:
    """Read an event, of the snapshot or the thin payload style.

    Raises:
        DeliveryUnreadableError: not an event of Stripe.
    """
    try:
        raw = loads(body)
    except InvalidError as error:
        raise _unreadable(f"not JSON we accept: {error.code}") from None
    if not isinstance(raw, Mapping):
        raise _unreadable("it is not a JSON object")
    try:
        return _thin(raw) if raw.get("object") == "v2.core.event" else _snapshot(raw)
    except ShapeError as error:
        raise _unreadable(str(error)) from None
    except InvalidError as error:
        raise _unreadable(error.code) from None


def envelope(event: Event) -> bytes:
    """Write an event without what it is about; `parse_event` reads it again."""
    return canonical(
        {
            "object": "event",
            "id": event.id,
            "type": event.type,
            "created": to_seconds(event.created),
            "livemode": event.livemode,
            "account": event.account,
            "api_version": event.api_version,
            "data": {"object": {}},
        }
    ).encode()


def _snapshot(raw: Obj) -> Event:
    subject = obj(raw, "data").get("object")
    if raw.get("object") != "event" or not isinstance(subject, Mapping):
        raise ShapeError("it is not an event with an object")
    return Event(
        id=_named(raw, "id", _ID),
        type=_named(raw, "type", _TYPE),
        created=instant(raw, "created"),
        livemode=_livemode(raw),
        account=text(raw, "account"),
        api_version=text(raw, "api_version"),
        subject=subject,
        related=("", ""),
    )


def _thin(raw: Obj) -> Event:
    related = obj(raw, "related_object")
    return Event(
        id=_named(raw, "id", _ID),
        type=_named(raw, "type", _TYPE).removeprefix("v1."),
        created=parse_iso(text(raw, "created")),
        livemode=_livemode(raw),
        account=text(raw, "context"),
        api_version="",
        subject=None,
        related=(text(related, "type"), text(related, "id")),
    )


def _named(raw: Obj, name: str, pattern: re.Pattern[str]) -> str:
    value = text(raw, name)
    if len(value) > 250 or not pattern.fullmatch(value):
        raise ShapeError(f"{name} is malformed")
    return value


def _livemode(raw: Obj) -> bool:
    value = raw.get("livemode")
    if not isinstance(value, bool):
        raise ShapeError("livemode is not true or false")
    return value


def _unreadable(problem: str) -> DeliveryUnreadableError:
    return DeliveryUnreadableError(platform="stripe", problem=problem)
