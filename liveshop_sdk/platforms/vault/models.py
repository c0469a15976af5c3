"""What a platform granted us, and how its row in the vault reads."""

from dataclasses import dataclass, field
from datetime import datetime

from liveshop_sdk.wire import canonical, loads_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token and, where there is one, what renews it; neither shows in repr.

    Attributes:
        ends_at: When the token is over; None if it never is.
        renewal: What another token is asked for with: a refresh token.
        renewal_ends_at: When that is over.
        scopes: What the token may do, as the platform spelled it.
    """

    token: str = field(repr=False)
    ends_at: datetime | None
    renewal: str = field(default="", repr=False)
    renewal_ends_at: datetime | None = None
    scopes: str = ""

    def secrets(self) -> str:
        """Return token and renewal as one text, so that they are stored together."""
        return canonical({"renewal": self.renewal, "token": self.token})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The vault's row of one app in one account.

    Attributes:
        state: ``none``, ``granted``, ``refused`` (the platform took the token no
            more) or ``left`` (the app was removed).
        state_at: Since when.
        reason: Why, in words without secrets.
        grant: What is stored; None if nothing is, or if no key opens it.
        is_sealed: Whether something is stored, readable or not.
        granted_at: When it was.
        is_leased: Whether somebody renews it now.
        version: Counts every change; the next one must name it.
    """

    state: str
    state_at: datetime | None
    reason: str
    grant: Grant | None
    is_sealed: bool
    granted_at: datetime | None
    is_leased: bool
    version: int


NOTHING = Held(
    state="none",
    state_at=None,
    reason="",
    grant=None,
    is_sealed=False,
    granted_at=None,
    is_leased=False,
    version=0,
)


def opened_secrets(text: str) -> tuple[str, str]:
    """Return token and renewal from what `Grant.secrets` wrote."""
    found = loads_canonical(text)
    assert isinstance(found, dict)  # noqa: S101 - nobody else can have sealed it
    return str(found["token"]), str(found["renewal"])
