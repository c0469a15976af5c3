"""The signed note a checkpoint is, as text and back.

The format is C2SP's tlog-checkpoint in a signed-note with an Ed25519 signature
(c2sp.org/tlog-checkpoint, c2sp.org/signed-note). The key's name is the origin,
as recommended there. Three lines follow the root, so that all that is stored of
a checkpoint is signed: the chain hash, when it was made, and where it was sent.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from liveshop_sdk.errors import CheckpointInvalidError

_ED25519 = b"\x01"
_DASH = "\u2014 "
_LONGEST = 64_000
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_LINES = ("chain ", "recorded_at ", "anchors ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a checkpoint says of a book.

    Attributes:
        origin: Which book of which installation, see `origin_of`.
        size: How many entries it had.
        root: The root over their leaves, 32 bytes.
        chain: The last entry's chain hash, 32 bytes.
        recorded_at: When this was signed, microseconds.
        anchors: A JSON array of the names of places outside it was sent to.
    """

    origin: str
    size: int
    root: bytes
    chain: bytes
    recorded_at: int
    anchors: str

    def text(self) -> str:
        """Return the note's text, which is what gets signed."""
        return (
            f"{self.origin}\n{self.size}\n{_spelled(self.root)}\n"
            f"chain {_spelled(self.chain)}\nrecorded_at {self.recorded_at}\n"
            f"anchors {self.anchors}\n"
        )


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read; nothing of it counts before `is_signed_by`.

    Attributes:
        text: What was signed, its last line break included.
        signatures: Name of the key, its id, the signature.
    """

    statement: Statement
    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def is_signed_by(self, keys: Iterable[bytes]) -> bool:
        """Tell whether one of these public keys signed it, under its origin.

        Raises:
            CheckpointInvalidError: a signature says that it is of one of these
                keys, and is not. Those of other keys are passed over.
        """
        name, is_signed = self.statement.origin, False
        known = {key_id(name, key): key for key in keys}
        for signer, number, signature in self.signatures:
            if signer != name or number not in known:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(known[number]).verify(
                    signature, self.text.encode()
                )
            except InvalidSignature:
                raise CheckpointInvalidError(problem="its signature is wrong") from None
            is_signed = True
        return is_signed


class SigningKey:
    """A private key that signs checkpoints; its seed shows nowhere."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes an Ed25519 key is made of."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        """Show the public half only."""
        return f"SigningKey(public={self.public.hex()})"

    def sign(self, statement: Statement) -> str:
        """Return the note: the statement's text and this key's signature."""
        text, name = statement.text(), statement.origin
        signature = key_id(name, self.public) + self._key.sign(text.encode())
        return f"{text}\n{_DASH}{name} {_spelled(signature)}\n"


def origin_of(code: str, genesis: bytes) -> str:
    """Return what names a book in checkpoints: no host, and never the same twice.

    The first 16 digits of the genesis hash tell two installations apart that
    both have a book of that code.
    """
    return f"liveshop/{genesis[:8].hex()}/{code}"


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that a signature names its key by (signed-note)."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Return a public key as tools for signed notes take it: ``name+id+key``."""
    return f"{name}+{key_id(name, public).hex()}+{_spelled(_ED25519 + public)}"


def public_text(public: bytes) -> str:
    """Return a public key as we print it: 44 characters of base64."""
    return _spelled(public)


def read_key(text: str) -> bytes:
    """Return the public key in either spelling, `public_text` or `verifier_key`.

    Raises:
        CheckpointInvalidError: it is neither, or its id is another key's.
    """
    text = text.strip()
    *front, last = text.split("+", 2) if text.startswith("liveshop/") else [text]
    raw = _bytes(last, "the public key")
    if front:
        raw = raw[1:] if raw[:1] == _ED25519 else b""
    if len(raw) != 32:
        raise CheckpointInvalidError(problem="the public key is not 32 bytes of Ed25519")
    if front and (len(front) != 2 or front[1] != key_id(front[0], raw).hex()):
        raise CheckpointInvalidError(problem="the public key has the id of another")
    return raw


def read_note(text: str) -> Note:
    """Return the note that a text is; what it says still has to be verified.

    Raises:
        CheckpointInvalidError: it is no checkpoint as this package signs them.
    """
    if len(text) > _LONGEST or _CONTROL.search(text):
        raise CheckpointInvalidError(problem="it is no signed note")
    body, gap, tail = text.rpartition("\n\n")
    lines = tail.splitlines()
    if not gap or not lines or not tail.endswith("\n"):
        raise CheckpointInvalidError(problem="it has no signature below an empty line")
    signatures = tuple(_signature(line) for line in lines)
    return Note(_statement(body.split("\n")), f"{body}\n", signatures)


def _statement(lines: list[str]) -> Statement:
    if len(lines) != 6 or not all(
        line.startswith(word) for line, word in zip(lines[3:], _LINES, strict=True)
    ):
        raise CheckpointInvalidError(problem="its lines are not those of a checkpoint")
    origin, size, root = lines[:3]
    chain, recorded_at, anchors = (
        line.removeprefix(word) for line, word in zip(lines[3:], _LINES, strict=True)
    )
    if not _NUMBER.fullmatch(size) or not _NUMBER.fullmatch(recorded_at):
        raise CheckpointInvalidError(problem="its size or instant is no whole number")
    statement = Statement(
        origin=origin,
        size=int(size),
        root=_bytes(root, "its root"),
        chain=_bytes(chain, "its chain hash"),
        recorded_at=int(recorded_at),
        anchors=anchors,
    )
    if len(statement.root) != 32 or len(statement.chain) != 32:
        raise CheckpointInvalidError(problem="its hashes are not of 32 bytes")
    return statement


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, gap, text = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or not gap:
        raise CheckpointInvalidError(problem="a line below the empty one is no signature")
    raw = _bytes(text, "a signature")
    return name, raw[:4], raw[4:]


def _spelled(raw: bytes) -> str:
    return b64encode(raw).decode()


def _bytes(text: str, what: str) -> bytes:
    """Return what base64 stands for, in its one canonical spelling."""
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raw = b""
    if not raw or _spelled(raw) != text:
        raise CheckpointInvalidError(problem=f"{what} is not base64")
    return raw
