"""Hostile input at every route: never a 5xx, never a changed row."""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from liveshop_sdk.clock import ManualClock
from liveshop_sdk.db import Database, migrate
from tests.looking import contents
from tests.web.hostile_support import BODIES, HEADERS, TYPES, environ_of
from tests.web.support import HTML, Store, fill, open_store, told

TEXTS = [
    "\x00",
    "lk1.\x00",
    "x" * 3000,
    "é",
    "１２３４５６７８",
    "\u202eabc",
    "😀",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "%s%n",
    "..",
    "chk_" + "0" * 26,
    "sbc_" + "0" * 26,
    "sbo_" + "z" * 26,
    "chk_" + "0" * 26 + "\n",
    "\ufeff",
    "lk1.06f4v0g9e8wxk5m2n7p3q1r6ts.999999999999." + "A" * 43,
    "<script>alert(1)</script>",
]
FIXED = re.compile(r"<any\('([a-z-]+)'\):_page>")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "XYZZY"]


def paths(store: Store, text: str) -> Iterator[str]:
    """Every route of ours, with this text in every place that takes one."""
    for rule in store.app.url_map.iter_rules():
        if rule.endpoint.startswith("liveshop"):
            path = FIXED.sub(r"\1", rule.rule)
            for name in rule.arguments:
                path = path.replace(f"<{name}>", quote(text, safe=""))
            yield path


def all_paths(store: Store, text: str = "zzzzzzzz") -> list[str]:
    return sorted(set(paths(store, text)))


def check(answer: TestResponse, what: object) -> None:
    assert answer.status_code < 500, (what, answer.status_code, answer.data[:300])
    if answer.mimetype == "text/html":
        assert b"<script>alert" not in answer.data, what
    if answer.is_json and answer.data:
        found = told(answer)  # the description of the API is the same in every mode
        assert "openapi" in found or found["mode"] == "sandbox", what
    answer.close()


def test_every_route_is_known_to_this_test(store: Store) -> None:
    assert len(all_paths(store)) == 44


def test_hostile_texts_in_every_place(store: Store) -> None:
    before = contents(store.db)
    for text in TEXTS:
        for path in all_paths(store, text):
            for method in ("GET", "POST"):
                for headers in ({}, HTML):
                    check(store.client.open(path, method=method, headers=headers), (path, method))
        query = {"again": text, "code": text, "visit": text, "said": text, "scale": text, "v": text}
        for path in all_paths(store):
            check(store.client.get(path, query_string=query, headers=HTML), (path, text))
    assert contents(store.db) == before


def test_hostile_bodies_of_every_type_at_every_route(store: Store) -> None:
    before = contents(store.db)
    for path in all_paths(store):
        for body in BODIES:
            for content_type in TYPES:
                answer = store.client.post(path, data=body, content_type=content_type)
                check(answer, (path, body[:40], content_type))
    assert contents(store.db) == before


def test_hostile_headers_at_every_route(store: Store) -> None:
    link = store.issue("MIKA20")
    code = link.short_url.rpartition("/")[2]
    before = contents(store.db)
    for path in [*all_paths(store), *(one for one in all_paths(store, code) if "/qr" in one)]:
        for headers in HEADERS:
            environ = environ_of(headers)
            for method in ("GET", "POST", "HEAD"):
                answer = store.client.open(path, method=method, environ_overrides=environ)
                check(answer, (path, method, headers))
    assert contents(store.db) == before


@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_route(store: Store, method: str) -> None:
    before = contents(store.db)
    for path in all_paths(store):
        check(store.client.open(path, method=method), (path, method))
    assert contents(store.db) == before


def test_bodies_without_or_with_a_false_length(store: Store) -> None:
    before = contents(store.db)
    for path in all_paths(store):
        for length in ("", "0", "5", "99999", "999999999999999999999"):
            environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": "application/json"}
            answer = store.client.post(path, data=b'{"token":', environ_overrides=environ)
            check(answer, (path, length))
    assert contents(store.db) == before


def test_altered_tokens_reach_nothing(store: Store) -> None:
    token = store.issue("MIKA20").token
    before = contents(store.db)
    dice = random.Random(3)
    for _ in range(300):
        at = dice.randrange(len(token))
        other = dice.choice([one for one in "abcXYZ019-_.= é" if one != token[at]])
        altered = token[:at] + other + token[at + 1 :]
        answer = store.client.get(f"/l/{quote(altered)}")
        assert (answer.status_code, told(answer)["error"]["code"]) == (404, "link_unknown")
    assert contents(store.db) == before


@pytest.fixture(scope="module")
def one_store() -> Iterator[Store]:
    database = Database.connect("sqlite://")
    migrate.upgrade(database)
    made = open_store(database, ManualClock(datetime(2026, 10, 2, 18, tzinfo=UTC)))
    fill(made)
    yield made
    database.dispose()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes_is_answered(one_store: Store, data: st.DataObject) -> None:
    rules = [FIXED.sub(r"\1", rule.rule) for rule in one_store.app.url_map.iter_rules()]
    path = data.draw(st.sampled_from(sorted(set(rules))))
    for name in ("text", "platform", "code", "ref", "step", "filename"):
        mark = f"<{name}>"
        if mark in path:
            path = path.replace(
                mark, quote(data.draw(st.text(min_size=1).filter(_encodes)), safe="")
            )
    body = data.draw(
        st.binary(max_size=200)
        | st.builds(lambda value: json.dumps(value).encode(), _JSON)
        | st.builds(lambda value: json.dumps({"token": value}).encode(), _JSON)
    )
    before = one_store.rows()
    answer = one_store.client.open(
        path,
        method=data.draw(st.sampled_from(["GET", "POST", "HEAD", "PUT"])),
        data=body,
        content_type=data.draw(st.sampled_from(TYPES)),
        headers=data.draw(st.sampled_from([{}, HTML])),
    )
    check(answer, path)
    assert one_store.rows() == before


def _encodes(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)
