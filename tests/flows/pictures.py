"""What must hold in any database, and all that a database says, made comparable."""

import re
from collections import Counter
from typing import Any

import sqlalchemy as sa

from liveshop_sdk.checkout import tables as checkout
from liveshop_sdk.db import metadata
from liveshop_sdk.events import tables as events
from liveshop_sdk.platforms.sandbox import tables as sandbox
from liveshop_sdk.shop.live_shop import LiveShop

# Made anew at each try: ids, chance, instants of writing, sealed hashes, counters of tries.
_PASSING = re.compile(
    r".*_at|.*hash.*|attempts|lease_.*|short_code|frontier|url|result|reference"
    r"|body_sha256"
)
_ID = re.compile(r"\b([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}(\.[\w-]{43})?")
_LEDGER = re.compile(r"ls_ledger_(entry|posting|account|head)")

Picture = dict[str, list[str]]


def picture(shop: LiveShop, *, with_entries: bool = True) -> Picture:
    """Return all rows, ids replaced by their kind; two equal stories give equal pictures.

    Args:
        with_entries: What each entry moved, which depends on the order in which
            the facts of an order arrived; the sums never do.
    """
    found: Picture = {}
    with shop.db.reading() as tx:
        for table in metadata.sorted_tables:
            if not _LEDGER.fullmatch(table.name):
                columns = [c for c in table.columns if not _PASSING.fullmatch(c.name)]
                rows = tx.execute(sa.select(*(c for c in columns if not _is_counter(c)))).all()
                found[table.name] = sorted(_plain(tuple(row)) for row in rows)
    entries = [
        entry for brand in shop.brands.list() for entry in shop.ledger.entries(brand=brand.code)
    ]
    totals: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        for line in entry.postings:
            totals[line.account, line.currency, line.line_ref] += line.amount
    found["totals"] = sorted(_plain(item) for item in totals.items() if item[1])
    if with_entries:
        found["entries"] = sorted(
            _plain((entry.kind, entry.event_id, str(entry.effective_date), _sums(entry)))
            for entry in entries
        )
    return found


def assert_whole(shop: LiveShop) -> None:
    """Hold what any kill, order or repeat must leave whole."""
    for brand in shop.brands.list():
        report = shop.ledger.verify(brand=brand.code)
        assert report.ok, report
        for entry in shop.ledger.entries(brand=brand.code):
            totals: Counter[str] = Counter()
            for line in entry.postings:
                totals[line.currency] += line.amount
            assert not any(totals.values()), entry
    with shop.db.reading() as tx:
        _assert_coupons_add_up(tx)
        _assert_platform_holds_nothing_twice(tx)
        conflicts = sa.select(sa.func.sum(events.inbox.c.conflicts))
        assert not tx.scalar(conflicts)


def assert_idle(shop: LiveShop) -> None:
    """Nothing is left to do, and nothing was given up."""
    state = shop.inbox_state()
    assert (state.inbox["new"], state.outbox["pending"]) == (0, 0), state
    assert (state.dead, state.unsent) == ((), ()), state


def _assert_coupons_add_up(tx: sa.Connection) -> None:
    held = Counter(
        tx.execute(
            sa.select(checkout.checkout.c.coupon_id).where(
                checkout.checkout.c.reservation == "held"
            )
        ).scalars()
    )
    used = Counter(
        tx.execute(
            sa.select(checkout.redemption.c.coupon_id).where(
                checkout.redemption.c.verdict != "over_limit"
            )
        ).scalars()
    )
    for row in tx.execute(sa.select(checkout.coupon)):
        assert (row.reserved, row.used) == (held[row.id], used[row.id]), row.code
        assert row.use_limit is None or row.reserved + row.used <= row.use_limit, row.code


def _assert_platform_holds_nothing_twice(tx: sa.Connection) -> None:
    for theirs, ours in ((sandbox.checkout, checkout.checkout), (sandbox.coupon, checkout.coupon)):
        keys = list(tx.execute(sa.select(theirs.c.key)).scalars())
        assert len(keys) == len(set(keys))
        known = {row.id: row.platform_ref for row in tx.execute(sa.select(ours))}
        assert set(keys) <= set(known)
        for row in tx.execute(sa.select(theirs)):
            assert known[row.key] in (row.id, None)


def _is_counter(column: sa.Column[Any]) -> bool:
    return column.primary_key and isinstance(column.type, sa.Integer)


def _sums(entry: Any) -> list[tuple[str, str, int]]:
    return [(line.account, line.currency, line.amount) for line in entry.postings]


def _plain(value: object) -> str:
    return _ID.sub(r"\1", repr(value))
