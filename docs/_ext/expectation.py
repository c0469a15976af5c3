"""Write what a shop can expect per second, from the table of measurements."""

import re

BEGIN, END = "<!-- expectation -->\n", "<!-- end of expectation -->\n"
_MARKED = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.S)


def with_expectation(page: str) -> str:
    """Return the page with its first sentence as the table has it now."""
    sqlite, postgres = _figures("SQLite", page), _figures("PostgreSQL", page)
    text = (
        f"With the figures below, one process on SQLite opens {sqlite[0]} links or records\n"
        f"{sqlite[1]} sales a second as they come in, and {sqlite[2]} sales when a worker finds a\n"
        f"hundred waiting; on PostgreSQL it is {postgres[0]}, {postgres[1]} and {postgres[2]}."
    )
    return _MARKED.sub(lambda _: f"{BEGIN}\n{text}\n\n{END}", page)


def _figures(engine: str, page: str) -> list[str]:
    rows = ("a visit opened", "receive and record a sale", "record 100 sales a commit")
    return [_ours(page, f"{engine}: {row}") for row in rows]


def _ours(page: str, what: str) -> str:
    """Return our rate in the first row about that, without its unit."""
    row = re.search(rf"^\|[^|]*\| {re.escape(what)} \|[^|]*\| ([\d,]+)/s \|", page, re.M)
    if row is None:
        raise LookupError(f"the table of measurements has no row {what!r}")
    return row[1]
