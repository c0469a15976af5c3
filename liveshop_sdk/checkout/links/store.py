"""The queries on links."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from liveshop_sdk import wire
from liveshop_sdk.checkout import tables as t
from liveshop_sdk.checkout.links.models import Link
from liveshop_sdk.clock import from_micros, to_micros
from liveshop_sdk.db import Transaction

_BY_ID = select(t.link).where(t.link.c.id == bindparam("text"))
_BY_SHORT = select(t.link).where(t.link.c.short_code == bindparam("text"))


class LinkStore:
    """Reads and writes links."""

    def add(self, tx: Transaction, link: Link) -> None:
        """Append a link."""
        tx.execute(
            insert(t.link),
            {
                "id": link.id,
                "short_code": link.short_code,
                "creator": link.creator,
                "stream": link.stream,
                "coupon_id": link.coupon_id,
                "items": wire.canonical([[sku, qty] for sku, qty in link.items.items()]),
                "channel": link.channel,
                "placement": link.placement,
                "expires_at": to_micros(link.expires_at),
                "revoked_at": None,
                "created_at": to_micros(link.created_at),
            },
        )

    def by_id(self, tx: Transaction, link_id: str) -> Link | None:
        """Return the link with this id."""
        row = tx.execute(_BY_ID, {"text": link_id}).one_or_none()
        return _link(row) if row else None

    def by_short_code(self, tx: Transaction, code: str) -> Link | None:
        """Return the link with this short code."""
        row = tx.execute(_BY_SHORT, {"text": code}).one_or_none()
        return _link(row) if row else None

    def revoke(self, tx: Transaction, link_id: str, *, at: datetime) -> None:
        """Mark a link revoked; the first instant stays."""
        tx.execute(
            update(t.link)
            .where(t.link.c.id == link_id, t.link.c.revoked_at.is_(None))
            .values(revoked_at=to_micros(at))
        )

    def recent(
        self, tx: Transaction, *, creator: str | None, stream: str | None, limit: int
    ) -> list[Link]:
        """Return the newest links, of one creator or stream if asked."""
        query = select(t.link).order_by(t.link.c.created_at.desc(), t.link.c.id).limit(limit)
        if creator is not None:
            query = query.where(t.link.c.creator == creator)
        if stream is not None:
            query = query.where(t.link.c.stream == stream)
        return [_link(row) for row in tx.execute(query)]

    def page(
        self,
        tx: Transaction,
        *,
        creator: str | None,
        stream: str | None,
        after: str | None,
        limit: int,
    ) -> list[Link]:
        """Return links by id, the newest first, from the one behind ``after``."""
        query = select(t.link).order_by(t.link.c.id.desc()).limit(limit)
        if creator is not None:
            query = query.where(t.link.c.creator == creator)
        if stream is not None:
            query = query.where(t.link.c.stream == stream)
        if after is not None:
            query = query.where(t.link.c.id < after)
        return [_link(row) for row in tx.execute(query)]

    def count(self, tx: Transaction) -> int:
        """Count all links ever issued."""
        return int(tx.execute(select(func.count()).select_from(t.link)).scalar_one())


def _link(row: Row[Any]) -> Link:
    items: Any = wire.loads_canonical(row.items)
    return Link(
        id=row.id,
        short_code=row.short_code,
        creator=row.creator,
        stream=row.stream,
        coupon_id=row.coupon_id,
        items=dict(items),
        channel=row.channel,
        placement=row.placement,
        expires_at=from_micros(row.expires_at),
        revoked_at=None if row.revoked_at is None else from_micros(row.revoked_at),
        created_at=from_micros(row.created_at),
    )
