"""The keyed hashes and seals that platforms hand to us and we hand to them."""

import hashlib
import hmac
from collections.abc import Sequence

from liveshop_sdk.checkout.tokens import SealedRef

_CUSTOMER_SALT = b"liveshop.customer.v1"


class ShopSeals:
    """Implements ``checkout.ports.Seals`` with the shop's secret keys.

    A customer key is HMAC-SHA256 of the trimmed, lower-cased address under the
    oldest configured key, so that adding a new signing key keeps customers
    recognisable; retiring the oldest key begins a new count.
    """

    def __init__(self, keys: Sequence[str], refs: SealedRef) -> None:
        """Derive the customer key once."""
        self._refs = refs
        self._customer = hmac.new(keys[0].encode(), _CUSTOMER_SALT, hashlib.sha256).digest()

    def unseal(self, text: str) -> str | None:
        """Return the checkout id in a sealed reference, None if not ours."""
        return self._refs.open(text)

    def customer_key(self, email: str) -> str:
        """Return the keyed hash that stands for a buyer's address."""
        plain = email.strip().lower().encode("utf-8", "surrogatepass")
        return hmac.new(self._customer, plain, hashlib.sha256).hexdigest()
