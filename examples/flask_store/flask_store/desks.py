"""What a creator and finance see of the same sales; for looking, without login.

Both answer 404 once the shop takes real money: build yours behind a login.
"""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from flask_store.state import store
from liveshop_sdk import LiveShop, Money
from liveshop_sdk.clock import parse_iso
from liveshop_sdk.registry.brands import Brand
from liveshop_sdk.registry.creators import Creator
from liveshop_sdk.registry.streams import Stream

desks = Blueprint("desks", __name__)

_ORDERS, _ENTRIES, _VERIFIED_AT_ONCE = 50, 20, 5000
_ROLES = ("pending", "payable", "disputed", "clawback_receivable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One order as the creator who earned it sees it: no word about the buyer."""

    order: str
    paid_at: str
    stream: str | None
    title: str
    minute: int | None
    is_after: bool
    reason: str
    code: str | None
    lost: tuple[dict[str, Any], ...]
    lines: tuple[dict[str, Any], ...]
    earned: Money
    taken_back: Money


@desks.before_request
def _only_where_no_money_moves() -> None:
    if store().shop.mode == "live":
        abort(404)


@desks.get("/creator/<handle>")
def creator(handle: str) -> str:
    """Show what a creator earned, which minute earned it, and why."""
    shop = store().shop
    found = shop.creators.get(handle)
    rows = _credits(shop, found)
    return render_template(
        "store/creator.html",
        creator=found,
        terms=shop.creators.agreements(handle),
        standing=_standing(shop, found, rows),
        credits=rows,
        zone=_zone(shop, found),
    )


@desks.get("/finance")
def finance() -> str:
    """Show a brand's book: balances, newest entries, proof, what credits nobody."""
    shop = store().shop
    brands = shop.brands.list()
    if not brands:
        return render_template("store/finance.html", brand=None, brands=())
    brand = _brand(brands)
    head = shop.ledger.head(brand=brand.code)
    is_checked = head.seq <= _VERIFIED_AT_ONCE or request.args.get("verify") == "now"
    entries = list(shop.ledger.entries(brand=brand.code, after_seq=max(0, head.seq - _ENTRIES)))
    return render_template(
        "store/finance.html",
        brand=brand,
        brands=brands,
        head=head,
        balances=[
            (row.account, Money(row.amount, row.currency))
            for row in shop.ledger.balance(brand=brand.code).balances
        ],
        report=shop.ledger.verify(brand=brand.code) if is_checked else None,
        entries=[
            (entry, [(p.account, Money(p.amount, p.currency)) for p in entry.postings])
            for entry in reversed(entries)
        ],
        unattributed=[row for row in shop.unattributed() if row.brand in ("", brand.code)],
    )


@desks.get("/finance/ledger.csv")
def ledger_csv() -> Response:
    """Return a brand's book as CSV; the same book gives the same bytes."""
    brands = store().shop.brands.list()
    if not brands:
        abort(404)
    brand = _brand(brands)
    out = io.StringIO(newline="")
    store().shop.ledger.export(out, brand=brand.code)
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="ledger-{brand.code}.csv"'
    return answer


def _brand(brands: tuple[Brand, ...]) -> Brand:
    asked = request.args.get("brand")
    found = next((brand for brand in brands if asked in (None, brand.code)), None)
    return found or abort(404)


def _zone(shop: LiveShop, creator: Creator) -> str:
    agreements = shop.creators.agreements(creator.handle)
    return shop.brands.get(agreements[0].brand).timezone if agreements else "UTC"


def _credits(shop: LiveShop, creator: Creator) -> list[Credit]:
    """Return the newest orders that this creator earns with."""
    found: list[Credit] = []
    streams = {stream.code: stream for stream in shop.streams.list()}
    for order in shop.orders(limit=_ORDERS):
        told = shop.explain(order.order_ref).as_json()
        lines = [line for line in told["lines"] if line["creator"] == creator.handle]
        if not lines:
            continue
        decisions = {decision["brand"]: decision for decision in told["decisions"]}
        decision = decisions[lines[0]["brand"]]
        stream, minute = streams.get(decision["stream"]), decision["stream_minute"]
        found.append(
            Credit(
                order=order.id[-6:].upper(),
                paid_at=told["order"]["paid_at"],
                stream=decision["stream"],
                title=stream.title if stream else "",
                minute=minute,
                is_after=_is_after(stream, minute),
                reason=_reason(decision, creator),
                code=(decision["claim"] or {}).get("code"),
                lost=tuple(c for c in decision["losing_claims"] if c["why"] != "agrees"),
                lines=tuple(_line(line) for line in lines),
                earned=_sum(lines, "earned"),
                taken_back=_sum(lines, "taken_back"),
            )
        )
    return found


def _is_after(stream: Stream | None, minute: int | None) -> bool:
    if stream is None or minute is None:
        return False
    return minute >= (stream.closes_at - stream.opens_at) // timedelta(minutes=1)


def _reason(decision: Mapping[str, Any], creator: Creator) -> str:
    return str(decision["reason"]) if decision["creator"] == creator.handle else "share"


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    moneys = ("base", "earned", "taken_back", "pending", "disputed", "owed")
    return {
        **line,
        **{name: _money(line[name]) for name in moneys},
        "hold_until": parse_iso(line["hold_until"]),
        "is_shared": line["share"].partition("/")[0] != line["share"].partition("/")[2],
    }


def _standing(
    shop: LiveShop, creator: Creator, rows: list[Credit]
) -> list[tuple[str, dict[str, Money]]]:
    """Return by currency what is pending, payable, disputed, owed back, taken back."""
    sums: dict[str, Counter[str]] = {}
    for brand in {agreement.brand for agreement in shop.creators.agreements(creator.handle)}:
        currency = shop.brands.get(brand).currency
        kept = sums.setdefault(currency, Counter())
        for row in shop.ledger.balance(brand=brand, creator=creator.handle).balances:
            kept[row.account.rpartition(":")[2]] += abs(row.amount)
    for credit in rows:
        kept = sums.setdefault(credit.earned.currency, Counter())
        kept["earned"] += credit.earned.amount
        kept["taken_back"] += credit.taken_back.amount
    return [
        (code, {name: Money(kept[name], code) for name in (*_ROLES, "earned", "taken_back")})
        for code, kept in sorted(sums.items())
    ]


def _sum(lines: list[dict[str, Any]], name: str) -> Money:
    total = Money.zero(lines[0][name]["currency"])
    for line in lines:
        total += _money(line[name])
    return total


def _money(value: Mapping[str, Any]) -> Money:
    return Money(value["amount"], value["currency"])
