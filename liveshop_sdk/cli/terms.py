"""How terms are typed: options of the command line, or a file."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from liveshop_sdk import wire
from liveshop_sdk.affiliate.terms import (
    DEFAULT_HOLD,
    Appearance,
    Guarantee,
    LineTerms,
    Terms,
    Tiers,
)
from liveshop_sdk.affiliate.terms_json import from_json
from liveshop_sdk.cli.values import Reader, usage
from liveshop_sdk.money import Money, Rate

_RULE = re.compile(r"([^=]+)=(?:([0-9.]+ ?%)(?:\+([0-9.]+))?|([0-9.]+))", re.ASCII)
_TIER = re.compile(r"([0-9.]+)=([0-9.]+ ?%)", re.ASCII)
_SHOWN = 60
_NEEDS = {
    "not_recoupable": "guarantee",
    "min_minutes": "appearance",
    "short": "appearance",
    "tier_mode": "tier",
    "tier_window": "tier",
}


def rule(text: str) -> tuple[str, str | None, str | None]:
    """Read ``NAME=12%``, ``NAME=1.50`` or ``NAME=12%+1.50``."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text[:_SHOWN]!r} is no rule; write NAME=12%, NAME=1.50 or NAME=12%+1.50."
        )
    return match[1], match[2], match[3] or match[4]


def tier(text: str) -> tuple[str, str]:
    """Read ``10000.00=12%``."""
    match = _TIER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no tier; write FROM=RATE, such as 10000.00=12%.")
    return match[1], match[2]


RULE, TIER = Reader("name=rule", rule), Reader("from=rate", tier)


def from_file(path: Path) -> Terms:
    """Read terms from a file with one JSON document.

    Raises:
        BodyInvalidError: It is no JSON.
        AgreementInvalidError: It holds no terms.
    """
    return from_json(wire.loads(path.read_bytes()))


def from_options(given: Mapping[str, Any], currency: str) -> Terms:
    """Return the terms that options say; amounts are in the brand's currency."""
    for name, needed in _NEEDS.items():
        if given[name] and not given[needed]:
            usage(f"--{name.replace('_', '-')} says nothing without --{needed}.")
    hold: timedelta | None = given["hold"]

    def money(name: str) -> Money | None:
        return None if given[name] is None else Money.parse(given[name], currency)

    return Terms(
        rate=given["rate"],
        hold=DEFAULT_HOLD if hold is None else hold,
        notice=given["notice"] or timedelta(0),
        per_unit=money("per_unit"),
        products=_rules(given["product"], currency),
        collections=_rules(given["collection"], currency),
        first_time=given["first_time"],
        returning=given["returning"],
        cap_per_order=money("cap_per_order"),
        cap_per_month=money("cap_per_month"),
        guarantee=_guarantee(money("guarantee"), given),
        appearance=_appearance(money("appearance"), given),
        tiers=_tiers(given, currency),
        rounding=given["rounding"] or "half_up",
    )


def _rules(
    typed: Iterable[tuple[str, str | None, str | None]], currency: str
) -> dict[str, LineTerms]:
    found: dict[str, LineTerms] = {}
    for name, rate, amount in typed:
        if name in found:
            usage(f"{name} is named twice; one rule each.")
        found[name] = LineTerms(
            rate=None if rate is None else Rate.parse(rate),
            per_unit=None if amount is None else Money.parse(amount, currency),
        )
    return found


def _guarantee(amount: Money | None, given: Mapping[str, Any]) -> Guarantee | None:
    if amount is None:
        return None
    return Guarantee(amount=amount, recoupable=not given["not_recoupable"])


def _appearance(amount: Money | None, given: Mapping[str, Any]) -> Appearance | None:
    if amount is None:
        return None
    if given["min_minutes"] is None:
        usage("--appearance needs --min-minutes: how long for the whole fee.")
    return Appearance(
        amount=amount, min_minutes=given["min_minutes"], short=given["short"] or "none"
    )


def _tiers(given: Mapping[str, Any], currency: str) -> Tiers | None:
    if not given["tier"]:
        return None
    return Tiers(
        mode=given["tier_mode"] or "marginal",
        window=given["tier_window"] or "month",
        currency=currency,
        steps=tuple(
            (Money.parse(start, currency).amount, Rate.parse(rate)) for start, rate in given["tier"]
        ),
    )
