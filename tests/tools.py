"""Programs of others that read our files: run where they are installed."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.databases import skip_or_fail


def path_of(name: str) -> str:
    """Return where a program is; skip the test without it, or fail where it is required."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        skip_or_fail(f"{name} is not installed")
    assert found is not None
    return found


def run(name: str, *args: object, expect: int = 0) -> str:
    """Run a program and return what it printed; it must end as expected."""
    command = [path_of(name), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == expect, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout
