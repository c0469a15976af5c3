"""The rails a shop has: those that are called, and those that take files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liveshop_sdk.affiliate.payouts.ports import FileRail, PayoutRail, Rail
from liveshop_sdk.errors import RailUnknownError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rails:
    """Rails by name; no name is in both."""

    called: Mapping[str, PayoutRail] = field(default_factory=dict)
    filed: Mapping[str, FileRail] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(sorted([*self.called, *self.filed]))

    def any(self, name: str) -> Rail:
        """Return a rail of either kind, or raise RailUnknownError."""
        name = str(name)
        found: Rail | None = self.called.get(name) or self.filed.get(name)
        if found is None:
            raise RailUnknownError(rail=name[:16], known=", ".join(self.names))
        return found

    def to_call(self, name: str) -> PayoutRail:
        """Return a rail that is called, or raise RailUnknownError."""
        name = str(name)
        if name not in self.called:
            raise RailUnknownError(rail=name[:16], known=", ".join(sorted(self.called)))
        return self.called[name]

    def to_file(self, name: str) -> FileRail:
        """Return a rail that takes files, or raise RailUnknownError."""
        name = str(name)
        if name not in self.filed:
            raise RailUnknownError(rail=name[:16], known=", ".join(sorted(self.filed)))
        return self.filed[name]
