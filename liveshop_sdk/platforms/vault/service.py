"""The vault: one app's tokens in one account, shared by every process.

A token is renewed under a lease, never under a lock of the database: the row
says who renews until when, and counts its changes. Whoever stored last wins;
one whose lease ran out meanwhile finds another version and keeps nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.platforms.vault.models import NOTHING, Grant, Held, opened_secrets
from liveshop_sdk.platforms.vault.sealing import Sealing
from liveshop_sdk.platforms.vault.store import AccessStore

_OVER = 0
_LONGEST_REASON = 300


class Vault:
    """Keeps what a platform granted one app in one account.

    Secrets are encrypted before they reach the database, and token and renewal
    are one value: there is no moment at which only one of them is new.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        keys: Sequence[str],
        *,
        platform: str,
        account: str,
        app: str,
    ) -> None:
        """Keep it in this database.

        Args:
            keys: The secret keys, oldest first; the newest seals.
            app: Which app was granted it: its client id.
        """
        self._db, self._clock = db, clock
        self._sealing, self._store = Sealing(keys), AccessStore()
        self._key = {"platform": platform, "account": account, "app": app}
        self._about = "\n".join(self._key.values())

    def look(self) -> Held:
        """Return what is held now."""
        with self._db.reading() as tx:
            row = self._store.row(tx, self._key)
        return NOTHING if row is None else self._held(row)

    def lease(self, held: Held, lasts: timedelta) -> int | None:
        """Take the right to renew, unless somebody has it or changed the row since.

        Returns:
            The version to name when the outcome is stored; None without the right.
        """
        now = self._clock.now()
        with self._db.transaction() as tx:
            if held is NOTHING:
                self._store.add(tx, self._key, to_micros(now))
            taken = self._store.lease(
                tx,
                self._key,
                held.version,
                now=to_micros(now),
                until=to_micros(now + lasts),
            )
        return held.version + 1 if taken else None

    def keep(self, grant: Grant, lease: int) -> bool:
        """Store what was granted under a lease; False if the lease had run out."""
        with self._db.transaction() as tx:
            return self._store.change(tx, self._key, lease, **self._granted(grant))

    def put(self, grant: Grant) -> None:
        """Store what was granted anew, whatever is there and whoever renews it."""
        with self._db.transaction() as tx:
            self._store.add(tx, self._key, to_micros(self._clock.now()))
            self._store.change(tx, self._key, None, **self._granted(grant))

    def release(self, lease: int) -> None:
        """Give a lease back, with nothing to store."""
        with self._db.transaction() as tx:
            self._store.change(tx, self._key, lease)

    def outdate(self, held: Held) -> None:
        """Have the token renewed at its next use, if it is still this one.

        Whoever is renewing it already goes on with it.
        """
        with self._db.transaction() as tx:
            self._store.end(tx, self._key, held.version, at=_OVER)

    def refuse(self, version: int, reason: str) -> None:
        """Mark that the platform takes what is held no more, if it is still this."""
        values = {**self._state("refused", reason), "ends_at": _OVER}
        with self._db.transaction() as tx:
            self._store.change(tx, self._key, version, **values)

    def again(self) -> None:
        """Take back the mark `refuse` made: the next use asks the platform."""
        held = self.look()
        if held.state == "refused" and not held.is_leased:
            with self._db.transaction() as tx:
                self._store.change(tx, self._key, held.version, **self._state("none", ""))

    def leave(self, tx: Transaction, at: datetime) -> bool:
        """Drop all secrets, because the app was removed from the account.

        Args:
            at: When it was; what was granted after that is kept.

        Returns:
            Whether anything was dropped or marked.
        """
        self._store.add(tx, self._key, to_micros(self._clock.now()))
        gone = {"sealed": None, "scopes": "", "granted_at": None}
        gone |= {"ends_at": None, "renewal_ends_at": None, **self._state("left", "", at)}
        return self._store.drop(tx, self._key, to_micros(at), **gone)

    def _granted(self, grant: Grant) -> dict[str, Any]:
        return {
            **self._state("granted", ""),
            "sealed": self._sealing.seal(grant.secrets(), self._about),
            "scopes": grant.scopes,
            "granted_at": to_micros(self._clock.now()),
            "ends_at": _micros(grant.ends_at),
            "renewal_ends_at": _micros(grant.renewal_ends_at),
        }

    def _state(self, state: str, reason: str, at: datetime | None = None) -> dict[str, Any]:
        return {
            "state": state,
            "state_at": to_micros(at or self._clock.now()),
            "reason": reason[:_LONGEST_REASON],
        }

    def _held(self, row: Mapping[Any, Any]) -> Held:
        sealed = row["sealed"]
        text = self._sealing.open(sealed, self._about) if sealed else None
        token, renewal = opened_secrets(text) if text else ("", "")
        return Held(
            state=row["state"],
            state_at=from_micros(row["state_at"]),
            reason=row["reason"],
            grant=Grant(
                token=token,
                ends_at=_instant(row["ends_at"]),
                renewal=renewal,
                renewal_ends_at=_instant(row["renewal_ends_at"]),
                scopes=row["scopes"],
            )
            if token
            else None,
            is_sealed=sealed is not None,
            granted_at=_instant(row["granted_at"]),
            is_leased=to_micros(self._clock.now()) < (row["lease_until"] or 0),
            version=row["version"],
        )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_micros(at)
