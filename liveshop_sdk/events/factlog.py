"""The log of facts: each once, for ever; everything owed is computed from it."""

# ruff: noqa: S608 - every statement is made of constants

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from liveshop_sdk.clock import Clock, from_micros, to_micros
from liveshop_sdk.db import Transaction
from liveshop_sdk.db.inserts import add_absent
from liveshop_sdk.errors import FactConflictError
from liveshop_sdk.events import tables as t
from liveshop_sdk.events.factcodec import decode, encode
from liveshop_sdk.facts import Fact, OrderKey, OrderPaid

FactKey = tuple[str, str, str]
"""(platform, account, fact_key)"""

_CHUNK = 200
_c = t.fact.c
_LOGGED = (
    "SELECT f.id, f.recorded_at, f.platform, f.account, f.fact_key,"
    " f.kind, f.order_ref, f.occurred_at, f.body FROM "
)
# One look a key, however many there are and whatever the statistics say.
_OF_ORDERS_PG = text(
    f"{_LOGGED}unnest(CAST(:refs AS text[]), CAST(:accounts AS text[]), CAST(:platforms AS text[]))"
    " AS u(ref, account, platform) CROSS JOIN LATERAL (SELECT * FROM ls_fact WHERE"
    " order_ref = u.ref AND account = u.account AND platform = u.platform OFFSET 0) f"
    " ORDER BY f.occurred_at, f.fact_key"
)
_OF_ORDERS_SQLITE = text(
    f"{_LOGGED}json_each(:wanted) j CROSS JOIN ls_fact f"
    " ON f.order_ref = json_extract(j.value, '$[2]')"
    " AND f.account = json_extract(j.value, '$[1]')"
    " AND f.platform = json_extract(j.value, '$[0]')"
    " ORDER BY f.occurred_at, f.fact_key"
)
_ALL = text(f"{_LOGGED}ls_fact f WHERE f.id > :after ORDER BY f.id LIMIT :most")
_HAPPENED = text(
    f"{_LOGGED}ls_fact f WHERE f.id > :after AND f.platform = :platform AND f.account = :account"
    " AND f.occurred_at >= :since AND f.occurred_at < :until ORDER BY f.id LIMIT :most"
)
_STORED_PG = text(
    "SELECT u.platform, u.account, u.key, f.kind, f.order_ref, f.occurred_at, f.body"
    " FROM unnest(CAST(:platforms AS text[]), CAST(:accounts AS text[]), CAST(:keys AS text[]))"
    " AS u(platform, account, key) CROSS JOIN LATERAL"
    " (SELECT kind, order_ref, occurred_at, body FROM ls_fact WHERE platform = u.platform"
    " AND account = u.account AND fact_key = u.key LIMIT 1) f"
)
_STORED_SQLITE = text(
    "SELECT f.platform, f.account, f.fact_key, f.kind, f.order_ref, f.occurred_at, f.body"
    " FROM json_each(:wanted) j CROSS JOIN ls_fact f ON f.platform = json_extract(j.value, '$[0]')"
    " AND f.account = json_extract(j.value, '$[1]') AND f.fact_key = json_extract(j.value, '$[2]')"
)


class Recorded(Enum):
    """Whether a fact was new to us."""

    NEW = "new"
    DUPLICATE = "duplicate"


class StoredFact(NamedTuple):
    """A fact as it is written down; `body` is the text that entries are sealed with."""

    kind: str
    order_ref: str
    occurred_at: int
    body: str


class LoggedFact(NamedTuple):
    """A fact with its place in the log, as it is written down.

    Attributes:
        recorded_at: Microseconds since 1970.
        key: Platform, account and the fact's own key.
    """

    seq: int
    recorded_at: int
    key: FactKey
    stored: StoredFact

    @property
    def order_key(self) -> OrderKey:
        """Name the order it is about."""
        return (*self.key[:2], self.stored.order_ref)

    @property
    def fact(self) -> Fact:
        """Read the fact itself from its text, anew each time."""
        return _decoded(self.key, self.stored)


