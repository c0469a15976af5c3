"""A stream: one live session, its hosts, their shares and its window."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from liveshop_sdk.clock import as_utc, to_iso
from liveshop_sdk.errors import RecordInvalidError
from liveshop_sdk.facts import HostShare
from liveshop_sdk.registry.names import parse_handle, parse_slug
from liveshop_sdk.registry.texts import clean_text

Phase = Literal["scheduled", "open", "over", "cancelled"]
HostSpec = str | tuple[str, int | None]
"""``"ana"``, ``"ana:60"`` or ``("ana", 60)``."""

Hosts = Iterable[HostSpec] | Mapping[str, int]
"""Hosts in order, or the share of each by handle."""

MAX_WEIGHT = 1_000_000
MAX_HOSTS = 50
YEARS = range(2000, 2200)
MAX_MINUTES = 7 * 24 * 60
AGREED, AIR_TIME = "agreed", "air_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A creator on a stream; with a weight they share every host's sales."""

    creator: str
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One live session; open from ``opens_at`` until just before ``closes_at``.

    All hosts have a weight or none has.

    Attributes:
        shares_by: ``agreed`` (the hosts' weights, where they have some) or
            ``air_time``: sales are shared by the minutes each was on air.
        air: Those minutes by host, once they were reported.
        ended_at: When it was ended by hand; before ``opens_at``, it was cancelled.
    """

    code: str
    title: str
    opens_at: datetime
    closes_at: datetime
    hosts: tuple[Host, ...]
    brands: tuple[str, ...]
    created_at: datetime = field(compare=False)
    shares_by: str = AGREED
    air: Mapping[str, int] | None = field(default=None, compare=False)
    ended_at: datetime | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Return the natural key."""
        return self.code

    @property
    def awaits_air(self) -> bool:
        """Tell whether its sales cannot be shared yet: the air time is not known."""
        return self.shares_by == AIR_TIME and self.air is None

    def phase(self, now: datetime) -> Phase:
        """Say where in its life the stream is."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.over_since(now) is not None:
            return "over"
        return "open" if self.opens_at <= now else "scheduled"

    @property
    def cancelled_at(self) -> datetime | None:
        """Return when it was ended, if it never opened."""
        return self.ended_at if self.ended_at and self.ended_at < self.opens_at else None

    def over_since(self, now: datetime) -> datetime | None:
        """Return since when it is over or cancelled; None while it is not."""
        if self.cancelled_at is not None:
            return self.cancelled_at
        is_over = self.closes_at <= now or self.ended_at is not None
        return self.closes_at if is_over else None

    def shares(self) -> tuple[HostShare, ...]:
        """Return the hosts' shares in host order; empty where nothing is shared.

        By air time, a host who was not on air has a share of zero; if nobody
        was, nothing is shared.
        """
        if self.shares_by == AIR_TIME:
            minutes = self.air if self.air and any(self.air.values()) else {}
            return tuple(
                HostShare(creator=host.creator, weight=minutes[host.creator])
                for host in self.hosts
                if host.creator in minutes
            )
        return tuple(
            HostShare(creator=host.creator, weight=host.weight)
            for host in self.hosts
            if host.weight is not None
        )

    def is_host(self, handle: str) -> bool:
        """Say whether this creator hosts the stream."""
        return any(host.creator == handle for host in self.hosts)


def make_stream(
    code: str,
    *,
    hosts: Hosts,
    opens_at: datetime,
    closes_at: datetime,
    title: str | None,
    brands: Iterable[str],
    now: datetime,
    shares: str = AGREED,
) -> Stream:
    """Return a checked stream; without a title, its code is the title."""
    code = parse_slug(code)
    opens_at, closes_at = _instant(opens_at), _instant(closes_at)
    if closes_at <= opens_at:
        raise _invalid(
            f"an end at {to_iso(closes_at)}", f"an instant after its start at {to_iso(opens_at)}"
        )
    found = parse_hosts(hosts)
    if shares not in (AGREED, AIR_TIME):
        raise _invalid(f"shares by {shares!r:.40}", f"{AGREED!r} or {AIR_TIME!r}")
    if shares == AIR_TIME and any(host.weight is not None for host in found):
        raise _invalid("hosts with a share, shared by air time", "one of the two")
    return Stream(
        code=code,
        title=code if title is None else clean_text(title, kind="stream", what="title"),
        opens_at=opens_at,
        closes_at=closes_at,
        hosts=found,
        brands=tuple(sorted(set(brands))),
        created_at=now,
        shares_by=shares,
    )


def check_air(stream: Stream, minutes: object) -> dict[str, int]:
    """Return the minutes of every host, in host order.

    Raises:
        RecordInvalidError: A host is missing, somebody is none, or that many
            minutes no stream has.
    """
    hosts = [host.creator for host in stream.hosts]
    given = minutes if isinstance(minutes, Mapping) else {}
    if set(given) != set(hosts):
        told = ", ".join(sorted(str(name)[:32] for name in given)) or "nobody"
        raise _invalid(f"air time of {told}", f"the minutes of each host: {', '.join(hosts)}")
    for name, count in given.items():
        if type(count) is not int or not 0 <= count <= MAX_MINUTES:
            raise _invalid(
                f"{str(count)[:20]} minutes of {name}", f"a whole number from 0 to {MAX_MINUTES}"
            )
    return {host: given[host] for host in hosts}


def _instant(given: datetime) -> datetime:
    """Return an instant that all we add to it later stays in the calendar with."""
    instant = as_utc(given)
    if instant.year not in YEARS:
        raise _invalid(f"an instant in {instant.year}", f"a year from {YEARS[0]} to {YEARS[-1]}")
    return instant


def parse_host(text: str) -> Host:
    """Read ``HANDLE`` or ``HANDLE:SHARE`` as people type it."""
    handle, colon, share = text.partition(":")
    if not colon:
        return Host(creator=parse_handle(handle))
    if not (share.isascii() and share.isdigit() and len(share) <= 7):
        raise _share_invalid(share)
    return Host(creator=parse_handle(handle), weight=_weight(int(share)))


def parse_hosts(specs: Hosts) -> tuple[Host, ...]:
    """Return the hosts in order: each once, all with a share or none."""
    if isinstance(specs, str):  # a text is a sequence of texts, too
        specs = [specs]
    elif isinstance(specs, Mapping):  # and a mapping one of its keys: the shares would be lost
        specs = list(specs.items())
    hosts = tuple(_host(spec) for spec in specs)
    if not 1 <= len(hosts) <= MAX_HOSTS:
        raise _invalid(f"{len(hosts)} hosts", f"1 to {MAX_HOSTS}")
    _refuse_doubles([host.creator for host in hosts])
    with_share = sum(host.weight is not None for host in hosts)
    if with_share not in (0, len(hosts)):
        raise _invalid(
            f"a share for {with_share} of {len(hosts)} hosts", "a share for every host or for none"
        )
    return hosts


def _host(spec: object) -> Host:
    if isinstance(spec, str):
        return parse_host(spec)
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise _invalid(f"the host {spec!r:.60}", 'a handle, "handle:share" or (handle, share)')
    handle, weight = spec
    return Host(creator=parse_handle(handle), weight=None if weight is None else _weight(weight))


def _weight(weight: int) -> int:
    if type(weight) is int and 1 <= weight <= MAX_WEIGHT:
        return weight
    raise _share_invalid(repr(weight))


def _refuse_doubles(handles: Sequence[str]) -> None:
    double = next((handle for handle in handles if handles.count(handle) > 1), None)
    if double is not None:
        raise _invalid(f"the host {double} twice", "each host once")


def _share_invalid(share: str) -> RecordInvalidError:
    return _invalid(f"the share {share:.40}", f"a whole number from 1 to {MAX_WEIGHT}")


def _invalid(problem: str, expected: str) -> RecordInvalidError:
    return RecordInvalidError(kind="stream", problem=problem, expected=expected)
