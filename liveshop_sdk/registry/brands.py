"""A brand: whose goods are sold, in which currency its book is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.money import exponent_of
from liveshop_sdk.registry.names import parse_slug

FIRST_CODE = "main"
FIRST_CURRENCY = "EUR"
FIRST_TIMEZONE = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand and how its book is kept; none of it ever changes.

    Attributes:
        currency: ISO 4217; every product of the brand is priced in it.
        timezone: IANA name; it decides which month a sale belongs to.
    """

    code: str
    currency: str
    timezone: str
    created_at: datetime = field(compare=False)

    @property
    def id(self) -> str:
        """Return the natural key."""
        return self.code


def make_brand(code: str, *, currency: str, timezone: str, now: datetime) -> Brand:
    """Return a checked brand."""
    code = parse_slug(code)
    exponent_of(currency)
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError, TypeError):  # unknown, malformed, a directory's name
        raise RecordInvalidError(
            kind="brand",
            problem=f"the time zone {str(timezone)[:64]!r}",
            expected="an IANA name such as Europe/Berlin or UTC",
        ) from None
    return Brand(code=code, currency=currency, timezone=timezone, created_at=now)
