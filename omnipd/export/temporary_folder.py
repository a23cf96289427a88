"""A folder for what waits until it is whole; where it is full, it is named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from omnipd.errors import ExportIncompleteError, OmniError


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder, and delete it with all that is in it."""
    with contextlib.ExitStack() as undo:
        with temporary_folder_named():
            folder = undo.enter_context(TemporaryDirectory(prefix="omnipd-"))
        yield Path(folder)


@contextlib.contextmanager
def temporary_folder_named() -> Iterator[None]:
    """Say of a folder for temporary files that is full, or is not there, that it is this one."""
    try:
        yield
        return
    except OmniError:  # some are an OSError too
        raise
    except OSError as error:
        reason = error.strerror or str(error)
    folder = "The temporary folder"
    with contextlib.suppress(OSError):  # there is none
        folder += f" {gettempdir()}"
    raise ExportIncompleteError(
        f"{folder} could not be written: {reason}.",
        hint="What is written waits there until it is whole. Make room in it, or set TMPDIR to a folder "
        "that has. Any existing file was left unchanged.",
    ) from None
