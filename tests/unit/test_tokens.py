"""Link tokens and sealed references: only what we signed, spelled as we spell it."""

import base64
import hashlib
import json
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import Signer

from liveshop_sdk.checkout.tokens import LINK_SALT, REF_SALT, LinkToken, LinkTokens, SealedRef
from liveshop_sdk.clock import from_seconds
from liveshop_sdk.errors import GoneError, LinkExpiredError, LinkTokenInvalidError, NotFoundError

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/link-token.json").read_text(encoding="ascii"))
PAGE = (ROOT / "docs/reference/link-token.md").read_text(encoding="utf-8")
JTI = "06f4v0g9e8wxk5m2n7p3q1r6ts"
ENDS = datetime(2026, 10, 2, 18, tzinfo=UTC)
BEFORE = ENDS - timedelta(days=1)
Verify = Callable[[str, list[str], int], tuple[str, str | None, int | None]]


def by_the_page() -> Verify:
    """The verifier printed in the docs, which shares no code with ours."""
    found = re.search(r"```python\n(.+?)```", PAGE, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found[1], "link-token.md", "exec"), names)
    verify: Verify = names["verify"]
    return verify


def by_us(token: str, keys: list[str], now: int) -> tuple[str, str | None, int | None]:
    try:
        read = LinkTokens(keys).read(token, from_seconds(now))
    except LinkExpiredError as error:
        return "expired", error.link_id.removeprefix("lnk_"), int(error.expired_at.timestamp())
    except LinkTokenInvalidError:
        return "invalid", None, None
    return "valid", read.jti, int(read.expires_at.timestamp())


@pytest.mark.parametrize("verify", [by_us, by_the_page()], ids=["ours", "the page's"])
@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_every_vector(vector: dict[str, Any], verify: Verify) -> None:
    keys = vector.get("keys", VECTORS["keys"])
    assert verify(vector["token"], keys, vector["now"]) == (
        vector["expect"],
        vector.get("jti"),
        vector.get("exp"),
    )


def test_the_vectors_cover_what_the_page_promises() -> None:
    names = [vector["name"] for vector in VECTORS["vectors"]]
    assert len(names) == len(set(names)) == 147
    assert len([name for name in names if name.startswith("byte ")]) == 85
    assert {vector["expect"] for vector in VECTORS["vectors"]} == {"valid", "expired", "invalid"}


def test_the_worked_example_of_the_page_is_right() -> None:
    key = VECTORS["keys"][-1]
    token = LinkTokens([key]).issue(JTI, ENDS)
    purpose_key = Signer(
        key, salt=LINK_SALT, key_derivation="hmac", digest_method=hashlib.sha256
    ).derive_key()
    for shown in (key, purpose_key.hex(), *token.rsplit(".", 1), token):
        assert shown in PAGE


@pytest.fixture
def tokens() -> LinkTokens:
    return LinkTokens(["old key", "new key"])


def test_a_token_says_which_link_and_until_when(tokens: LinkTokens) -> None:
    token = tokens.issue(JTI, ENDS + timedelta(microseconds=999_999))
    assert token == tokens.issue(JTI, ENDS)
    assert len(token) == 85
    read = tokens.read(token, BEFORE)
    assert read == LinkToken(JTI, ENDS)
    assert read.link_id == f"lnk_{JTI}"


def test_the_last_key_signs_and_all_are_read(tokens: LinkTokens) -> None:
    assert tokens.issue(JTI, ENDS) == LinkTokens(["new key"]).issue(JTI, ENDS)
    old = LinkTokens(["old key"]).issue(JTI, ENDS)
    assert tokens.read(old, BEFORE).jti == JTI
    with pytest.raises(LinkTokenInvalidError):
        LinkTokens(["new key"]).read(old, BEFORE)


def test_a_stock_signer_makes_the_same_token(tokens: LinkTokens) -> None:
    stock = Signer(
        ["old key", "new key"],
        salt=LINK_SALT,
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )
    token = tokens.issue(JTI, ENDS)
    assert stock.sign(f"lk1.{JTI}.{int(ENDS.timestamp())}").decode() == token
    assert stock.validate(token)


