"""What we ask of a platform about where it sends its webhooks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from liveshop_sdk.checkout.ports import Delivery, Finding
from liveshop_sdk.facts import Json
from liveshop_sdk.settings import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReport:
    """How the webhook endpoints at a platform compare with what a shop needs.

    Attributes:
        url: Where deliveries should go.
        exists: Whether anything that is shown to us sends there.
        findings: What was looked at, each with its fix where something is wrong.
    """

    platform: str
    url: str
    exists: bool
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything the adapter understands is sent there."""
        return all(finding.ok for finding in self.findings)

    def as_json(self) -> dict[str, Json]:
        """Return the fields by name."""
        return {
            "ok": self.ok,
            "platform": self.platform,
            "url": self.url,
            "exists": self.exists,
            "findings": [one.as_json() for one in self.findings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What registering came to.

    Attributes:
        report: How things stand now.
        changes: What was created, updated or deleted, in words; often nothing.
        secret: Of an endpoint that was made now. The platform shows it this
            once, and nothing of ours keeps it.
    """

    report: EndpointReport
    changes: tuple[str, ...] = ()
    secret: Secret | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Json]:
        """Return all but the secret, which is the caller's to hand on."""
        return {**self.report.as_json(), "changes": list(self.changes)}


class Endpoints(Protocol):
    """What an adapter does whose platform must be told where to send webhooks.

    Both wait for a platform that is busy: nobody's purchase depends on them.
    """

    def check(self, url: str) -> EndpointReport:
        """Compare what is registered with what is needed; changes nothing."""
        ...

    def register(self, url: str, *, replace: bool = False) -> Registration:
        """Make the platform send all we understand to this address.

        Effects: creates, updates or deletes endpoints at the platform. A repeat
        changes nothing, and one after a lost answer goes on where it stopped.

        Args:
            replace: Make anew what cannot be changed, and delete the old.
        """
        ...


class Feed(Protocol):
    """What an adapter does whose platform keeps a list of what it sent."""

    def since(self, at: datetime) -> list[Delivery]:
        """Return what was sent from then on and means something here, oldest first."""
        ...
