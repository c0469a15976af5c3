"""How the documentation is built: Sphinx, MyST and furo, nothing loaded from elsewhere."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from liveshop_sdk.__about__ import __version__  # noqa: E402

project = "liveshop-sdk"
author = "the liveshop-sdk contributors"
project_copyright = author
version = release = __version__

extensions = [
    "code_anchors",
    "markdown_copies",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Effects", "params_style")]

html_theme = "furo"
html_title = f"liveshop-sdk {release}"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"footer_icons": []}
