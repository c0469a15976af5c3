"""Hold the Admin API token: one that was given, or one that we renew.

Since January 2026 merchants get no permanent token by hand. An app for its own
shops trades client id and secret for one that lives a day; an app that was
installed renews one that lives an hour. Both are kept in the vault, so that all
processes share one, and one of them renews it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from liveshop_sdk.clock import Clock, to_iso
from liveshop_sdk.errors import PlatformNotReadyError, PlatformUnavailableError
from liveshop_sdk.platforms.shopify.transport import Deadline, Wire, not_ready, unavailable
from liveshop_sdk.platforms.vault import Grant, Held, Vault

LEASE = timedelta(seconds=20)
"""Longer than any call of ours: only a process that died holds it to its end."""

PAUSE = timedelta(minutes=5)
"""So long a shop that refuses us is not asked again."""

NOT_INSTALLED = frozenset({"sealed", "left", "none"})
"""Vendor codes of an app that has to be installed (again)."""

_MARGIN = timedelta(minutes=5)
_YOUNG = timedelta(minutes=1)
_LOOK_AGAIN = 0.1

Ask = Callable[[Grant | None, Deadline], Grant]
"""Asks for another token, given the one that is held."""


class GivenToken:
    """A token from the settings; when it is refused, that is the end."""

    def __init__(self, token: str) -> None:
        """Keep the token."""
        self._token = token

    def token(self, deadline: Deadline) -> str:  # noqa: ARG002  # nothing to wait for
        """Return the token."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Say no: there is no other one than the one `refused`."""
        return refused != self._token

    def give_up(self, refused: str) -> None:
        """Do nothing: the settings say what they said."""


class SharedToken:
    """The token of all processes: one renews it, the others go on with the old.

    It is renewed minutes before its end, while it still works; so neither a
    renewal that hangs nor a process that dies in it stops anybody else.
    """

    def __init__(
        self, vault: Vault, wire: Wire, clock: Clock, ask: Ask, *, must_be_there: bool
    ) -> None:
        """Ask for nothing yet.

        Args:
            must_be_there: Whether only an installation gives the first token.
        """
        self._vault, self._wire, self._clock, self._ask = vault, wire, clock, ask
        self._must_be_there = must_be_there

    def token(self, deadline: Deadline) -> str:
        """Return a token that works; renews it when it is nearly over.

        Raises:
            PlatformUnavailableError: none within the time left.
            PlatformNotReadyError: the shop does not let us in, or did not within
                the last minutes.
        """
        while True:
            held, now = self._vault.look(), self._clock.now()
            _check_mark(held, now)
            grant = held.grant
            if grant is None and self._must_be_there:
                raise _not_installed(held)
            if grant is not None and not _is_due(held, grant, now):
                return grant.token
            lease = self._vault.lease(held, LEASE)
            if lease is not None:
                token = self._renewed(held, lease, deadline)
                if token is not None:
                    return token
                continue
            if grant is not None and _works(grant, now):
                return grant.token
            if deadline.left() <= _LOOK_AGAIN:
                raise unavailable("another process asks it for a token, and has none yet")
            self._wire.sleep(_LOOK_AGAIN)

    def renew(self, refused: str) -> bool:
        """Have a refused token renewed at the next use, unless that was just done."""
        held = self._vault.look()
        if held.grant is None or held.grant.token != refused:
            return True
        if held.granted_at and self._clock.now() - held.granted_at < _YOUNG:
            return False
        self._vault.outdate(held)
        return True

    def give_up(self, refused: str) -> None:
        """Mark that the shop refuses even a new token: nobody asks for some minutes."""
        held = self._vault.look()
        if held.grant is not None and held.grant.token == refused and not held.is_leased:
            self._vault.refuse(held.version, "the token is not accepted")

    def _renewed(self, held: Held, lease: int, deadline: Deadline) -> str | None:
        """Ask under a lease; None if it ran out meanwhile, and another has asked."""
        grant = held.grant
        works = grant is not None and _works(grant, self._clock.now())
        limit = self._wire.deadline(deadline.left() / 2) if works else deadline
        try:
            new = self._ask(grant, limit)
        except PlatformNotReadyError as error:
            self._vault.refuse(lease, error.problem)
            raise
        except PlatformUnavailableError:
            if grant is not None and works:
                return grant.token  # the lease stays: nobody asks again before it ran out
            self._vault.release(lease)
            raise
        return new.token if self._vault.keep(new, lease) else None


def _works(grant: Grant, now: datetime) -> bool:
    return grant.ends_at is None or now < grant.ends_at


def _is_due(held: Held, grant: Grant, now: datetime) -> bool:
    """Say whether a token is to be renewed: some minutes before its end."""
    if grant.ends_at is None:
        return False
    life = grant.ends_at - (held.granted_at or grant.ends_at)
    return now >= grant.ends_at - min(_MARGIN, life / 4)


def _not_installed(held: Held) -> PlatformNotReadyError:
    if held.is_sealed:
        return not_ready("no key of ours opens its token; install the app again", "sealed")
    if held.state == "left":
        return not_ready("the app was uninstalled; install it again", "left")
    return not_ready("the app is not installed yet", "none")


def _check_mark(held: Held, now: datetime) -> None:
    if held.state not in ("refused", "left") or held.state_at is None:
        return
    left = held.state_at + PAUSE - now
    if left <= timedelta():
        return
    error = not_ready(
        f"it refused us at {to_iso(held.state_at)} (`liveshop doctor` asks anew): {held.reason}"
        if held.state == "refused"
        else f"the app was uninstalled at {to_iso(held.state_at)}",
        held.state,
    )
    error.retry_after = max(1, round(left.total_seconds()))
    raise error
