"""The formats there are, and what each of them can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from liveshop_sdk.affiliate.exports import (
    beancount,
    csv,
    hledger,
    nec,
    netsuite,
    parquet,
    qbo,
    xero,
    xlsx,
)
from liveshop_sdk.affiliate.exports.extract import Extract
from liveshop_sdk.affiliate.exports.parts import Parts
from liveshop_sdk.affiliate.exports.wishes import Wishes
from liveshop_sdk.errors import ExportInvalidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write a stretch of a book.

    Attributes:
        write: Rows in, bytes out; returns how many rows. The same extract and
            wishes give the same bytes.
        layout: Rises when the same rows would be written in another way.
        is_text: UTF-8, so that it can stand in a JSON document.
        is_booked: Another program books what is in it: twice would be wrong.
        is_yearly: Its period is a year.
        has_outside_facts: Some cells come from beside the ledger and may change.
    """

    name: str
    write: Callable[[Extract, Wishes, Parts], int]
    layout: int = 1
    is_text: bool = True
    is_booked: bool = False
    is_yearly: bool = False
    has_outside_facts: bool = False


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        one.name: one
        for one in (
            Format(name="csv", write=csv.write),
            Format(name="xlsx", write=xlsx.write, is_text=False),
            Format(name="parquet", write=parquet.write, layout=2, is_text=False),
            Format(name="qbo", write=qbo.write, is_booked=True),
            Format(name="xero", write=xero.write, is_booked=True),
            Format(name="netsuite", write=netsuite.write, is_booked=True),
            Format(name="hledger", write=hledger.write),
            Format(name="beancount", write=beancount.write),
            Format(name="1099", write=nec.write, is_yearly=True, has_outside_facts=True),
        )
    }
)


def format_of(name: object) -> Format:
    """Return a format.

    Raises:
        ExportInvalidError: There is none of that name.
    """
    if not isinstance(name, str) or name not in FORMATS:
        raise ExportInvalidError(given=str(name)[:20], expected=", ".join(FORMATS))
    return FORMATS[name]
