"""A file for beancount, with what every account must stand at the day after."""

from datetime import date, timedelta
from typing import TextIO

from liveshop_sdk.affiliate.exports.cells import decimal_text, machine_text
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.parts import Parts, as_text
from liveshop_sdk.affiliate.exports.plain import Running, Sums, money, preface
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.accounts import creator_of
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.money import exponent_of


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write transactions and return how many postings of the ledger there were.

    Raises:
        ExportRowRefusedError: A text with a line break.
    """
    mapping = wishes.mapping
    mapping.require(extract.paths(), with_memo=True)
    running, count = Running.of(extract, mapping), 0
    with as_text(parts.begin(format="beancount")) as out:
        _begin(extract, running, out)
        for entry, lines in extract.entries():
            out.write(_title(entry))
            out.writelines(_line(wishes, line) for line in lines)
            count += len(lines)
        _end(running, out)
    return count


def _begin(extract: Extract, running: Running, out: TextIO) -> None:
    book = extract.book
    lines = [
        *preface(extract),
        f'option "title" "liveshop {_escaped(book.code)}"',
        f'option "operating_currency" "{book.currency}"',
    ]
    day = running.first_day
    for called, paths in running.paths.items() if day else ():
        lines += ["", f"{day} open {called}"]
        lines += [f'  path: "{path}"' for path in paths[:1]]
        creator = creator_of(paths[0])
        lines += [f'  creator: "{creator}"'] if creator and len(paths) == 1 else []
    if running.opening and day:
        lines += ["", f'{day} * "opening balances"']
        for (called, currency), amount in running.opening.items():
            lines.append(f"  {called}  {money(amount, currency)}")
    out.write("\n".join(lines) + "\n")


def _title(entry: EntryRow) -> str:
    told = machine_text(
        f"{entry.kind} {entry.source} {entry.event_id}", format="beancount", seq=entry.seq
    ).removeprefix(f"{entry.kind} ")
    return (
        f'\n{entry.effective_date} * "{_escaped(entry.kind)}" "{_escaped(told)}"\n'
        f'  seq: {entry.seq}\n  entry_hash: "{entry.chain_hash.hex()}"\n'
    )


def _line(wishes: Wishes, line: LineRow) -> str:
    called = wishes.mapping.account(line.account) or line.account
    return f"  {called}  {money(line.amount, line.currency)}\n"


def _end(running: Running, out: TextIO) -> None:
    if running.last_day is None:
        return
    after = date.fromisoformat(running.last_day) + timedelta(days=1)
    out.write("\n")
    for (called, currency), amount in _with_parts(running.closing).items():
        # Without an own tolerance beancount would let a cent pass.
        number = decimal_text(amount, exponent_of(currency))
        out.write(f"{after} balance {called}  {number} ~ 0 {currency}\n")


def _with_parts(closing: Sums) -> Sums:
    """Return what accounts stand at as beancount sees it: with the accounts below them."""
    found = dict(closing)
    for (called, currency), amount in closing.items():
        above = called.rpartition(":")[0]
        while above:
            if (above, currency) in found:
                found[above, currency] += amount
            above = above.rpartition(":")[0]
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
