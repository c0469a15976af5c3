"""Who may tell us that something was paid: only who signed these bytes, now."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.errors import SignatureInvalidError
from liveshop_sdk.platforms.sandbox.signature import HEADER, header_of, sign, verify

NOW = datetime(2026, 10, 2, 18, tzinfo=UTC)
BODY = b'{"id":"sbe_1"}'
SECRET = b"one"
GOOD = sign(BODY, [SECRET], now=NOW)
DIGEST = GOOD.partition("v1=")[2]


def test_the_scheme_is_what_the_page_says() -> None:
    # echo -n '1790964000.{}' | openssl dgst -sha256 -hmac secret
    expected = "f50a4f0b6e3b46e5cb550fd99bca2a0340a43913d33e61f4de6e8183c0d33984"
    assert sign(b"{}", [b"secret"], now=NOW) == f"t=1790964000,v1={expected}"


def test_what_we_sign_we_accept() -> None:
    verify(GOOD, BODY, [SECRET], now=NOW)
    verify(GOOD, BODY, [b"another", SECRET], now=NOW)
    verify(sign(BODY, [b"new", SECRET], now=NOW), BODY, [SECRET], now=NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_clocks_may_differ_by_five_minutes_either_way(seconds: int) -> None:
    verify(GOOD, BODY, [SECRET], now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_but_not_by_more(seconds: int) -> None:
    with pytest.raises(SignatureInvalidError, match="300 s"):
        verify(GOOD, BODY, [SECRET], now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=" + DIGEST,
        "t=,v1=" + DIGEST,
        "t=-1,v1=" + DIGEST,
        "t=1e9,v1=" + DIGEST,
        "t=٣,v1=" + DIGEST,
        GOOD.replace("v1", "v0"),
        GOOD.upper(),
        GOOD.replace("v1=" + DIGEST, "v1=" + DIGEST.upper()),
        GOOD + "é",
        GOOD.replace("v1=" + DIGEST, "v1=é" + DIGEST),
        GOOD + ",t=1",
        "t=" + "9" * 400 + ",v1=" + DIGEST,
        "t=999999999999,v1=" + DIGEST,
        GOOD + ",v1=" + "0" * 64 + (",v1=" + "0" * 64) * 8,
        "x" * 5000,
        ",=,=,",
        "\x00",
        "t=1790964000;v1=" + DIGEST,
    ],
)
def test_any_other_header_is_refused(header: str) -> None:
    with pytest.raises(SignatureInvalidError):
        verify(header, BODY, [SECRET], now=NOW)


def test_another_body_or_secret_is_refused() -> None:
    for body, secrets in ((BODY + b" ", [SECRET]), (b"", [SECRET]), (BODY, [b"two"]), (BODY, [])):
        with pytest.raises(SignatureInvalidError, match="no signature"):
            verify(GOOD, body, secrets, now=NOW)


@given(st.text(), st.binary())
def test_nothing_else_is_ever_raised(header: str, body: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        verify(header, body, [SECRET], now=NOW)


def test_the_header_is_found_however_it_is_spelled() -> None:
    assert header_of({"SANDBOX-SIGNATURE": "a"}) == "a"
    assert header_of({HEADER: "b"}) == "b"
    assert header_of({"Other": "c"}) == ""
