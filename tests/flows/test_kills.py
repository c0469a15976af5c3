"""Sudden death between any two steps: nothing acknowledged is lost, nothing is done twice.

``make kill-long`` kills at every boundary of every flow; without it a sample.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from liveshop_sdk.events.inbox import Receipt
from liveshop_sdk.shop.live_shop import LiveShop
from tests import databases
from tests.flows.kill_code_flows import CODE_FLOWS
from tests.flows.kill_flows import FLOWS, Flow
from tests.flows.kill_support import (
    NOW,
    Fuse,
    Ground,
    Memo,
    Post,
    Tell,
    Told,
    ground,
    in_child,
    open_shop,
    wait_for_the_dead,
)
from tests.flows.pictures import Picture, assert_idle, assert_whole, picture
from tests.scale import IS_LONG

_log = logging.getLogger(__name__)


@dataclass
class Stage:
    """One flow on one engine: the shop that dies, and the one that comes after."""

    flow: Flow
    ground: Ground
    clock: ManualClock
    actor: LiveShop
    post: Post
    heir: LiveShop
    memo: Memo
    began: Any

    def played(self, fuse_at: int) -> Told:
        """Restore, and play the flow in a child that dies at that boundary."""
        self._restore()

        def work(tell: Tell) -> None:
            fuse = Fuse(fuse_at)
            ingest: Any = self.actor._ingest
            store = ingest.store

            def store_and_tell(*given: Any) -> Receipt:
                receipt: Receipt = store(*given)
                tell("stored", receipt.id)
                return receipt

            ingest.store = store_and_tell
            fuse.lay(self.ground.db, self.actor, self.post)
            did = self.flow.act(self.actor, self.memo)
            passed = fuse.passed
            tell("did", did if isinstance(did, str) else None)
            tell("passed", passed)

        told = in_child(work)
        wait_for_the_dead(self.ground.db)
        return told

    def reference(self) -> Picture:
        """Play the flow in this process, where nobody dies; compiles its statements too."""
        self._restore()
        self.memo["last"] = self.flow.act(self.heir, self.memo)
        self.recover()
        return self.picture()

    def picture(self) -> Picture:
        return picture(self.heir, with_entries=self.flow.in_order)

    def recover(self) -> None:
        """Let the leases of the dead run out, and have a worker do what is left."""
        self.clock.advance(self.flow.then)
        self.heir.worker().drain()

    def _restore(self) -> None:
        self.clock.set(self.began)
        self.ground.restore("filled")


class Grounds:
    """One ground per engine, so that statements are compiled once for all flows."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._made: dict[type, Ground] = {}

    def on(self, server: databases.Sqlite | databases.Postgres) -> Ground:
        if type(server) not in self._made:
            self._made[type(server)] = self._stack.enter_context(ground(server))
        return self._made[type(server)]


@pytest.fixture(scope="module")
def grounds(postgres_server: databases.Postgres | None) -> Iterator[Grounds]:
    with ExitStack() as stack:
        yield Grounds(stack)


@pytest.fixture(params=(*FLOWS, *CODE_FLOWS), ids=lambda flow: flow.name)
def stage(
    request: pytest.FixtureRequest, server: databases.Sqlite | databases.Postgres, grounds: Grounds
) -> Stage:
    flow: Flow = request.param
    place = grounds.on(server)
    place.restore("empty")
    clock = ManualClock(NOW)
    actor, post = open_shop(place.db, clock, 1, ingest=flow.ingest)
    heir, _ = open_shop(place.db, clock, 2, ingest=flow.ingest)
    memo = flow.fill(actor, post)
    clock.advance(flow.later)
    place.save("filled")
    return Stage(flow, place, clock, actor, post, heir, memo, clock.now())


def sampled(count: int, named: str, size: int = 3) -> list[int]:
    """Return the boundaries to die at: all of them, or always the same few by chance."""
    everywhere = range(1, count + 1)
    return list(everywhere) if IS_LONG else sorted(Random(named).sample(everywhere, size))


def test_a_killed_flow_ends_as_if_nobody_had_been_killed(stage: Stage) -> None:
    dialect = stage.heir.db.dialect
    undisturbed = stage.reference()
    assert_whole(stage.heir)
    told = stage.played(0)
    (count,) = told.all("passed")
    points = sampled(count, f"{stage.flow.name} {dialect}")
    _log.info("%s on %s: killed at %d of %d", stage.flow.name, dialect, len(points), count)
    for point in points:
        _die_and_recover(stage, point, undisturbed)


def _die_and_recover(stage: Stage, point: int, undisturbed: Picture) -> None:
    flow, heir = stage.flow, stage.heir
    told = stage.played(point)
    assert told.was_killed, f"boundary {point} was not reached"
    assert_whole(heir)
    with heir.db.reading() as tx:
        for stored in told.all("stored"):
            assert heir._inbox.get(tx, stored), f"{stored} was acknowledged, then lost"
    if flow.check is not None:
        stage.recover()
        stage.memo["last"] = flow.act(heir, stage.memo)
        assert_whole(heir)
        flow.check(heir, stage.memo, told)
    else:
        # What is acknowledged needs no second try; all else is tried again, as callers do.
        if not (flow.name == "receive" and told.all("stored")):
            flow.act(heir, stage.memo)
        stage.recover()
        assert stage.picture() == undisturbed, f"killed at {point}"
        flow.act(heir, stage.memo)
        heir.worker().drain()
        assert stage.picture() == undisturbed, f"killed at {point}, then done once more"
    assert_whole(heir)
    assert_idle(heir)


def test_a_killed_migration_leaves_nothing_or_all(
    server: databases.Sqlite | databases.Postgres,
) -> None:
    def played(point: int) -> Told:
        def work(tell: Tell) -> None:
            fuse = Fuse(point)
            fuse.lay(db)
            migrate.upgrade(db)
            tell("passed", fuse.passed)

        told = in_child(work)
        wait_for_the_dead(db)
        return told

    with server.fresh(is_empty=True) as url:
        db = Database.connect(url)
        (count,) = played(0).all("passed")
        db.dispose()
    points = sampled(count, db.dialect, 2)
    _log.info("migration on %s: killed at %d of %d", db.dialect, len(points), count)
    for point in points:
        with server.fresh(is_empty=True) as url:
            db = Database.connect(url)
            assert played(point).was_killed
            assert migrate.current(db) in (None, migrate.head())
            migrate.upgrade(db)
            assert migrate.check(db) == []
            db.dispose()
