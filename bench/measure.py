"""Interleaved rounds, ratios within a round, and the one table they end up in.

A round runs every case once, in turn, so that a busy machine slows all of them;
a ratio is taken within a round, and the median of the rounds counts. Minimum
and maximum are shown because they are the noise.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

Sense = Literal["cost", "rate", "count", "MiB"]
Case = Callable[[], float]
"""Runs once and returns seconds per unit of work."""

Times = dict[str, list[float]]
_HEAD = ("", "what", "against", "ours", "limit", "ratio", "min", "max", "target", "met")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: ``tiny`` (does it run), ``quick`` or ``full``.

    ``postings`` is how many a book has, where one is read or posted to.
    """

    name: Literal["tiny", "quick", "full"]
    given: int | None = None
    postings: int | None = None

    def pick(self, *, tiny: int, quick: int, full: int) -> int:
        return {"tiny": tiny, "quick": quick, "full": full}[self.name]

    @property
    def entries(self) -> int:
        """Return how many sales a book has; each is two postings."""
        postings = self.postings or self.pick(tiny=100, quick=10_000, full=100_000)
        return postings // 2

    @property
    def rounds(self) -> int:
        return self.given or self.pick(tiny=1, quick=5, full=15)

    @property
    def few(self) -> int:
        """Return the rounds of what goes through a whole book each time."""
        return self.given or self.pick(tiny=1, quick=3, full=3 if self.postings else 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table.

    ``cost`` is our time over the limit's (small is good), ``rate`` our speed
    over the limit's (large is good); ``count`` and ``MiB`` are no ratio.
    """

    bench: str
    key: str
    what: str
    against: str
    sense: Sense
    ratio: float
    low: float
    high: float
    ours: float = 0.0
    limit: float = 0.0
    target: float | None = None

    @property
    def is_met(self) -> bool | None:
        if self.target is None:
            return None
        return self.ratio >= self.target if self.sense == "rate" else self.ratio <= self.target

    def cells(self) -> tuple[str, ...]:
        show = _per_second if self.sense == "rate" else _duration
        times = ("", "") if self.sense in ("count", "MiB") else (show(self.ours), show(self.limit))
        sign = ">=" if self.sense == "rate" else "<="
        target = "" if self.target is None else f"{sign} {self.target:g}"
        verdict = {None: "", True: "yes", False: "no"}[self.is_met]
        spread = (_number(self.ratio), _number(self.low), _number(self.high))
        return (self.key, self.what, self.against, *times, *spread, target, verdict)


def per_call(call: Callable[[], object], calls: int) -> Case:
    """Return a case that makes many calls and tells what processor time one costs.

    For work that waits for nothing: what else runs on the machine then shows less.
    """

    def run() -> float:
        began = time.thread_time()
        for _ in range(calls):
            call()
        return (time.thread_time() - began) / calls

    return run


def per_item(call: Callable[[], int]) -> Case:
    """Return a case that does one call, which says how many items it handled.

    By the clock on the wall: waiting for disk and database counts.
    """

    def run() -> float:
        began = time.perf_counter()
        count = call()
        return (time.perf_counter() - began) / count

    return run


def interleave(cases: Mapping[str, Case], rounds: int) -> Times:
    """Run all cases in turn, round by round; one round before that is thrown away."""
    times: Times = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, run in cases.items():
            gc.collect()
            gc.disable()
            try:
                taken = run()
            finally:
                gc.enable()
            if number or rounds == 1:
                times[name].append(taken)
    return times


def result(
    times: Times,
    ours: str,
    limit: str,
    *,
    bench: str,
    sense: Literal["cost", "rate"],
    key: str = "",
    what: str = "",
    against: str = "",
    target: float | None = None,
) -> Result:
    """Compare two cases of one interleaved run."""
    pairs = list(zip(times[ours], times[limit], strict=True))
    ratios = [mine / other if sense == "cost" else other / mine for mine, other in pairs]
    return Result(
        bench=bench,
        key=key,
        what=what or ours,
        against=against or limit,
        sense=sense,
        ratio=median(ratios),
        low=min(ratios),
        high=max(ratios),
        ours=median(times[ours]),
        limit=median(times[limit]),
        target=target,
    )


def plain(
    values: Iterable[float],
    *,
    bench: str,
    what: str,
    against: str,
    sense: Literal["count", "MiB"],
    key: str = "",
    target: float | None = None,
) -> Result:
    """Return a line for something that is counted, not timed."""
    found = list(values)
    return Result(
        bench=bench,
        key=key,
        what=what,
        against=against,
        sense=sense,
        ratio=median(found),
        low=min(found),
        high=max(found),
        target=target,
    )


def as_table(results: Sequence[Result], *, markdown: bool = False) -> str:
    """Return the results as text for a terminal or as the rows of a Markdown table."""
    rows = [result.cells() for result in results]
    if markdown:
        head = [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
        return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])
    widths = [max(len(row[at]) for row in [_HEAD, *rows]) for at in range(len(_HEAD))]
    lines = []
    for row in [_HEAD, *rows]:
        cells = [
            cell.ljust(width) if at < 3 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """Return the results as one JSON document, times in seconds."""
    return json.dumps([asdict(result) | {"met": result.is_met} for result in results], indent=1)


def parser(description: str | None, *, of_book: bool = False) -> argparse.ArgumentParser:
    """Return the options every script takes, and how large a book is where it has one."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    made.add_argument("--tiny", action="store_true", help="only find out whether it runs")
    made.add_argument("--rounds", type=int, help="instead of 15 (quick: 5)")
    if of_book:
        of_size = "how many the book has, at least 10000"
        made.add_argument("--postings", type=_size_of_book, metavar="N", help=of_size)
    how = made.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true")
    how.add_argument("--markdown", action="store_true", help="the table body of the docs")
    return made


def _size_of_book(text: str) -> int:
    if not text.isdecimal() or int(text) < 10_000:
        raise argparse.ArgumentTypeError("it takes a whole number, at least 10000")
    return int(text)


def size_of(args: argparse.Namespace) -> Size:
    name: Literal["tiny", "quick", "full"]
    name = "tiny" if args.tiny else "quick" if args.quick else "full"
    return Size(name, args.rounds, getattr(args, "postings", None))


def show(results: Sequence[Result], args: argparse.Namespace) -> None:
    print(as_json(results) if args.json else as_table(results, markdown=args.markdown))


def main(
    measure: Callable[[Size], list[Result]], description: str | None, *, of_book: bool = False
) -> None:
    """Run one script from the command line."""
    args = parser(description, of_book=of_book).parse_args()
    show(measure(size_of(args)), args)


def _duration(seconds: float) -> str:
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1e6:.3g} us"


def _per_second(seconds: float) -> str:
    return f"{1 / seconds:,.0f}/s"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
