"""The log of facts: each once, for ever; everything owed is computed from it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import func, select, text, tuple_

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
# One look a key, however many there are and whatever the statistics say.
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


@dataclass(frozen=True, slots=True)
class LoggedFact:
    """A fact with its place in the log, for going through all of them."""

    seq: int
    recorded_at: datetime
    fact: Fact


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact as it is written down; `body` is the text that entries are sealed with."""

    kind: str
    order_ref: str
    occurred_at: int
    body: str


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
            known = rows.setdefault(_key(fact), row)
            if known is not row:
                _refuse_other(fact, row, known)
            answers.append(Recorded.NEW if known is row else Recorded.DUPLICATE)
        fresh = self._insert(tx, rows)
        old = self._stored(tx, [key for key in rows if key not in fresh])
        for n, fact in enumerate(facts):
            stored = old.get(_key(fact))
            if stored is not None:
                _refuse_other(fact, rows[_key(fact)], stored)
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
        wanted = sorted(found)
        for start in range(0, len(wanted), _CHUNK):
            some = [(ref, account, platform) for platform, account, ref in wanted[start:][:_CHUNK]]
            query = (
                select(t.fact)
                .where(tuple_(_c.order_ref, _c.account, _c.platform).in_(some))
                .order_by(_c.occurred_at, _c.fact_key)
            )
            for row in tx.execute(query).mappings():
                one = _logged(row)
                found[one.fact.order_key].append(one)
        return found

    def sales(self, tx: Transaction, keys: Iterable[OrderKey]) -> dict[OrderKey, OrderPaid]:
        """Return what was sold with orders; nothing for one that was not paid."""
        wanted = [(*key[:2], f"{OrderPaid.kind}:{key[2]}") for key in sorted(set(keys))]
        found: dict[OrderKey, OrderPaid] = {}
        for (platform, account, _key), row in self.stored(tx, wanted).items():
            fact = decode(
                row.kind,
                platform=platform,
                account=account,
                order_ref=row.order_ref,
                occurred_at=from_micros(row.occurred_at),
                body=row.body,
            )
            if isinstance(fact, OrderPaid):
                found[fact.order_key] = fact
        return found

    def all(self, tx: Transaction, *, after: int = 0, limit: int = 500) -> list[LoggedFact]:
        """Return a page of the log; go on with the last one's ``seq``."""
        query = select(t.fact).where(_c.id > after).order_by(_c.id).limit(limit)
        return [_logged(row) for row in tx.execute(query).mappings()]

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

    def _stored(self, tx: Transaction, keys: Sequence[FactKey]) -> dict[FactKey, dict[str, Any]]:
        found: dict[FactKey, dict[str, Any]] = {}
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            query = select(t.fact).where(tuple_(_c.platform, _c.account, _c.fact_key).in_(some))
            for row in tx.execute(query).mappings():
                found[row["platform"], row["account"], row["fact_key"]] = dict(row)
        return found

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


def _key(fact: Fact) -> FactKey:
    return fact.platform, fact.account, fact.key


def _refuse_other(fact: Fact, row: dict[str, Any], stored: dict[str, Any]) -> None:
    is_same = all(row[name] == stored[name] for name in ("kind", "order_ref"))
    if is_same and row["body"] != stored["body"]:
        is_same = _decoded(stored).essence() == fact.essence()
    if not is_same:
        raise FactConflictError(platform=fact.platform, account=fact.account, key=fact.key)


def _logged(row: Mapping[Any, Any]) -> LoggedFact:
    at = from_micros(row["recorded_at"])
    return LoggedFact(seq=row["id"], recorded_at=at, fact=_decoded(row))


def _decoded(row: Mapping[Any, Any]) -> Fact:
    return decode(
        row["kind"],
        platform=row["platform"],
        account=row["account"],
        order_ref=row["order_ref"],
        occurred_at=from_micros(row["occurred_at"]),
        body=row["body"],
    )
