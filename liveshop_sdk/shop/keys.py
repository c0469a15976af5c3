"""API keys: what ``shop.keys`` is."""

import hmac
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from liveshop_sdk.clock import Clock, to_micros
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import (
    ApiKeyInvalidError,
    ApiKeyOverError,
    ApiKeyUnknownError,
    IdempotencyKeyReusedError,
    LiveShopError,
    RateLimitedError,
    RecordInvalidError,
    ScopeMissingError,
)
from liveshop_sdk.ids import Ids
from liveshop_sdk.registry.access.models import (
    KEY,
    ApiKey,
    IssuedKey,
    check_per_minute,
    check_scopes,
    digest,
    id_in,
    new_text,
)
from liveshop_sdk.registry.access.store import AccessStore, StoredAnswer, StoredKey
from liveshop_sdk.registry.names import key
from liveshop_sdk.registry.store import BrandStore
from liveshop_sdk.registry.texts import clean_text

GRACE = timedelta(days=1)
"""How long a rotated secret still works, unless another time is said."""

PER_MINUTE = 600
"""Requests a key may make in a minute, unless another number is said."""

ANSWERS_KEPT = timedelta(days=30)
"""How long the answer to a write is repeated under its ``Idempotency-Key``."""

_LONGEST = timedelta(days=3660)
_MINUTE = 60_000_000
_NOTHING = "0" * 64
_DAY = timedelta(days=1)
_log = logging.getLogger("liveshop.shop")


