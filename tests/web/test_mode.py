"""Answers show a mode and never wait for a platform to tell it."""

from datetime import timedelta

import pytest

from liveshop_sdk.errors import PlatformUnavailableError
from liveshop_sdk.web.mode import KnownMode
from tests.web.support import HTML, Store, told


class _Asked:
    """A shop whose mode only the platform knows."""

    name = "shopify"

    def __init__(self, store: Store) -> None:
        self.platform, self.clock = self, store.clock
        self.settings = store.shop.settings
        self.answers: list[str | Exception] = []
        self.asked = 0

    @property
    def mode(self) -> str:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_it_is_learnt_aside_and_kept(store: Store) -> None:
    shop = _Asked(store)
    shop.answers = [PlatformUnavailableError(platform="shopify", problem="down"), "test"]
    mode = KnownMode(shop)  # type: ignore[arg-type]  # all that it looks at
    assert (mode.text, shop.asked) == ("sandbox", 0)
    mode.ask()
    assert (mode.text, shop.asked) == ("sandbox", 1)
    mode.ask()
    assert (mode.text, shop.asked) == ("test", 2)
    mode.learn()
    assert shop.asked == 2


def test_a_silent_platform_is_not_asked_at_every_visit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr("liveshop_sdk.web.mode.Thread.start", lambda self: begun.append(self.name))
    mode = KnownMode(_Asked(store))  # type: ignore[arg-type]  # all that it looks at
    mode.learn()
    mode.learn()
    assert begun == ["liveshop-mode"]
    store.clock.advance(timedelta(minutes=5))
    mode.learn()
    assert len(begun) == 2


def test_no_answer_to_a_stranger_asks_the_platform(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(_self: object) -> str:
        raise AssertionError("the platform was asked")

    monkeypatch.setattr(type(store.shop.platform), "name", "shopify")
    monkeypatch.setattr(type(store.shop.platform), "mode", property(ask))
    link = store.issue()
    look = store.client.get(link.url, headers={**HTML, "Purpose": "prefetch"})
    assert look.status_code == 200
    for path in ("/healthz", "/readyz", "/l/zzzzzzzz", "/v1/streams/friday-drop", "/thank-you"):
        assert told(store.client.get(path))["mode"] == "sandbox"
    assert store.client.post("/webhooks/shopify", data=b"{}").status_code == 400
