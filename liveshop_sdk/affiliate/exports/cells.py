"""Cells that hold what they say: numbers of our own, texts that run nowhere."""

import re

from liveshop_sdk.errors import ExportRowRefusedError

# What OWASP names (CWE-1236), also after spaces and in full width.
_FORMULA = r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\x00]"
_RISKY = re.compile(_FORMULA)
_GUARD = re.compile(_FORMULA + "|'")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; for people's files.

    One ``'`` goes in front, also of a text that begins with one, so that taking
    one off restores every text.
    """
    return f"'{text}" if _GUARD.match(text) else text


def problem_of(text: str) -> str | None:
    """Say why a text may not go into a machine's file as it stands, if so."""
    if _RISKY.match(text):
        return f"{text[:40]!r} could be run as a formula"
    if _CONTROL.search(text):
        return f"{text[:40]!r} holds a line break or another control character"
    return None


def machine_text(text: str, *, format: str, seq: int) -> str:  # noqa: A002 - the field's word
    """Return a text as it is, for files of banks and book-keeping programs.

    Nothing is altered there: a guard would change a name or a number.

    Raises:
        ExportRowRefusedError: It would be run as a formula, or breaks the line.
    """
    problem = problem_of(text)
    if problem is not None:
        raise ExportRowRefusedError(format=format, seq=seq, problem=problem)
    return text


def decimal_text(amount: int, exponent: int) -> str:
    """Return minor units with a decimal point, without any float."""
    if exponent == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**exponent)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{exponent}d}"
