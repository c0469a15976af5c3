"""T1-T3: issuing and reading link tokens, against one bare hmac.digest."""

import hmac
import random
from datetime import UTC, datetime, timedelta

from bench.measure import Result, Size, interleave, main, per_call, plain, result
from liveshop_sdk.checkout.tokens import LinkTokens
from liveshop_sdk.clock import ManualClock
from liveshop_sdk.errors import LinkTokenInvalidError
from liveshop_sdk.ids import Ids, body_of

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
BENCH = "tokens"
LIMIT = "one hmac.digest"


def measure(size: Size) -> list[Result]:
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

    calls = size.pick(tiny=10, quick=5_000, full=20_000)
    times = interleave(
        {
            LIMIT: per_call(lambda: hmac.digest(key, message, "sha256"), calls),
            "issue a token": per_call(lambda: tokens.issue(jti, ends), calls),
            "read a token": per_call(lambda: tokens.read(token, NOW), calls),
            "refuse a forged one, two keys": per_call(refuse, calls),
        },
        size.rounds,
    )
    lines = (("T1", "issue a token", 2.5), ("T2", "read a token", 4.0))
    return [
        *(
            result(times, what, LIMIT, bench=BENCH, sense="cost", key=key_, target=target)
            for key_, what, target in lines
        ),
        result(times, "refuse a forged one, two keys", LIMIT, bench=BENCH, sense="cost"),
        plain(
            [len(token)],
            bench=BENCH,
            key="T3",
            what="characters of a token",
            against="-",
            sense="count",
            target=150,
        ),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
