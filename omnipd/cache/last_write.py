"""When something was last changed in an Omni, noted on disk for all keys and processes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from omnipd.arguments import argument
from omnipd.cache.private_files import (
    Unusable,
    delete,
    drop_parts,
    open_own,
    own_folder,
    whole_file,
)
from omnipd.errors import warn

#: Before anything was changed.
NEVER = datetime.min.replace(tzinfo=UTC)
#: When this process changed something and could not note it, by instance: its own lists are right at least.
_NOT_NOTED: dict[str, datetime] = {}


class NotesUnusable(Unusable):
    """Why the folder of the notes is not used, and what names another."""

    def __init__(self, words: str, named_by: str) -> None:
        super().__init__(words)
        self.named_by = named_by


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
    named_by : str
        Where `state` is set, for messages.
    """

    def __init__(
        self, state: Path, cache: Path, instance: str, named_by: str = "OMNIPD_STATE_DIR"
    ) -> None:
        self._file = state / "writes" / instance
        self._lists = cache / "lists"
        self._instance = instance
        self._named_by = named_by

    def note(self) -> None:
        """Note that something may have changed until now, and delete the lists of the instance.

        The note is what counts: another process may be reading a list now, and store it later. A disk
        that takes no note is a warning, where lists are stored.
        """
        try:
            own_folder(self._file.parent, make=True)
            with whole_file(self._file) as file:
                file.write(datetime.now(UTC).isoformat().encode())
            drop_parts(self._file.parent, datetime.now(UTC).timestamp())
        except (OSError, Unusable) as error:
            _NOT_NOTED[self._instance] = datetime.now(UTC)
            if self._lists.exists():
                why = error if isinstance(error, Unusable) else "cannot be written"
                warn(
                    f"{self._file.parent} {why}: lists that other programs have stored may not show "
                    "what was changed. Set "
                    + self._named_by
                    + " to a writable folder of your own; "
                    + argument("refresh", True)
                    + " asks again."
                )
        # The folders stay, since another thread may be storing a list in one.
        delete(self._lists.glob(f"{self._instance}-*/*.json"))

    def at(self) -> datetime:
        """Return when it was; the first time there is when never.

        Raises
        ------
        NotesUnusable
            If others can have made or taken away the note.
        """
        return max(self._noted(), _NOT_NOTED.get(self._instance, NEVER))

    def known(self) -> datetime:
        """Return when it was, as far as this process knows where the notes are not used."""
        try:
            return self.at()
        except NotesUnusable:
            return _NOT_NOTED.get(self._instance, NEVER)

    def _noted(self) -> datetime:
        try:
            own_folder(self._file.parent)
        except Unusable as refused:
            raise NotesUnusable(
                f"cannot be used: {self._file.parent} {refused}", self._named_by
            ) from None
        try:
            with open_own(self._file) as file:
                noted = datetime.fromisoformat(file.read().decode("ascii"))
                if noted.tzinfo is not None:
                    return noted
        except FileNotFoundError:
            return NEVER
        except (OSError, ValueError, Unusable):
            pass
        try:  # a damaged note: its file was changed when it was written
            return datetime.fromtimestamp(self._file.lstat().st_mtime, UTC)
        except OSError:
            return NEVER
