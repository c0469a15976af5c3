"""Write files so that no half of one is ever left."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

T = TypeVar("T")


class _Output(click.Path):
    """Reads where a file goes; what names none, such as a folder, is wrong usage."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if isinstance(path, Path) and not path.name:
            self.fail("it names no file.", param, ctx)
        return path


OUTPUT = _Output(path_type=Path, dir_okay=False)


def write_file(path: Path, write: Callable[[BinaryIO], T]) -> T:
    """Write beside a file and move it into place; returns what writing returned.

    Raises:
        click.UsageError: The system refuses; what was there is as it was.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # others may write to the same path
    try:
        with part.open("wb") as out:
            done = write(out)
        part.replace(path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return done
