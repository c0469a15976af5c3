"""Tokens that prove a form came from our own page, in this browser.

Another site can make a browser post here, but it can neither read the page
that carries the token nor set the cookie the token is bound to.
"""

import re
import secrets
from collections.abc import Sequence
from hashlib import sha256

from itsdangerous import Signer

FORM_SALT = "liveshop.sandbox-form.v1"
_VISITOR = re.compile(r"[A-Za-z0-9_-]{24}", re.ASCII)


class FormTokens:
    """Signs forms; a token is good for one browser and one purpose only."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the secret keys, oldest first."""
        self._signer = Signer(
            list(keys), salt=FORM_SALT, key_derivation="hmac", digest_method=sha256
        )

    def issue(self, visitor: str, purpose: str) -> str:
        """Return the token of a form, such as one checkout's."""
        return self._signer.get_signature(f"{visitor}:{purpose}").decode("ascii")

    def is_ours(self, token: str, visitor: str, purpose: str) -> bool:
        """Say whether we gave this browser this token for this purpose."""
        if not is_visitor(visitor) or not token.isascii() or len(token) > 100:
            return False
        return self._signer.verify_signature(f"{visitor}:{purpose}", token)


def new_visitor() -> str:
    """Return a new value for the cookie that forms are bound to."""
    return secrets.token_urlsafe(18)


def is_visitor(text: str) -> bool:
    """Say whether a cookie is spelled like one of ours."""
    return _VISITOR.fullmatch(text) is not None
