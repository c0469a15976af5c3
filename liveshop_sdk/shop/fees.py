"""What the platform charged for orders: ``shop.fees``.

Read from the platform, kept as it was read, summed per currency. Nothing here
touches commissions or the ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from liveshop_sdk.affiliate.ledger.periods.months import parse_month
from liveshop_sdk.affiliate.months import end_of
from liveshop_sdk.affiliate.store import AffiliateStore
from liveshop_sdk.checkout.fees.models import Fee
from liveshop_sdk.checkout.fees.store import FeeStore, Scope
from liveshop_sdk.checkout.ports import Unreadable
from liveshop_sdk.clock import Clock, to_iso
from liveshop_sdk.db import Database, Transaction
from liveshop_sdk.errors import BoundShopError, FeesNotShownError
from liveshop_sdk.facts import Json
from liveshop_sdk.money import Money
from liveshop_sdk.registry.store import BrandStore, StreamStore
from liveshop_sdk.shop.platform import Connected
from liveshop_sdk.shop.reconciling import span_asked
from liveshop_sdk.shop.rooms import Rooms

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class FeesReport:
    """What reading a platform's movements came to.

    Attributes:
        added: How many of our orders' movements are new.
        same: How many were stored already.
        foreign: How many are of no order of ours; they are not stored.
        problems: Those that cannot be read, or that are stored with other
            money: what is stored stays.
    """

    platform: str
    since: datetime
    until: datetime
    added: int = 0
    same: int = 0
    foreign: int = 0
    problems: list[Unreadable] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many movements were looked at."""
        return self.added + self.same + self.foreign + len(self.problems)

    def as_json(self) -> dict[str, Json]:
        """Return counts and problems by name."""
        return {
            "platform": self.platform,
            "since": to_iso(self.since),
            "until": to_iso(self.until),
            "added": self.added,
            "same": self.same,
            "foreign": self.foreign,
            "problems": [
                {"ref": one.key, "order_ref": one.order_ref, "problem": one.problem}
                for one in self.problems
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSum:
    """Movements of one currency, added up."""

    gross: Money
    fee: Money
    net: Money

    def as_json(self) -> dict[str, Json]:
        """Return the sums by name; money is nested."""
        return {
            "gross": dict(self.gross.as_json()),
            "fee": dict(self.fee.as_json()),
            "net": dict(self.net.as_json()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeList:
    """What is known of fees, and of which orders it is not.

    Attributes:
        is_shown: Whether the platform shows what it charges.
        fees: Movements, the oldest first.
        unknown: References of paid orders whose charge was not read yet.
        timezone: Which time zone's months are meant.
    """

    platform: str
    is_shown: bool
    timezone: str
    fees: tuple[Fee, ...]
    unknown: tuple[str, ...]

    @property
    def sums(self) -> tuple[FeeSum, ...]:
        """The movements added up, one sum for each currency."""
        return sums_of(self.fees)

    def as_json(self) -> dict[str, Json]:
        """Return sums, movements and orders without fees by name."""
        return {
            "platform": self.platform,
            "shown": self.is_shown,
            "timezone": self.timezone,
            "sums": [one.as_json() for one in self.sums],
            "fees": [one.as_json() for one in self.fees],
            "unknown": list(self.unknown),
        }


def sums_of(fees: Iterable[Fee]) -> tuple[FeeSum, ...]:
    """Add movements up by currency, in order of the currencies' codes."""
    found: dict[str, FeeSum] = {}
    for one in fees:
        code = one.gross.currency
        so_far = found.get(code) or _nothing(code)
        found[code] = FeeSum(
            gross=so_far.gross + one.gross, fee=so_far.fee + one.fee, net=so_far.net + one.net
        )
    return tuple(found[code] for code in sorted(found))


def _said(one: Fee) -> str:
    return f"{one.gross} less {one.fee} for a {one.kind} of {one.order_ref}"


def _nothing(currency: str) -> FeeSum:
    zero = Money.zero(currency)
    return FeeSum(gross=zero, fee=zero, net=zero)


class Fees:
    """Reads what the platform charged, and says it by order, stream or month."""

    def __init__(self, db: Database, clock: Clock, rooms: Rooms, connected: Connected) -> None:
        """Ask nothing yet; not every platform shows its fees."""
        self._db, self._clock = db, clock
        self._facts, self._orders = rooms.facts, rooms.orders
        self._source = connected.fees
        self._place = (connected.platform.name, connected.platform.account)
        self._store, self._affiliate = FeeStore(), AffiliateStore()
        self._brands, self._streams = BrandStore(), StreamStore()

    def sync(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        progress: Progress | None = None,
    ) -> FeesReport:
        """Store the movements of our orders from `since` and before `until`.

        Of orders that are recorded: a sale that is missing here is found by
        ``reconcile``. A repeat changes nothing, and one that was interrupted may
        simply be run again.

        Args:
            since: 7 days before `until` unless given.
            until: Now unless given.
            progress: Called with the number of movements looked at so far.

        Effects: rows that are for ever, one commit for each page.

        Raises:
            FeesNotShownError: The platform does not show what it charges.
            ReconcileWindowError: The time ends before it begins.
            PlatformRefusedError: Reading movements is not allowed.
            PlatformNotReadyError, PlatformUnavailableError: It could not be
                asked to the end; what was stored until then stays.
        """
        if self._db.is_bound:
            raise BoundShopError(call="fees.sync")
        if self._source is None:
            raise FeesNotShownError(platform=self._place[0])
        start, end, last = span_asked(self._clock.now(), since, until)
        report = FeesReport(platform=self._place[0], since=start, until=end)
        for page in self._source.pages(start, last):
            self._keep(page, report)
            if progress is not None:
                progress(report.seen)
        return report

    def list(
        self, *, order: str | None = None, stream: str | None = None, month: str | None = None
    ) -> FeeList:
        """Return the movements that are known, of all orders or of those named.

        Args:
            order: As `explain` takes it.
            stream: Orders of which any brand's part is credited to it. A fee is
                of the whole order, whatever else was in it.
            month: ``YYYY-MM``: movements in it, and orders paid in it, in the
                time zone of the brands; in UTC where theirs differ.

        Raises:
            OrderUnknownError, StreamNotFoundError, PeriodInvalidError: None such.
        """
        with self._db.reading() as tx:
            zone = self._zone(tx)
            scope = self._scope(tx, order, stream, month, zone)
            return FeeList(
                platform=scope.platform,
                is_shown=self._source is not None,
                timezone=zone.key,
                fees=tuple(self._store.listed(tx, scope)),
                unknown=tuple(self._store.uncharged(tx, scope)),
            )

    # --- parts

    def _keep(self, page: Sequence[Fee | Unreadable], report: FeesReport) -> None:
        """Store what is new on a page; what is there already is compared."""
        of = {one.order_ref for one in page if one.order_ref}
        with self._db.reading() as tx:
            sold = self._facts.sales(tx, [(*self._place, ref) for ref in of])
        ours = {key[2] for key in sold}
        fees = {one.ref: one for one in page if isinstance(one, Fee) and one.order_ref in ours}
        bad = [
            one
            for one in page
            if isinstance(one, Unreadable) and (not one.order_ref or one.order_ref in ours)
        ]
        report.foreign += len(page) - len(fees) - len(bad)
        report.problems += bad
        if not fees:
            return
        with self._db.transaction() as tx:
            new = self._store.add(tx, *self._place, fees.values(), at=self._clock.now())
            known = self._store.known(tx, *self._place, fees.keys() - new)
        other = [fees[ref] for ref, stored in known.items() if stored != fees[ref]]
        report.added += len(new)
        report.same += len(known) - len(other)
        report.problems += [
            Unreadable(
                key=one.ref,
                order_ref=one.order_ref,
                problem=f"{_said(known[one.ref])} is stored, now it is {_said(one)}",
            )
            for one in other
        ]

    def _scope(
        self,
        tx: Transaction,
        order: str | None,
        stream: str | None,
        month: str | None,
        zone: ZoneInfo,
    ) -> Scope:
        place, orders = self._place, None
        if order is not None:
            found = self._orders.find(tx, order)
            place, orders = found.key[:2], [found.order_ref]
        if stream is not None:
            keys = self._affiliate.credited_to(tx, self._streams.get(tx, stream).code)
            credited = [key[2] for key in keys if key[:2] == place]
            orders = credited if orders is None else [ref for ref in orders if ref in credited]
        since = until = None
        if month is not None:
            code = parse_month(month)
            since = datetime(int(code[:4]), int(code[5:]), 1, tzinfo=zone).astimezone(UTC)
            until = end_of(code, zone).astimezone(UTC)
        return Scope(platform=place[0], account=place[1], orders=orders, since=since, until=until)

    def _zone(self, tx: Transaction) -> ZoneInfo:
        zones = {brand.timezone for brand in self._brands.list(tx)}
        return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
