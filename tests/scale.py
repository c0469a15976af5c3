"""How much is tried: a sample in every run, all of it when ``LIVESHOP_LONG=1``.

The ``make`` verbs that end in ``-long`` set it. Tests marked ``long`` are left
out without it; others read ``IS_LONG`` and try more.
"""

import os

IS_LONG = os.environ.get("LIVESHOP_LONG") == "1"
