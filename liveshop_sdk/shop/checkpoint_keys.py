"""The keys that sign checkpoints: from the settings, or a sandbox's own."""

import secrets
from base64 import b64decode, b64encode

from liveshop_sdk.affiliate.ledger.checkpoints.notes import SigningKey, public_text
from liveshop_sdk.db import Transaction
from liveshop_sdk.errors import CheckpointKeyMissingError
from liveshop_sdk.platforms.sandbox.store import SandboxStore
from liveshop_sdk.settings import Settings

_STORED = "checkpoint_key"


class CheckpointKeys:
    """Gives the newest key to sign with, and the public half of all of them."""

    def __init__(self, settings: Settings) -> None:
        """Take the keys of ``LIVESHOP_CHECKPOINT_KEY``; a sandbox needs none."""
        self._seeds = tuple(key.reveal() for key in settings.checkpoint_key)
        self._is_sandbox = settings.platform == "sandbox"

    def signing(self, tx: Transaction) -> SigningKey:
        """Return the key that signs.

        Raises:
            CheckpointKeyMissingError: none is set, and this is no sandbox.

        Effects: a sandbox without one makes it, once, and keeps it.
        """
        if self._seeds:
            return _key(self._seeds[-1])
        if not self._is_sandbox:
            raise CheckpointKeyMissingError
        return _key(SandboxStore().value_or(tx, _STORED, _seed()))

    def public(self, tx: Transaction) -> tuple[bytes, ...]:
        """Return the public half of every key there is; looking makes none."""
        seeds = self._seeds
        if not seeds and self._is_sandbox:
            stored = SandboxStore().value(tx, _STORED)
            seeds = (stored,) if stored else ()
        return tuple(_key(seed).public for seed in seeds)

    @property
    def is_ready(self) -> bool:
        """Tell whether a checkpoint could be signed now."""
        return bool(self._seeds) or self._is_sandbox


def new_key() -> tuple[str, str]:
    """Return a new private key, as the setting takes it, and its public half."""
    seed = _seed()
    return seed, public_text(_key(seed).public)


def _seed() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _key(seed: str) -> SigningKey:
    return SigningKey(b64decode(seed))
