"""An API key: what it may do, for which brand, until when."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from liveshop_sdk.clock import to_iso
from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.ids import ALPHABET, body_of

KEY = "key"
WRITABLE = ("agreements", "brands", "coupons", "creators", "links", "products", "streams")
READABLE = (*WRITABLE, "balances", "entries", "orders", "statements")
SCOPES = tuple(
    sorted([*(f"{one}:read" for one in READABLE), *(f"{one}:write" for one in WRITABLE)])
)
"""All there are: ``resource:read`` and ``resource:write``; neither implies the other."""

MOST_PER_MINUTE = 1_000_000
_TEXT = re.compile(rf"lsk_(?:sandbox|test|live)_([0-7][{ALPHABET}]{{25}})_[0-9a-f]{{64}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret, which nobody knows but its holder.

    Attributes:
        mode: ``sandbox``, ``test`` or ``live``: of the shop that made it.
        brand: The only brand whose rows it sees; None for all.
        per_minute: Requests it may make in a minute.
        old_until: Until when the secret before the last rotation still works.
    """

    id: str
    name: str
    mode: str
    scopes: tuple[str, ...]
    brand: str | None
    per_minute: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    old_until: datetime | None

    def state(self, now: datetime) -> str:
        """Return ``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at is None or now < self.expires_at else "expired"

    def allows(self, scope: str) -> bool:
        """Tell whether the key has a scope."""
        return scope in self.scopes

    def as_json(self, now: datetime) -> dict[str, Json]:
        """Return the key as commands show it."""
        return {
            "id": self.id,
            "name": self.name,
            "mode": self.mode,
            "scopes": list(self.scopes),
            "brand": self.brand,
            "per_minute": self.per_minute,
            "state": self.state(now),
            "created_at": to_iso(self.created_at),
            "expires_at": _iso(self.expires_at),
            "revoked_at": _iso(self.revoked_at),
            "old_until": _iso(self.old_until),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key with its text, which is shown once and stored nowhere."""

    key: ApiKey
    text: str = field(repr=False)


def new_text(mode: str, key_id: str) -> str:
    """Return the text of a key: a prefix that scanners know, its id, 256 random bits."""
    return f"lsk_{mode}_{body_of(key_id)}_{secrets.token_hex(32)}"


def id_in(text: str) -> str | None:
    """Return the id that a text names; None if it is not spelled like a key."""
    found = _TEXT.fullmatch(text)
    return f"{KEY}_{found[1]}" if found else None


def digest(text: str) -> str:
    """Return what is stored of a key's text.

    Plain SHA-256: a slow hash protects secrets that people choose, and
    nobody guesses 256 random bits.
    """
    return sha256(text.encode("ascii")).hexdigest()


def check_scopes(scopes: Iterable[str], brand: str | None) -> tuple[str, ...]:
    """Return scopes in order, each once.

    Raises:
        RecordInvalidError: None, an unknown one, or one to add brands for a
            key that sees a single brand.
    """
    found = tuple(sorted(set(scopes)))
    wrong = [scope for scope in found if scope not in SCOPES]
    if wrong or not found:
        problem = f"the scope {wrong[0][:40]!r}" if wrong else "no scope"
        raise RecordInvalidError(kind="key", problem=problem, expected=", ".join(SCOPES))
    if brand is not None and "brands:write" in found:
        raise RecordInvalidError(
            kind="key", problem="brands:write and a brand", expected="one of the two"
        )
    return found


def check_per_minute(count: int) -> int:
    """Refuse what is no number of requests."""
    if type(count) is int and 1 <= count <= MOST_PER_MINUTE:
        return count
    raise RecordInvalidError(
        kind="key",
        problem=f"{count!r:.40} requests a minute",
        expected=f"a whole number from 1 to {MOST_PER_MINUTE}",
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