def test_what_a_stock_signer_lets_through_is_refused_here(tokens: LinkTokens) -> None:
    token = tokens.issue(JTI, ENDS)
    stock = Signer("new key", salt=LINK_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
    raw = base64.urlsafe_b64decode(token[-43:] + "=")
    twins = [
        token[:-1] + letter
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if base64.urlsafe_b64decode(token[-43:-1] + letter + "=") == raw and letter != token[-1]
    ]
    assert len(twins) == 3
    for text in (*twins, token + "=", token + "=="):
        assert stock.validate(text)
        with pytest.raises(LinkTokenInvalidError):
            tokens.read(text, BEFORE)


def test_only_canonical_last_letters_are_spelled_so() -> None:
    """The spelling rule says the same as encoding again and comparing."""
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        sig = "A" * 42 + letter
        again = base64.urlsafe_b64encode(base64.urlsafe_b64decode(sig + "=")).decode()
        assert (again.rstrip("=") == sig) == (letter in "AEIMQUYcgkosw048")


@pytest.mark.parametrize("seconds", [-86_400, -1, 0, 59])
def test_a_minute_of_difference_between_clocks_is_forgiven(
    tokens: LinkTokens, seconds: int
) -> None:
    token = tokens.issue(JTI, ENDS)
    assert tokens.read(token, ENDS + timedelta(seconds=seconds)).expires_at == ENDS


def test_an_expired_link_says_which_and_when(tokens: LinkTokens) -> None:
    token = tokens.issue(JTI, ENDS)
    with pytest.raises(LinkExpiredError) as caught:
        tokens.read(token, ENDS + timedelta(seconds=60))
    assert isinstance(caught.value, GoneError)
    assert caught.value.details() == {"link_id": f"lnk_{JTI}", "expired_at": ENDS}
    assert "2026-10-02 18:00 UTC" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "token",
    [None, 7, b"lk1.x", ["lk1"], "", "lk1", "\ud800", "lk1." * 10_000_000, "\x00" * 85, "é" * 85],
    ids=range(10),
)
def test_garbage_gets_the_one_constant_text(tokens: LinkTokens, token: object) -> None:
    with pytest.raises(LinkTokenInvalidError) as caught:
        tokens.read(token, BEFORE)
    assert isinstance(caught.value, NotFoundError)
    assert str(caught.value) == "This link is not valid. Ask the creator for a new one."
    assert caught.value.details() == {}


def test_forged_and_expired_is_forged(tokens: LinkTokens) -> None:
    token = LinkTokens(["another"]).issue(JTI, ENDS)
    with pytest.raises(LinkTokenInvalidError):
        tokens.read(token, ENDS + timedelta(days=900))


@pytest.mark.parametrize("jti", ["", "x", JTI.upper(), f"lnk_{JTI}", JTI + ".", JTI[:-1] + "\n"])
def test_a_token_is_issued_for_a_link_id_only(tokens: LinkTokens, jti: str) -> None:
    with pytest.raises(ValueError, match="jti"):
        tokens.issue(jti, ENDS)


def test_a_token_ends_after_1970(tokens: LinkTokens) -> None:
    with pytest.raises(ValueError, match="1970"):
        tokens.issue(JTI, datetime(1970, 1, 1, tzinfo=UTC))
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert len(tokens.issue(JTI, last)) == 87


@pytest.mark.parametrize("keys", [[], [""], ["a", ""], "one text"])
@pytest.mark.parametrize("kind", [LinkTokens, SealedRef])
def test_without_a_key_nothing_starts(kind: type, keys: list[str]) -> None:
    with pytest.raises(ValueError, match="secret key"):
        kind(keys)


def test_no_key_shows_in_a_repr(tokens: LinkTokens) -> None:
    assert "key" not in repr(tokens).replace("keys", "")


# --- sealed references

CHECKOUT = f"chk_{JTI}"


def test_a_sealed_reference_opens() -> None:
    refs = SealedRef(["old key", "new key"])
    sealed = refs.seal(CHECKOUT)
    assert len(sealed) == 74
    assert refs.open(sealed) == CHECKOUT
    assert refs.open(SealedRef(["old key"]).seal(CHECKOUT)) == CHECKOUT
    assert SealedRef(["old key"]).open(sealed) is None


def test_purposes_do_not_mix() -> None:
    keys = ["new key"]
    signature = LinkTokens(keys).issue(JTI, ENDS).rsplit(".", 1)[1]
    assert SealedRef(keys).open(f"{CHECKOUT}.{signature}") is None
    link_signer = Signer(keys, salt=LINK_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
    assert SealedRef(keys).open(link_signer.sign(CHECKOUT).decode()) is None
    ref_signer = Signer(keys, salt=REF_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
    assert SealedRef(keys).open(ref_signer.sign(CHECKOUT).decode()) == CHECKOUT


@pytest.mark.parametrize(
    "text",
    [
        *(None, 7, b"chk", {}, "", ".", CHECKOUT, f"{CHECKOUT}.", "\ud800" * 74, "x" * 10_000_000),
        *(f"{CHECKOUT}.{'A' * 43}", f"{CHECKOUT}.{'A' * 43}="),
    ],
    ids=range(12),
)
def test_hostile_references_open_to_nothing(text: object) -> None:
    assert SealedRef(["key"]).open(text) is None


def test_every_other_spelling_of_a_reference_is_refused() -> None:
    refs = SealedRef(["key"])
    sealed = refs.seal(CHECKOUT)
    for text in (sealed + "=", sealed + "\n", " " + sealed, sealed.upper(), sealed[:-1]):
        assert refs.open(text) is None
    for place in range(len(sealed)):
        for bit in range(7):
            flipped = sealed[:place] + chr(ord(sealed[place]) ^ 1 << bit) + sealed[place + 1 :]
            assert refs.open(flipped) is None


@pytest.mark.parametrize("text", ["", JTI, f"lnk_{JTI}", f"chk_{JTI}."])
def test_only_a_checkout_id_is_sealed(text: str) -> None:
    with pytest.raises(ValueError, match="checkout id"):
        SealedRef(["key"]).seal(text)
