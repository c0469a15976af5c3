"""A statement as one JSON document, written piece by piece."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from liveshop_sdk.affiliate.statements.html import Lines
from liveshop_sdk.affiliate.statements.model import (
    BrandPart,
    Held,
    Line,
    Parts,
    Payout,
    Proof,
    Section,
    Statement,
)
from liveshop_sdk.money import Money, Rate

Proofs = Callable[[BrandPart], Iterable[Proof]]
"""Gives the proofs of a brand's entries, in order."""


def document(statement: Statement, lines: Lines, proofs: Proofs) -> Iterator[str]:
    """Yield the text of the document; keys stand in one fixed order."""
    head = {"creator": statement.creator, "name": statement.name, "period": statement.period}
    yield f'{_opened(head)}, "brands": ['
    for number, brand in enumerate(statement.brands):
        yield f'{"," if number else ""}\n{_opened(_brand(brand))}, "currencies": ['
        for at, section in enumerate(brand.sections):
            yield f'{"," if at else ""}\n{_opened(_section(section))}, "lines": ['
            for place, line in enumerate(lines(brand, section)):
                yield f"{',' if place else ''}\n{_text(_line(section, line))}"
            yield "]}"
        yield '], "proofs": ['
        for place, proof in enumerate(proofs(brand)):
            yield f"{',' if place else ''}\n{_text(_proof(proof))}"
        yield "]}"
    yield "]}\n"


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True)


def _opened(value: Mapping[str, Any]) -> str:
    """Return an object without its end, so that more can follow."""
    return _text(value)[:-1]


def _brand(brand: BrandPart) -> dict[str, Any]:
    return {
        "brand": brand.brand,
        "timezone": brand.timezone,
        "as_of_seq": brand.as_of_seq,
        "root_hash": brand.root_hash,
        "period_status": brand.period_status,
        "checkpoint": brand.checkpoint,
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "currency": section.currency,
        "opening": _parts(section, section.opening),
        "movements": {group: _parts(section, sums) for group, sums in section.movements.items()},
        "closing": _parts(section, section.closing),
        "later": _parts(section, section.later),
        "balance": _parts(section, section.balance),
        "held": [_held(section, one) for one in section.held],
        "payouts": [_payout(section, one) for one in section.payouts],
    }


def _parts(section: Section, sums: Parts) -> dict[str, Any]:
    return {part: _money(section, sums.get(part, 0)) for part in section.parts}


def _money(section: Section, minor: int) -> dict[str, int | str]:
    return Money(minor, section.currency).as_json()


def _held(section: Section, one: Held) -> dict[str, Any]:
    return {
        "why": one.why,
        "until": one.until.isoformat() if one.until else None,
        "lines": one.lines,
        "amount": _money(section, one.amount),
    }


def _payout(section: Section, one: Payout) -> dict[str, Any]:
    return {
        "id": one.item_id,
        "state": one.state,
        "rail": one.rail or None,
        "created_on": one.created_on.isoformat(),
        "changed_on": one.changed_on.isoformat(),
        "amount": _money(section, one.amount),
        "withheld": _money(section, one.withheld),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    return {"seq": proof.seq, "leaf_hash": proof.leaf_hash, "path": list(proof.path)}


def _line(section: Section, line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {
        "seq": line.seq,
        "date": line.on.isoformat(),
        "kind": line.kind,
        "group": line.group,
        "changes": {part: _money(section, amount) for part, amount in line.changes.items()},
        "note": line.note or None,
        "payout": line.payout_item or None,
        "month_cap": None,
        "order": None,
    }
    if line.month_cap is not None:
        most = _money(section, line.month_cap.amount)
        found["month_cap"] = {"period": line.month_cap.period, "cap": most}
    sale = line.sale
    if sale is not None:
        found["order"] = {
            "order_ref": sale.order_ref,
            "line": sale.order_line,
            "sku": line.sku,
            "title": line.title,
            "base": _money(section, sale.base),
            "rate": str(Rate.bps(sale.rate_bps)),
            "per_unit": _money(section, sale.per_unit) if sale.per_unit else None,
            "quantity": sale.quantity,
            "uncapped": None if sale.uncapped is None else _money(section, sale.uncapped),
            "cap": None if sale.cap is None else _money(section, sale.cap),
            "cut_by_cap": None if sale.cap is None else _money(section, line.cut),
            "share": f"{sale.weight}/{sale.weight_total}",
            "earned": _money(section, sale.amount),
            "credited_by": line.why,
            "status": line.status,
            "left": _money(section, line.kept),
        }
    return found
