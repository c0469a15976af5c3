"""Work done in a process of its own: how long it takes, and how much memory."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.measure import Result, plain
from liveshop_sdk.db import Database

NOTHING = "nothing"
_CHILD = "--child"
Prepared = Callable[[Database, list[str]], Callable[[], object]]
"""Takes a database and words that say what to do; returns what is timed."""


def is_child() -> bool:
    return _CHILD in sys.argv


def child(prepare: Prepared) -> None:
    """Do what this process was started for, and tell its seconds and its peak."""
    url, schema, *words = sys.argv[sys.argv.index(_CHILD) + 1 :]
    work = prepare(Database.connect(url, schema=schema or None), words)
    began = time.perf_counter()
    work()
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak()}))


def in_child(module: str, db: Database, *words: str) -> tuple[float, float]:
    """Let a script do something in a new process; returns seconds and peak memory in MiB."""
    url = db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", module, _CHILD, url, db.schema or "", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    told = json.loads(done.stdout)
    return told["seconds"], told["peak"] / 1024


def grown(
    used: list[float],
    base: float,
    *,
    bench: str,
    what: str,
    key: str = "",
    target: float | None = None,
) -> Result:
    """Return the line of how much more memory a process took than an idle one."""
    return plain(
        [max(one - base, 0.0) for one in used],
        bench=bench,
        key=key,
        what=f"{what}, memory",
        against="a process that only opened the book",
        sense="MiB",
        target=target,
    )


def peak() -> int:
    """Return this process's peak memory in KiB.

    Linux keeps the parent's peak in ``ru_maxrss`` when a process is started,
    so its own count is preferred where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
