"""PayPal's file for paying many: CSV without a heading line.

Columns: recipient, amount, currency, our id, note, wallet and, for Venmo, who
may see it. At most 5,000 rows and one currency a file; ids of at most 30
letters without spaces; notes of at most 400 (developer.paypal.com, Payouts Web).
"""

from collections.abc import Mapping, Sequence

from liveshop_sdk.affiliate.payouts.files import cells
from liveshop_sdk.affiliate.payouts.files.values import FileItem, PayoutFile
from liveshop_sdk.errors import PayoutFileInvalidError, PayoutRowRefusedError

RAIL = "paypal"
ROWS = 5_000
FIELDS = ("recipient", "wallet", "privacy")
"""A payee: e-mail, payer id, US number or handle; PAYPAL or VENMO; who may see it."""

_PRIVACY = {"PAYPAL": ("",), "VENMO": ("PRIVATE", "FRIENDS_ONLY", "PUBLIC")}


def check_payee(creator: str, payee: Mapping[str, str]) -> None:
    """Refuse a payee that no file can carry.

    Raises:
        PayoutRowRefusedError: Naming the creator and the field.
    """
    _address(creator, payee)


def paypal_files(items: Sequence[FileItem]) -> tuple[PayoutFile, ...]:
    """Return the files that pay these items, each of at most 5,000 rows.

    Raises:
        PayoutFileInvalidError: No item, one twice, two currencies.
        PayoutRowRefusedError: A row that the format cannot carry as it is.
    """
    cells.total(RAIL, items)
    rows = [_row(item) for item in items]
    if len({row[3] for row in rows}) < len(rows):
        raise PayoutFileInvalidError(rail=RAIL, problem="two items have one short id")
    files = []
    for at in range(0, len(items), ROWS):
        part = items[at : at + ROWS]
        files.append(
            PayoutFile(
                content=cells.csv_bytes(rows[at : at + ROWS]),
                media_type="text/csv",
                item_ids=tuple(item.item_id for item in part),
                total=cells.total(RAIL, part),
            )
        )
    return tuple(files)


def _row(item: FileItem) -> tuple[str, ...]:
    recipient, wallet, privacy = _address(item.creator, item.payee)
    if wallet == "VENMO" and item.amount.currency != "USD":
        raise PayoutRowRefusedError(creator=item.creator, field="wallet", problem="takes only USD")
    row = (
        recipient,
        cells.amount(item.creator, item.amount),
        item.amount.currency,
        cells.short_id(item.item_id),
        cells.text(item.creator, "note", item.note, limit=400),
        wallet,
    )
    return (*row, privacy) if privacy else row


def _address(creator: str, payee: Mapping[str, str]) -> tuple[str, str, str]:
    recipient = cells.required(creator, payee, "recipient", limit=127)
    wallet = payee.get("wallet") or "PAYPAL"
    if wallet not in _PRIVACY:
        raise PayoutRowRefusedError(
            creator=creator, field="wallet", problem="is neither PAYPAL nor VENMO"
        )
    privacy = payee.get("privacy") or _PRIVACY[wallet][0]
    if privacy not in _PRIVACY[wallet]:
        raise PayoutRowRefusedError(
            creator=creator, field="privacy", problem=f"is not known to {wallet}"
        )
    return recipient, wallet, privacy
