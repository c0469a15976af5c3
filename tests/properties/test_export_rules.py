"""Rules of exports that hold for whatever is exported."""

from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.exports import defaults
from liveshop_sdk.affiliate.exports.cells import guarded, problem_of
from liveshop_sdk.affiliate.exports.convert import converted
from liveshop_sdk.affiliate.exports.runs import ExportRun, next_after, overlapping
from liveshop_sdk.affiliate.exports.totals import Scope
from liveshop_sdk.money import MAX_AMOUNT, exponent_of

AMOUNTS = st.lists(st.integers(-MAX_AMOUNT, MAX_AMOUNT), min_size=1, max_size=12)
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
RATES = st.tuples(st.integers(1, 10**9), st.integers(1, 10**9))


@given(AMOUNTS, CURRENCIES, CURRENCIES, RATES)
def test_a_converted_entry_balances_and_each_line_is_its_worth(
    amounts: list[int], base: str, quote: str, rate: tuple[int, int]
) -> None:
    entry = [*amounts, -sum(amounts)]
    found = converted(entry, base=base, quote=quote, rate=rate)
    assert sum(found) == 0
    scale = Fraction(rate[0] * 10 ** exponent_of(quote), rate[1] * 10 ** exponent_of(base))
    assert all(abs(got - own * scale) < 1 for got, own in zip(found, entry, strict=True))


@given(AMOUNTS)
def test_at_one_to_one_nothing_changes(amounts: list[int]) -> None:
    entry = [*amounts, -sum(amounts)]
    assert converted(entry, base="EUR", quote="USD", rate=(7, 7)) == entry


@given(st.text(max_size=20))
def test_a_guard_taken_off_restores_the_text_and_no_cell_runs(text: str) -> None:
    cell = guarded(text)
    assert cell.removeprefix("'") == text
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")
    assert problem_of(text) or not cell.startswith("'") or text.startswith("'")


HANDLES = st.from_regex(r"[a-z0-9_]{2,32}", fullmatch=True)


@given(HANDLES, HANDLES)
def test_two_handles_are_never_one_account_of_beancount(one: str, two: str) -> None:
    called = [defaults.party("beancount", handle) for handle in (one, two)]
    assert (called[0] == called[1]) == (one == two)
    assert defaults.problem_of_name("beancount", f"Assets:{called[0]}") is None


SCOPES = st.builds(
    lambda first, length, period: Scope(first, first + length, period),
    st.integers(1, 30),
    st.integers(0, 10),
    st.sampled_from(["", "2026-10", "2026-11"]),
)


@given(st.lists(SCOPES, max_size=8))
def test_runs_that_were_let_through_hold_no_entry_twice(scopes: list[Scope]) -> None:
    runs: list[ExportRun] = []
    for scope in scopes:
        if not overlapping(runs, scope):
            runs.append(_run(scope))
    for period in ("2026-10", "2026-11"):
        numbers = [
            seq
            for run in runs
            if run.scope.period in ("", period)
            for seq in range(run.scope.from_seq, run.scope.to_seq + 1)
        ]
        assert len(numbers) == len(set(numbers))


@given(st.lists(st.integers(0, 5), max_size=8))
def test_a_series_has_no_gap(steps: list[int]) -> None:
    runs: list[ExportRun] = []
    last = 0
    for step in steps:
        last += step
        begin = next_after(runs, "")
        if begin <= last:
            assert overlapping(runs, Scope(begin, last)) == []
            runs.append(_run(Scope(begin, last)))
    covered = [n for run in runs for n in range(run.scope.from_seq, run.scope.to_seq + 1)]
    assert covered == list(range(1, last + 1))


def _run(scope: Scope) -> ExportRun:
    return ExportRun(
        id="exp_1",
        format="xero",
        mapping_version="1",
        scope=scope,
        rows=1,
        sha256="",
        is_in_series=True,
        repeats=None,
        created_by="u1",
        created_at=datetime(2026, 10, 2, tzinfo=UTC),
    )
