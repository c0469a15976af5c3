"""Many workers of one shop that want its token at once, and may die at any step.

The oracle hands out tokens; here it also takes them away as Shopify does: a
refresh token works until what replaced it was first used, then never again.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.platforms.shopify import ShopifyPlatform
from liveshop_sdk.platforms.shopify.tokens import LEASE
from liveshop_sdk.platforms.shopify.transport import Wire
from liveshop_sdk.platforms.vault import Grant
from tests.flows.kill_support import Fuse, Ground, Tell, Told, in_children, wait_for_the_dead
from tests.platforms import shopify_support as support

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
DAY = timedelta(hours=24)
PATIENCE = 2.0
"""Seconds a worker waits: enough for one renewal, and not for a dead one's lease."""

TAKES = 0.01
"""Seconds the shop takes for a token; renewals that meet are seen to meet."""


@dataclass
class Issuer:
    """Shopify's side of it: who asked, who met whom, and which tokens are over."""

    oracle: Any
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0
    locked_out: list[str] = field(default_factory=list)
    generation: dict[str, int] = field(default_factory=dict)
    used: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hand_out(self, plain: Any, *args: Any) -> Any:
        _, _, path, raw, _ = args
        if path.path != "/admin/oauth/access_token":
            return plain(*args)
        with self.lock:
            self.asked += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            given = self._refresh_token(raw)
            if given in self.generation:
                self._use(self.generation[given])
            is_over = self.generation.get(given, self.used) < self.used
        try:
            time.sleep(TAKES)
            if is_over:
                self.locked_out.append(given)
                return 400, {"error": "invalid_grant"}, {}
            status, body, headers = plain(*args)
            with self.lock:
                number = max(self.generation.values(), default=0) + 1
                for name in ("access_token", "refresh_token"):
                    if name in body:
                        self.generation[body[name]] = number
            return status, body, headers
        finally:
            with self.lock:
                self.at_once -= 1

    def admit(self, plain: Any, kind: str, headers: Any) -> Any:
        plain(kind, headers)
        with self.lock:
            self._use(self.generation.get(headers.get("X-Shopify-Access-Token", ""), 0))

    def _use(self, number: int) -> None:
        self.used = max(self.used, number)

    def _refresh_token(self, raw: bytes) -> str:
        return str(json.loads(raw).get("refresh_token", ""))


@contextlib.contextmanager
def issuing(monkeypatch: Any) -> Iterator[Issuer]:
    """Serve a shop that rotates its tokens as Shopify does."""
    _, resolvers, _ = support.oracle_modules()
    with support.running_oracle() as oracle:
        issuer = Issuer(oracle)
        other, authorised = resolvers.other, oracle.authorised
        monkeypatch.setattr(resolvers, "other", lambda *args: issuer.hand_out(other, *args))
        monkeypatch.setattr(
            oracle, "authorised", lambda kind, headers: issuer.admit(authorised, kind, headers)
        )
        yield issuer


@dataclass
class Crew:
    """The workers of one shop, all on one database."""

    place: Ground
    issuer: Issuer
    is_installed: bool
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def worker(self) -> ShopifyPlatform:
        wire = Wire(timeouts=(2.0, 5.0), patience=PATIENCE, trust_env=False)
        return support.platform(
            self.issuer.oracle,
            admin_token="",
            client_id="client",
            client_secret="hush",
            clock=self.clock,
            vault=support.vault(self.place.db, self.clock),
            must_be_installed=self.is_installed,
            wire=wire,
        )

    def install(self) -> None:
        self.issuer.generation["shprt_oracle"] = 0
        first = Grant(token="shpat_oracle", ends_at=self.clock.now(), renewal="shprt_oracle")
        support.vault(self.place.db, self.clock).put(first)

    def age(self, chance: Random) -> None:
        """Let the token come to its end, be near it, or be revoked."""
        if chance.random() < 0.3:
            self.clock.advance(timedelta(minutes=2))
            self.issuer.oracle.tokens.clear()
        else:
            self.clock.advance(DAY)

    def ask(self, fuses: Sequence[int]) -> list[Told]:
        """Let one worker per fuse ask at the same time; 0 is one that lives."""
        self.place.db.dispose()
        return in_children(*(self._work(at) for at in fuses))

    def _work(self, at: int) -> Any:
        def work(tell: Tell) -> None:
            worker = self.worker()
            fuse = Fuse(at)
            fuse.lay(self.place.db)
            worker._wire.post = fuse.around(worker._wire.post)  # type: ignore[method-assign]
            try:
                found = worker.find_order("1")
            except PlatformUnavailableError as error:
                tell("put off", error.problem)
            else:
                tell("served", found == ())
            tell("boundaries", fuse.passed)

        return work

    def recover(self) -> None:
        """Wait out the lease of the dead; then the next one is served at once."""
        wait_for_the_dead(self.place.db)
        self.clock.advance(LEASE)
        assert self.worker().find_order("1") == ()
        self.place.db.dispose()
