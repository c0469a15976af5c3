"""Where a page begins, as an opaque text.

A cursor holds the name of its list and the last record that its holder was
shown: nothing that must be kept from them, so it is checked and not signed.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from liveshop_sdk import wire
from liveshop_sdk.errors import BodyInvalidError, CursorInvalidError

_LONGEST = 400


def cursor(listing: str, position: str | None) -> str | None:
    """Return the cursor of the page behind a position; None where there is none."""
    if position is None:
        return None
    return urlsafe_b64encode(wire.canonical([listing, position]).encode()).decode().rstrip("=")


def position(listing: str, given: str | None) -> str | None:
    """Return where a page begins; None for the first.

    Raises:
        CursorInvalidError: No cursor, or one of another list.
    """
    if given is None:
        return None
    if not given.isascii() or len(given) > _LONGEST:
        raise CursorInvalidError()
    try:
        raw = urlsafe_b64decode(given + "=" * (-len(given) % 4))
        text = raw.decode("utf-8")
        held = wire.loads_canonical(text)
    except (Error, UnicodeDecodeError, BodyInvalidError):
        raise CursorInvalidError() from None
    is_ours = type(held) is list and len(held) == 2 and held[0] == listing
    behind = held[1] if is_ours and isinstance(held, list) else None
    if not isinstance(behind, str) or cursor(listing, behind) != given:
        raise CursorInvalidError()
    return behind
