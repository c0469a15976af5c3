"""Open a visit's checkout: a session, or a Payment Link in a rush."""

import logging
from collections.abc import Callable
from datetime import datetime

from liveshop_sdk.checkout.ports import OpenedCheckout
from liveshop_sdk.clock import to_seconds
from liveshop_sdk.errors import (
    PlatformBusyError,
    PlatformNotReadyError,
    PlatformRefusedError,
    PlatformUnavailableError,
)
from liveshop_sdk.platforms.stripe.checkout import link_params, link_url
from liveshop_sdk.platforms.stripe.client import StripeCalls
from liveshop_sdk.platforms.stripe.faults import StoredFailure, as_written, too_old
from liveshop_sdk.platforms.stripe.fields import Obj, ShapeError, obj, text, whole
from liveshop_sdk.platforms.stripe.making import made
from liveshop_sdk.platforms.stripe.stored import stored

_LONGEST_LIFE = 24 * 60 * 60
_SHORTEST_LIFE = 30 * 60
_LINK = "plink_"

log = logging.getLogger("liveshop_sdk.platforms.stripe")


class Checkouts:
    """The hosted checkouts of one account."""

    def __init__(self, calls: StripeCalls, now: Callable[[], datetime]) -> None:
        """Speak through these calls."""
        self._calls, self._now = calls, now

    def open(self, params: str, *, key: str) -> OpenedCheckout:
        """Open what was stored; a repeat with the same key is the same one.

        Raises:
            PlatformBusyError: Stripe takes neither a session nor a link now.
            PlatformRefusedError: it said no, or the visit is too old.
        """
        known = stored(params)
        # A visit begun by the version before stored the session alone.
        wanted, code = obj(known, "session") or known, text(known, "code")
        with self._calls.within_budget(), as_written():
            try:
                session = made(
                    lambda use: self._calls.create_session(wanted, use),
                    key=key,
                    find=lambda: self._open_session(wanted),
                )
            except PlatformBusyError as busy:
                return self._link_instead(wanted, code, key=f"{key}:link", busy=busy)
            return OpenedCheckout(url=_address(session), platform_ref=text(session, "id"))

    def expire(self, params: str, *, ref: str | None, key: str) -> bool:
        """End what was opened with these parameters, if it may still be paid.

        Args:
            ref: Its id; without one it is looked for by our reference.

        Returns:
            False if there is nothing that Stripe will tell the end of: it was not
            found, or is a link that nobody followed.
        """
        known = stored(params)
        wanted = obj(known, "session") or known
        with self._calls.within_budget(), as_written():
            found = ref or self._open_id(wanted, text(known, "code"))
            if not found:
                return False
            if found.startswith(_LINK):
                return self.end_link(found)
            if self._calls.session_status(found) == "open":
                self._expire_session(found, key)
        return True

    def _open_id(self, wanted: Obj, code: str) -> str:
        """Return the id of an open session or an active link of a visit, or ``""``."""
        session = self._open_session(wanted)
        params = None if session else link_params(wanted, code=code)
        found = session or (self._active_link(params) if params else None)
        return text(found, "id") if found else ""

    def _expire_session(self, session_id: str, key: str) -> None:
        try:
            self._calls.expire_session(session_id, key)
        except StoredFailure as failure:  # another try has another key
            raise failure.error from None
        except PlatformRefusedError:
            if self._calls.session_status(session_id) == "open":
                raise  # else the buyer was quicker

    def end_link(self, link_id: str) -> bool:
        """Take a Payment Link out of use, with what buyers hold open of it.

        Repeating it changes nothing. Stripe ends sessions by itself.

        Returns:
            Whether sessions were made from it: Stripe tells the end of those.
        """
        with self._calls.within_budget(), as_written():
            if not self._calls.deactivate_link(link_id):
                return False
            made = self._calls.sessions_of(link_id)  # from now on there are no more
            for session in made:
                if session.get("status") == "open":
                    self._calls.end_session(text(session, "id"))
            return bool(made)

    def _link_instead(
        self, wanted: Obj, code: str, *, key: str, busy: PlatformBusyError
    ) -> OpenedCheckout:
        """Open a Payment Link for one payment, or pass on that Stripe is busy.

        A session may exist after all, if an answer was lost before; nobody was
        given its address. A visit too old for a session is for a link, too: it
        will be ended when the visit is.
        """
        params = link_params(wanted, code=code)
        if params is None:
            raise busy
        if whole(wanted, "expires_at") - to_seconds(self._now()) < _SHORTEST_LIFE:
            raise too_old()
        try:
            link = made(
                lambda use: self._calls.create_payment_link(params, use),
                key=key,
                find=lambda: self._active_link(params),
            )
        except PlatformUnavailableError:
            raise busy from None
        except (PlatformNotReadyError, PlatformRefusedError) as error:
            log.warning("no payment link in place of a session: %s", error)
            raise busy from None
        url = link_url(_address(link), code=code)
        return OpenedCheckout(url=url, platform_ref=text(link, "id"), is_endless=True)

    def _open_session(self, wanted: Obj) -> Obj | None:
        """Find a session by our reference: Stripe cannot search by it."""
        since = whole(wanted, "expires_at") - _LONGEST_LIFE
        mine = text(wanted, "client_reference_id")
        for session in self._calls.sessions_since(since):
            if text(session, "client_reference_id") == mine and session.get("status") == "open":
                return session
        return None

    def _active_link(self, wanted: Obj) -> Obj | None:
        """Find a Payment Link by our reference."""
        mine = obj(wanted, "metadata")
        found = (one for one in self._calls.active_links() if obj(one, "metadata") == mine)
        return next(found, None)


def _address(answer: Obj) -> str:
    """Return the page of a session or link, which must have an id as well."""
    url = text(answer, "url")
    if not url.startswith("https://") or not text(answer, "id"):
        raise ShapeError("what was made has no address")
    return url
