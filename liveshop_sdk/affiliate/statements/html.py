"""A statement as one page: no script, nothing loaded, readable on paper.

Every text of others is escaped; the page allows nothing but its own style.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape

from liveshop_sdk.affiliate.statements import words
from liveshop_sdk.affiliate.statements.model import BrandPart, Line, Section, Statement
from liveshop_sdk.affiliate.statements.style import STYLE

Lines = Callable[[BrandPart, Section], Iterable[Line]]
"""Gives the movements of a section, in order."""

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<main id="main" tabindex="-1">
<p class="eyebrow">Statement of commission</p>
<h1>{who}</h1>
<p class="lead">{month}</p>
"""
_FOOT = "</main>\n</body>\n</html>\n"


def html(statement: Statement, lines: Lines) -> Iterator[str]:
    """Yield the page piece by piece; it is never in memory as a whole."""
    who, month = escape(words.who(statement)), words.month(statement.period)
    yield _HEAD.format(title=f"{who}, {month}", style=STYLE, who=who, month=month)
    yield f'<p class="quiet">{words.SIGNS}</p>\n'
    if not statement.brands:
        yield f'<p class="card">{words.NOTHING}</p>\n'
    for brand in statement.brands:
        yield f'<section class="brand">\n<h2>{escape(brand.brand)}</h2>\n'
        if not brand.sections:
            yield f'<p class="card">{words.NOTHING}</p>\n'
        for section in brand.sections:
            yield from _section(brand, section, lines(brand, section))
        yield _sealed(brand)
        yield "</section>\n"
    yield _FOOT


def _section(brand: BrandPart, section: Section, lines: Iterable[Line]) -> Iterator[str]:
    of = f"{escape(brand.brand)}, {section.currency}"
    yield f'<section class="card">\n<h3>{section.currency}</h3>\n'
    yield from _sums(section, of)
    yield from _held(section, of)
    yield from _payouts(section, of)
    yield from _lines(section, lines, of)
    yield "</section>\n"


def _table(caption: str, heads: Iterable[str], *, right: int) -> str:
    """Return the top of a table that scrolls by itself where it is too wide.

    Args:
        right: So many of the last columns are amounts.
    """
    cells = list(heads)
    first = len(cells) - right
    row = "".join(
        f'<th scope="col"{" class=num" if at >= first else ""}>{escape(cell)}</th>'
        for at, cell in enumerate(cells)
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{caption}">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{row}</tr></thead>\n<tbody>\n"
    )


_END = "</tbody>\n</table>\n</div>\n"


def _amounts(section: Section, found: Iterable[int], *, blank: bool = False) -> str:
    return "".join(
        f'<td class="num">{"" if blank and not one else words.amount(section, one)}</td>'
        for one in found
    )


def _sums(section: Section, of: str) -> Iterator[str]:
    parts = section.parts
    heads = ["", *(words.PARTS[part] for part in parts), "Together"]
    yield _table(f"Summary, {of}", heads, right=len(parts) + 1)
    for name, sums, is_total in words.sums(section):
        found = [sums.get(part, 0) for part in parts]
        cells = _amounts(section, [*found, sum(found)], blank=not is_total)
        mark = ' class="sum"' if is_total else ""
        yield f'<tr{mark}><th scope="row">{name}</th>{cells}</tr>\n'
    yield _END


def _held(section: Section, of: str) -> Iterator[str]:
    if section.held:
        yield _table(f"Held back now, {of}", ["Why", "Lines", "Amount"], right=2)
        for one in section.held:
            cells = f'<td class="num">{one.lines}</td>{_amounts(section, [one.amount])}'
            yield f'<tr><th scope="row">{words.held(one)}</th>{cells}</tr>\n'
        yield _END


def _payouts(section: Section, of: str) -> Iterator[str]:
    if section.payouts:
        heads = ["Payout", "State", "Since", "By", "Amount", "Of that tax"]
        yield _table(f"Payouts, {of}", heads, right=2)
        for one in section.payouts:
            since = one.changed_on.isoformat()
            cells = (
                f'<td>{words.PAYOUTS[one.state]}</td><td class="day">{since}</td>'
                f"<td>{escape(one.rail)}</td>"
            )
            sums = _amounts(section, [one.amount, one.withheld])
            yield f'<tr><th scope="row">{escape(one.item_id)}</th>{cells}{sums}</tr>\n'
        yield _END


def _lines(section: Section, lines: Iterable[Line], of: str) -> Iterator[str]:
    if not section.movements:
        return
    parts = section.parts
    heads = ["Date", "What", "Order and product", "Base", "Rate", "Credited by", "Now"]
    heads += [words.PARTS[part] for part in parts]
    yield _table(f"Movements, {of}", heads, right=len(parts))
    for line in lines:
        yield _line(section, line, parts)
    yield _END


def _line(section: Section, line: Line, parts: Iterable[str]) -> str:
    note = f'<span class="hint">{escape(line.note)}</span>' if line.note else ""
    about = escape(words.thing(section, line))
    about += f'<span class="hint">{escape(words.reference(line))}</span>'
    cells = (
        f'<td class="day">{line.on.isoformat()}</td><th scope="row">{words.kind(line)}{note}</th>'
        f'<td class="thing">{about}</td><td class="num">{words.base(section, line)}</td>'
        f'<td class="rate">{words.rate(section, line)}</td><td>{escape(words.why(line))}</td>'
        f"<td>{words.status(section, line)}</td>"
    )
    found = (line.changes.get(part, 0) for part in parts)
    return f"<tr>{cells}{_amounts(section, found, blank=True)}</tr>\n"


def _sealed(brand: BrandPart) -> str:
    """Return which book the part was read from, so that it can be compared."""
    status = words.PERIODS[brand.period_status]
    note = ""
    if brand.checkpoint:
        signed = escape(brand.checkpoint)
        note = f'<p class="quiet">{words.SIGNED}</p>\n<pre class="note">{signed}</pre>\n'
    return (
        f'<p class="quiet">Read from the book of {escape(brand.brand)} after entry '
        f"{brand.as_of_seq}. The month is {status}. Days are those of {escape(brand.timezone)}. "
        f"Root of the book then: <code>{brand.root_hash}</code></p>\n{note}"
    )
