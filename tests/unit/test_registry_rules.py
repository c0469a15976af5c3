"""The registry's rules that need no database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from liveshop_sdk.errors import NameInvalidError, RecordInvalidError
from liveshop_sdk.registry.creators import tier_of
from liveshop_sdk.registry.products import parse_image, parse_platform_ref, parse_variant
from liveshop_sdk.registry.streams import Host, make_stream, parse_host, parse_hosts
from liveshop_sdk.registry.texts import clean_text

START = datetime(2026, 10, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("ana", Host(creator="ana", weight=None)),
        ("ana:60", Host(creator="ana", weight=60)),
        ("ana:1000000", Host(creator="ana", weight=1_000_000)),
    ],
)
def test_hosts_as_people_type_them(text: str, host: Host) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize("text", ["ana:", "ana: 60", "ana:6e1", "ana:٦٠", "ana:60:1", "ana:9" * 9])
def test_a_share_is_a_plain_whole_number(text: str) -> None:
    with pytest.raises(RecordInvalidError):
        parse_host(text)


def test_a_host_is_a_handle() -> None:
    with pytest.raises(NameInvalidError):
        parse_host("Ana:60")


def test_a_single_text_is_one_host() -> None:
    assert parse_hosts("ana") == (Host(creator="ana"),)


@pytest.mark.parametrize(
    ("followers", "tier"),
    [
        (0, "nano"),
        (9_999, "nano"),
        (10_000, "micro"),
        (99_999, "micro"),
        (100_000, "macro"),
        (999_999, "macro"),
        (1_000_000, "celebrity"),
    ],
)
def test_tiers_by_followers(followers: int, tier: str) -> None:
    assert tier_of(followers) == tier


def test_texts_come_in_one_form() -> None:
    assert clean_text(" Cafe\u0301 ", kind="product", what="title") == "Caf\u00e9"


@pytest.mark.parametrize("text", ["", " ", "a\0b", "a\u0085b", "\ud800", "x" * 201])
def test_texts_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(RecordInvalidError):
        clean_text(text, kind="product", what="title")


@pytest.mark.parametrize("address", ["https://cdn.example/a.jpg?v=1&w=2", "/static/a.jpg"])
def test_images_from_safe_places(address: str) -> None:
    assert parse_image(address) == address


@pytest.mark.parametrize(
    "address", ["", "a.jpg", "data:image/png;base64,AA", "https://", "/\\evil.example", "/a'b"]
)
def test_images_from_elsewhere_are_refused(address: str) -> None:
    with pytest.raises(RecordInvalidError):
        parse_image(address)


def test_a_variant_has_one_spelling() -> None:
    assert parse_variant("41") == parse_variant("gid://shopify/ProductVariant/41")
    assert parse_platform_ref("shopify", "41") == "gid://shopify/ProductVariant/41"
    assert parse_platform_ref("stripe", "41") == "41"


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
def test_an_instant_that_later_ones_would_fall_off_the_calendar_from_is_refused(year: int) -> None:
    at = datetime(year, 12, 31, tzinfo=UTC)
    with pytest.raises(RecordInvalidError, match=f"an instant in {year}"):
        make_stream(
            "far",
            hosts=["mika"],
            opens_at=min(at, START),
            closes_at=max(at, START),
            title=None,
            brands=(),
            now=START,
        )


@pytest.mark.parametrize("letter", ["\u202e", "\u2066", "\u202a", "\u2069"])
def test_text_that_turns_what_follows_is_refused(letter: str) -> None:
    with pytest.raises(RecordInvalidError, match="turn the direction"):
        clean_text(f"Tee {letter}99.00", kind="product", what="title")
    assert clean_text("שלום 👩\u200d💻", kind="product", what="title") == "שלום 👩\u200d💻"


@pytest.mark.parametrize(
    ("hosts", "weights"),
    [({"ana": 60, "ben": 40}, [60, 40]), ([("ana", 60), "ben:40"], [60, 40]), ("ana", [None])],
)
def test_hosts_may_be_given_in_any_of_these_ways(hosts: Any, weights: list[int | None]) -> None:
    assert [host.weight for host in parse_hosts(hosts)] == weights


@pytest.mark.parametrize("hosts", [{"ana": "60"}, {"ana": None, "ben": 1}, [object()], [("a",)]])
def test_hosts_given_otherwise_are_refused(hosts: Any) -> None:
    with pytest.raises((RecordInvalidError, NameInvalidError)):
        parse_hosts(hosts)
