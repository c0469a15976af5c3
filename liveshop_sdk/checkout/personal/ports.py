"""What is asked of a platform about personal codes, and of who keeps secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from liveshop_sdk.checkout.ports import CouponRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """A code to exist at the platform, for one use.

    Attributes:
        id: Of the number it is for; told to the platform where that can be.
        key: The idempotency key: another code of the same number has another.
    """

    id: str
    key: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesMade:
    """What became of codes; of those in neither, nobody knows yet.

    Attributes:
        made: The platform's id of each code that exists, by ours; None where
            it gives them none.
        taken: Ours of those whose code is somebody else's.
        job: What the platform is still working on: to be asked for next time.
    """

    made: Mapping[str, str | None]
    taken: frozenset[str] = frozenset()
    job: str | None = None


class CodeMaker(Protocol):
    """Makes personal codes of a coupon at a platform.

    Raises (both calls): ``PlatformUnavailableError`` when trying again is right,
    ``PlatformRefusedError`` when the platform said no for good.
    """

    @property
    def portion(self) -> int:
        """How many codes one call takes at most."""
        ...

    def add(
        self, request: CouponRequest, *, ref: str, codes: Sequence[CodeRequest], job: str | None
    ) -> CodesMade:
        """Make codes exist; those that are there already are found, never doubled.

        Args:
            request: The coupon they are of.
            ref: The platform's id of it.
            job: What an earlier call for the same codes left under way.
        """
        ...

    def switch(self, request: CouponRequest, *, wish: str, key: str, after: str) -> str:
        """Have the codes follow their coupon, which was paused or resumed before.

        Args:
            after: Where an earlier call stopped; ``""`` to begin.

        Returns:
            Where to go on; ``""`` if all follow.
        """
        ...


class Sealer(Protocol):
    """Encrypts what must not be read in a copy of the database."""

    def seal(self, text: str, about: str) -> str:
        """Return a text encrypted, and bound to what it is about."""
        ...

    def open(self, sealed: str, about: str) -> str | None:
        """Return the text; None if no key of ours opens it here."""
        ...
