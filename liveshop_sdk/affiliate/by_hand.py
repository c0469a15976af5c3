"""Entries that people make: with a reason, and by two where money moves."""

import re
from datetime import datetime
from hashlib import sha256

from liveshop_sdk.affiliate.accrual import EXPENSE, account
from liveshop_sdk.affiliate.ledger.models import EntryDraft, Posting
from liveshop_sdk.affiliate.routing import route
from liveshop_sdk.errors import EntryInvalidError, PersonMissingError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money
from liveshop_sdk.wire import canonical

SOURCE = "manual"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)


def parse_key(key: object) -> str:
    """Return the key of an entry by hand; the same key again is a repeat.

    Raises:
        EntryInvalidError: It is not 1 to 64 letters, digits, ``_.:-``.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise EntryInvalidError(field="key", problem="expected 1 to 64 letters, digits or _.:-")
    return key


def parse_money(amount: object) -> Money:
    """Return an amount if it is one.

    Raises:
        EntryInvalidError: It is not: a number has no currency.
    """
    if not isinstance(amount, Money):
        raise EntryInvalidError(field="amount", problem="expected Money, such as Money(250, 'EUR')")
    return amount


def parse_amount(amount: object, *, may_be_negative: bool = False) -> Money:
    """Return an amount an entry can be made of.

    Raises:
        EntryInvalidError: It is none, zero, or negative where that means nothing.
    """
    amount = parse_money(amount)
    if amount.amount == 0 or (amount.amount < 0 and not may_be_negative):
        wanted = "any amount but 0" if may_be_negative else "an amount above 0"
        raise EntryInvalidError(field="amount", problem=f"expected {wanted}")
    return amount


def check_texts(**texts: object) -> None:
    """Refuse what people wrote if a terminal cannot show it.

    An entry is there for ever, and so are its texts.

    Raises:
        EntryInvalidError: Naming what is no text, or holds control characters.
    """
    for field, text in texts.items():
        if not isinstance(text, str | None) or not (text or "").isprintable():
            problem = "it is no text, or holds a control character"
            raise EntryInvalidError(field=field, problem=problem)


def adjustment(
    key: str,
    *,
    creator: str,
    amount: Money,
    payable: int,
    clawback: int,
    reason: str,
    by: str,
    approved_by: str,
    at: datetime,
) -> EntryDraft:
    """Return an entry that owes a creator more (or less, where negative).

    Args:
        payable: The creator's balances now, debit positive; `clawback` too.
    """
    owed, back = route(-amount.amount, payable=payable, clawback=clawback)
    lines = ((account(creator, "payable"), owed), (account(creator, "clawback_receivable"), back))
    return _draft(
        "adjustment",
        key,
        [(EXPENSE, amount.amount), *((path, moved) for path, moved in lines if moved)],
        amount.currency,
        reason=reason,
        by=by,
        approved_by=approved_by,
        at=at,
        asked={"creator": creator, "amount": amount.amount, "currency": amount.currency},
    )


def write_off(
    key: str,
    *,
    creator: str,
    amount: Money,
    reason: str,
    by: str,
    approved_by: str,
    at: datetime,
) -> EntryDraft:
    """Return an entry that gives up what a creator owes back."""
    return _draft(
        "write_off",
        key,
        [
            ("brand:bad_debt_expense", amount.amount),
            (account(creator, "clawback_receivable"), -amount.amount),
        ],
        amount.currency,
        reason=reason,
        by=by,
        approved_by=approved_by,
        at=at,
        asked={"creator": creator, "amount": amount.amount, "currency": amount.currency},
    )


def dispute_fee(
    key: str, *, dispute_id: str, rail: str, amount: Money, by: str, at: datetime
) -> EntryDraft:
    """Return an entry for what a platform took for a dispute, apart from the dispute."""
    check_texts(rail=rail)
    return _draft(
        "dispute_fee",
        key,
        [
            ("brand:dispute_fee_expense", amount.amount),
            (f"clearing:{rail}", -amount.amount),
        ],
        amount.currency,
        by=by,
        at=at,
        asked={
            "dispute_id": dispute_id,
            "rail": rail,
            "amount": amount.amount,
            "currency": amount.currency,
        },
    )


def annotation(key: str, *, text: str, about: int | None, by: str, at: datetime) -> EntryDraft:
    """Return an entry without lines: a remark, on one entry or on the book."""
    asked: dict[str, Json] = {} if about is None else {"about": about}
    return _draft("annotation", key, [], "EUR", reason=text, by=by, at=at, asked=asked)


def _draft(
    kind: str,
    key: str,
    lines: list[tuple[str, int]],
    currency: str,
    *,
    by: str,
    at: datetime,
    asked: dict[str, Json],
    reason: str | None = None,
    approved_by: str | None = None,
) -> EntryDraft:
    check_texts(reason=reason, created_by=by, approved_by=approved_by)
    if not (by or "").strip():
        raise PersonMissingError(what=kind, field="created_by")
    wanted = {**asked, "kind": kind, "reason": reason, "by": by, "approved_by": approved_by}
    return EntryDraft(
        kind=kind,
        source=SOURCE,
        event_id=f"{kind}:{key}",
        occurred_at=at,
        postings=tuple(Posting(path, amount, currency) for path, amount in lines),
        created_by=by,
        approved_by=approved_by,
        reason=reason,
        meta=asked,
        # Not of the postings, which depend on balances: a repeat is the same request.
        request_hash=sha256(canonical(wanted).encode()).digest(),
    )
