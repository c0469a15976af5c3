"""A shop that hands out tokens and takes them away as Shopify does, in a process of its own.

A refresh token works until what replaced it was first used, then never again. Commands
come as lines, each is answered by one: who forks workers has no thread that could hold a
lock meanwhile.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.platforms import shopify_support as support

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


def main() -> None:
    """Serve until the input ends."""
    _, resolvers, _ = support.oracle_modules()
    with support.running_oracle() as oracle:
        issuer = Issuer(oracle)
        other, authorised = resolvers.other, oracle.authorised
        resolvers.other = lambda *args: issuer.hand_out(other, *args)
        oracle.authorised = lambda kind, headers: issuer.admit(authorised, kind, headers)
        say({"url": oracle.url})
        for line in sys.stdin:
            if line == "install\n":
                issuer.generation["shprt_oracle"] = 0
            elif line == "revoke\n":
                oracle.tokens.clear()
            elif line == "next\n":
                support.assert_clean(oracle)
                oracle.log.clear()
            say(
                {
                    "asked": issuer.asked,
                    "most_at_once": issuer.most_at_once,
                    "locked_out": issuer.locked_out,
                }
            )


def say(what: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
