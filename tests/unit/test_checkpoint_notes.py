"""A checkpoint is a signed note: what is written is read again, and nothing else is."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.affiliate.ledger.checkpoints.notes import (
    SigningKey,
    Statement,
    key_id,
    origin_of,
    public_text,
    read_key,
    read_note,
    verifier_key,
)
from liveshop_sdk.cli import verify_bundle as alone
from liveshop_sdk.errors import CheckpointInvalidError

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))
ORIGIN = origin_of("main", bytes(range(100, 132)))
SAID = Statement(
    origin=ORIGIN,
    size=11,
    root=b"r" * 32,
    chain=b"c" * 32,
    recorded_at=1_790_964_000_000_000,
    anchors='["folder"]',
)
NOTE = KEY.sign(SAID)


def test_the_note_is_spelled_as_the_specification_has_it() -> None:
    text, gap, tail = NOTE.rpartition("\n\n")
    assert gap
    assert text.split("\n") == [
        "liveshop/6465666768696a6b/main",
        "11",
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
        "chain Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M=",
        "recorded_at 1790964000000000",
        'anchors ["folder"]',
    ]
    raw = sha256(ORIGIN.encode() + b"\n\x01" + KEY.public).digest()[:4]
    assert tail.startswith(f"\u2014 {ORIGIN} {b64encode(raw).decode()[:5]}")
    assert tail.endswith("\n")
    assert KEY.sign(SAID) == NOTE


def test_a_published_note_is_verified_with_its_published_key() -> None:
    """The example of Go's signed notes: golang.org/x/mod/sumdb/note."""
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    key = alone.key_of("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    signature = b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert key_id("PeterNeumann", key).hex() == signature[:4].hex() == "c74f20a3"
    assert alone.is_signature(key, text.encode(), signature[4:])
    assert not alone.is_signature(key, text.encode() + b"\n", signature[4:])


def test_what_is_written_is_read_again() -> None:
    note = read_note(NOTE)
    assert note.statement == SAID
    assert note.is_signed_by([OTHER.public, KEY.public])
    assert not note.is_signed_by([OTHER.public])
    assert not note.is_signed_by([])
    assert (alone.Checkpoint(NOTE, [KEY.public]).size, len(note.signatures)) == (11, 1)


def test_a_witness_may_sign_below() -> None:
    more = NOTE + f"\u2014 witness.example/w {b64encode(b'12345678').decode()}\n"
    assert read_note(more).is_signed_by([KEY.public])
    alone.Checkpoint(more, [KEY.public])


@given(st.data())
def test_no_letter_can_be_changed(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(NOTE) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda one: one != NOTE[at]))
    bent = NOTE[:at] + letter + NOTE[at + 1 :]
    try:
        note = read_note(bent)
        held = note.is_signed_by([KEY.public])
    except CheckpointInvalidError:
        held = False
    assert not held
    with pytest.raises((alone.NotHeldError, ValueError)):
        alone.Checkpoint(bent, [KEY.public])


def test_a_key_is_read_in_either_spelling() -> None:
    assert read_key(public_text(KEY.public)) == KEY.public
    long = verifier_key(ORIGIN, KEY.public)
    assert read_key(f" {long}\n") == KEY.public == alone.key_of(long)
    assert alone.key_of(public_text(KEY.public)) == KEY.public


@pytest.mark.parametrize(
    "text",
    ["", "key", "AAAA", f"{ORIGIN}+00000000+{b64encode(b'1' + KEY.public).decode()}", ORIGIN],
)
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalidError):
        read_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "\n\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("11\n", "011\n"),
        NOTE.replace("chain ", "link "),
        NOTE.rstrip("\n"),
        NOTE + "more\n",
        NOTE * 1000,
        "\x00" + NOTE,
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalidError):
        read_note(text)


def test_the_private_half_shows_nowhere() -> None:
    seed = bytes(range(32))
    assert seed.hex() not in repr(KEY)
    assert b64encode(seed).decode() not in f"{KEY!r} {KEY}"
    assert not hasattr(KEY, "__dict__")


RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        "984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    """Section 7.1, tests 1 to 3."""
    key, text, signed = map(bytes.fromhex, (public, message, signature))
    assert alone.is_signature(key, text, signed)
    for at in range(0, 64, 7):
        bent = bytearray(signed)
        bent[at] ^= 1
        assert not alone.is_signature(key, text, bytes(bent))
    beyond = signed[:32] + (int.from_bytes(signed[32:], "little") + alone.ORDER).to_bytes(
        32, "little"
    )
    assert not alone.is_signature(key, text, beyond)
    assert not alone.is_signature(key, text + b"x", signed)
    assert not alone.is_signature(key[:31], text, signed)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200))
def test_the_verifier_believes_what_the_library_signs(seed: bytes, message: bytes) -> None:
    said = Statement(
        origin="liveshop/00/x", size=0, root=seed, chain=seed, recorded_at=0, anchors="[]"
    )
    key = SigningKey(seed)
    checkpoint = alone.Checkpoint(key.sign(said), [key.public])
    assert (checkpoint.size, checkpoint.root) == (0, seed)
    assert not alone.is_signature(key.public, message, bytes(64))
