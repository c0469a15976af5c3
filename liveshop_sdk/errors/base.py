"""The root of the tree and its families."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from string import Formatter
from typing import Any, ClassVar

Field = str | int | datetime | None


class _Words(Formatter):
    """Fills in a text; an instant is spelled as everywhere else, ``…T20:00:00Z``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, datetime) and not format_spec and value.tzinfo is not None:
            return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
        return str(super().format_field(value, format_spec))


_WORDS = _Words()


@dataclass(kw_only=True, eq=False)
class LiveShopError(Exception):
    """Anything this SDK refuses or cannot do; catch this to catch them all."""

    code: ClassVar[str] = "liveshop_error"
    text: ClassVar[str] = "Something went wrong."

    def __str__(self) -> str:
        """Render the text: what was wrong, what was expected, what to do."""
        return _WORDS.format(self.text, **self.details())

    def details(self) -> dict[str, Field]:
        """Return the fields by name, ready for a log line or a JSON answer."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by field name, since fields are keyword-only."""
        return (_rebuild, (type(self), self.details()))


def _rebuild(kind: type[LiveShopError], details: dict[str, Field]) -> LiveShopError:
    return kind(**details)


class InvalidError(LiveShopError):
    """What was sent cannot be accepted as it is; nothing was changed."""

    code = "invalid"


class NotFoundError(LiveShopError):
    """The thing named does not exist in this installation."""

    code = "not_found"


class ConflictError(LiveShopError):
    """The thing exists, but its state forbids this now."""

    code = "conflict"


class GoneError(LiveShopError):
    """The thing existed and is over for good."""

    code = "gone"


class AccessRefusedError(LiveShopError):
    """Whoever asks may not; nothing was changed."""

    code = "access_refused"


class UnavailableError(LiveShopError):
    """Something we depend on did not answer in time; trying again is safe."""

    code = "unavailable"


class ConfigurationError(LiveShopError):
    """Settings, credentials or the schema must be changed first."""

    code = "configuration"


class TamperedError(LiveShopError):
    """Stored records contradict each other."""

    code = "tampered"


class WebhookRefusedError(LiveShopError):
    """A delivery whose sender could not be verified, or that cannot be read."""

    code = "webhook_refused"
