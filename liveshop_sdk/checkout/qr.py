"""QR pictures of a link, drawn here: no service sees which links exist."""

import re
from io import BytesIO

import segno

QUIET_ZONE = 4
"""Light modules around the code; scanners need four."""

_MAX_URL_CHARS = 1_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def qr_svg(url: str, *, title: str) -> str:
    """Return an SVG element that shows `url`, dark on light in any theme.

    It stands alone: no script, style, font or address outside it.

    Args:
        title: What a screen reader says in place of the picture.
    """
    out = BytesIO()
    _code(url).save(
        out,
        kind="svg",
        border=QUIET_ZONE,
        xmldecl=False,
        nl=False,
        omitsize=True,
        title=_NOT_XML.sub("", title),
        dark="#000",
        light="#fff",
    )
    return out.getvalue().decode("utf-8").replace("<svg ", '<svg role="img" ', 1)


def qr_png(url: str, scale: int = 8) -> bytes:
    """Return a PNG that shows `url`, every module `scale` pixels wide (1 to 40)."""
    if not 1 <= scale <= 40:
        raise ValueError("the scale of a QR picture is 1 to 40 pixels a module")
    out = BytesIO()
    _code(url).save(out, kind="png", border=QUIET_ZONE, scale=scale)
    return out.getvalue()


def _code(url: str) -> segno.QRCode:
    if not url.startswith(("https://", "http://")) or len(url) > _MAX_URL_CHARS:
        raise ValueError("only an http or https address of up to 1,000 letters is drawn")
    return segno.make_qr(url, error="m", boost_error=False)
