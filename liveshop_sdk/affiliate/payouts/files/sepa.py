"""SEPA credit transfers: ISO 20022 ``pain.001.001.09``, made by sepaxml.

Only euro; the name and a structured address with town and country of both
sides (the rulebook of the European Payments Council from 15 November 2026);
every id and text in the letters of SEPA. sepaxml draws its own message ids and
asks the wall clock: both are replaced, so that one batch is one file.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime

from liveshop_sdk.affiliate.payouts.files import cells
from liveshop_sdk.affiliate.payouts.files.iban import compact, iban_problem, is_bic
from liveshop_sdk.affiliate.payouts.files.latin import reference, transliterate
from liveshop_sdk.affiliate.payouts.files.values import FileItem, Payer, PayoutFile
from liveshop_sdk.clock import as_utc
from liveshop_sdk.errors import (
    ExtraMissingError,
    PayoutFileInvalidError,
    PayoutRowRefusedError,
)

RAIL = "sepa"
SCHEMA = "pain.001.001.09"
FIELDS = ("name", "iban", "town", "country", "bic", "street", "building", "postcode")
"""A payee: the first four are needed."""

MOST = 99_999_999_999
"""The largest single transfer in cents: 999,999,999.99 EUR."""

_NS = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LIMITS = {"name": 70, "town": 35, "street": 70, "building": 16, "postcode": 16}
_PAYER = "the payer"


def check_payee(creator: str, payee: Mapping[str, str]) -> None:
    """Refuse a payee that no file can carry.

    Raises:
        PayoutRowRefusedError: Naming the creator and the field.
    """
    _party(creator, payee)


def sepa_file(
    items: Sequence[FileItem],
    *,
    batch_id: str,
    payer: Payer,
    created_at: datetime,
    execute_on: date,
) -> PayoutFile:
    """Return the file that pays these items on one day.

    The message's id is the batch's, each transfer's end-to-end id the item's,
    with ``-`` for ``_``: SEPA has no underscore.

    Args:
        created_at: When the batch was approved; the same for every repeat.
        execute_on: The day on which the bank should pay.

    Raises:
        ExtraMissingError: sepaxml is not installed.
        PayoutFileInvalidError: No item, one twice, not EUR, a bad batch id.
        PayoutRowRefusedError: A row or payer that SEPA cannot carry.
    """
    total = cells.total(RAIL, items)
    if total.currency != "EUR":
        raise PayoutFileInvalidError(rail=RAIL, problem="SEPA carries only EUR")
    cells.short_id(batch_id)
    debtor = _party(_PAYER, {part.name: getattr(payer, part.name) for part in fields(payer)})
    payments = [_payment(item, execute_on) for item in items]
    content = _settled(_drawn(debtor, payments), reference(batch_id), as_utc(created_at))
    return PayoutFile(
        content=content,
        media_type="application/xml",
        item_ids=tuple(item.item_id for item in items),
        total=total,
    )


def _drawn(debtor: dict[str, object], payments: list[dict[str, object]]) -> bytes:
    """Return what sepaxml makes of them."""
    try:
        from sepaxml import SepaTransfer
    except ModuleNotFoundError as error:
        raise ExtraMissingError(feature="A SEPA file", extra="sepa") from error
    config = debtor | {"batch": True, "currency": "EUR"}
    transfer = SepaTransfer(config, schema=SCHEMA, clean=False)
    for payment in payments:
        transfer.add_payment(payment)
    drawn: bytes = transfer.export(validate=False)
    return drawn


def _settled(drawn: bytes, message_id: str, created_at: datetime) -> bytes:
    """Replace what sepaxml drew by chance or read from the clock."""
    ET.register_namespace("", _NS[1:-1])
    root = ET.fromstring(drawn)  # noqa: S314 - made a moment ago, by us
    for tag, found in (
        ("MsgId", message_id),
        ("PmtInfId", message_id),
        ("CreDtTm", f"{created_at:%Y-%m-%dT%H:%M:%S}Z"),
    ):
        for node in root.iter(_NS + tag):
            node.text = found
    for agent in root.iter(f"{_NS}FinInstnId"):
        if not len(agent):  # so the rulebook names a bank that the IBAN tells
            other = ET.SubElement(agent, f"{_NS}Othr")
            ET.SubElement(other, f"{_NS}Id").text = "NOTPROVIDED"
    settled = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{settled}\n'.encode()


def _payment(item: FileItem, execute_on: date) -> dict[str, object]:
    if item.amount.amount > MOST:
        raise PayoutRowRefusedError(
            creator=item.creator, field="amount", problem="is above 999,999,999.99 EUR"
        )
    cells.amount(item.creator, item.amount)
    cells.short_id(item.item_id)
    end_to_end = reference(item.item_id)
    return _party(item.creator, item.payee) | {
        "amount": item.amount.amount,
        "execution_date": execute_on,
        "endtoend_id": end_to_end,
        # A payment without a text is returned by some banks.
        "description": _latin(item.creator, "note", item.note, limit=140) or end_to_end,
    }


def _party(creator: str, given: Mapping[str, str]) -> dict[str, object]:
    """Return one side of a transfer in the words of sepaxml."""
    number = compact(cells.required(creator, given, "iban", limit=42))
    country = cells.required(creator, given, "country", limit=2)
    bic = compact(given.get("bic") or "")
    problems = {
        "iban": iban_problem(number),
        "country": "" if _COUNTRY.fullmatch(country) else "is not two capitals",
        "bic": "" if not bic or is_bic(bic) else "has not the form of a BIC",
    }
    for field, problem in problems.items():
        if problem:
            raise PayoutRowRefusedError(creator=creator, field=field, problem=problem)
    texts = {
        field: _latin(creator, field, given.get(field) or "", limit=limit)
        for field, limit in _LIMITS.items()
    }
    for field in ("name", "town"):
        if not texts[field]:
            raise PayoutRowRefusedError(creator=creator, field=field, problem="is missing")
    address = {
        "street_name": texts["street"],
        "building_number": texts["building"],
        "postcode": texts["postcode"],
        "town": texts["town"],
        "country": country,
    }
    party: dict[str, object] = {"name": texts["name"], "IBAN": number, "address": address}
    return party | ({"BIC": bic} if bic else {})


def _latin(creator: str, field: str, given: str, *, limit: int) -> str:
    found = transliterate(cells.text(creator, field, given, limit=4 * limit))
    if found is None:
        problem = "has a letter that SEPA does not have"
    elif len(found) > limit:
        problem = f"is longer than {limit} letters"
    else:
        return found
    raise PayoutRowRefusedError(creator=creator, field=field, problem=problem)
