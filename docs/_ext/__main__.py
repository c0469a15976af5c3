"""Write the pages and parts of pages that follow from the code: ``python -m docs._ext``."""

from docs._ext import written

for path, text in written.pages().items():
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
