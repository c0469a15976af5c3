"""Where a platform's tokens are kept: sealed, and renewed by one at a time."""

from liveshop_sdk.platforms.vault.models import Grant, Held
from liveshop_sdk.platforms.vault.service import Vault

__all__ = ["Grant", "Held", "Vault"]