class Keys:
    """Creates and judges the keys of ``/v1``; a secret is shown once, never stored."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, mode: str) -> None:
        """Work on this database; keys are of this mode, and of no other."""
        self._db, self._clock, self._ids, self._mode = db, clock, ids, mode
        self._store, self._brands = AccessStore(), BrandStore()
        self._used_up: dict[str, int] = {}
        self._next_look: datetime | None = None

    def create(
        self,
        name: str,
        *,
        scopes: Iterable[str],
        brand: str | None = None,
        expires_in: timedelta | None = None,
        per_minute: int = PER_MINUTE,
    ) -> IssuedKey:
        """Create a key and return it with its text, this once.

        Args:
            name: For whom; people read it.
            scopes: Such as ``products:read``, ``links:write``.
            brand: The only brand whose rows it may see and write.
            expires_in: From now; never when left out.
            per_minute: Requests it may make in a minute.

        Effects: one row, with a hash of the key. Calling again makes another.

        Raises:
            RecordInvalidError: An unknown scope, no name, no such time.
            BrandNotFoundError: There is no such brand.
        """
        now = self._clock.now()
        with self._db.transaction() as tx:
            found = None if brand is None else self._brands.get(tx, brand).code
            made = ApiKey(
                id=self._ids.new(KEY),
                name=clean_text(name, kind="key", what="name"),
                mode=self._mode,
                scopes=check_scopes(scopes, found),
                brand=found,
                per_minute=check_per_minute(per_minute),
                created_at=now,
                expires_at=None if expires_in is None else now + _span(expires_in, least=1),
                revoked_at=None,
                old_until=None,
            )
            text = new_text(self._mode, made.id)
            self._store.add(tx, made, digest(text))
        return IssuedKey(key=made, text=text)

    def list(self) -> list[ApiKey]:
        """Return every key, in the order they were made."""
        with self._db.reading() as tx:
            return self._store.list(tx)

    def rotate(self, key_id: str, *, grace: timedelta = GRACE) -> IssuedKey:
        """Give a key a new secret; the present one works on for a while.

        Id, scopes and limits stay. Of two rotations within the grace only the
        newer of the two old secrets works on.

        Args:
            grace: How long; zero ends the old secret now.

        Raises:
            ApiKeyUnknownError: There is no such key.
            ApiKeyOverError: It was revoked, or has expired.
        """
        now, until = self._clock.now(), _span(grace, least=0)
        with self._db.transaction() as tx:
            stored = self._stored(tx, key_id)
            state = stored.key.state(now)
            if state != "active":
                raise ApiKeyOverError(key_id=stored.key.id, state=state)
            text = new_text(self._mode, stored.key.id)
            self._store.rotate(tx, stored, digest(text), old_until=now + until)
            return IssuedKey(key=self._stored(tx, key_id).key, text=text)

    def revoke(self, key_id: str) -> ApiKey:
        """End a key with both its secrets, now and for good; a repeat changes nothing.

        Raises:
            ApiKeyUnknownError: There is no such key.
        """
        with self._db.transaction() as tx:
            stored = self._stored(tx, key_id)
            self._store.revoke(tx, stored.key.id, at=self._clock.now())
            return self._stored(tx, key_id).key

    def authenticate(self, text: str) -> ApiKey:
        """Return the key whose text this is; reads one row at most.

        Raises:
            ApiKeyInvalidError: In every other case, and always the same.
        """
        key_id = id_in(text)
        if key_id is None:
            raise ApiKeyInvalidError()
        with self._db.reading() as tx:
            stored = self._store.get(tx, key_id)
        if stored is None or not self._is_good(stored, digest(text)):
            raise ApiKeyInvalidError()
        return stored.key

    def _is_good(self, stored: StoredKey, given: str) -> bool:
        now, known = self._clock.now(), stored.key
        is_new = hmac.compare_digest(given, stored.digest)
        is_old = hmac.compare_digest(given, stored.old_digest or _NOTHING)
        is_old = is_old and known.old_until is not None and now < known.old_until
        is_here = known.mode == self._mode and known.state(now) == "active"
        return (is_new or is_old) and is_here

    def admit(self, known: ApiKey, scope: str) -> None:
        """Count a request of a key, and say whether it may be made.

        Effects: one row is changed, in a commit of its own, so that all
        workers count together. Once a key has used its minute up, this
        process refuses the rest of that minute without asking.

        Raises:
            RateLimitedError: The key made its requests of this minute.
            ScopeMissingError: It may not do this.
        """
        now = to_micros(self._clock.now())
        minute = now // _MINUTE
        if self._used_up.get(known.id) != minute:
            with self._db.transaction() as tx:
                count = self._store.count(tx, known.id, minute)
            if count > known.per_minute:
                self._used_up[known.id] = minute
        if self._used_up.get(known.id) == minute:
            left = _MINUTE - now % _MINUTE
            raise RateLimitedError(per_minute=known.per_minute, retry_after=-(-left // 1_000_000))
        if not known.allows(scope):
            raise ScopeMissingError(needed=scope)

    def once(
        self,
        known: ApiKey,
        idempotency_key: str,
        fingerprint: str,
        work: Callable[[Transaction], StoredAnswer],
    ) -> tuple[StoredAnswer, bool]:
        """Do a write once per idempotency key; return its answer, and if it was a repeat.

        Work and answer are one transaction: both are kept or neither is.
        Of two at once one works, and the other waits and gets its answer.
        Work that raises keeps nothing, so a retry is judged anew.

        Args:
            fingerprint: Of the whole request, 64 characters.
            work: Writes in the transaction it is given.

        Raises:
            IdempotencyKeyReusedError: The key stands for another request.
        """
        with self._db.transaction() as tx:
            now = self._clock.now()
            if not self._store.claim(tx, known.id, idempotency_key, fingerprint, now):
                first, answer = self._store.answer(tx, known.id, idempotency_key)
                if first != fingerprint:
                    raise IdempotencyKeyReusedError(key=idempotency_key)
                return answer, True
            answer = work(tx)
            self._store.settle(tx, known.id, idempotency_key, answer)
            return answer, False

    def daily(self) -> int:
        """Forget answers older than they are kept; returns how many.

        For workers: cheap to call often, and a failure is logged.
        """
        now = self._clock.now()
        if self._next_look is not None and now < self._next_look:
            return 0
        self._next_look = now + _DAY
        try:
            with self._db.transaction() as tx:
                return self._store.forget(tx, before=now - ANSWERS_KEPT)
        except LiveShopError as error:
            _log.warning("old answers are kept: %s", error.code)
            return 0

    def _stored(self, tx: Transaction, key_id: str) -> StoredKey:
        found = self._store.get(tx, key(key_id, "key id"), to_change=True)
        if found is None:
            raise ApiKeyUnknownError(key_id=key_id[:64])
        return found


def _span(span: timedelta, *, least: int) -> timedelta:
    if timedelta(seconds=least) <= span <= _LONGEST:
        return span
    raise RecordInvalidError(
        kind="key", problem=f"a time of {span}"[:60], expected=f"{least} seconds to 3660 days"
    )
