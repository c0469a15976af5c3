"""Channel and placement: short free labels, counted later, never evidence."""

import re

from liveshop_sdk.errors import LabelInvalidError

_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}|", re.ASCII)


def check_label(text: object) -> str:
    """Return the label if it is up to 32 of ``a-z 0-9 _ -``, or empty.

    Raises:
        LabelInvalidError: Anything else.
    """
    if not isinstance(text, str) or not _LABEL.fullmatch(text):
        raise LabelInvalidError(label=str(text)[:40])
    return text
