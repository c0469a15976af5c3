"""T1-T3: issuing and reading link tokens, against one bare hmac.digest.

Rounds alternate between the limit and our code, so that a busy machine slows
both; a ratio is taken within a round, and the median of the rounds counts.

    python bench/tokens.py [--json] [--rounds 15] [--calls 20000]
"""

import argparse
import hmac
import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from liveshop_sdk.checkout.tokens import LinkTokens
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import LinkTokenInvalidError
from liveshop_sdk.ids import Ids, body_of

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
TARGETS = {"issue": 2.5, "read": 4.0}


def timed(call: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls * 1e6


def cases() -> tuple[dict[str, Callable[[], object]], int]:
    tokens = LinkTokens(["an old key that was used before", "the key that signs these days"])
    jti = body_of(Ids(ManualClock(NOW), random.Random(1)).new("lnk"))
    ends = NOW + timedelta(days=7)
    token = tokens.issue(jti, ends)
    forged = token[:-43] + "A" * 43
    key, message = b"k" * 32, token[:-44].encode()

    def refuse() -> None:  # tries both keys, so two HMACs are its floor
        try:
            tokens.read(forged, NOW)
        except LinkTokenInvalidError:
            return

    return {
        "hmac": lambda: hmac.digest(key, message, "sha256"),
        "issue": lambda: tokens.issue(jti, ends),
        "read": lambda: tokens.read(token, NOW),
        "refuse forged": refuse,
    }, len(token)


def measure(rounds: int, calls: int) -> dict[str, object]:
    work, chars = cases()
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            times[name].append(timed(call, calls))
    rows = []
    for name, taken in times.items():
        ratios = [mine / limit for mine, limit in zip(taken, times["hmac"], strict=True)]
        rows.append(
            {
                "case": name,
                "us": round(median(taken), 2),
                "us_min": round(min(taken), 2),
                "us_max": round(max(taken), 2),
                "x_hmac": round(median(ratios), 2),
                "x_min": round(min(ratios), 2),
                "x_max": round(max(ratios), 2),
                "target": TARGETS.get(name),
            }
        )
    return {"bench": "tokens", "chars": chars, "chars_target": 150, "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=20_000)
    args = parser.parse_args()
    found = measure(args.rounds, args.calls)
    if args.json:
        json.dump(found, sys.stdout, indent=1)
        print()
        return
    print(
        f"{'case':<15}{'us':>8}{'min':>8}{'max':>8}{'x hmac':>9}{'min':>7}{'max':>7}{'target':>9}"
    )
    for row in found["rows"]:  # type: ignore[attr-defined]
        target = "" if row["target"] is None else f"<= {row['target']}"
        print(
            f"{row['case']:<15}{row['us']:>8}{row['us_min']:>8}{row['us_max']:>8}"
            f"{row['x_hmac']:>9}{row['x_min']:>7}{row['x_max']:>7}{target:>9}"
        )
    print(f"length: {found['chars']} characters (target <= {found['chars_target']})")


if __name__ == "__main__":
    main()
