"""Totals for the US form 1099-NEC: a help for whoever files, not a filing.

Sums are in US cents. ``reportable_minor`` is what was paid, without rails whose
operators report themselves (on their 1099-K), with goods given for services at
their fair value.
"""

import csv
from collections.abc import Callable
from datetime import date

from liveshop_sdk.affiliate.exports.convert import worth
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.mapping import Mapping
from liveshop_sdk.affiliate.exports.parts import Parts, as_text
from liveshop_sdk.affiliate.exports.payments import Paid, paid_in
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.affiliate.ledger.canonical import EntryRow
from liveshop_sdk.errors import ExportRowRefusedError, MappingInvalidError
from liveshop_sdk.money import Money

COLUMNS = (
    "tax_year",
    "creator_id",
    "tin_last4",
    "w9_on_file",
    "paid_minor",
    "noncash_fmv_minor",
    "excluded_1099k_rail_minor",
    "reportable_minor",
    "withheld_minor",
    "threshold_minor",
    "must_file",
)


def write(extract: Extract, wishes: Wishes, parts: Parts) -> int:
    """Write a row for each creator who was paid or given something in the year.

    Raises:
        MappingInvalidError: The year has no threshold yet.
        ExportRowRefusedError: A payment in another currency without its rate.
    """
    year = int(extract.scope.period)
    limit = threshold(wishes.mapping, year)
    paid = paid_in(year, extract.history(), _in_usd(wishes))
    goods = wishes.tax.fair_values(extract.book.code, year)
    with as_text(parts.begin(format="1099")) as out:
        table = csv.writer(out, lineterminator="\r\n")
        table.writerow(COLUMNS)
        people = sorted(set(paid) | {creator for creator, worth in goods.items() if worth})
        for creator in people:
            payee = wishes.tax.payee(creator)
            figures = _figures(wishes, paid.get(creator, Paid()), goods.get(creator, 0), limit)
            on_file = "true" if payee.has_w9 else "false"
            table.writerow((year, creator, payee.tin_last4, on_file, *figures))
    return len(people)


def threshold(mapping: Mapping, year: int) -> int:
    """Return from how many cents on a form is due, for payments of a year.

    Raises:
        MappingInvalidError: A year after the last one known; the amount is
            indexed from 2027 on and must be configured.
    """
    table = mapping.options["thresholds"]
    known = {int(key): amount for key, amount in table.items()} if isinstance(table, dict) else {}
    earliest = min(known)
    amount = known.get(max(year, earliest))
    if amount is None:
        raise MappingInvalidError(
            problem=f"thresholds has no amount for {year}; add it as the tax authority publishes it"
        )
    return Money.parse(amount, "USD").amount


def _figures(wishes: Wishes, paid: Paid, goods: int, limit: int) -> tuple[str | int, ...]:
    rails = wishes.mapping.options["excluded_rails"]
    excluded = sum(
        worth for rail, worth in paid.cash.items() if isinstance(rails, list) and rail in rails
    )
    reportable = paid.total - excluded + goods
    # Whoever had tax withheld gets a form whatever the amount.
    must_file = reportable >= limit or paid.withheld > 0
    return (
        paid.total,
        goods,
        excluded,
        reportable,
        paid.withheld,
        limit,
        "true" if must_file else "false",
    )


def _in_usd(wishes: Wishes) -> Callable[[EntryRow, str, int], int]:
    def in_usd(entry: EntryRow, currency: str, amount: int) -> int:
        if currency == "USD":
            return amount
        day = date.fromisoformat(entry.effective_date)
        rate = wishes.rates.rate(currency, "USD", day) if wishes.rates else None
        if rate is None:
            problem = f"it is in {currency}, and there is no rate to USD for {day}"
            raise ExportRowRefusedError(format="1099", seq=entry.seq, problem=problem)
        return worth(amount, base=currency, quote="USD", rate=rate)

    return in_usd
