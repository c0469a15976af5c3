"""The queries on API keys, the answers given under them, and their use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_if_absent
from liveshop_sdk.registry.access import tables as t
from liveshop_sdk.registry.access.models import ApiKey

_BY_ID = select(t.api_key).where(t.api_key.c.id == bindparam("key"))
_ANSWER = t.api_answer.c
_USE = t.api_use.c
_CLOCKS_DIFFER_BY = 2
"""Minutes that clocks of workers may be apart and still count together."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with what is stored of its texts."""

    key: ApiKey
    digest: str
    old_digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What was answered to a write before."""

    status: int
    body: str


class AccessStore:
    """Reads and writes API keys."""

    def add(self, tx: Transaction, key: ApiKey, digest: str) -> None:
        """Append a key."""
        tx.execute(
            insert(t.api_key),
            {
                "id": key.id,
                "name": key.name,
                "mode": key.mode,
                "scopes": " ".join(key.scopes),
                "brand": key.brand,
                "per_minute": key.per_minute,
                "digest": digest,
                "created_at": to_micros(key.created_at),
                "expires_at": None if key.expires_at is None else to_micros(key.expires_at),
            },
        )

    def get(self, tx: Transaction, key_id: str, *, to_change: bool = False) -> StoredKey | None:
        """Return a key by its id.

        Args:
            to_change: Lock it until the transaction ends (PostgreSQL).
        """
        query = _BY_ID.with_for_update() if to_change else _BY_ID
        row = tx.execute(query, {"key": key_id}).one_or_none()
        return StoredKey(_key(row), row.digest, row.old_digest) if row else None

    def list(self, tx: Transaction) -> list[ApiKey]:
        """Return all keys in the order they were made."""
        return [_key(row) for row in tx.execute(select(t.api_key).order_by(t.api_key.c.id))]

    def rotate(
        self, tx: Transaction, stored: StoredKey, digest: str, *, old_until: datetime
    ) -> None:
        """Give a key a new secret; the one it had works until then."""
        changed = update(t.api_key).where(t.api_key.c.id == stored.key.id)
        old = {"old_digest": stored.digest, "old_until": to_micros(old_until)}
        tx.execute(changed.values(digest=digest, **old))

    def revoke(self, tx: Transaction, key_id: str, *, at: datetime) -> None:
        """Mark a key revoked; the first instant stays."""
        is_live = (t.api_key.c.id == key_id) & t.api_key.c.revoked_at.is_(None)
        tx.execute(update(t.api_key).where(is_live).values(revoked_at=to_micros(at)))

    def count(self, tx: Transaction, key_id: str, minute: int) -> int:
        """Count one request and return how many there were in its minute.

        A worker whose clock is behind counts in the newest minute known, unless that is
        far ahead: a clock that was wrong once must not shut a key out until then.
        """
        kind: Any = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        given = kind(t.api_use).values(key_id=key_id, minute=minute, requests=1)
        is_later = (_USE.minute < minute) | (_USE.minute > minute + _CLOCKS_DIFFER_BY)
        statement = given.on_conflict_do_update(
            index_elements=["key_id"],
            set_={
                "minute": case((is_later, minute), else_=_USE.minute),
                "requests": case((is_later, 1), else_=_USE.requests + 1),
            },
        ).returning(_USE.requests)
        return int(tx.execute(statement).scalar_one())

    def claim(
        self, tx: Transaction, key_id: str, idempotency_key: str, fingerprint: str, at: datetime
    ) -> bool:
        """Take an idempotency key; False if it was taken before.

        Whoever comes second waits for the first one's transaction to end.
        """
        return add_if_absent(
            tx,
            t.api_answer,
            {
                "key_id": key_id,
                "idempotency_key": idempotency_key,
                "fingerprint": fingerprint,
                "status": None,
                "body": None,
                "created_at": to_micros(at),
            },
        )

    def answer(
        self, tx: Transaction, key_id: str, idempotency_key: str
    ) -> tuple[str, StoredAnswer]:
        """Return the fingerprint of the request that took a key, and its answer."""
        row = tx.execute(
            select(_ANSWER.fingerprint, _ANSWER.status, _ANSWER.body).where(
                _ANSWER.key_id == key_id, _ANSWER.idempotency_key == idempotency_key
            )
        ).one()
        return row.fingerprint, StoredAnswer(status=row.status, body=row.body)

    def settle(
        self, tx: Transaction, key_id: str, idempotency_key: str, answer: StoredAnswer
    ) -> None:
        """Store the answer to the request that took a key."""
        mine = (_ANSWER.key_id == key_id) & (_ANSWER.idempotency_key == idempotency_key)
        values = {"status": answer.status, "body": answer.body}
        tx.execute(update(t.api_answer).where(mine).values(**values))

    def forget(self, tx: Transaction, *, before: datetime) -> int:
        """Drop answers from before an instant; returns how many."""
        return tx.execute(
            delete(t.api_answer).where(_ANSWER.created_at < to_micros(before))
        ).rowcount


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        mode=row.mode,
        scopes=tuple(row.scopes.split(" ")),
        brand=row.brand,
        per_minute=row.per_minute,
        created_at=from_micros(row.created_at),
        expires_at=None if row.expires_at is None else from_micros(row.expires_at),
        revoked_at=None if row.revoked_at is None else from_micros(row.revoked_at),
        old_until=None if row.old_until is None else from_micros(row.old_until),
    )
