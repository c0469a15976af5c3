"""A journal for hledger and ledger-cli, with a balance assertion on every line."""

from typing import TextIO

from liveshop_sdk.affiliate.exports.cells import machine_text
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.parts import Parts, as_text
from liveshop_sdk.affiliate.exports.plain import Running, money, preface
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow
from liveshop_sdk.errors import ExportRowRefusedError
from liveshop_sdk.money import exponent_of


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write transactions and return how many postings of the ledger there were.

    Raises:
        ExportRowRefusedError: A text with ``;`` or a line break, which would
            end where the journal's own begins.
    """
    mapping = wishes.mapping
    mapping.require(extract.paths(), with_memo=True)
    running, count = Running.of(extract, mapping), 0
    with as_text(parts.begin(format="hledger")) as out:
        _begin(extract, running, out)
        for entry, lines in extract.entries():
            out.write(_title(entry, bool(lines)))
            out.writelines(_line(wishes, running, entry, line) for line in lines)
            count += len(lines)
    return count


def _begin(extract: Extract, running: Running, out: TextIO) -> None:
    lines = preface(extract)
    for currency in sorted({currency for _, currency in running.closing}):
        point = f"1000.{'0' * exponent_of(currency)}"
        lines.append(f"commodity {point} {currency}")
    lines += [f"account {called}" for called in running.paths]
    if running.opening and running.first_day:
        lines += ["", f"{running.first_day} * opening balances"]
        for (called, currency), amount in running.opening.items():
            spelled = money(amount, currency)
            lines.append(f"    {called}  {spelled} = {spelled}")
    out.write("\n".join(lines) + "\n")


def _title(entry: EntryRow, has_lines: bool) -> str:
    text = f"{entry.kind} | {entry.source} {entry.event_id}"
    if ";" in machine_text(text, format="hledger", seq=entry.seq):
        problem = f"{text[:40]!r} holds a ';', behind which a comment begins"
        raise ExportRowRefusedError(format="hledger", seq=entry.seq, problem=problem)
    # What moves nothing is no transaction, and stands as a comment.
    mark = "" if has_lines else "; "
    seal = f"seq:{entry.seq}, entry_hash:{entry.chain_hash.hex()}"
    return f"\n{mark}{entry.effective_date} * ({entry.seq}) {text}  ; {seal}\n"


def _line(wishes: Wishes, running: Running, entry: EntryRow, line: LineRow) -> str:
    called = wishes.mapping.account(line.account) or line.account
    stands = running.after(entry.effective_date, called, line.currency, line.amount)
    return f"    {called}  {money(line.amount, line.currency)} = {money(stands, line.currency)}\n"
