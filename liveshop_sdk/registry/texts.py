"""Texts for people: trimmed, in one Unicode form, without control characters."""

import unicodedata

from liveshop_sdk.errors import RecordInvalidError

MAX_TEXT = 200
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def clean_text(text: object, *, kind: str, what: str) -> str:
    """Return a title or name in NFC, trimmed, 1 to 200 characters."""
    found = unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else ""
    if not isinstance(text, str):
        problem = f"a {what} of type {type(text).__name__}"
    elif not found:
        problem = f"an empty {what}"
    elif len(found) > MAX_TEXT:
        problem = f"a {what} of {len(found)} characters"
    elif any(unicodedata.category(letter) in ("Cc", "Cs") for letter in found):
        problem = f"control characters in its {what}"
    elif any(unicodedata.bidirectional(letter) in _TURNING for letter in found):
        problem = f"characters in its {what} that turn the direction of what follows"
    else:
        return found
    raise RecordInvalidError(
        kind=kind, problem=problem, expected=f"1 to {MAX_TEXT} printable characters"
    )
