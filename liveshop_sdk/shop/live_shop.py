"""LiveShop: what a developer holds."""

import logging
import os
import random as _random
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from liveshop_sdk.affiliate.attribution import Policy, Unattributed
from liveshop_sdk.checkout.orders.models import Order
from liveshop_sdk.checkout.ports import Seals
from liveshop_sdk.checkout.tokens import SealedRef
from liveshop_sdk.clock import Clock, SystemClock
from liveshop_sdk.db import Database, Transaction, migrate
from liveshop_sdk.errors import BoundShopError, LiveShopError, SandboxOnlyError
from liveshop_sdk.events.inbox import Inbox, Receipt
from liveshop_sdk.events.outbox import Outbox
from liveshop_sdk.events.worker import Worker
from liveshop_sdk.ids import Ids
from liveshop_sdk.platforms.sandbox import Sandbox, Transport
from liveshop_sdk.registry.service import Products
from liveshop_sdk.settings import Settings
from liveshop_sdk.shop.back_office import open_office
from liveshop_sdk.shop.brands import Brands
from liveshop_sdk.shop.checkpoint_keys import CheckpointKeys
from liveshop_sdk.shop.coupon_uses import CouponCount
from liveshop_sdk.shop.coupons import Coupons
from liveshop_sdk.shop.creators import Creators
from liveshop_sdk.shop.desks import open_desks
from liveshop_sdk.shop.explain import EntryExplanation, Explainer, Explanation
from liveshop_sdk.shop.ingest import Ingest, Understood
from liveshop_sdk.shop.keys import Keys
from liveshop_sdk.shop.links import Links
from liveshop_sdk.shop.listing import Listing
from liveshop_sdk.shop.notices import Notices
from liveshop_sdk.shop.overview import Overview
from liveshop_sdk.shop.past_sales import PastSales
from liveshop_sdk.shop.platform import Connected, Installation, connect, secret_keys
from liveshop_sdk.shop.privacy import Privacy
from liveshop_sdk.shop.queues import QueueState, queue_state, replay
from liveshop_sdk.shop.reconciliation import Reconciliation
from liveshop_sdk.shop.reconciling import Progress, Reconciler
from liveshop_sdk.shop.releases import Releases
from liveshop_sdk.shop.rooms import Basics, Rooms, build_rooms
from liveshop_sdk.shop.seals import ShopSeals
from liveshop_sdk.shop.streams import Streams
from liveshop_sdk.shop.webhooks import WebhookEndpoints

INLINE_SECONDS = 2
"""How long a webhook's request may ask the platform before it is answered."""

_log = logging.getLogger("liveshop.shop")
ShopWorker = Worker[Understood]


