"""Judge a draft by itself: everything that needs no other entry to be known."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liveshop_sdk.affiliate.ledger import canonical, kinds
from liveshop_sdk.affiliate.ledger.accounts import MEMO, describe
from liveshop_sdk.affiliate.ledger.models import Book, EntryDraft, Posting
from liveshop_sdk.clock import as_utc
from liveshop_sdk.errors import (
    EntryInvalidError,
    EntryUnbalancedError,
    PeriodClosedError,
    PersonMissingError,
    SelfApprovalError,
)
from liveshop_sdk.money import MAX_AMOUNT, exponent_of
from liveshop_sdk.wire import is_storable

_LONGEST = {"source": 40, "event_id": 255, "line_ref": 255, "payout_item_id": 40}
_LONGEST_TEXT = 2000
_MOST_LINES = 10_000
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a draft comes to in its book, before it has a number."""

    effective_date: date
    meta: str
    request_hash: bytes


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database.

    Raises:
        EntryInvalidError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = f"{name!r} is no IANA time zone (is tzdata installed?)"
        raise EntryInvalidError(field="timezone", problem=problem) from None


def prepare(draft: EntryDraft, book: Book) -> Prepared:
    """Check a draft and date it in the book's time zone.

    Raises:
        EntryInvalidError: a field that cannot be stored, naming it.
        EntryUnbalancedError: the postings of a currency do not sum to zero.
        PostingRuleError: an account or side its kind may not touch.
    """
    day = draft.effective_date or as_utc(draft.occurred_at).astimezone(zone(book.timezone)).date()
    _check_texts(draft)
    if len(draft.postings) > _MOST_LINES:
        raise EntryInvalidError(field="postings", problem=f"more than {_MOST_LINES}")
    for posting in draft.postings:
        _check_posting(posting)
    kinds.check(draft.kind, draft.postings)
    check_people(
        draft.kind,
        reason=draft.reason,
        created_by=draft.created_by,
        approved_by=draft.approved_by,
    )
    _check_balanced(draft.postings)
    meta = canonical.meta_text(draft.meta)
    _check_text("meta", meta, 10 * _LONGEST_TEXT)
    return Prepared(day, meta, canonical.request_hash(draft, day, meta))


def placed(
    draft: EntryDraft, prepared: Prepared, book: Book, *, open_from: str | None, closing: str | None
) -> tuple[EntryDraft, Prepared]:
    """Move a draft that is late for its month to the first day of the first open one.

    It then says which month it applies to. What only a month's end shows may
    be dated in the month that is being closed.

    Raises:
        PeriodClosedError: the draft itself asked for the date it cannot have.
    """
    day = prepared.effective_date
    month = f"{day:%Y-%m}"
    if open_from is None or month >= open_from:
        return draft, prepared
    if month == closing and draft.kind in kinds.WHILE_CLOSING:
        return draft, prepared
    if draft.effective_date is not None:
        raise PeriodClosedError(brand=book.code, period=month, open_from=open_from)
    return (
        replace(draft, applies_to_period=draft.applies_to_period or month),
        replace(prepared, effective_date=date.fromisoformat(f"{open_from}-01")),
    )


def check_people(
    kind: str, *, reason: str | None, created_by: str | None, approved_by: str | None
) -> None:
    """Refuse what one person did alone, or for no reason, where it takes two.

    An entry is there for ever, so nobody is named in one by an address.

    Raises:
        EntryInvalidError: somebody is.
        PersonMissingError: naming what is missing.
        SelfApprovalError: both are the same person.
    """
    for field, name in (("created_by", created_by), ("approved_by", approved_by)):
        if "@" in (name or ""):
            problem = "it is an address; name people by a handle or an id of yours"
            raise EntryInvalidError(field=field, problem=problem)
    if kind not in kinds.TWO_PEOPLE:
        return
    given = {"reason": reason, "created_by": created_by, "approved_by": approved_by}
    for field, value in given.items():
        if not (value or "").strip():
            raise PersonMissingError(what=kind, field=field)
    if (created_by or "").strip().casefold() == (approved_by or "").strip().casefold():
        raise SelfApprovalError(person=(created_by or "")[:80], what=kind)


def _check_balanced(postings: tuple[Posting, ...]) -> None:
    totals: dict[tuple[str, bool], int] = defaultdict(int)
    for posting in postings:
        is_memo = describe(posting.account).account_class == MEMO
        totals[posting.currency, is_memo] += posting.amount
    for (currency, _), total in sorted(totals.items()):
        if total:
            raise EntryUnbalancedError(currency=currency, total=total)


def _check_posting(posting: Posting) -> None:
    amount = posting.amount
    if type(amount) is not int or amount == 0 or abs(amount) > MAX_AMOUNT:
        problem = f"{amount!r} on {posting.account} is not a whole number from 1 to {MAX_AMOUNT}"
        raise EntryInvalidError(field="amount", problem=f"{problem}, with either sign")
    exponent_of(posting.currency)
    _check_text("line_ref", posting.line_ref, _LONGEST["line_ref"])
    _check_text("memo", posting.memo, _LONGEST_TEXT)
    _check_text("payout_item_id", posting.payout_item_id, _LONGEST["payout_item_id"])


def _check_texts(draft: EntryDraft) -> None:
    for name in ("source", "event_id"):
        value: str = getattr(draft, name)
        if not value:
            raise EntryInvalidError(field=name, problem="it is empty")
        _check_text(name, value, _LONGEST[name])
    for name in ("created_by", "approved_by", "reason", "terms_version"):
        _check_text(name, getattr(draft, name) or "", _LONGEST_TEXT)
    if draft.applies_to_period is not None and not _PERIOD.fullmatch(draft.applies_to_period):
        raise EntryInvalidError(field="applies_to_period", problem="expected YYYY-MM")
    if draft.request_hash is not None and len(draft.request_hash) != 32:
        raise EntryInvalidError(field="request_hash", problem="expected 32 bytes")


def _check_text(field: str, value: str, longest: int) -> None:
    if len(value) > longest:
        raise EntryInvalidError(field=field, problem=f"longer than {longest} characters")
    if not is_storable(value):
        raise EntryInvalidError(field=field, problem="it holds a NUL or half a character")
