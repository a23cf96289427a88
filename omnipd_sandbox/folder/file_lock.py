"""One sandbox for one state file: two would write over each other's changes."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from omnipd_sandbox.folder.problems import BadOrganization


class FileLock:
    """Hold a file for one sandbox, until it is let go or the process ends.

    Raises
    ------
    BadOrganization
        If another sandbox holds it, or can hold it by another name.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and path.stat().st_nlink > 1:
            raise BadOrganization(
                str(path), ["it has another name, too (a hard link): copy the file instead"]
            )
        self._beside = path.with_name(f".{path.name}.lock")
        while True:
            self._file = self._beside.open("ab")
            try:
                _lock(self._file)
            except OSError:
                self._file.close()
                raise BadOrganization(str(path), ["another sandbox is using it"]) from None
            if self._is_the_one_there():
                return
            # Whoever held it took it away between our opening and our locking.
            self._file.close()

    def let_go(self) -> None:
        """Let another sandbox have the file."""
        if not self._file.closed:
            with contextlib.suppress(PermissionError):  # some systems keep an open file
                self._beside.unlink(missing_ok=True)
            self._file.close()

    def _is_the_one_there(self) -> bool:
        try:
            return os.path.samestat(self._beside.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
