"""Link tokens, on any link, key and change."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.tokens import LEEWAY, LinkTokens, SealedRef
from liveshop_sdk.clock import ManualClock, from_seconds
from liveshop_sdk.errors import LinkExpiredError, LinkTokenInvalidError
from liveshop_sdk.ids import ALPHABET, Ids, body_of

jtis = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from("01234567"),
    st.text(ALPHABET, min_size=25, max_size=25),
)
seconds = st.integers(1, 253_402_300_799)
keys = st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4)
NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)


@given(jtis, seconds, keys)
def test_issue_and_read(jti: str, exp: int, ring: list[str]) -> None:
    tokens = LinkTokens(ring)
    token = tokens.issue(jti, from_seconds(exp))
    assert len(token) <= 120
    read = tokens.read(token, from_seconds(exp))
    assert (read.jti, read.expires_at) == (jti, from_seconds(exp))


@given(jtis, st.integers(1, 10**11), st.integers(-(10**9), 10**9))
def test_it_is_over_from_a_minute_after_its_end(jti: str, exp: int, offset: int) -> None:
    tokens = LinkTokens(["key"])
    ends = from_seconds(exp)
    now = ends + LEEWAY + timedelta(microseconds=offset)
    if offset < 0:
        assert tokens.read(tokens.issue(jti, ends), now).expires_at == ends
    else:
        with pytest.raises(LinkExpiredError):
            tokens.read(tokens.issue(jti, ends), now)


@given(st.text(max_size=130) | st.text("lk1.0aAzZ9-_=", max_size=130))
def test_no_text_is_read_by_chance(text: str) -> None:
    with pytest.raises(LinkTokenInvalidError):
        LinkTokens(["key"]).read(text, NOW)
    assert SealedRef(["key"]).open(text) is None


def test_every_flipped_bit_of_a_thousand_tokens_is_refused() -> None:
    """680,000 changes; a stock Signer lets about one in a thousand through."""
    tokens = LinkTokens(["old key", "new key"])
    ids = Ids(ManualClock(NOW), random.Random(17))
    for number in range(1_000):
        token = tokens.issue(body_of(ids.new("lnk")), NOW + timedelta(seconds=number))
        raw = token.encode("latin-1")
        accepted = 0
        for place in range(len(raw)):
            for bit in range(8):
                changed = bytearray(raw)
                changed[place] ^= 1 << bit
                try:
                    tokens.read(changed.decode("latin-1"), NOW)
                except LinkTokenInvalidError:
                    continue
                accepted += 1
        assert accepted == 0


@given(jtis, seconds, st.data())
def test_no_other_text_is_read_near_a_token(jti: str, exp: int, data: st.DataObject) -> None:
    tokens = LinkTokens(["key"])
    token = tokens.issue(jti, from_seconds(exp))
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, len(token)))
    changed = token[:start] + data.draw(st.text(max_size=4)) + token[end:]
    if changed != token:
        with pytest.raises(LinkTokenInvalidError):
            tokens.read(changed, from_seconds(1))
