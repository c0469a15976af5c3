"""Let a heading that is a code be reached by exactly that code: ``errors.html#link_expired``."""

import re

from docutils import nodes
from sphinx.application import Sphinx

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def add_anchors(_app: Sphinx, doctree: nodes.document) -> None:
    """Give each such section its title as a further id."""
    for section in doctree.findall(nodes.section):
        title = section[0].astext()
        if _CODE.fullmatch(title) and title not in section["ids"]:
            section["ids"].append(title)


def setup(app: Sphinx) -> dict[str, object]:
    """Add the anchors as each page is read."""
    app.connect("doctree-read", add_anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
