"""Signed text that leaves the house: link tokens and sealed references.

A link token is ``lk1.<jti>.<exp>.<sig>``: it names a link and the second it
ends, and nothing else. Format and test vectors for other languages stand in
``docs/reference/link-token.md``.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from liveshop_sdk.clock import from_seconds, to_seconds
from liveshop_sdk.errors import LinkExpiredError, LinkTokenInvalidError
from liveshop_sdk.ids import ALPHABET, is_id

LINK_SALT = "liveshop.cart-link.v1"
REF_SALT = "liveshop.checkout-ref.v1"
LINK_PREFIX = "lnk"
CHECKOUT_PREFIX = "chk"
MAX_TOKEN_CHARS = 120
LEEWAY = timedelta(seconds=60)
"""How far two machines' clocks may differ before it matters."""

# 32 bytes are 43 letters whose last holds 4 bits, so only every fourth letter
# can stand there. A stock Signer decodes the other 48 and added "=" as well.
_SIGNATURE = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_SIGNATURE_CHARS = 43
_BODY = rf"[0-7][{ALPHABET}]{{25}}"
_JTI = re.compile(_BODY)
_TOKEN = re.compile(rf"lk1\.({_BODY})\.([1-9][0-9]{{0,11}})\.{_SIGNATURE}")
_REF = re.compile(rf"({CHECKOUT_PREFIX}_{_BODY})\.{_SIGNATURE}")
_LAST_SECOND = 253_402_300_799  # year 9999, where datetime ends


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What an authentic token says: which link, and until when.

    Attributes:
        jti: The link's id without its prefix.
        expires_at: A whole second, in UTC.
    """

    jti: str
    expires_at: datetime

    @property
    def link_id(self) -> str:
        """Return the id of the link this token opens."""
        return f"{LINK_PREFIX}_{self.jti}"


class LinkTokens:
    """Issues and reads link tokens; only what these keys signed is read.

    Keys stand oldest first: the last one signs, all of them are tried, newest
    first. Dropping a key from the list ends every link signed with it.
    """

    LEEWAY: ClassVar[timedelta] = LEEWAY

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the secret keys, oldest first."""
        self._signer = _signer(keys, LINK_SALT)

    def issue(self, jti: str, expires_at: datetime) -> str:
        """Return the token of a link; the same link gives the same token.

        Args:
            jti: The link's id without its prefix, 26 letters.
            expires_at: Rounded down to the second.
        """
        if not _JTI.fullmatch(jti):
            raise ValueError("the jti of a link token is the 26 letters of a link id")
        seconds = to_seconds(expires_at)
        if not 0 < seconds <= _LAST_SECOND:
            raise ValueError("a link must end after 1970")
        return self._signer.sign(f"lk1.{jti}.{seconds}").decode("ascii")

    def read(self, token: object, now: datetime) -> LinkToken:
        """Return what a token says, if it is authentic and not over.

        Raises:
            LinkTokenInvalidError: altered, foreign or garbage; never says which.
            LinkExpiredError: authentic, but over for more than a minute.
        """
        match = _spelled(_TOKEN, token)
        if match is None or not self._signer.signed(match[0]):
            raise LinkTokenInvalidError
        seconds = int(match[2])
        if seconds > _LAST_SECOND:
            raise LinkTokenInvalidError
        found = LinkToken(match[1], from_seconds(seconds))
        if now - found.expires_at >= LEEWAY:
            raise LinkExpiredError(link_id=found.link_id, expired_at=found.expires_at)
        return found


class SealedRef:
    """Seals a checkout id, so that its way through a platform proves nothing lost.

    Buyers can write cart attributes and metadata copies travel far; what comes
    back counts as evidence only if it opens here. A link token's signature
    does not open, because the purpose (salt) differs.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the secret keys, oldest first."""
        self._signer = _signer(keys, REF_SALT)

    def seal(self, checkout_id: str) -> str:
        """Return ``<checkout id>.<signature>``, 74 letters."""
        if not is_id(checkout_id, CHECKOUT_PREFIX):
            raise ValueError("only a checkout id can be sealed")
        return self._signer.sign(checkout_id).decode("ascii")

    def open(self, text: object) -> str | None:
        """Return the checkout id, or None for anything we did not seal."""
        match = _spelled(_REF, text)
        if match is None or not self._signer.signed(match[0]):
            return None
        return match[1]


def _spelled(pattern: re.Pattern[str], text: object) -> re.Match[str] | None:
    if type(text) is not str or len(text) > MAX_TOKEN_CHARS:
        return None
    return pattern.fullmatch(text)


# --- itsdangerous, made quick


class _Hmac(SigningAlgorithm):
    """HMAC-SHA256 in one call of the C library."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class _CachedSigner(Signer):
    """A Signer that derives each key once instead of at every call."""

    def __init__(self, keys: list[str], salt: str) -> None:
        super().__init__(
            keys,
            salt=salt,
            key_derivation="hmac",
            digest_method=sha256,
            algorithm=_Hmac(),
        )
        derive = super().derive_key
        self._derived = {key: derive(key) for key in self.secret_keys}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._derived[self.secret_keys[-1] if secret_key is None else secret_key]  # type: ignore[index]

    def signed(self, text: str) -> bool:
        """Say whether a text that is spelled right was signed by one of the keys."""
        raw = text.encode("ascii")
        return self.verify_signature(raw[: -_SIGNATURE_CHARS - 1], raw[-_SIGNATURE_CHARS:])


def _signer(keys: Sequence[str], salt: str) -> _CachedSigner:
    if isinstance(keys, str) or not keys or not all(keys):
        raise ValueError("at least one secret key is needed, and none may be empty")
    return _CachedSigner(list(keys), salt)
