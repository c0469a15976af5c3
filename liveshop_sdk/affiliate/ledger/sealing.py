"""Number, balance and seal a draft: from what was asked to the rows it becomes."""

from collections.abc import Iterable, Mapping

from liveshop_sdk.affiliate.ledger.accounts import CLAWBACK, counterpart, describe
from liveshop_sdk.affiliate.ledger.canonical import EntryRow, LineRow, entry_bytes
from liveshop_sdk.affiliate.ledger.chain import chain_hash, leaf_hash
from liveshop_sdk.affiliate.ledger.drafting import Prepared
from liveshop_sdk.affiliate.ledger.models import HASH_VERSION, EntryDraft, Posting
from liveshop_sdk.clock import to_micros
from liveshop_sdk.errors import AccountFloorError, EntryInvalidError, NettingError
from liveshop_sdk.money import MAX_AMOUNT

Key = tuple[str, str]


def touched(postings: Iterable[Posting]) -> list[Key]:
    """Return the balances needed to judge postings, netting partners included."""
    keys: dict[Key, None] = {}
    for posting in postings:
        keys[posting.account, posting.currency] = None
        other = counterpart(describe(posting.account))
        if other:
            keys[other, posting.currency] = None
    return list(keys)


def lines_of(seq: int, postings: Iterable[Posting], balances: Mapping[Key, int]) -> list[LineRow]:
    """Return postings as numbered lines with the balance after each.

    Raises:
        EntryInvalidError: a balance would be beyond what money can be.
        AccountFloorError: after the entry an account stands on the wrong side.
        NettingError: after it a creator is owed money and owes some back.
    """
    after: dict[Key, int] = {}
    lines = []
    for line_no, posting in enumerate(postings, 1):
        key = (posting.account, posting.currency)
        balance = after[key] = after.get(key, balances[key]) + posting.amount
        if abs(balance) > max(MAX_AMOUNT, abs(balances[key])):
            stands = f"{posting.account} would stand at {balance} {posting.currency} minor units"
            raise EntryInvalidError(field="amount", problem=f"{stands}, beyond ±{MAX_AMOUNT}")
        lines.append(
            LineRow(
                seq=seq,
                line_no=line_no,
                account=posting.account,
                currency=posting.currency,
                amount=posting.amount,
                balance_after=balance,
                line_ref=posting.line_ref or None,
                payout_item_id=posting.payout_item_id or None,
                memo=posting.memo or None,
            )
        )
    for key in after:
        _check_standing(key, after, balances)
    return lines


def _check_standing(key: Key, after: Mapping[Key, int], before: Mapping[Key, int]) -> None:
    path, currency = key
    account = describe(path)
    balance = after[key]
    if not account.allows(balance):
        raise AccountFloorError(
            account=path, currency=currency, balance=balance, floor=account.floor
        )
    other = counterpart(account)
    if other is None or balance == 0:
        return
    opposite = after.get((other, currency), before[other, currency])
    if opposite:
        is_clawback = path.endswith(CLAWBACK)
        raise NettingError(
            creator=account.party_id or "",
            currency=currency,
            payable=-(opposite if is_clawback else balance),
            clawback=balance if is_clawback else opposite,
        )


def seal(
    book: str,
    *,
    seq: int,
    draft: EntryDraft,
    prepared: Prepared,
    recorded_at: int,
    lines: list[LineRow],
    previous: bytes,
) -> EntryRow:
    """Return the entry's row with its leaf and its link to the previous entry."""
    day = prepared.effective_date.isoformat()
    row = EntryRow(
        seq=seq,
        kind=draft.kind,
        source=draft.source,
        event_id=draft.event_id,
        request_hash=prepared.request_hash,
        effective_date=day,
        period=day[:7],
        occurred_at=to_micros(draft.occurred_at),
        recorded_at=recorded_at,
        created_by=draft.created_by,
        approved_by=draft.approved_by,
        reason=draft.reason,
        reverses_seq=draft.reverses_seq,
        corrects_seq=draft.corrects_seq,
        applies_to_period=draft.applies_to_period,
        terms_version=draft.terms_version,
        line_count=len(lines),
        meta=prepared.meta,
        hash_version=HASH_VERSION,
        leaf_hash=b"",
        prev_hash=previous,
        chain_hash=b"",
    )
    leaf = leaf_hash(entry_bytes(book, row, lines))
    return row._replace(leaf_hash=leaf, chain_hash=chain_hash(book, previous, leaf))
