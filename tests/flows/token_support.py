"""Many workers of one shop that want its token at once, and may die at any step.

The shop that hands them out is `token_issuer`.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
"""Seconds until a worker gives up on one that may be dead; where none dies, it waits longer."""
_LONG = 60.0
"""Seconds a worker waits: enough for one renewal, and not for a dead one's lease."""


class Issuer:
    """Shopify's side of it, in a process of its own: who asked, and who met whom."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Wait until it serves."""
        self._process = process
        self.url: str = self._heard()["url"]

    def tell(self, command: str) -> Any:
        """Give a command; returns ``asked``, ``most_at_once`` and ``locked_out``."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._heard()

    @property
    def asked(self) -> int:
        """How often somebody asked for a token."""
        return int(self.tell("look")["asked"])

    def _heard(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the issuer is gone"
        return json.loads(line)


@contextlib.contextmanager
def issuing() -> Iterator[Issuer]:
    """Serve a shop that rotates its tokens as Shopify does."""
    support.oracle_modules()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.flows.token_issuer"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Issuer(process)
        finally:
            process.kill()


@dataclass
class Crew:
    """The workers of one shop, all on one database."""

    place: Ground
    issuer: Issuer
    is_installed: bool
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def worker(self, patience: float = PATIENCE) -> ShopifyPlatform:
        wire = Wire(timeouts=(patience, patience), patience=patience, trust_env=False)
        return support.platform(
            self.issuer,
            admin_token="",
            client_id="client",
            client_secret="hush",
            clock=self.clock,
            vault=support.vault(self.place.db, self.clock),
            must_be_installed=self.is_installed,
            wire=wire,
        )

    def install(self) -> None:
        self.issuer.tell("install")
        first = Grant(token="shpat_oracle", ends_at=self.clock.now(), renewal="shprt_oracle")
        support.vault(self.place.db, self.clock).put(first)

    def age(self, chance: Random) -> None:
        """Let the token come to its end, be near it, or be revoked."""
        if chance.random() < 0.3:
            self.clock.advance(timedelta(minutes=2))
            self.issuer.tell("revoke")
        else:
            self.clock.advance(DAY)

    def ask(self, fuses: Sequence[int]) -> list[Told]:
        """Let one worker per fuse ask at the same time; 0 is one that lives."""
        self.place.db.dispose()
        patience = PATIENCE if any(fuses) else _LONG
        return in_children(*(self._work(at, patience) for at in fuses))

    def _work(self, at: int, patience: float) -> Any:
        def work(tell: Tell) -> None:
            worker = self.worker(patience)
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
        assert self.worker(_LONG).find_order("1") == ()
        self.place.db.dispose()