class LiveShop:
    """One shop: a database, a platform account, and everything between.

    Make it once per process and keep it; it holds no connection and no state
    of its own, and may be used from any number of threads.

    Example:
        >>> from liveshop_sdk import LiveShop, Rate
        >>> shop = LiveShop.from_env({"LIVESHOP_DATABASE_URL": "sqlite://"})
        >>> shop.creators.add("mika", rate=Rate.percent("12")).id
        'mika'
    """

    def __init__(
        self,
        settings: Settings,
        *,
        db: Database,
        clock: Clock,
        ids: Ids,
        random: _random.Random,
        policy: Policy,
        sandbox_transport: Transport | None,
    ) -> None:
        """Wire the rooms; use ``from_env`` or ``from_settings`` instead."""
        self.settings, self.db, self.clock, self.ids = settings, db, clock, ids
        self._random, self._policy, self._transport = random, policy, sandbox_transport
        keys, signing = secret_keys(settings, db), CheckpointKeys(settings)
        refs = SealedRef(keys)
        self._seals = seals = ShopSeals(keys, refs)
        self._inbox, self._outbox = Inbox(clock, ids), Outbox(clock, ids)
        self._connected: Connected = connect(
            settings,
            db=db,
            clock=clock,
            ids=ids,
            outbox=self._outbox,
            seals=seals,
            check_customer=lambda code, email: self._desk.why_not(code, seals.customer_key(email)),
            transport=sandbox_transport,
        )
        self.platform = self._connected.platform
        self._rooms = rooms = build_rooms(
            Basics(
                clock=clock,
                ids=ids,
                random=random,
                keys=keys,
                checkpoint_keys=signing,
                base_url=settings.base_url,
                end_with_offer=settings.open_checkouts == "expire",
                refs=refs,
                seals=seals,
                inbox=self._inbox,
                outbox=self._outbox,
                platform=self.platform,
                policy=policy,
            )
        )
        self._give_out(rooms, seals, signing)

    def _give_out(self, rooms: Rooms, seals: Seals, signing: CheckpointKeys) -> None:
        """Build what the public attributes are, from the rooms."""
        db, clock, ids = self.db, self.clock, self.ids
        desks = open_desks(db, clock, ids, self._outbox, rooms, self._connected)
        self._desk, self._senders = desks.coupons, desks.senders
        self._ingest = self._make_ingest(rooms, patience=None)
        self._inline = self._make_ingest(rooms, patience=INLINE_SECONDS)
        self.webhooks = WebhookEndpoints(db, self.settings, self._connected)
        uses, problems = CouponCount(db, self.platform, rooms.coupons), self.webhooks.problems
        self._reconciler = Reconciler(
            db, clock, self.platform, rooms.facts, rooms.recorder, uses, problems
        )
        self.brands = Brands(db, clock, rooms.affiliate)
        self.keys = Keys(db, clock, ids, self.settings.mode)
        self.listing = Listing(db, rooms, self.platform)
        self.products = Products(db, clock)
        self.streams = Streams(db, clock, rooms, desks.streams)
        past = PastSales(affiliate=rooms.affiliate, facts=rooms.facts, orders=rooms.orders)
        self.creators = Creators(db, clock, rooms.affiliate, past)
        self.coupons = Coupons(db, clock, rooms, self._desk, desks.codes)
        self.links = Links(
            db=db,
            clock=clock,
            rooms=rooms,
            desk=self._desk,
            platform=self.platform,
            seals=seals,
            random=self._random,
        )
        office = open_office(db, clock, ids, self.settings, rooms, signing, self._connected)
        self.catalogue, self.fees = office.catalogue, office.fees
        self.periods, self.payouts, self.exports = office.periods, office.payouts, office.exports
        self.adjustments, self.fx, self.seeding = office.adjustments, office.fx, office.seeding
        self.statements, self.ledger, self.proofs = office.statements, office.ledger, office.proofs
        self.releases = Releases(
            db=db,
            clock=clock,
            affiliate=rooms.affiliate,
            orders=rooms.orders,
            recorder=rooms.recorder,
            is_live=lambda: self.platform.mode == "live",
        )
        self._explainer = Explainer(
            db,
            orders=rooms.orders,
            facts=rooms.facts,
            affiliate=rooms.affiliate,
            ledger=rooms.ledger,
        )
        self._overview = Overview(db, rooms.facts, rooms.ledger)
        self.privacy = Privacy(db, clock, seals, self._inbox, rooms.facts, self._connected.notices)

    def _make_ingest(self, rooms: Rooms, *, patience: int | None) -> Ingest:
        return Ingest(
            db=self.db,
            clock=self.clock,
            inbox=self._inbox,
            recorder=rooms.recorder,
            platform=self.platform,
            notices=Notices(self.db, self.clock, self.ids, self._seals, self._connected.notices),
            patience=patience,
        )

    # --- making one

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "LiveShop":
        """Make a shop from ``LIVESHOP_…`` settings in the environment.

        Without any, it is a sandbox on a SQLite file in this folder.

        Raises:
            SettingsInvalidError: Naming every fault at once.
            MigrationNeededError: The database is behind; only an empty SQLite
                file of a sandbox is migrated by itself.
        """
        return cls.from_settings(Settings.load(os.environ if environ is None else environ))

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        db: Database | None = None,
        clock: Clock | None = None,
        random: _random.Random | None = None,
        policy: Policy | None = None,
        sandbox_transport: Transport | None = None,
    ) -> "LiveShop":
        """Make a shop from settings, with parts of your own where you have them.

        Args:
            db: Over your own engine: ``Database.over(engine)``.
            random: Feeds ids and short codes; seeded, it makes a run repeatable.
            policy: How claims are ranked.
            sandbox_transport: Carries the sandbox's webhooks instead of HTTP.
        """
        clock = clock or SystemClock()
        random = random or secrets.SystemRandom()
        given, db = db, db or Database.connect(settings.database_url.reveal())
        try:
            if settings.platform == "sandbox":
                migrate.ensure_sandbox(db)
            migrate.require_current(db)
        except LiveShopError:
            if given is None:
                db.dispose()
            raise
        return cls(
            settings,
            db=db,
            clock=clock,
            ids=Ids(clock, random),
            random=random,
            policy=policy or Policy(),
            sandbox_transport=sandbox_transport,
        )

    # --- transactions

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a write transaction of your own; commits at the end."""
        with self.db.transaction() as tx:
            yield tx

    def using(self, connection: Transaction) -> "LiveShop":
        """Return a twin whose calls join the transaction you have open.

        It never commits, and refuses what would talk to a platform.

        Raises:
            EngineUnsuitableError: The connection lacks what keeps money safe.
        """
        return LiveShop(
            self.settings,
            db=self.db.bound_to(connection),
            clock=self.clock,
            ids=self.ids,
            random=self._random,
            policy=self._policy,
            sandbox_transport=self._transport,
        )

    # --- webhooks and work

    def receive(self, platform: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Take a webhook: verify and store it, then try it once.

        Once this returns the delivery is stored for good and may be answered
        with 200; whatever fails in the try is left to the worker.

        Raises:
            WebhookRefusedError: Not from the platform, or unreadable.
            PlatformNotConfiguredError: Not the platform of this shop.
            StorageUnavailableError: Nothing was stored; let the sender retry.
        """
        if self.db.is_bound:
            raise BoundShopError(call="receive")
        delivery = self._ingest.verify(platform, headers, body)
        if self.settings.ingest == "worker" or self._ingest.is_for_worker(delivery):
            return self._ingest.store(delivery)
        worker = self._worker(self._inline)
        receipt, row = worker.take_in(delivery)
        if row is not None:
            try:
                worker.receive(row)
            except Exception as error:
                _log.warning("%s is left to the worker: %s", receipt.id, type(error).__name__)
        return receipt

    def worker(self, *, batch: int = 100) -> ShopWorker:
        """Return a worker over inbox and outbox; any number may run at once."""
        if self.db.is_bound:
            raise BoundShopError(call="worker")
        return self._worker(self._ingest, batch)

    def _worker(self, handler: Ingest, batch: int = 100) -> ShopWorker:
        return Worker(
            self.db,
            inbox=self._inbox,
            outbox=self._outbox,
            handler=handler,
            senders=self._senders,
            clock=self.clock,
            batch=batch,
            chores=[self.proofs.daily, self.keys.daily],
            of=(self.platform.name, self.platform.account),
        )

    def reconcile(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        fix: bool = False,
        progress: Progress | None = None,
    ) -> Reconciliation:
        """Compare the platform's own orders with what is recorded.

        `Reconciler.run` says what the arguments are, and what may go wrong.

        Effects: none without `fix`; with it, all that the missing webhooks
        would have had, under the same keys: one that is late is a repeat.
        """
        if self.db.is_bound:
            raise BoundShopError(call="reconcile")
        return self._reconciler.run(since, until, fix=fix, progress=progress)

    def replay(self, ids: list[str] | None = None, *, since: datetime | None = None) -> int:
        """Make what was given up due again, all of it or those named; returns how many.

        With `since`, every webhook received from then on, done or given up.

        Raises:
            NotReplayableError: Naming the ids that are unknown or due already.
        """
        with self.db.transaction() as tx:
            if since is not None:
                return self._inbox.replay_since(tx, since)
            self._desk.expect(tx, ids)
            return replay(tx, self._inbox, self._outbox, ids)

    # --- looking

    @property
    def mode(self) -> str:
        """``sandbox``, ``test`` or ``live``, derived from the credentials."""
        return self.platform.mode

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox platform's buttons.

        Raises:
            SandboxOnlyError: The shop runs on a real platform.
        """
        if self._connected.sandbox is None:
            raise SandboxOnlyError(platform=self.platform.name)
        return self._connected.sandbox

    @property
    def installation(self) -> Installation | None:
        """How the app gets into its Shopify shop; None where none has to."""
        return self._connected.installation

    def explain(self, order_ref: str) -> Explanation:
        """Say why each cent of an order went where it went."""
        return self._explainer.order(order_ref)

    def explain_entry(self, seq: int, *, brand: str | None = None) -> EntryExplanation:
        """Say what an entry of the ledger was posted for."""
        return self._explainer.entry(seq, brand)

    def orders(self, limit: int = 50) -> list[Order]:
        """Return the newest paid orders."""
        with self.db.reading() as tx:
            return self._rooms.orders.recent(tx, limit)

    def unattributed(self, limit: int = 50) -> list[Unattributed]:
        """Return the newest orders that credit nobody, with the reason."""
        with self.db.reading() as tx:
            return self._rooms.affiliate.unattributed(tx, limit)

    def inbox_state(self, limit: int = 20) -> QueueState:
        """Return what waits, what was given up, and how far workers are behind."""
        with self.db.reading() as tx:
            return queue_state(tx, self._inbox, self._outbox, now=self.clock.now(), limit=limit)

    def stats(self) -> dict[str, int]:
        """Return how many links, touches, orders, refunds and entries there are."""
        return self._overview.counts()

    def close(self) -> None:
        """Give the database's connections back."""
        self.db.dispose()
