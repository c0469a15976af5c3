"""A creator: who hosts streams and earns; a handle for ever, a name beside it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.registry.names import parse_handle
from liveshop_sdk.registry.texts import clean_text

TIERS = ((1_000_000, "celebrity"), (100_000, "macro"), (10_000, "micro"), (0, "nano"))
_MOST = 10**10


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """Someone who sells live; account paths carry the handle, never the name.

    Attributes:
        followers: How many follow them, as far as known.
        name: How to address them; it can be erased.
    """

    handle: str
    followers: int | None
    name: str | None
    created_at: datetime = field(compare=False)

    @property
    def id(self) -> str:
        """Return the natural key."""
        return self.handle

    @property
    def tier(self) -> str | None:
        """Return nano, micro, macro or celebrity; None while unknown."""
        return None if self.followers is None else tier_of(self.followers)


def tier_of(followers: int) -> str:
    """Return the tier of a creator with so many followers."""
    return next(name for least, name in TIERS if followers >= least)


def make_creator(handle: str, *, followers: int | None, name: str | None, now: datetime) -> Creator:
    """Return a checked creator."""
    return Creator(
        handle=parse_handle(handle),
        followers=None if followers is None else check_followers(followers),
        name=None if name is None else clean_text(name, kind="creator", what="name"),
        created_at=now,
    )


def filled(asked: Creator, stored: Creator) -> Creator:
    """Return what was asked for, with what was left out as it is stored."""
    return replace(
        asked,
        followers=stored.followers if asked.followers is None else asked.followers,
        name=stored.name if asked.name is None else asked.name,
    )


def check_followers(followers: int) -> int:
    """Refuse what is no number of people."""
    if type(followers) is int and 0 <= followers <= _MOST:
        return followers
    raise RecordInvalidError(
        kind="creator",
        problem=f"the follower count {followers!r:.40}",
        expected=f"a whole number from 0 to {_MOST}",
    )
