"""Run every benchmark and print one table: ``python -m bench [--quick]``.

With ``--postings N``, only those that have a book, and one of that size.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    exports,
    ingest,
    ledger,
    reading,
    redirect,
    replay,
    safety,
    statement,
    tokens,
    webhooks,
)
from bench.books import Part, on_each
from bench.measure import Result, Size, as_table, parser, show, size_of

RESULTS, AT_SIZE = "results", "results at size"

ALL: dict[str, Callable[[Size], list[Result]]] = {
    "tokens": tokens.measure,
    "webhooks": webhooks.measure,
    "ingest": ingest.measure,
    "ledger": ledger.measure,
    "safety": safety.measure,
    "reading": reading.measure,
    "statement": statement.measure,
    "exports": exports.measure,
    "replay": replay.measure,
    "redirect": redirect.measure,
}
# One book for all of them. Those that read it come first: the others add to it, and
# not always what is right.
BOOKS: dict[str, Part] = {
    "reading": reading.on,
    "statement": statement.on,
    "exports": exports.on,
    "ledger": ledger.on,
    "safety": safety.on,
}
OWN = ("replay",)
"""Those that have a book of their own, as large as is asked for."""


def main() -> None:
    options = parser(__doc__, of_book=True)
    options.add_argument("only", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}")
    options.add_argument("--into", type=Path, metavar="PAGE", help="put the table into a page")
    args = options.parse_args()
    known = [*BOOKS, *OWN] if args.postings else list(ALL)
    unknown = [name for name in args.only if name not in known]
    if unknown:
        options.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    found = _measured([name for name in known if name in (args.only or known)], size_of(args))
    show(found, args)
    if args.into:
        page = args.into.read_text(encoding="utf-8")
        part = AT_SIZE if args.postings else RESULTS
        args.into.write_text(with_table(page, part, found), encoding="utf-8")


def _measured(names: list[str], size: Size) -> list[Result]:
    """Run scripts; those that have a book share one on each engine."""
    found: list[Result] = []
    for name in names:
        if name not in BOOKS:
            print(f"measuring {name} ...", file=sys.stderr)
            found += ALL[name](size)
    if of_book := {name: part for name, part in BOOKS.items() if name in names}:
        found += on_each(size, of_book)
    return sorted(found, key=lambda one: names.index(one.bench))


def with_table(page: str, part: str, found: list[Result]) -> str:
    """Return a page with this table between the marks of that part."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    head, rest = page.split(begin)
    return f"{head}{begin}\n\n{as_table(found, markdown=True)}\n\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    main()
