"""QR pictures: right, readable by a screen reader, and closed in themselves."""

import struct
import xml.etree.ElementTree as ET

import pytest
import segno

from liveshop_sdk.checkout.qr import qr_png, qr_svg

URL = "https://shop.example/l/7k3m9q2x"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_svg_has_a_title_and_a_quiet_zone() -> None:
    root = ET.fromstring(qr_svg(URL, title="Friday drop by Mika"))
    code = segno.make_qr(URL, error="m", boost_error=False)
    side = code.symbol_size(border=4)[0]
    assert root.tag == f"{SVG}svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["viewBox"] == f"0 0 {side} {side}"
    assert root.findtext(f"{SVG}title") == "Friday drop by Mika"
    light, dark = root.findall(f"{SVG}path")
    assert (light.attrib["fill"], dark.attrib["stroke"]) == ("#fff", "#000")
    assert code.error == "M"


def test_the_svg_loads_and_runs_nothing() -> None:
    text = qr_svg(URL, title="x")
    rest = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "script", "style", "href", "url(", "<!", "<?"):
        assert word not in rest


@pytest.mark.parametrize(
    ("title", "read"),
    [("</title><script>", "</title><script>"), ('a & "b"', 'a & "b"'), ("a\x00\x1b\ud800b", "ab")],
)
def test_any_title_is_only_text(title: str, read: str) -> None:
    assert ET.fromstring(qr_svg(URL, title=title)).findtext(f"{SVG}title") == read


def test_the_same_link_gives_the_same_picture() -> None:
    assert qr_svg(URL, title="x") == qr_svg(URL, title="x")
    assert qr_png(URL) == qr_png(URL)


@pytest.mark.parametrize("scale", [1, 8, 40])
def test_the_png_is_as_wide_as_asked(scale: int) -> None:
    png = qr_png(URL, scale)
    side = segno.make_qr(URL, error="m", boost_error=False).symbol_size(border=4)[0]
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (side * scale, side * scale)


@pytest.mark.parametrize("scale", [0, -1, 41])
def test_scales_out_of_range(scale: int) -> None:
    with pytest.raises(ValueError, match="scale"):
        qr_png(URL, scale)


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "ftp://x", "https://" + "x" * 1_000])
def test_only_web_addresses_are_drawn(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        qr_svg(url, title="x")


def test_a_short_link_needs_a_small_code_and_a_token_still_fits() -> None:
    assert segno.make_qr(URL, error="m", boost_error=False).version == 3
    token = "https://shop.example/l/" + "x" * 85
    assert segno.make_qr(token, error="m", boost_error=False).version == 7
