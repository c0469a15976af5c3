"""Encrypt what must not be read in a copy of the database.

AES-256-GCM under keys derived from the secret keys, bound to the row it stands
in: moved to another row, it does not open.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ACCESS, CODES = b"liveshop.platform-access.v1", b"liveshop.personal-codes.v1"
"""What is sealed: what one purpose seals, another does not open."""

_PREFIX = "v1."
_NONCE = 12


class Sealing:
    """Seals with the newest key and opens with any, the newest tried first."""

    def __init__(self, keys: Sequence[str], purpose: bytes = ACCESS) -> None:
        """Take the secret keys, oldest first, and what for."""
        self._ciphers = [AESGCM(_derived(key, purpose)) for key in reversed(keys)]

    def seal(self, text: str, about: str) -> str:
        """Return a text encrypted, and bound to what it is about."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers[0].encrypt(nonce, text.encode(), about.encode())
        return _PREFIX + urlsafe_b64encode(nonce + sealed).decode("ascii")

    def open(self, sealed: str, about: str) -> str | None:
        """Return the text; None if no key of ours opens it here."""
        try:
            raw = urlsafe_b64decode(sealed.removeprefix(_PREFIX))
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        return None


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