class FactLog:
    """Adds facts and finds them again; triggers refuse every other change."""

    def __init__(self, clock: Clock) -> None:
        """Note the time of recording by this clock."""
        self._clock = clock

    def add(self, tx: Transaction, fact: Fact) -> Recorded:
        """Record a fact; the same key again with the same essence is a repeat.

        What was recorded first stands, its ``occurred_at`` too: two messages
        about one object may each name their own instant, and may spell
        differently what no money depends on.

        Raises:
            FactConflictError: the key is recorded with another essence.
        """
        return self.add_many(tx, [fact])[0]

    def add_many(self, tx: Transaction, facts: Sequence[Fact]) -> list[Recorded]:
        """Record facts in few statements; the answers are in the same order.

        Raises:
            FactConflictError: for the first one that contradicts the log, or
                another of these.
        """
        rows: dict[FactKey, dict[str, Any]] = {}
        answers = []
        for fact in facts:
            row = self._row(fact)
            known = rows.setdefault(key_of(fact), row)
            if known is not row:
                _refuse_other(fact, _written(row), _written(known))
            answers.append(Recorded.NEW if known is row else Recorded.DUPLICATE)
        fresh = self._insert(tx, rows)
        old = self.stored(tx, [key for key in rows if key not in fresh])
        for n, fact in enumerate(facts):
            stored = old.get(key_of(fact))
            if stored is not None:
                _refuse_other(fact, _written(rows[key_of(fact)]), stored)
                answers[n] = Recorded.DUPLICATE
        return answers

    def of_order(self, tx: Transaction, platform: str, account: str, order_ref: str) -> list[Fact]:
        """Return an order's facts by time, then key, however they arrived."""
        key = (platform, account, order_ref)
        return self.of_orders(tx, [key])[key]

    def of_orders(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, list[Fact]]:
        """Return the facts of many orders, an empty list where there are none."""
        logged = self.logged(tx, keys)
        return {key: [one.fact for one in found] for key, found in logged.items()}

    def logged(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, list[LoggedFact]]:
        """Return what `of_orders` does, each fact with its place in the log."""
        found: dict[OrderKey, list[LoggedFact]] = {key: [] for key in keys}
        if not found:
            return {}
        if tx.dialect.name == "postgresql":
            columns = [list(column) for column in zip(*found, strict=True)]
            wanted = dict(zip(("platforms", "accounts", "refs"), columns, strict=True))
            rows = tx.execute(_OF_ORDERS_PG, wanted)
        else:
            rows = tx.execute(_OF_ORDERS_SQLITE, {"wanted": json.dumps(list(found))})
        for one in map(_logged, rows):
            found[one.order_key].append(one)
        return found

    def sales(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, OrderPaid]:
        """Return what was sold with orders; nothing for one that was not paid."""
        wanted = [(*key[:2], f"{OrderPaid.kind}:{key[2]}") for key in sorted(set(keys))]
        found = self.known(tx, wanted).values()
        return {fact.order_key: fact for fact in found if isinstance(fact, OrderPaid)}

    def known(self, tx: Transaction, keys: Sequence[FactKey]) -> dict[FactKey, Fact]:
        """Return the facts recorded under these keys; nothing for one that is not there."""
        return {key: _decoded(key, row) for key, row in self.stored(tx, keys).items()}

    def in_order(self, tx: Transaction, keys: Iterable[OrderKey]) -> list[Fact]:
        """Return the facts of orders as they were recorded, one after the other."""
        logged = [one for some in self.logged(tx, keys).values() for one in some]
        return [one.fact for one in sorted(logged, key=lambda one: one.seq)]

    def all(self, tx: Transaction, *, after: int = 0, limit: int = 500) -> list[LoggedFact]:
        """Return a page of the log; go on with the last one's ``seq``."""
        return [_logged(row) for row in tx.execute(_ALL, {"after": after, "most": limit})]

    def happened(
        self,
        tx: Transaction,
        platform: str,
        account: str,
        since: datetime,
        until: datetime,
        *,
        after: int = 0,
        limit: int = 500,
    ) -> list[LoggedFact]:
        """Return a page of an account's facts of a time; go on from the last ``seq``."""
        wanted = {
            "platform": platform,
            "account": account,
            "since": to_micros(since),
            "until": to_micros(until),
            "after": after,
            "most": limit,
        }
        return [_logged(row) for row in tx.execute(_HAPPENED, wanted)]

    def stored(self, tx: Transaction, keys: Sequence[FactKey]) -> dict[FactKey, StoredFact]:
        """Return facts as they are written down; nothing for a key that is not there."""
        if not keys:
            return {}
        if tx.dialect.name == "postgresql":
            columns = [list(column) for column in zip(*keys, strict=True)]
            wanted = dict(zip(("platforms", "accounts", "keys"), columns, strict=True))
            rows = tx.execute(_STORED_PG, wanted)
        else:
            rows = tx.execute(_STORED_SQLITE, {"wanted": json.dumps(keys)})
        return {(row[0], row[1], row[2]): StoredFact(*row[3:]) for row in rows}

    def count_kinds(self, tx: Transaction) -> dict[str, int]:
        """Return how many facts there are of each kind."""
        query = select(_c.kind, func.count()).group_by(_c.kind)
        return {kind: int(count) for kind, count in tx.execute(query)}

    def _insert(self, tx: Transaction, rows: dict[FactKey, dict[str, Any]]) -> set[FactKey]:
        # sorted, so that two writers of the same keys wait and never deadlock
        ordered = [rows[key] for key in sorted(rows)]
        fresh: set[FactKey] = set()
        for start in range(0, len(ordered), _CHUNK):
            some = ordered[start : start + _CHUNK]
            fresh |= add_absent(tx, t.fact, some, key=("platform", "account", "fact_key"))
        return fresh

    def _row(self, fact: Fact) -> dict[str, Any]:
        return {
            "platform": fact.platform,
            "account": fact.account,
            "fact_key": fact.key,
            "order_ref": fact.order_ref,
            "kind": fact.kind,
            "occurred_at": to_micros(fact.occurred_at),
            "body": encode(fact),
            "recorded_at": to_micros(self._clock.now()),
        }


def key_of(fact: Fact) -> FactKey:
    """Return what a fact is found by."""
    return fact.platform, fact.account, fact.key


def _written(row: Mapping[str, Any]) -> StoredFact:
    return StoredFact(row["kind"], row["order_ref"], row["occurred_at"], row["body"])


def _refuse_other(fact: Fact, written: StoredFact, stored: StoredFact) -> None:
    is_same = (written.kind, written.order_ref) == (stored.kind, stored.order_ref)
    if is_same and written.body != stored.body:
        is_same = _decoded(key_of(fact), stored).essence() == fact.essence()
    if not is_same:
        raise FactConflictError(platform=fact.platform, account=fact.account, key=fact.key)


def _logged(row: Sequence[Any]) -> LoggedFact:
    return LoggedFact(row[0], row[1], (row[2], row[3], row[4]), StoredFact(*row[5:]))


def _decoded(key: FactKey, stored: StoredFact) -> Fact:
    return decode(
        stored.kind,
        platform=key[0],
        account=key[1],
        order_ref=stored.order_ref,
        occurred_at=from_micros(stored.occurred_at),
        body=stored.body,
    )
