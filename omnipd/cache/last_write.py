"""When something was last changed in an Omni, noted on disk for all keys and processes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from omnipd.cache.private_files import delete, whole_file
from omnipd.errors import warn

#: Before anything was changed.
NEVER = datetime.min.replace(tzinfo=UTC)


class LastWrite:
    """When this machine last changed something in one Omni: known to all its keys and processes.

    Parameters
    ----------
    state : Path
        Where the note lives, whatever cache a process uses.
    cache : Path
        Where the lists live.
    instance : str
        What stands for the Omni in names of files.
    """

    def __init__(self, state: Path, cache: Path, instance: str) -> None:
        self._file = state / "writes" / instance
        self._lists = cache / "lists"
        self._instance = instance

    def note(self) -> None:
        """Note that something may have changed until now, and delete the lists of the instance.

        The note is what counts: another process may be reading a list now, and store it later. A disk
        that takes no note is a warning, where lists are stored.
        """
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with whole_file(self._file) as file:
                file.write(datetime.now(UTC).isoformat().encode())
        except OSError as error:
            if self._lists.exists():
                warn(
                    f"{self._file.parent} cannot be written ({type(error).__name__}): lists that are "
                    "stored may not show what was changed. Set OMNIPD_STATE_DIR to a writable "
                    "folder; refresh=True asks again."
                )
        # The folders stay, since another thread may be storing a list in one.
        delete(self._lists.glob(f"{self._instance}-*/*.json"))

    def at(self) -> datetime:
        """Return when it was; the first time there is when never."""
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return NEVER
        except (OSError, ValueError):
            pass
        try:  # a damaged note: its file was changed when it was written
            return datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except OSError:
            return NEVER
