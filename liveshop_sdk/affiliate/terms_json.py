"""Terms as JSON: what is stored, hashed, accepted, and read from a file.

One spelling for each: rates as ``12.5%``, lengths of time as ``14d``, money as
everywhere. What is not agreed is left out, so terms that gain a new part later
keep the text, and the hash, that was accepted.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from liveshop_sdk import wire
from liveshop_sdk.affiliate.terms import Appearance, Guarantee, LineTerms, Terms, Tiers
from liveshop_sdk.errors import AgreementInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money, Rate

T = TypeVar("T")
_SPAN = re.compile(r"(0|[1-9][0-9]{0,13})(us|[dhms])", re.ASCII)
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "us": timedelta(microseconds=1),
}
_MONEY = ("per_unit", "cap_per_order", "cap_per_month")
_RATES = ("first_time", "returning")


def to_json(terms: Terms) -> dict[str, Json]:
    """Return terms as plain JSON values, without what is not agreed."""
    made: dict[str, Json] = {
        "rate": str(terms.rate),
        "hold": span_text(terms.hold),
        "base": terms.base,
        "rounding": terms.rounding,
    }
    if terms.notice:
        made["notice"] = span_text(terms.notice)
    for name in _RATES:
        if (rate := getattr(terms, name)) is not None:
            made[name] = str(rate)
    for name in _MONEY:
        if (money := getattr(terms, name)) is not None:
            made[name] = _money_json(money)
    for name, rules in (("products", terms.products), ("collections", terms.collections)):
        if rules:
            made[name] = {key: _rule_json(rule) for key, rule in sorted(rules.items())}
    return made | _period_json(terms)


def _period_json(terms: Terms) -> dict[str, Json]:
    made: dict[str, Json] = {}
    if terms.guarantee:
        amount = _money_json(terms.guarantee.amount)
        made["guarantee"] = {"amount": amount, "recoupable": terms.guarantee.recoupable}
    if terms.appearance:
        made["appearance"] = {
            "amount": _money_json(terms.appearance.amount),
            "min_minutes": terms.appearance.min_minutes,
            "short": terms.appearance.short,
        }
    if terms.tiers:
        made["tiers"] = {
            "mode": terms.tiers.mode,
            "window": terms.tiers.window,
            "currency": terms.tiers.currency,
            "steps": [{"from": start, "rate": str(rate)} for start, rate in terms.tiers.steps],
        }
    return made


def from_json(value: object) -> Terms:
    """Read terms from JSON values; all but ``rate`` may be left out.

    Raises:
        AgreementInvalidError: Naming the part that is unknown, missing or of
            another type; or what no terms may have.
    """
    given = dict(_object(value, "terms"))
    known: dict[str, Callable[[Any, str], Any]] = {
        "rate": _rate,
        "hold": _span,
        "notice": _span,
        **dict.fromkeys(_RATES, _rate),
        **dict.fromkeys(_MONEY, _money),
        "products": _rules,
        "collections": _rules,
        "guarantee": _guarantee,
        "appearance": _appearance,
        "tiers": _tiers,
        "base": _text,
        "rounding": _text,
    }
    _only(given, known, "terms", needed=("rate",))
    return Terms(**{name: known[name](given[name], name) for name in given})


def to_text(terms: Terms) -> str:
    """Write terms in their one spelling, for storing and hashing."""
    return wire.canonical(to_json(terms))


def from_text(text: str) -> Terms:
    """Read back what `to_text` wrote."""
    return from_json(wire.loads_canonical(text))


def span_text(span: timedelta) -> str:
    """Write a length of time in its largest whole unit: ``14d``, ``36h``, ``90m``."""
    if not span:
        return "0d"
    name, unit = next((name, unit) for name, unit in _UNITS.items() if not span % unit)
    return f"{span // unit}{name}"


# --- writing parts


def _money_json(money: Money) -> dict[str, Json]:
    return {"amount": money.amount, "currency": money.currency}


def _rule_json(rule: LineTerms) -> dict[str, Json]:
    made: dict[str, Json] = {}
    if rule.rate is not None:
        made["rate"] = str(rule.rate)
    if rule.per_unit is not None:
        made["per_unit"] = _money_json(rule.per_unit)
    return made


# --- reading parts


def _rules(value: object, name: str) -> dict[str, LineTerms]:
    return {key: _rule(rule, f"{name} {key}") for key, rule in _object(value, name).items()}


def _rule(value: object, name: str) -> LineTerms:
    given = _object(value, name)
    _only(given, ("rate", "per_unit"), name)
    return LineTerms(
        rate=_rate(given["rate"], name) if "rate" in given else None,
        per_unit=_money(given["per_unit"], name) if "per_unit" in given else None,
    )


def _guarantee(value: object, name: str) -> Guarantee:
    given = _object(value, name)
    _only(given, ("amount", "recoupable"), name, needed=("amount",))
    return Guarantee(
        amount=_money(given["amount"], name),
        recoupable=_typed(given.get("recoupable", True), bool, name, "true or false"),
    )


def _appearance(value: object, name: str) -> Appearance:
    given = _object(value, name)
    needed = ("amount", "min_minutes")
    _only(given, (*needed, "short"), name, needed=needed)
    return Appearance(
        amount=_money(given["amount"], name),
        min_minutes=_typed(given["min_minutes"], int, name, "whole minutes"),
        short=_text(given.get("short", "none"), name),
    )


def _tiers(value: object, name: str) -> Tiers:
    given = _object(value, name)
    needed = ("mode", "window", "currency", "steps")
    _only(given, needed, name, needed=needed)
    steps = []
    for step in _typed(given["steps"], list, name, "a list of steps"):
        one = _object(step, name)
        _only(one, ("from", "rate"), name, needed=("from", "rate"))
        start = _typed(one["from"], int, name, "whole minor units")
        steps.append((start, _rate(one["rate"], name)))
    return Tiers(
        mode=_text(given["mode"], name),
        window=_text(given["window"], name),
        currency=_text(given["currency"], name),
        steps=tuple(steps),
    )


def _money(value: object, name: str) -> Money:
    given = _object(value, name)
    _only(given, ("amount", "currency"), name, needed=("amount", "currency"))
    amount = _typed(given["amount"], int, name, "whole minor units")
    return Money(amount, _text(given["currency"], name))


def _rate(value: object, name: str) -> Rate:
    return Rate.parse(_text(value, name))


def _span(value: object, name: str) -> timedelta:
    match = _SPAN.fullmatch(_text(value, name))
    if match is None:
        raise _wrong(name, str(value), "text such as 14d, 12h, 30m or 45s")
    try:
        return int(match[1]) * _UNITS[match[2]]
    except OverflowError:
        raise _wrong(name, str(value), "at most 366 days") from None


def _text(value: object, name: str) -> str:
    return _typed(value, str, name, "text")


def _object(value: object, name: str) -> Mapping[str, object]:
    return _typed(value, dict, name, "an object")


def _typed(value: object, kind: type[T], name: str, expected: str) -> T:
    if type(value) is not kind:
        raise _wrong(name, repr(value), expected)
    return value


def _only(
    given: Mapping[str, object], known: Any, name: str, *, needed: tuple[str, ...] = ()
) -> None:
    for key in given:
        if key not in known:
            raise _wrong(name, repr(key), f"only {', '.join(known)}")
    for key in needed:
        if key not in given:
            raise _wrong(name, "no " + key, f"{key} to be given")


def _wrong(name: str, problem: str, expected: str) -> AgreementInvalidError:
    return AgreementInvalidError(problem=f"{problem[:60]} as {name[:80]}", expected=expected)
