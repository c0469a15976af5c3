"""The mode every answer shows, without asking a platform in any request.

Only Shopify has to be asked whether a shop is a development shop. An answer
to a stranger must not wait for that, so it is asked aside, once a buyer was
sent on; until it is known, the mode is what the settings tell.
"""

from datetime import datetime, timedelta
from threading import Lock, Thread

from liveshop_sdk.errors import LiveShopError
from liveshop_sdk.shop.live_shop import LiveShop

RETRY_FOR = timedelta(minutes=5)


class KnownMode:
    """The mode of a shop as far as it is known; ``learn`` finds out the rest."""

    def __init__(self, shop: LiveShop) -> None:
        """Begin with what can be told without asking."""
        self._shop = shop
        self._lock = Lock()
        self._due_at: datetime | None = None
        self._is_known = shop.platform.name != "shopify"
        self._mode = shop.mode if self._is_known else shop.settings.mode

    @property
    def text(self) -> str:
        """``sandbox``, ``test`` or ``live``."""
        return self._mode

    def learn(self) -> None:
        """Ask the platform aside if it is unknown; at most once in five minutes."""
        if self._is_known:
            return
        now = self._shop.clock.now()
        with self._lock:
            if self._due_at is not None and now < self._due_at:
                return
            self._due_at = now + RETRY_FOR
        Thread(target=self.ask, name="liveshop-mode", daemon=True).start()

    def ask(self) -> None:
        """Ask the platform now; if it does not answer, things stay as they are."""
        try:
            self._mode = self._shop.mode
        except LiveShopError:
            return
        self._is_known = True
