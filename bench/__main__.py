"""Run every benchmark and print one table: ``python -m bench [--quick]``."""

import sys
from collections.abc import Callable
from pathlib import Path

from bench import exports, ingest, ledger, reading, redirect, tokens, webhooks
from bench.measure import Result, Size, as_table, parser, show, size_of

BEGIN, END = "<!-- results -->", "<!-- end of results -->"

ALL: dict[str, Callable[[Size], list[Result]]] = {
    "tokens": tokens.measure,
    "webhooks": webhooks.measure,
    "ingest": ingest.measure,
    "ledger": ledger.measure,
    "reading": reading.measure,
    "exports": exports.measure,
    "redirect": redirect.measure,
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("only", nargs="*", metavar="NAME", help=f"some of {', '.join(ALL)}")
    options.add_argument("--into", type=Path, metavar="PAGE", help="put the table into a page")
    args = options.parse_args()
    unknown = [name for name in args.only if name not in ALL]
    if unknown:
        options.error(f"there is no {', '.join(unknown)}; there are {', '.join(ALL)}")
    found: list[Result] = []
    for name in args.only or ALL:
        print(f"measuring {name} ...", file=sys.stderr)
        found += ALL[name](size_of(args))
    show(found, args)
    if args.into:
        text = args.into.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        table = as_table(found, markdown=True)
        page = f"{head}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
        args.into.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
