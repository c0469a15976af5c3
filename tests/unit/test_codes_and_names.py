"""What may be called what, and which character was wrong."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop_sdk.checkout.codes import parse_code, parse_short_code, short_code
from liveshop_sdk.errors import CodeInvalidError, NameInvalidError
from liveshop_sdk.registry.names import parse_handle, parse_sku, parse_slug


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MIKA20", "MIKA20"),
        ("mika20", "MIKA20"),
        ("Mi-Ka-20", "MI-KA-20"),
        ("abc", "ABC"),
        ("-" * 3, "---"),
        ("9" * 32, "9" * 32),
    ],
)
def test_coupon_codes(text: str, code: str) -> None:
    assert parse_code(text) == code


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "its length is 0"),
        ("AB", "its length is 2"),
        ("A" * 33, "its length is 33"),
        ("MIKA_20", "'_' is not allowed"),
        ("MIKA 20", "' ' (SPACE) is not allowed"),
        ("MIKA20\n", "'\\n' (U+000A) is not allowed"),
        ("M\u0130KA", "'\u0130' (LATIN CAPITAL LETTER I WITH DOT ABOVE) is not allowed"),
        ("M\u0131KA", "'\u0131' (LATIN SMALL LETTER DOTLESS I) is not allowed"),
        ("MIK\u0410", "'\u0410' (CYRILLIC CAPITAL LETTER A) is not allowed"),
        ("GRO\u00df", "'\u00df' (LATIN SMALL LETTER SHARP S) is not allowed"),
        ("\u017fALE", "'\u017f' (LATIN SMALL LETTER LONG S) is not allowed"),
        ("\ufb01RST", "'\ufb01' (LATIN SMALL LIGATURE FI) is not allowed"),
        ("MIKA\uff12\uff10", "'\uff12' (FULLWIDTH DIGIT TWO) is not allowed"),
        ("MIKA\u200b20", "'\\u200b' (ZERO WIDTH SPACE) is not allowed"),
        ("MIKA\u201320", "'\u2013' (EN DASH) is not allowed"),
        ("MIKA\ud800", "'\\ud800' (U+D800) is not allowed"),
    ],
)
def test_codes_refused_by_name_of_the_character(text: str, problem: str) -> None:
    with pytest.raises(CodeInvalidError) as caught:
        parse_code(text)
    assert caught.value.problem == problem
    assert str(caught.value) == (
        f"'{ascii(text)[1:-1]}' cannot be a coupon code: {problem}. "
        "Allowed: 3 to 32 of A-Z, 0-9 and -."
    )


@given(st.text(max_size=40))
def test_a_code_is_ascii_capitals_or_refused(text: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9-]{3,32}", text):
        code = parse_code(text)
        assert re.fullmatch(r"[A-Z0-9-]{3,32}", code)
        assert parse_code(code) == parse_code(code.lower()) == code
    else:
        with pytest.raises(CodeInvalidError) as caught:
            parse_code(text)
        assert len(str(caught.value)) < 500


RULES = {
    parse_handle: r"[a-z0-9_]{2,32}",
    parse_slug: r"[a-z0-9_][a-z0-9_-]{1,63}",
    parse_sku: r"[A-Za-z0-9._-]{1,64}",
}


@pytest.mark.parametrize("parse", RULES)
@given(
    text=st.text("abzABZ019_-. :/", max_size=70)
    | st.text("abz019", max_size=34)
    | st.text(max_size=70)
)
def test_names_are_taken_as_they_are_or_refused(parse: object, text: str) -> None:
    rule = RULES[parse]  # type: ignore[index]
    if re.fullmatch(rule, text):
        assert parse(text) == text  # type: ignore[operator]
    else:
        with pytest.raises(NameInvalidError):
            parse(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (
            parse_handle,
            "Mika",
            "'Mika' cannot be a handle: 'M' is not allowed. Allowed: 2 to 32 of a-z, 0-9 and _.",
        ),
        (
            parse_handle,
            "mik\u0430",
            "'mik\\\\u0430' cannot be a handle: '\u0430' (CYRILLIC SMALL LETTER A) is not allowed. "
            "Allowed: 2 to 32 of a-z, 0-9 and _.",
        ),
        (
            parse_handle,
            "m",
            "'m' cannot be a handle: its length is 1. Allowed: 2 to 32 of a-z, 0-9 and _.",
        ),
        (
            parse_slug,
            "-drop",
            "'-drop' cannot be a code: it begins with '-'. "
            "Allowed: 2 to 64 of a-z, 0-9, _ and -, not beginning with -.",
        ),
        (
            parse_sku,
            "a/b",
            "'a/b' cannot be a SKU: '/' is not allowed. "
            "Allowed: 1 to 64 of A-Z, a-z, 0-9, '.', _ and -.",
        ),
    ],
)
def test_refusals_say_what_to_write(parse: object, text: str, said: str) -> None:
    with pytest.raises(NameInvalidError) as caught:
        parse(text)  # type: ignore[operator]
    assert str(caught.value) == said


def test_the_kind_of_code_is_named() -> None:
    with pytest.raises(NameInvalidError, match="cannot be a stream code"):
        parse_slug("Friday", kind="stream code")


# --- short codes


def test_short_codes_come_from_the_source_given() -> None:
    assert short_code(random.Random(5)) == short_code(random.Random(5))
    made = {short_code(random.SystemRandom()) for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{8}", code) for code in made)


@given(st.integers(0, 2**32))
def test_short_codes_are_read_however_they_are_typed(seed: int) -> None:
    code = short_code(random.Random(seed))
    assert parse_short_code(code) == parse_short_code(code.upper()) == code
    typed = code.replace("1", "l").replace("0", "O")
    assert parse_short_code(typed) == parse_short_code(typed.replace("l", "I")) == code


@pytest.mark.parametrize(
    "text",
    [
        *("", "abcdefg", "abcdefghj", "abcdefgu", "abcdef-g", "abcdefg\n"),
        *("abcdefg\u212a", "ab\u0131defg2", "x" * 1_000_000, "\ud800" * 8),
    ],
    ids=range(10),
)
def test_what_is_no_short_code(text: str) -> None:
    assert parse_short_code(text) is None
