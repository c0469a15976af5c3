"""Months as ``YYYY-MM``, and what a closed one is made of."""

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from liveshop_sdk.errors import PeriodInvalidError
from liveshop_sdk.facts import Json
from liveshop_sdk.wire import canonical

Status = Literal["open", "closing", "closed", "locked"]
STEPS = ("closing", "close", "reopen", "lock")
"""What the entries that take months through their steps are called."""

SOURCE = "close"
"""Whose entries those are."""

_MONTH = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)


def parse_month(text: object) -> str:
    """Return a month's code if it is one.

    Raises:
        PeriodInvalidError: It is not ``YYYY-MM``.
    """
    if not isinstance(text, str) or not _MONTH.fullmatch(text):
        raise PeriodInvalidError(period=str(text)[:20])
    return text


def month_after(code: str) -> str:
    """Return the month that follows."""
    year, month = int(code[:4]), int(code[5:])
    return f"{year + month // 12:04}-{month % 12 + 1:02}"


def first_day(code: str) -> date:
    """Return the first day of a month."""
    return date(int(code[:4]), int(code[5:]), 1)


def last_day(code: str) -> date:
    """Return the last day of a month."""
    year, month = int(code[:4]), int(code[5:])
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One month of one book.

    Attributes:
        status: ``open``, ``closing``, ``closed`` or ``locked``.
        closings: How often its closing was begun; more than once after a reopening.
        close_seq: The entry of its last closing.
        trial_balance_hash: SHA-256 of the trial balance then, in hex.
    """

    brand: str
    code: str
    status: Status
    closings: int = 0
    close_seq: int | None = None
    trial_balance_hash: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name, with the first and the last day."""
        return {
            "brand": self.brand,
            "period": self.code,
            "starts_on": first_day(self.code).isoformat(),
            "ends_on": last_day(self.code).isoformat(),
            "status": self.status,
            "closings": self.closings,
            "close_seq": self.close_seq,
            "trial_balance_hash": self.trial_balance_hash,
        }


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One line of a trial balance: debits and credits of the month, both positive."""

    path: str
    currency: str
    opening: int
    debit: int
    credit: int

    @property
    def closing(self) -> int:
        """Return what the account stands at when the month is over, debit positive."""
        return self.opening + self.debit - self.credit

    def as_json(self) -> dict[str, Json]:
        """Return the figures by name, in minor units."""
        return {
            "account": self.path,
            "currency": self.currency,
            "opening": self.opening,
            "debit": self.debit,
            "credit": self.credit,
            "closing": self.closing,
        }


def step_event(step: str, month: str, number: int) -> str:
    """Name the entry that takes a month through a step, for the so-manieth time.

    Args:
        step: One of `STEPS`.
    """
    return f"{step}:{month}" if number == 1 else f"{step}:{month}/{number}"


def trial_balance_hash(rows: Iterable[BalanceRow]) -> bytes:
    """Return what a closing entry keeps of a trial balance.

    SHA-256 over the canonical JSON of ``[account, currency, closing]`` in
    order of account and currency, the amounts as decimal text.
    """
    listed: list[Json] = [
        [row.path, row.currency, str(row.closing)]
        for row in sorted(rows, key=lambda row: (row.path, row.currency))
    ]
    return sha256(canonical(listed).encode()).digest()


def figures_hash(rows: Iterable[BalanceRow]) -> bytes:
    """Return a hash over every figure of a trial balance, to compare two by."""
    listed: list[Json] = [
        [row.path, row.currency, str(row.opening), str(row.debit), str(row.credit)]
        for row in sorted(rows, key=lambda row: (row.path, row.currency))
    ]
    return sha256(canonical(listed).encode()).digest()


def totals(rows: Sequence[BalanceRow]) -> dict[str, tuple[int, int]]:
    """Return the sums of debits and credits by currency; they are equal."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        debit, credit = found.get(row.currency, (0, 0))
        found[row.currency] = (debit + row.debit, credit + row.credit)
    return found
