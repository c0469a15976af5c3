"""Take checkpoints outside the database: one file each, never overwritten."""

import os
from pathlib import Path

from liveshop_sdk.affiliate.ledger.checkpoints.service import Checkpoint
from liveshop_sdk.errors import CheckpointFileDiffersError, CheckpointFileUnwritableError

FOLDER = "folder"
"""What an anchor in a folder is called in the note."""


def name_of(checkpoint: Checkpoint) -> str:
    """Return the file's name: book, size with leading zeros, and what it is."""
    return f"{checkpoint.book}-{checkpoint.size:012d}.checkpoint"


def write(checkpoint: Checkpoint, path: Path) -> bool:
    """Write a note to a file, whole or not at all; false if it was there already.

    Raises:
        CheckpointFileDiffersError: the file holds something else; it stays.
        CheckpointFileUnwritableError: the folder or disk refused it.
    """
    note = checkpoint.note.encode()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(note)
            out.flush()
            os.fsync(out.fileno())
        is_new = _placed(part, path)
        if not is_new and path.read_bytes() != note:
            raise CheckpointFileDiffersError(file=path.name)
        return is_new
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise CheckpointFileUnwritableError(file=path.name, problem=problem) from None
    finally:
        part.unlink(missing_ok=True)


def _placed(part: Path, path: Path) -> bool:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(part, path)  # unlike a rename, it never takes another file's place
    except FileExistsError:
        return False
    except OSError:  # a folder whose file system has no links
        if path.exists():
            return False
        part.replace(path)
    return True
