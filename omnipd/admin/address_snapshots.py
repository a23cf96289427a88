"""Exports at an address: made on this machine until they are whole, and put there with the pointer last.

A store has no folder that could be renamed into its place. An export is there when its manifest is, which
is put behind its tables; until then nobody finds it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omnipd.addresses import Address
from omnipd.admin.snapshots import (
    LATEST,
    MANIFEST,
    Snapshots,
    discard,
    read_manifest,
    sweep,
    unfinished_in,
)
from omnipd.arguments import argument
from omnipd.cache.checkpoint import delete_checkpoint
from omnipd.cache.private_files import make_folder
from omnipd.errors import ExportError, SettingsError, warn
from omnipd.export.whole_files import put_together, write_atomically

#: Where the name is noted under which an export is being put: after a break it goes on under the same.
_PLACE = ".place"


class AddressSnapshots(Snapshots):
    """The exports at an address.

    Parameters
    ----------
    root : Address
        Where they are.
    state : Path
        The folder of this user's state, where what is not whole waits.
    """

    root: Address

    def __init__(self, root: Address, state: Path) -> None:
        super().__init__(root)
        self._waiting = state / "exports"

    def begin(self, asked: Mapping[str, Any]) -> Path:
        """Return the folder on this machine of an export that is not whole yet."""
        with contextlib.suppress(FileNotFoundError):
            self.root.iterdir()  # a store that cannot be asked is known before anything is read for it
        try:
            make_folder(self._waiting)
            at_home = {**asked, "address": os.fspath(self.root)}
            unfinished = unfinished_in(self._waiting, at_home)
            if self._is_there(unfinished):
                discard(unfinished, self._waiting)
                unfinished = unfinished_in(self._waiting, at_home)
            return unfinished
        except OSError as error:
            reason = error.strerror or type(error).__name__
        raise SettingsError(
            f"The folder {self._waiting}, where an export waits until it is whole, cannot be used "
            f"({reason}).",
            hint="OMNIPD_STATE_DIR names another folder.",
        )

    def publish(self, unfinished: Path) -> Address:
        """Put a whole export to its address, and let the pointer name it; return the address."""
        note, reason = unfinished / _PLACE, None
        try:
            delete_checkpoint(unfinished)  # which a kill may have left
            manifest = read_manifest(unfinished)
            if not note.exists():
                name = self._free_name(unfinished).encode()
                write_atomically(note, lambda file: file.write(name))
            place = self.root / note.read_text()
            files = sorted(one for one in unfinished.iterdir() if one != note)
            files.sort(key=lambda one: one.name == MANIFEST)
            put_together({place / one.name: one for one in files})
            self._write_pointer(self.root / LATEST, place.name, manifest)
        except ExportError as error:
            error.add_note(f"What was read is in {unfinished}: the same call puts it there.")
            raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if reason is not None:
            raise ExportError(
                f"The export in {unfinished} cannot be put to {self.root}: {reason}.",
                hint="It is whole: the same call goes on, unless another one has done so meanwhile.",
            )
        discard(unfinished, self._waiting)
        return place

    def _is_there(self, unfinished: Path) -> bool:
        """Whether an export was put as a whole, and only its folder here was left by a kill."""
        with contextlib.suppress(FileNotFoundError):
            name = (unfinished / _PLACE).read_text()
            return self._named_in(self.root / LATEST) == self.root / name
        return False

    def keep(self, number: int, new: str) -> None:
        """Delete all but the last exports, and what was broken off a week ago on this machine."""
        sweep(self._waiting)
        for name in self._superseded(number, new):
            place = self.root / name
            try:
                with contextlib.suppress(FileNotFoundError):  # another process does the same
                    (place / MANIFEST).unlink()  # out of sight first: half of one must not be found
                    place.delete_all()
            except ExportError as error:
                warn(
                    "An export is still there that "
                    + argument("keep", number)
                    + " would delete. "
                    + error.message
                )
