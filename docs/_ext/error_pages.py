"""Write the reference of errors from the classes themselves, one anchor per code."""

import inspect
from dataclasses import fields, is_dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from liveshop_sdk import errors


def _kinds() -> list[type[errors.LiveShopError]]:
    """Return every error class, in the order of the source."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.LiveShopError)
    ]
    return sorted(kinds, key=lambda kind: (kind.__module__, inspect.getsourcelines(kind)[1]))


class ErrorPages(SphinxDirective):
    """One section per error: code, class, family, text and fields."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(inspect.getfile(errors))
        return [self._section(kind) for kind in _kinds()]

    def _section(self, kind: type[errors.LiveShopError]) -> nodes.section:
        anchor = kind.code.replace("_", "-")
        section = nodes.section(ids=[anchor], names=[kind.code])
        section += nodes.title("", "", nodes.literal(text=kind.code))
        section += nodes.paragraph(text=(inspect.getdoc(kind) or "").strip())
        base = kind.__bases__[0].__name__
        facts = [("Class", kind.__name__), ("Family", base), ("Text", kind.text)]
        if is_dataclass(kind) and fields(kind):
            facts.append(("Fields", ", ".join(field.name for field in fields(kind))))
        listing = nodes.field_list()
        for name, value in facts:
            body = nodes.field_body("", nodes.paragraph("", "", nodes.literal(text=value)))
            listing += nodes.field("", nodes.field_name(text=name), body)
        section += listing
        return section


def setup(app: Sphinx) -> dict[str, object]:
    """Register the directive ``liveshop-errors``."""
    app.add_directive("liveshop-errors", ErrorPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
