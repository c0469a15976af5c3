"""What goes into a file of payments and what comes out, as frozen values.

Bank data is in no repr, and no error repeats it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liveshop_sdk.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FileItem:
    """One payment: how much goes to which creator, and where to.

    Attributes:
        item_id: The payout item's id, such as ``pay_06f4…``.
        creator: The handle; the only name that errors tell.
        payee: What the format needs to know, by the format's ``FIELDS``.
        note: What the creator reads on the statement of account.
    """

    item_id: str
    creator: str
    amount: Money
    payee: Mapping[str, str] = field(repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose account pays: name, bank data and a structured address.

    Attributes:
        bic: May be empty where the bank needs none.
        country: Two capitals, ISO 3166.
    """

    name: str
    iban: str = field(repr=False)
    town: str
    country: str
    bic: str = field(default="", repr=False)
    street: str = ""
    building: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFile:
    """A finished file.

    Invariant: its rows are the items of ``item_ids``, in that order, and add
    up to ``total``.
    """

    content: bytes = field(repr=False)
    media_type: str
    item_ids: tuple[str, ...]
    total: Money
