"""The signature check: what a stranger sends is refused, with one kind of error."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.errors import SignatureInvalidError
from liveshop_sdk.platforms.stripe.signature import header_of, verify

NOW = datetime(2026, 10, 2, 18, 0, 0, 999_999, tzinfo=UTC)
STAMP = int(NOW.timestamp())
BODY = b'{"id": "evt_1"}'
SECRETS = (b"whsec_new", b"whsec_old")


def mac(body: bytes = BODY, secret: bytes = b"whsec_new", stamp: object = STAMP) -> str:
    return hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def test_the_vendors_own_signature_is_accepted() -> None:
    header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), "whsec_new", STAMP)
    verify(header, BODY, SECRETS, now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        f"t={STAMP},v1={mac()}",
        f"t={STAMP},v1={mac(secret=b'whsec_old')}",
        f"t={STAMP},v1={mac(secret=b'whsec_gone')},v1={mac()}",
        f"t={STAMP},v1={mac()},v0={'0' * 64}",
        f"v1={mac()},t={STAMP}",
        f"t={STAMP - 300},v1={mac(stamp=STAMP - 300)}",
        f"t={STAMP + 300},v1={mac(stamp=STAMP + 300)}",
    ],
)
def test_good_headers(header: str) -> None:
    verify(header, BODY, SECRETS, now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=abc,v1=",
        "é",
        f"t={STAMP},v1=é{mac()[1:]}",
        f"t={STAMP}",
        f"v1={mac()}",
        f"t={STAMP},v0={mac()}",
        f"t={STAMP},v1={mac()[:-1]}",
        f"t={STAMP},v1={mac()}0",
        f"t={STAMP},v1={mac().upper()}",
        f"t={STAMP}, v1={mac()}",
        f"t={STAMP},t={STAMP},v1={mac()}",
        f"t={STAMP},v1={mac()}, t={STAMP},v1={mac()}",
        f"t=-{STAMP},v1={mac(stamp=-STAMP)}",
        f"t=+{STAMP},v1={mac(stamp=f'+{STAMP}')}",
        f"t=\u0661,v1={mac()}",
        f"t={STAMP}.0,v1={mac(stamp=f'{STAMP}.0')}",
        f"t={10**30},v1={mac(stamp=10**30)}",
        f"t={STAMP - 301},v1={mac(stamp=STAMP - 301)}",
        f"t={STAMP + 301},v1={mac(stamp=STAMP + 301)}",
        f"t={STAMP + 31_536_000},v1={mac(stamp=STAMP + 31_536_000)}",
        f"t={STAMP}," + ",".join([f"v1={'0' * 64}"] * 8) + f",v1={mac()}",
        f"t={STAMP},v1={mac()}," + "x" * 3000,
        f"t={STAMP},v1={mac(secret=b'')}",
        f"t={STAMP},v1={mac(body=BODY + b' ')}",
    ],
)
def test_bad_headers(header: str) -> None:
    with pytest.raises(SignatureInvalidError):
        verify(header, BODY, SECRETS, now=NOW)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(SignatureInvalidError, match="no webhook secret"):
        verify(f"t={STAMP},v1={mac(secret=b'')}", BODY, (), now=NOW)


def test_the_tolerance_is_judged_by_the_clock_handed_in() -> None:
    header = f"t={STAMP},v1={mac()}"
    with pytest.raises(SignatureInvalidError, match="300 s"):
        verify(header, BODY, SECRETS, now=NOW + timedelta(days=1))


def test_the_header_is_found_in_any_spelling() -> None:
    for name in ("Stripe-Signature", "stripe-signature", "STRIPE-SIGNATURE"):
        assert header_of({"Host": "x", name: "t=1"}) == "t=1"
    assert header_of({}) == ""


def test_no_error_shows_a_secret() -> None:
    with pytest.raises(SignatureInvalidError) as refused:
        verify(f"t={STAMP},v1={'0' * 64}", BODY, SECRETS, now=NOW)
    assert "whsec" not in str(refused.value) + repr(refused.value)


HEADERS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.tuples(
            st.sampled_from(["t", "v1", "v0", "", "T", " t"]),
            st.one_of(st.text(max_size=70), st.just(str(STAMP)), st.just("0" * 64)),
        ),
        max_size=12,
    ).map(lambda parts: ",".join(f"{name}={value}" for name, value in parts)),
)


@given(header=HEADERS, body=st.binary(max_size=200))
def test_a_stranger_only_ever_gets_one_error(header: str, body: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        verify(header, body, SECRETS, now=NOW)


@given(at=st.integers(0, len(BODY) * 8 - 1))
def test_every_flipped_bit_of_the_body_is_noticed(at: int) -> None:
    body = bytearray(BODY)
    body[at // 8] ^= 1 << at % 8
    with pytest.raises(SignatureInvalidError):
        verify(f"t={STAMP},v1={mac()}", bytes(body), SECRETS, now=NOW)
