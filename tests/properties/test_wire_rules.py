"""The JSON door, on any value and any bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.errors import BodyInvalidError
from liveshop_sdk.wire import canonical, loads, loads_canonical

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_canonical_and_back(value: object) -> None:
    written = canonical(value)
    assert loads_canonical(written) == value
    assert loads(written.encode()) == value
    assert loads(json.dumps(value).encode()) == value


@given(plain)
def test_the_order_of_keys_does_not_matter(value: object) -> None:
    def turned(item: object) -> object:
        if isinstance(item, dict):
            return {key: turned(item[key]) for key in reversed(item)}
        return [turned(inner) for inner in item] if isinstance(item, list) else item

    assert canonical(turned(value)) == canonical(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        loads(raw)
    except BodyInvalidError:
        return


@given(st.text('[]{}":,\\u0d8e1.-N a', max_size=120))
def test_anything_json_like_is_read_as_json_reads_it_or_refused(body: str) -> None:
    try:
        value = loads(body.encode())
    except BodyInvalidError:
        return
    assert value == json.loads(body, parse_float=__import__("decimal").Decimal)


@given(st.text('[]{}"\\a', max_size=200))
def test_no_nesting_gets_past_the_scan(body: str) -> None:
    """The scan and the parser must agree on what is inside a string."""
    try:
        loads(("[" * 30 + body).encode())
    except BodyInvalidError:
        return


@given(st.text('[]{}":,\\u0d8e1.-N aéb', max_size=60) | plain.map(canonical))
def test_what_is_stored_is_read_as_anything_is_and_spelled_in_one_way(body: str) -> None:
    try:
        value = loads(body.encode())
        is_canonical = canonical(value) == body
    except (BodyInvalidError, TypeError):
        is_canonical = False
    if is_canonical:
        assert loads_canonical(body) == value
    else:
        with pytest.raises(BodyInvalidError):
            loads_canonical(body)
