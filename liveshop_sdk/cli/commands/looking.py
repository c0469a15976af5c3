"""``doctor``, ``explain``, ``unattributed``: what is so, and why."""

import os
from typing import Any

import click

from liveshop_sdk.cli.answers import (
    DONE,
    REFUSED,
    Answer,
    finding_rows,
    instant,
    listing,
    table,
)
from liveshop_sdk.cli.commands.ledger import BRAND, SEQ
from liveshop_sdk.cli.running import Session, ShopCommand
from liveshop_sdk.cli.values import usage
from liveshop_sdk.money import Money
from liveshop_sdk.shop import doctor as diagnosis


@click.command("doctor", cls=ShopCommand)
def doctor(session: Session) -> Answer:
    """Say what is configured, reachable and migrated; every problem with its fix."""
    found = (
        diagnosis.examine_shop(session.hosted)
        if session.hosted is not None
        else diagnosis.examine(os.environ)
    )
    is_well = all(finding.ok for finding in found)
    document: dict[str, Any] = {"ok": is_well, "findings": [one.as_json() for one in found]}
    code = DONE if is_well else REFUSED
    return Answer(document=document, text=table(finding_rows(found)), exit_code=code)


@click.command("explain", cls=ShopCommand)
@click.argument("order_ref", metavar="ORDER_REF", required=False)
@click.option("--entry", "seq", type=SEQ, metavar="SEQ", help="An entry of the ledger instead.")
@BRAND
def explain(session: Session, order_ref: str | None, seq: int | None, brand: str | None) -> Answer:
    """Say why each cent of an order went where it went, losing claims included."""
    if (order_ref is None) == (seq is None):
        usage("Name an order, or an entry with --entry.")
    if order_ref is not None:
        document = session.shop.explain(order_ref).as_json()
        return Answer(document=document, text=_story(document))
    document = session.shop.explain_entry(seq or 0, brand=brand).as_json()
    return Answer(document=document, text=_entry_story(document))


@click.command("unattributed", cls=ShopCommand)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most."
)
def unattributed(session: Session, limit: int) -> Answer:
    """List the newest orders that credit nobody, with the reason."""
    found = [order.as_json() for order in session.shop.unattributed(limit)]
    rows = [
        (row["order_ref"], row["brand"], row["reason"], instant(str(row["decided_at"])))
        for row in found
    ]
    heads = ("ORDER", "BRAND", "REASON", "DECIDED")
    return Answer(
        document={"orders": found}, text=listing(heads, rows, empty="every order is credited")
    )


def _entry_story(found: dict[str, Any]) -> str:
    entry = found["entry"]
    parts = [
        f"entry {entry['seq']} of {entry['book']}, {entry['effective_date']}: "
        f"{entry['kind']}: {found['meaning']}",
        f"for {entry['source']} {entry['event_id']}, at {instant(entry['occurred_at'])}",
    ]
    named = {
        "asked by": entry["created_by"],
        "approved by": entry["approved_by"],
        "reason": entry["reason"],
        "corrects entry": entry["corrects_seq"],
        "late for": entry["applies_to_period"],
    }
    parts += [f"{name}: {value}" for name, value in named.items() if value is not None]
    parts.append(_postings([entry]))
    if found["order"] is not None:
        parts.append(_story(found["order"]))
    return "\n".join(parts)


def _postings(entries: list[dict[str, Any]]) -> str:
    rows = [
        (
            entry["seq"],
            entry["kind"],
            line["account"],
            Money(line["amount"], line["currency"]).decimal_text(),
            line["currency"],
            line["line_ref"],
        )
        for entry in entries
        for line in entry["postings"]
    ]
    heads = ("ENTRY", "KIND", "ACCOUNT", "AMOUNT", "", "LINE")
    return listing(heads, rows, empty="no postings", right=[0, 3])


def _story(found: dict[str, Any]) -> str:
    order = found["order"]
    parts = [
        f"order {order['order_ref']}: {_money(order['total'])}, paid {instant(order['paid_at'])}"
    ]
    parts += [
        f"coupon {one['code']} of {one['creator']}: {one['offer']} ({one['verdict']})"
        for one in found["coupons"]
    ]
    for decision in found["decisions"]:
        whom = decision["creator"] or "nobody"
        parts.append(f"brand {decision['brand'] or '-'}: credits {whom} ({decision['reason']})")
        parts += [
            f"  {'also' if claim['why'] == 'agrees' else 'lost'}: "
            f"{claim['source']} of {claim['creator']} ({claim['why']})"
            for claim in decision["losing_claims"]
        ]
    parts += [
        f"{_money(line['earned'])} of {line['credited']}: waits for air time of {line['stream']}"
        for line in found["waiting"]
    ]
    rows = [
        (
            line["sku"],
            line["creator"],
            line["share"],
            _money(line["base"]),
            _rate(line),
            _money(line["earned"]),
            _money(line["taken_back"]),
            *(_money(line[part]) for part in ("pending", "disputed", "owed")),
            instant(line["hold_until"]) if line["pending"]["amount"] else "",
        )
        for line in found["lines"]
    ]
    heads = ("SKU", "CREATOR", "SHARE", "BASE", "RATE", "EARNED", "TAKEN BACK")
    where = ("PENDING", "DISPUTED", "PAYABLE", "HOLD")
    right = [3, 4, 5, 6, 7, 8, 9]
    parts.append(listing((*heads, *where), rows, empty="no commission", right=right))
    parts += [
        f"capped: {line['computed']}, in minor units: {line['line_ref']}"
        for line in found["lines"]
        if line["cap"] is not None
    ]
    parts += [
        f"corrected to {_money(line['corrected_to'])}, instead of what was earned:"
        f" {line['line_ref']}"
        for line in found["lines"]
        if line["corrected_to"] is not None
    ]
    parts.append(_postings(found["entries"]))
    parts += [
        f"the platform charged {_money(one['fee'])}, for the {one['kind']} of"
        f" {_money(one['gross'])}, {instant(one['occurred_at'])}"
        for one in found["fees"]
    ]
    return "\n".join(parts)


def _rate(line: dict[str, Any]) -> str:
    flat = line["per_unit"]
    return f"{line['rate']} + {line['quantity']} × {_money(flat)}" if flat else str(line["rate"])


def _money(value: dict[str, Any] | None) -> str:
    return "unpaid" if value is None else str(Money(value["amount"], value["currency"]))
