"""The JSON door: what passes, and the one word for what does not."""

import json
import time
from decimal import Decimal

import pytest

from liveshop_sdk.errors import BodyInvalidError
from liveshop_sdk.wire import MAX_BYTES, canonical, loads, loads_canonical


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, true, null, "x"]} \n', {"a": [1, True, None, "x"]}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1.10", Decimal("1.10")),
        (b"1e3", Decimal("1e3")),
        (b"-0", 0),
        ('"é€😀"'.encode(), "é€😀"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', "[" * 40),
        (b'"\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', '"' + "[" * 38),
        (b"[" * 32 + b"]" * 32, None),
        (b"[" + b"[],{}," * 100 + b"1]", None),
        (b'{"a":{"k":1},"b":{"k":1}}', {"a": {"k": 1}, "b": {"k": 1}}),
    ],
)
def test_what_passes(raw: bytes, value: object) -> None:
    got = loads(raw)
    assert got == (json.loads(raw) if value is None else value)
    assert type(got) is not float


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{'a':1}", "not_json"),
        (b"[1,]", "not_json"),
        (b"01", "not_json"),
        (b"+1", "not_json"),
        (b"1 2", "not_json"),
        (b'"a\nb"', "not_json"),
        (b'"a\x00b"', "not_json"),
        (b"\x00", "not_json"),
        (b'"\\x41"', "not_json"),
        (b"\xff", "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b'"\xc0\xaf"', "not_utf8"),
        ("{}".encode("utf-16"), "not_utf8"),
        (b"\xef\xbb\xbf{}", "byte_order_mark"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
        (b"[" * 500_000, "too_deep"),
        (b'{"\\"":' + b"[" * 33 + b"]" * 33 + b"}", "too_deep"),
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'[{"b":{"a":1,"\\u0061":1}}]', "duplicate_key"),
        (b"NaN", "not_finite"),
        (b"[Infinity]", "not_finite"),
        (b"-Infinity", "not_finite"),
        (b"9223372036854775808", "number_too_big"),
        (b"-9223372036854775809", "number_too_big"),
        (b"1" * 5_000, "number_too_big"),
        (b"1e999999999", "number_too_big"),
        (b"1e-999999999", "number_too_big"),
        (b"1e9999999999999999999999", "number_too_big"),
        (b"1." + b"1" * 5_000, "number_too_big"),
        (b'"\\u0000"', "nul_character"),
        (b'{"a\\u0000":1}', "nul_character"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'["\\uDFFF"]', "lone_surrogate"),
        (b'{"x":{"\\ude00\\ud83d":1}}', "lone_surrogate"),
        (b'"' + b"a" * MAX_BYTES + b'"', "too_large"),
    ],
    ids=range(38),
)
def test_what_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(BodyInvalidError) as caught:
        loads(raw)
    assert caught.value.reason == reason
    assert caught.value.__cause__ is None


def test_the_limit_is_the_callers() -> None:
    assert loads(b"[1]", limit=3) == [1]
    with pytest.raises(BodyInvalidError):
        loads(b"[1] ", limit=3)


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b'\\"' * 490_000,
        b'"' * 999_999,
        b"[" * 33 + b'"' + b"\\" * 990_000,
        b'{"' + b"a" * 990_000,
        b"[" + b"[]," * 330_000,
        b'["' + b"[" * 33 + b'\\"a' * 320_000,
    ],
    ids=range(6),
)
def test_the_largest_hostile_bodies_take_no_time(raw: bytes) -> None:
    began = time.process_time()
    with pytest.raises(BodyInvalidError):
        loads(raw)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"é": "€/\n\u2028"}, '{"é":"€/\\n\u2028"}'),
        ({"z": {}, "Z": [], "é": 0}, '{"Z":[],"z":{},"é":0}'),
        (2**63 - 1, "9223372036854775807"),
        ("", '""'),
    ],
)
def test_the_one_spelling(value: object, text: str) -> None:
    assert canonical(value) == text
    assert loads_canonical(text) == value


@pytest.mark.parametrize("value", [1.5, Decimal(1), (1, 2), {1: 2}, b"x", {"a": {1.0}}, [object()]])
def test_what_has_no_spelling(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [("\x00", "nul_character"), ({"\ud800": 1}, "lone_surrogate"), (2**63, "number_too_big")],
)
def test_what_could_not_be_read_back_is_not_written(value: object, reason: str) -> None:
    with pytest.raises(BodyInvalidError) as caught:
        canonical(value)
    assert caught.value.reason == reason


def test_a_value_that_holds_itself_is_too_deep() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(BodyInvalidError) as caught:
        canonical(loop)
    assert caught.value.reason == "too_deep"


@pytest.mark.parametrize(
    "text", ['{"b":1,"a":2}', "[1, 2]", '"\\u0041"', "1.5", "-0", " 1", '"\\/"']
)
def test_other_spellings_are_not_canonical(text: str) -> None:
    with pytest.raises(BodyInvalidError) as caught:
        loads_canonical(text)
    assert caught.value.reason == "not_canonical"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"\ud800"', "lone_surrogate"),
        ('"\\u0000"', "nul_character"),
        ("9" * 19, "number_too_big"),
        ("9" * 5_000, "not_json"),
        ("[" * 40 + "]" * 40, "too_deep"),
        ("[" * 9_000, "too_deep"),
        ('{"a":1,"a":1}', "not_canonical"),
        ("NaN", "not_canonical"),
    ],
)
def test_what_cannot_have_been_stored_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BodyInvalidError) as caught:
        loads_canonical(text)
    assert caught.value.reason == reason
