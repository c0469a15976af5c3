"""Put a Markdown copy of each page next to its HTML, and ``llms.txt`` in front of them."""

import shutil
from pathlib import Path

from sphinx.application import Sphinx


def copy_pages(app: Sphinx, failure: Exception | None) -> None:
    """Copy the sources and list them, once an HTML build has succeeded."""
    if failure is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    lines = [f"# {app.config.project}", "", f"> {app.config.project} {app.config.release}", ""]
    for name in sorted(app.env.found_docs):
        copy = out / f"{name}.md"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(app.env.doc2path(name), copy)
        lines.append(f"- [{app.env.titles[name].astext()}]({name}.md)")
    (out / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Copy pages when a build is finished."""
    app.connect("build-finished", copy_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
